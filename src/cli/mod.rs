//! The command line: one file per subcommand.
//!
//! | file | idea |
//! |---|---|
//! | `run`, `crds`, `simulate` | the operator, its definitions, its simulator |
//! | `check`, `plan`, `doctor`, `resolve`, `wait`, `completions` | what people run |
//! | `documents`, `shape`, `findings`, `stand_in` | manifests without a cluster |
//! | `cluster`, `accounts` | what is read from one |
//! | `reference` | the reference documentation, out of the code |
//! | `output` | what is said, and how a command ends |

mod accounts;
mod check;
mod cluster;
mod completions;
pub mod crds;
mod doctor;
mod documents;
mod findings;
mod output;
mod plan;
mod reference;
mod resolve;
pub mod run;
mod shape;
pub mod simulate;
mod stand_in;
mod wait;

use std::future::Future;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use documents::{Document, Place};
pub use findings::{Found, Judged, Rules};

use crate::serve::clock::Clock;
use output::{EXIT_CODES, Ending, Failure, ended, tell};

/// Orders DigiCert CertCentral document signing certificates from Kubernetes manifests, and never pays twice for one.
#[derive(Debug, Parser)]
#[command(name = "docsign", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the operator
    Run(crate::settings::Settings),
    /// Print the CustomResourceDefinitions
    Crds(crds::CrdsArgs),
    Check(check::Check),
    Plan(plan::PlanArgs),
    Doctor(doctor::Doctor),
    Resolve(resolve::Resolve),
    Wait(wait::Wait),
    /// Run a simulated CertCentral
    Simulate(simulate::Simulate),
    #[command(hide = true)]
    Reference(reference::Reference),
    /// Print a completion script for a shell
    Completions(completions::Completions),
}

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let plugin = words.next().is_some_and(|program| {
        Path::new(&program)
            .file_stem()
            .is_some_and(|stem| stem == "kubectl-docsign")
    });
    let clock = Clock::system;
    match parsed(plugin).command {
        Command::Run(settings) => on_runtime(run::run(settings)),
        Command::Crds(args) => crds::run(&args),
        Command::Check(arguments) => ended(check::run(
            &arguments,
            clock().now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        )),
        Command::Plan(arguments) => asynchronous(async { plan::run(arguments, clock()).await }),
        Command::Doctor(arguments) => asynchronous(async { doctor::run(arguments, clock()).await }),
        Command::Resolve(arguments) => asynchronous(async { resolve::run(arguments, clock()).await }),
        Command::Wait(arguments) => asynchronous(async { wait::run(arguments, clock()).await }),
        Command::Simulate(arguments) => on_runtime(simulate::run(arguments)),
        Command::Reference(arguments) => ended(reference::run(&arguments, command())),
        Command::Completions(arguments) => {
            completions::run(&arguments, command());
            ExitCode::SUCCESS
        }
    }
}

/// The command line; as a plugin of kubectl it calls itself what its user typed.
fn parsed(plugin: bool) -> Arguments {
    let command = if plugin {
        Arguments::command().bin_name("kubectl docsign")
    } else {
        Arguments::command()
    };
    Arguments::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

/// The command line as clap sees it.
fn command() -> clap::Command {
    Arguments::command()
}

fn asynchronous(work: impl Future<Output = Result<Ending, Failure>>) -> ExitCode {
    match tokio::runtime::Runtime::new() {
        Ok(runtime) => ended(runtime.block_on(work)),
        Err(error) => ended(Err(Failure::of("the runtime could not be started", error))),
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

fn failed(error: &dyn std::error::Error) -> ExitCode {
    tell(error);
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example_and_its_exit_codes_where_people_run_it() {
        for name in ["check", "plan", "doctor", "resolve", "wait"] {
            let command = Arguments::command();
            let help = command
                .find_subcommand(name)
                .unwrap()
                .clone()
                .render_long_help()
                .to_string();
            for part in ["Examples:", &format!("docsign {name}"), EXIT_CODES] {
                assert!(
                    help.replace(['\n', ' '], "")
                        .contains(&part.replace(['\n', ' '], "")),
                    "{name}: {help}"
                );
            }
        }
    }
}
