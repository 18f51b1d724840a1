//! The `docsign` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    docsign::cli::main()
}
