//! `docsign reference`: writes the reference documentation out of the code, for `docs/reference`.

mod commands;
mod errors;
mod kinds;
mod markdown;
mod metrics;
mod schema;
mod wire_names;
mod words;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::Command;

use super::output::{Ending, Failure};

/// Write the reference documentation into a directory
#[derive(clap::Args, Debug)]
pub struct Reference {
    /// Where the files go
    #[arg(long, value_name = "DIRECTORY", default_value = "docs/reference")]
    directory: PathBuf,
}

/// Writes all files.
pub fn run(arguments: &Reference, command: Command) -> Result<Ending, Failure> {
    for (name, text) in files(command) {
        let path = arguments.directory.join(name);
        write(&path, &text)?;
    }
    Ok(Ending::Fine)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::of(path.display().to_string(), error);
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

/// All files of the reference: name and text.
fn files(mut command: Command) -> Vec<(&'static str, String)> {
    // What clap adds by itself, such as the defaults, is there once it is built.
    command.build();
    vec![
        ("orders.md", kinds::orders()),
        ("accounts.md", kinds::accounts()),
        ("purchases.md", kinds::purchases()),
        ("status.md", words::status()),
        ("errors.md", errors::errors()),
        ("metrics.md", metrics::metrics()),
        ("cli.md", commands::commands(&command)),
    ]
}
