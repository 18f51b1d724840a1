//! The command line: one file per subcommand.

mod crds;

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
enum Command {
    Crds(crds::CrdsArgs),
}

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Crds(args) => crds::run(&args),
    }
}
