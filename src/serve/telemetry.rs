//! Logs.

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// A log filter that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("--log-level: not a level or filter")]
pub struct InvalidFilter(#[source] tracing_subscriber::filter::ParseError);

/// Starts logging to standard error.
pub fn start(format: LogFormat, level: &str) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::builder().parse(level).map_err(InvalidFilter)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => subscriber.with_ansi(false).init(),
        LogFormat::Json => subscriber.json().init(),
    }
    Ok(())
}
