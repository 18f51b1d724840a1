//! A source file, read closely enough to see which paths its code names.

use std::collections::BTreeSet;
use std::path::Path;

/// The modules that stand directly in `src/`: what follows a `super::` from further below is one of them.
const TOP: [&str; 9] = [
    "api",
    "certcentral",
    "cli",
    "controller",
    "domain",
    "plan",
    "serve",
    "settings",
    "simulator",
];

/// A source file.
pub(crate) struct Source {
    /// Below the root of the repository.
    pub(crate) path: String,
    /// As it is.
    pub(crate) text: String,
    /// Every path in it, as segments; those of a `use` with braces one by one.
    paths: BTreeSet<Vec<String>>,
}

impl Source {
    /// A file with this content.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            paths: paths(&words(&code(text))),
        }
    }

    /// Whether the file holds nothing but tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| part == "tests" || part.ends_with("tests.rs"))
    }

    /// The file up to its tests, which stand last.
    pub(crate) fn without_tests(self) -> Self {
        match self.text.split_once("\n#[cfg(test)]\nmod tests {") {
            Some((shipped, _)) => Self::new(&self.path, shipped),
            None => self,
        }
    }

    /// Whether the code names this path or something below it: one that begins with `crate` from there, any other
    /// wherever its segments follow each other.
    pub(crate) fn names(&self, path: &str) -> bool {
        let wanted: Vec<&str> = path.split("::").collect();
        self.paths.iter().any(|named| {
            if wanted.first() == Some(&"crate") {
                named.len() >= wanted.len()
                    && named.iter().zip(&wanted).all(|(named, wanted)| named == wanted)
            } else {
                named.windows(wanted.len()).any(|window| window == wanted)
            }
        })
    }

    /// The lines of the code that contain `what`, without comments and strings.
    pub(crate) fn lines_with(&self, what: &str) -> Vec<String> {
        let code = code(&self.text);
        let lines = code.lines().filter(|line| line.contains(what));
        lines.map(str::to_owned).collect()
    }
}

/// All files with this ending in a folder and below it, in order.
pub(crate) fn sources(folder: &str, ending: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.push(Source::new(&name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "there is no .{ending} file in {folder}");
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// The code without comments and without what stands in strings and characters; lines stay lines.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = skipped(rest, code.chars().last());
        let (gone, after) = rest.split_at(if skipped == 0 { next.len_utf8() } else { skipped });
        if skipped == 0 {
            code.push_str(gone);
        } else {
            code.extend(gone.chars().filter(|character| *character == '\n'));
            code.push(' ');
        }
        rest = after;
    }
    code
}

/// How much of the beginning is a comment, a string or a character.
fn skipped(rest: &str, before: Option<char>) -> usize {
    let upto = |from: usize, end: &str| {
        let found = rest.get(from..).and_then(|rest| rest.find(end));
        found.map_or(rest.len(), |found| from + found + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return upto(2, "*/");
    }
    let in_word = before.is_some_and(|before| before.is_alphanumeric() || before == '_');
    if let Some(raw) = rest.strip_prefix('r').filter(|_| !in_word || before == Some('b')) {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if raw.get(hashes..).is_some_and(|raw| raw.starts_with('"')) {
            return upto(2 + hashes, &format!("\"{}", "#".repeat(hashes)));
        }
    }
    match rest.chars().next() {
        Some('"') => quoted(rest, '"'),
        // A lifetime has no closing quote behind its first character.
        Some('\'') if rest.chars().nth(1) == Some('\\') || rest.chars().nth(2) == Some('\'') => {
            quoted(rest, '\'')
        }
        _ => 0,
    }
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Names, `::`, and every other character that is no space.
fn words(code: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut inside = false;
    for character in code.chars() {
        let part_of_name = character.is_alphanumeric() || character == '_';
        match words.last_mut() {
            Some(word) if part_of_name && inside => word.push(character),
            Some(word) if character == ':' && word == ":" => word.push(character),
            _ if character.is_whitespace() => {}
            _ => words.push(character.to_string()),
        }
        inside = part_of_name;
    }
    words
}

fn paths(words: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < words.len() {
        if is_name(words, at) {
            path(words, &mut at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found.into_iter().map(from_the_root).collect()
}

/// Reads one path, and every path of a group in braces behind it.
fn path(words: &[String], at: &mut usize, prefix: &[String], found: &mut BTreeSet<Vec<String>>) {
    let mut path = prefix.to_vec();
    while is_name(words, *at) {
        path.extend(words.get(*at).cloned());
        *at += 1;
        if words.get(*at).is_none_or(|word| word != "::") {
            break;
        }
        *at += 1;
        if words.get(*at).is_some_and(|word| word == "{") {
            *at += 1;
            while words.get(*at).is_some_and(|word| word != "}") {
                if is_name(words, *at) {
                    self::path(words, at, &path, found);
                } else {
                    *at += 1;
                }
            }
            *at += 1;
            break;
        }
    }
    found.insert(path);
}

fn is_name(words: &[String], at: usize) -> bool {
    let first = words.get(at).and_then(|word| word.chars().next());
    first.is_some_and(|first| first.is_alphabetic() || first == '_')
}

/// `super::super::api` as `crate::api`.
fn from_the_root(path: Vec<String>) -> Vec<String> {
    let above = path.iter().take_while(|segment| *segment == "super").count();
    let top = path
        .get(above)
        .is_some_and(|segment| TOP.contains(&segment.as_str()));
    if above == 0 || !top {
        return path;
    }
    let rest = path.into_iter().skip(above);
    std::iter::once("crate".to_owned()).chain(rest).collect()
}
