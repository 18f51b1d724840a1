//! What a command says, and how it ends: the one place that writes for its user.

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::builder::FalseyValueParser;
use clap::{Args, ValueEnum};
use serde::Serialize;

/// The end of every help text: what a script may rely on.
pub const EXIT_CODES: &str = "Exit codes: 0 all is well; 1 something was found, not reached or is stalled; 2 the command \
line is wrong, or a file or the cluster can't be read.";

/// How answers are written.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputArgs {
    /// How the answer is written
    #[arg(
        short,
        long,
        value_enum,
        env = "DOCSIGN_OUTPUT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    output: Format,
    /// No colour, also on a terminal; NO_COLOR in the environment does the same
    #[arg(long, env = "NO_COLOR", value_parser = FalseyValueParser::new(), hide_env = true)]
    no_color: bool,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Format {
    /// Lines for people
    Text,
    /// One JSON value for programs
    Json,
}

/// How a command ended that could do its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// All is well.
    Fine,
    /// Something was found, was not reached, or is stalled.
    Finding,
}

impl Ending {
    /// Fine, unless something was found.
    pub fn found(something: bool) -> Self {
        if something { Self::Finding } else { Self::Fine }
    }
}

/// Why a command could not do its work.
#[derive(Debug)]
pub struct Failure {
    what: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure with no cause below it.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// What failed, and what led to it.
    pub fn of(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: what.into(),
            source: Some(source.into()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// The exit code of a command; a failure is told on standard error.
pub fn ended(result: Result<Ending, Failure>) -> ExitCode {
    match result {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        Ok(Ending::Finding) => ExitCode::from(1),
        Err(failure) => {
            tell(&failure);
            ExitCode::from(2)
        }
    }
}

/// One line on standard error: what failed, and what led to it.
pub fn tell(error: &dyn Error) {
    let mut line = format!("docsign: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    // Nothing is left to tell when standard error is closed too.
    let _ = writeln!(io::stderr(), "{line}");
}

/// A line beside the answer, on standard error.
pub fn note(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A colour, where colours are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Colour {
    /// All is well.
    Good,
    /// Something is wrong.
    Bad,
    /// Something is worth a look.
    Doubtful,
    /// What a line is about.
    Strong,
}

/// Standard output and standard error of a command. A closed pipe is no failure: its reader has seen enough.
#[derive(Debug)]
pub struct Output {
    /// How the answer is written.
    pub format: Format,
    colours: bool,
}

impl Output {
    /// Colours only on a terminal.
    pub fn new(arguments: OutputArgs) -> Self {
        Self {
            format: arguments.output,
            colours: !arguments.no_color && io::stdout().is_terminal(),
        }
    }

    /// A line of the answer, where it is meant for people.
    pub fn line(&self, text: impl fmt::Display) {
        if self.format == Format::Text {
            let _ = writeln!(io::stdout(), "{text}");
        }
    }

    /// The whole answer, where it is meant for programs.
    pub fn json(&self, value: &impl Serialize) {
        if self.format == Format::Json {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            let _ = writeln!(io::stdout(), "{text}");
        }
    }

    /// One value of many, a line each, where they are meant for programs.
    pub fn json_line(&self, value: &impl Serialize) {
        if self.format == Format::Json {
            let text = serde_json::to_string(value).unwrap_or_default();
            let _ = writeln!(io::stdout(), "{text}");
        }
    }

    /// The text in this colour.
    pub fn paint(&self, colour: Colour, text: &str) -> String {
        let code = match colour {
            Colour::Good => "32",
            Colour::Bad => "31",
            Colour::Doubtful => "33",
            Colour::Strong => "1",
        };
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
