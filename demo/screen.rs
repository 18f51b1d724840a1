//! What is printed, and when: every line begins with the seconds since the demo began.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use docsign::serve::clock::Clock;

/// How wide the text beside the table is.
const ASIDE: usize = 100;

/// Standard output, as the demo writes it.
pub(crate) struct Screen {
    clock: Clock,
    /// Bold and dim only where a person looks.
    terminal: bool,
}

/// How a piece of text stands out on a terminal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// It does not.
    Plain,
    /// It is what is new.
    Bold,
    /// It is said beside.
    Dim,
}

impl Screen {
    /// A screen whose time begins where the clock's does.
    pub(crate) fn new(clock: Clock) -> Self {
        let terminal = std::io::stdout().is_terminal();
        Self { clock, terminal }
    }

    /// Lines without a time.
    pub(crate) fn text(text: &str) {
        write(text);
    }

    /// One step of the demo itself.
    pub(crate) fn step(&self, name: &str, what: &str) {
        let name = self.styled(&format!("{name:<13}"), Style::Bold);
        write(&format!("{} {name} {what}", self.time()));
    }

    /// The head of the table.
    pub(crate) fn heading(&self, heading: &str) {
        let line = format!("\n{:>8}  {heading}", "SECONDS");
        write(&self.styled(&line, Style::Bold));
    }

    /// A line of the table, made of pieces.
    pub(crate) fn row(&self, pieces: &[(String, Style)]) {
        let line: String = pieces
            .iter()
            .map(|(piece, style)| self.styled(piece, *style))
            .collect();
        write(&format!("{} {}", self.time(), line.trim_end()));
    }

    /// What a line of the table means.
    pub(crate) fn aside(&self, text: &str) {
        for (number, line) in wrapped(text, ASIDE).iter().enumerate() {
            let mark = if number == 0 { "--" } else { "" };
            write(&self.styled(&format!("{:10}{mark:<2} {line}", ""), Style::Dim));
        }
    }

    /// Why the demo did not end well.
    #[expect(clippy::print_stderr, reason = "a program's last words go to its user")]
    pub(crate) fn problem(what: &str) {
        eprintln!("\ndemo: {what}");
    }

    fn time(&self) -> String {
        let elapsed: Duration = self.clock.monotonic();
        format!("{:>6.1} s ", elapsed.as_secs_f32())
    }

    fn styled(&self, text: &str, style: Style) -> String {
        match style {
            _ if !self.terminal => text.to_owned(),
            Style::Plain => text.to_owned(),
            Style::Bold => format!("\x1b[1m{text}\x1b[0m"),
            Style::Dim => format!("\x1b[2m{text}\x1b[0m"),
        }
    }
}

/// The words of a text, in lines of at most so many characters where they have a space to break at.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn write(text: &str) {
    // Whoever reads may have stopped reading; the demo then ends by its signal.
    let _ = writeln!(std::io::stdout(), "{text}");
}
