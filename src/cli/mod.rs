//! The command line: one file per subcommand.

use std::process::ExitCode;

/// Parses the command line, runs it, and says how it went.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
