//! The command line: every command, argument, environment variable and default.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::markdown::{GENERATED, cell, code, table};
use crate::cli::output::EXIT_CODES;

/// `cli.md`
pub fn commands(command: &Command) -> String {
    let mut text = format!(
        "{GENERATED}\n# The command line\n\n{} Linked as `kubectl-docsign` it is a kubectl plugin.\n\n{}\n",
        sentence(&about(command)),
        cell(EXIT_CODES)
    );
    for command in command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
    {
        text.push_str(&section(command));
    }
    text
}

fn section(command: &Command) -> String {
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| {
            !argument.is_hide_set() && !["help", "version"].contains(&argument.get_id().as_str())
        })
        .collect();
    let mut text = format!(
        "\n## docsign {}\n\n{}\n",
        command.get_name(),
        sentence(&about(command))
    );
    if arguments.is_empty() {
        return text;
    }
    let rows: Vec<_> = arguments.into_iter().map(row).collect();
    let _ = write!(
        text,
        "\n{}",
        table(&["argument", "environment", "value", "meaning"], &rows)
    );
    text
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    about
        .map(|about| cell_of_lines(&about.to_string()))
        .unwrap_or_default()
}

/// Paragraphs become sentences of one.
fn cell_of_lines(text: &str) -> String {
    let paragraphs: Vec<_> = text
        .split("\n\n")
        .map(|paragraph| sentence(&cell(paragraph)))
        .collect();
    paragraphs.join(" ")
}

fn sentence(text: &str) -> String {
    if text.is_empty() || text.ends_with(['.', '?', '!']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

fn row(argument: &Arg) -> Vec<String> {
    let takes_value = !matches!(
        argument.get_action(),
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count
    );
    let names = argument.get_value_names().unwrap_or_default();
    let placeholder = names
        .first()
        .map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string);
    let mut written = Vec::new();
    written.extend(argument.get_short().map(|short| format!("-{short}")));
    written.extend(argument.get_long().map(|long| format!("--{long}")));
    let written = if written.is_empty() {
        placeholder.clone()
    } else {
        written.join(", ")
    };
    let mut value = Vec::new();
    if takes_value {
        let possible: Vec<_> = argument
            .get_possible_values()
            .iter()
            .filter(|possible| !possible.is_hide_set())
            .map(|possible| code(possible.get_name()))
            .collect();
        if !possible.is_empty() {
            value.push(possible.join(", "));
        } else if !argument.is_positional() && names_more(argument, &placeholder) {
            value.push(placeholder);
        }
        if argument.get_value_delimiter().is_some() {
            value.push("several separated by commas".to_owned());
        }
        let defaults: Vec<_> = argument
            .get_default_values()
            .iter()
            .map(|default| default.to_string_lossy())
            .collect();
        if !defaults.is_empty() {
            value.push(format!("default {}", code(&defaults.join(","))));
        }
        if argument.is_required_set() {
            value.push("**required**".to_owned());
        }
    }
    let environment = argument.get_env().map(|name| code(&name.to_string_lossy()));
    let about = argument.get_long_help().or_else(|| argument.get_help());
    vec![
        code(&written),
        environment.unwrap_or_else(|| "–".to_owned()),
        if value.is_empty() {
            "–".to_owned()
        } else {
            value.join(", ")
        },
        sentence(&about.map(|about| cell(&about.to_string())).unwrap_or_default()),
    ]
}

/// The placeholder says more than the name of the argument.
fn names_more(argument: &Arg, placeholder: &str) -> bool {
    let name = argument
        .get_long()
        .unwrap_or_default()
        .replace('-', "_")
        .to_uppercase();
    !placeholder.is_empty() && placeholder.trim_end_matches('S') != name.trim_end_matches('S')
}
