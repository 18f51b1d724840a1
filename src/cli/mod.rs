//! The command line: one file per subcommand.

pub mod simulate;

use std::process::ExitCode;

use clap::Parser;

/// Orders document signing certificates from Kubernetes manifests.
#[derive(Debug, Parser)]
#[command(name = "docsign")]
enum Command {
    /// Run a simulated CertCentral
    Simulate(simulate::Simulate),
}

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    let Command::Simulate(arguments) = Command::parse();
    let result =
        tokio::runtime::Runtime::new().and_then(|runtime| runtime.block_on(simulate::run(arguments)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
