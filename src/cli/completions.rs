//! `docsign completions`: completion scripts for shells.

use std::io::{self, Write as _};

use clap::{Args, Command};
use clap_complete::Shell;

/// The shell whose script is printed.
#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  source <(docsign completions bash)\n  docsign completions fish > ~/.config/fish/completions/docsign.fish"
)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub fn run(arguments: &Completions, mut command: Command) {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "docsign", &mut script);
    // A closed pipe is no failure: its reader has seen enough.
    let _ = io::stdout().write_all(&script);
}
