//! The command line: one file per subcommand.

pub mod crds;
pub mod run;
pub mod simulate;

use std::future::Future;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Orders DigiCert CertCentral document signing certificates from Kubernetes manifests, and never pays twice for one.
#[derive(Debug, Parser)]
#[command(name = "docsign", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
enum Command {
    /// Run the operator
    Run(crate::settings::Settings),
    /// Print the CustomResourceDefinitions
    Crds(crds::CrdsArgs),
    /// Run a simulated CertCentral
    Simulate(simulate::Simulate),
}

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Run(settings) => on_runtime(run::run(settings)),
        Command::Crds(args) => crds::run(&args),
        Command::Simulate(arguments) => on_runtime(simulate::run(arguments)),
    }
}

fn on_runtime<E: std::error::Error>(work: impl Future<Output = Result<(), E>>) -> ExitCode {
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// One line on standard error: what failed, and what led to it.
#[expect(
    clippy::print_stderr,
    reason = "the last word of a command line goes to its user"
)]
fn failed(error: &dyn std::error::Error) -> ExitCode {
    let mut line = format!("docsign: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    eprintln!("{line}");
    ExitCode::FAILURE
}
