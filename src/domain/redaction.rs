//! Takes values that are nobody else's business out of a text that somebody else wrote.
//!
//! CertCentral explains refusals in words of its own, and those may quote what was sent. What was sent is known, so it
//! can be found again: also in other letter case, with other marks between its letters and digits, and cut at the end.

use std::collections::BTreeMap;

/// What stands in the place of a value.
const GAP: &str = "[...]";
/// From so many letters and digits on a value is found inside of other words; a shorter one only as a word.
const LONG: usize = 5;
/// A value of fewer letters and digits is any word ("in", "09"): it is found only where it is quoted.
const SHORT: usize = 3;

/// The text with every value replaced by `[...]`.
///
/// A value counts by its letters and digits: `+1 555 555-5555` is found as `15555555555`, and `JANE` as `Jane`. A value
/// of two letters or digits is replaced only between quotes or brackets, or the text could not be read any more.
pub fn redacted<'a>(text: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    // As it stands, and as it reads where it was escaped for HTML or a URL.
    let readings = [Text::new(text, false), Text::new(text, true)];
    let mut gaps: BTreeMap<usize, usize> = BTreeMap::new();
    for value in values {
        let value: Vec<char> = significant(value, false).map(|(_, letter)| letter).collect();
        for text in &readings {
            for (start, end) in text.occurrences(&value).chain(text.beginning_at_end(&value)) {
                let longest = gaps.entry(start).or_default();
                *longest = end.max(*longest);
            }
        }
    }
    without(text, gaps)
}

struct Text<'a> {
    text: &'a str,
    /// The letters and digits, in one case, and where each stands.
    letters: Vec<(usize, char)>,
}

impl<'a> Text<'a> {
    fn new(text: &'a str, escaped: bool) -> Self {
        Self {
            text,
            letters: significant(text, escaped).collect(),
        }
    }

    /// Where the value stands, as byte positions.
    fn occurrences<'b>(&'b self, value: &'b [char]) -> impl Iterator<Item = (usize, usize)> + 'b {
        // No window is as long as nothing.
        let windows = self.letters.windows(value.len().max(1));
        windows.filter_map(move |window| {
            let same = window.iter().map(|(_, letter)| letter).eq(value);
            let (start, end) = span(window)?;
            (same && self.is_told_apart(start, end, value)).then_some((start, end))
        })
    }

    /// The value's beginning at the very end, where a text that was too long has been cut.
    fn beginning_at_end(&self, value: &[char]) -> Option<(usize, usize)> {
        let tail = (SHORT..value.len()).rev().find_map(|length| {
            let tail = self.letters.get(self.letters.len().checked_sub(length)?..)?;
            let same = tail.iter().map(|(_, letter)| letter).eq(value.get(..length)?);
            same.then_some(tail)
        })?;
        let (start, end) = span(tail)?;
        let before = self.text.get(..start)?.chars().next_back();
        (!before.is_some_and(char::is_alphanumeric)).then_some((start, end))
    }

    fn is_told_apart(&self, start: usize, end: usize, value: &[char]) -> bool {
        let before = self.text.get(..start).and_then(|text| text.chars().next_back());
        let after = self.text.get(end..).and_then(|text| text.chars().next());
        // Not every script puts blanks between words.
        if value.len() >= LONG || !value.iter().all(char::is_ascii) {
            true
        } else if value.len() >= SHORT {
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        } else {
            before.is_some_and(|before| "'\"`‘’‚“”„«»([{<".contains(before))
                && after.is_some_and(|after| "'\"`‘’“”«»)]}>".contains(after))
        }
    }
}

fn without(text: &str, gaps: BTreeMap<usize, usize>) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut reached = 0;
    for (start, end) in gaps {
        if start >= reached {
            rest.push_str(text.get(reached..start).unwrap_or_default());
            rest.push_str(GAP);
        }
        reached = end.max(reached);
    }
    rest.push_str(text.get(reached..).unwrap_or_default());
    rest
}

/// From the first of the letters to behind the last.
fn span(letters: &[(usize, char)]) -> Option<(usize, usize)> {
    let ((start, _), (last, letter)) = (letters.first()?, letters.last()?);
    Some((*start, last + letter.len_utf8()))
}

/// Letters and digits with their places, in one case. Where the text is `escaped`, what stands for a mark in HTML or in a
/// URL is a mark.
fn significant(text: &str, escaped: bool) -> impl Iterator<Item = (usize, char)> + '_ {
    let mut reached = 0;
    text.char_indices().filter_map(move |(place, letter)| {
        if place < reached {
            return None;
        }
        if let Some(length) = text.get(place..).filter(|_| escaped).and_then(escape) {
            reached = place + length;
            return None;
        }
        let lower = letter.to_lowercase().next().unwrap_or(letter);
        letter.is_alphanumeric().then_some((place, lower))
    })
}

/// The length of what stands for one mark at the beginning of a text: `&#039;`, `%40`.
fn escape(text: &str) -> Option<usize> {
    const LONGEST: usize = 10;
    if let Some(code) = text.strip_prefix('%') {
        let code = code.get(..2)?;
        return code.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(3);
    }
    let name = text.strip_prefix('&')?;
    let end = name.find(';').filter(|end| (1..=LONGEST).contains(end))?;
    let is_name = name
        .get(..end)?
        .bytes()
        .all(|byte| byte == b'#' || byte.is_ascii_alphanumeric());
    is_name.then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_found_however_it_is_written() {
        let cases = [
            ("telephone +1-555-555-5555 is wrong", "telephone +[...] is wrong"),
            ("telephone '1 (555) 555 5555'", "telephone '[...]'"),
            ("no such person: JANE DOE.", "no such person: [...]."),
            ("jane@example.com, Jane", "[...], [...]"),
            ("[Jane]: Janet may stay", "[[...]]: Janet may stay"),
            ("the card 4111 1111-1111 1111", "the card [...]"),
            ("country 'us' is not for us", "country '[...]' is not for us"),
            ("xjanedoex", "x[...]x"),
            ("no jane%40example.com here", "no [...] here"),
            ("'O&#039;BRIEN' and 'ŽOFIE'", "'[...]' and '[...]'"),
            ("", ""),
        ];
        let values = [
            "Jane Doe",
            "jane@example.com",
            "+1 555 555-5555",
            "Jane",
            "us",
            "4111111111111111",
            "O'Brien",
            "Žofie",
            "",
            "--",
        ];
        for (text, expected) in cases {
            assert_eq!(redacted(text, values), expected, "{text}");
        }
    }

    #[test]
    fn other_scripts_need_no_blanks() {
        assert_eq!(redacted("氏名が山田太郎です", ["山田太郎"]), "氏名が[...]です");
        assert_eq!(
            redacted("für Žofie Ångström nicht", ["Žofie Ångström"]),
            "für [...] nicht"
        );
    }

    #[test]
    fn a_value_that_is_cut_at_the_end_is_found() {
        assert_eq!(
            redacted("we know no Zebulon Qu", ["Zebulon Quux"]),
            "we know no [...]"
        );
        assert_eq!(redacted("we know no zeb", ["Zebulon Quux"]), "we know no [...]");
        assert_eq!(redacted("we know no ze", ["Zebulon Quux"]), "we know no ze");
    }

    #[test]
    fn values_that_overlap_leave_one_gap() {
        assert_eq!(
            redacted("ask Jane Doe Senior", ["Jane Doe", "Doe Senior"]),
            "ask [...]"
        );
    }

    proptest! {
        #[test]
        fn no_long_value_is_left(before in "\\PC{0,20}", value in "[a-zA-Z0-9]{5,20}", after in "\\PC{0,20}") {
            let left = redacted(&format!("{before}{value}{after}"), [value.as_str()]);
            prop_assert!(!left.contains(&value), "{left}");
        }

        #[test]
        fn what_has_no_value_in_it_stays(text in "\\PC{0,40}") {
            prop_assert_eq!(redacted(&text, []), text);
        }
    }
}
