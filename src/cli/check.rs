//! `docsign check`: manifests against the admission rules, without a cluster.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use serde_json::json;

use super::documents::{self, Documents};
use super::findings::{Found, Rules};
use super::output::{self, Colour, EXIT_CODES, Ending, Failure, Output, OutputArgs};

/// Check manifests without a cluster
///
/// Holds orders and accounts against the rules that the API server applies, and reads the CSR as the operator does
/// before it orders. Each finding is one line: the file, which document of it and its name, the field, what to do.
/// Nothing of what a manifest says about a person is printed.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  docsign check jane.yaml\n  docsign check orders/\n  helm template . | docsign check -\n\n{EXIT_CODES}"))]
pub struct Check {
    /// Files, directories, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints what is to do.
pub fn run(arguments: &Check, today: Date) -> Result<Ending, Failure> {
    let output = Output::new(arguments.output);
    let documents = documents::read(&arguments.files)?;
    let rules = Rules::new();
    let mut found = unreadable(&documents);
    for document in &documents.ours {
        found.extend(rules.judge(document, today).found);
    }
    for finding in &found {
        output.line(line(&output, finding));
    }
    output.json(&json!({
        "checked": documents.ours.len(),
        "skipped": documents.others,
        "findings": found,
    }));
    let errors = found.iter().filter(|found| !found.warning).count();
    output::note(summary(documents.ours.len(), errors, documents.others));
    Ok(Ending::found(errors > 0))
}

/// Files that are no manifests at all.
pub fn unreadable(documents: &Documents) -> Vec<Found> {
    documents
        .unreadable
        .iter()
        .map(|(place, message)| Found::error(place, "", message))
        .collect()
}

/// A finding as people read it.
pub fn line(output: &Output, finding: &Found) -> String {
    let place = output.paint(Colour::Strong, &finding.place().to_string());
    let warning = if finding.warning {
        format!("{} ", output.paint(Colour::Doubtful, "warning:"))
    } else {
        String::new()
    };
    let field = match finding.field.as_str() {
        "" => String::new(),
        field => format!("{}: ", output.paint(Colour::Bad, field)),
    };
    format!("{place}: {warning}{field}{}", finding.message)
}

fn summary(checked: usize, errors: usize, others: usize) -> String {
    let checked = counted(checked, "manifest");
    let errors = if errors == 0 {
        "nothing to do".to_owned()
    } else {
        format!("{errors} to do")
    };
    let others = if others == 0 {
        String::new()
    } else {
        format!("; skipped {} of other groups", counted(others, "document"))
    };
    format!("checked {checked}: {errors}{others}")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}
