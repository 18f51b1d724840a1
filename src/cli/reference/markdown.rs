//! The few pieces of Markdown that the reference is made of.

use std::fmt::Write as _;

/// What stands at the head of every file of the reference.
pub const GENERATED: &str = "<!-- Written by `make docs` from the code. Change it there. -->\n";

/// Text as it may stand in a cell of a table.
pub fn cell(text: &str) -> String {
    let mut said = String::new();
    for word in text.split_whitespace() {
        if !said.is_empty() {
            said.push(' ');
        }
        for letter in word.chars() {
            if matches!(letter, '|' | '<' | '*') {
                said.push('\\');
            }
            said.push(letter);
        }
    }
    said
}

/// Text as it is typed.
pub fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// A table.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_markdown_would_take_for_its_own_is_kept() {
        assert_eq!(cell("a|b  <c>\n ship_token"), "a\\|b \\<c> ship_token");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(
            table(&["x", "y"], &[vec!["1".to_owned(), "2".to_owned()]]),
            "| x | y |\n|---|---|\n| 1 | 2 |\n"
        );
    }
}
