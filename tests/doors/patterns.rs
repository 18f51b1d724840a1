//! Texts made out of the regular expressions of the rules: such as fit, and their neighbours, which may not.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;

/// How many fitting texts an expression is tried with.
const TEXTS: usize = 6;

/// Texts for each `matches('...')` of a rule. The same ones in every run.
pub fn of(rule: &str) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut texts = Vec::new();
    for part in rule.split("matches('").skip(1) {
        let (pattern, _) = part.split_once("')").unwrap();
        let pattern = pattern.replace("\\\\", "\\");
        let plain = pattern.trim_start_matches('^').trim_end_matches('$');
        let fitting = string_regex(plain).unwrap();
        for _ in 0..TEXTS {
            let text = fitting.new_tree(&mut runner).unwrap().current();
            let inner: String = text.chars().skip(1).collect();
            let mut outer = text.clone();
            outer.pop();
            texts.extend([
                format!("x{text}"),
                format!("{text}x"),
                format!("{text}{text}"),
                inner,
                outer,
                text,
            ]);
        }
    }
    texts
}
