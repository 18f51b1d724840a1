//! Logs.

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::LogFormat;

/// A log filter that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("--log-level: not a level or filter")]
pub struct InvalidFilter(#[source] tracing_subscriber::filter::ParseError);

/// Starts logging to standard error.
pub fn start(format: LogFormat, level: &str) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::builder().parse(level).map_err(InvalidFilter)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter_fn(quotes_nothing)))
        .with(filter)
        .init();
    Ok(())
}

/// The Kubernetes client quotes answers it can't read, and those of the API server that refuse something: Secrets and
/// persons may be in both. What it fails with is ours to tell; no log level makes it quote.
fn quotes_nothing(metadata: &Metadata<'_>) -> bool {
    metadata.target() != "kube_client::client" || *metadata.level() == Level::ERROR
}
