//! Reads manifests: YAML streams and JSON from files, directories and standard input.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::output::Failure;
use crate::api::GROUP;

/// One manifest, and where it stands.
#[derive(Clone)]
pub struct Document {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub value: Value,
}

/// Where a manifest stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The file; `-` is standard input.
    pub file: String,
    /// Which document of the file, counted from 1.
    pub document: usize,
    /// metadata.name, where it has one that can be a name.
    pub name: Option<String>,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.file, self.document)?;
        match &self.name {
            Some(name) => write!(formatter, "({name})"),
            None => Ok(()),
        }
    }
}

/// What files hold.
#[derive(Default)]
pub struct Documents {
    /// Manifests of our group.
    pub ours: Vec<Document>,
    /// How many documents are of other kinds.
    pub others: usize,
    /// Files that are not YAML: the file, and where it goes wrong.
    pub unreadable: Vec<(Place, String)>,
}

/// Reads all of them; of a directory its .yaml, .yml and .json files, as kubectl does.
pub fn read(paths: &[PathBuf]) -> Result<Documents, Failure> {
    let mut documents = Documents::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::of("standard input can't be read", error))?;
            documents.add("-", &text);
        } else if path.is_dir() {
            for file in manifests_in(path)? {
                documents.add_file(&file)?;
            }
        } else {
            documents.add_file(path)?;
        }
    }
    Ok(documents)
}

/// A name that a Kubernetes object can have: nothing else is worth repeating.
pub fn is_name(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

impl Documents {
    fn add_file(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| Failure::of(name.clone(), error))?;
        self.add(&name, &text);
        Ok(())
    }

    fn add(&mut self, file: &str, text: &str) {
        match serde_saphyr::from_multiple::<Value>(text) {
            Ok(values) => {
                for (position, value) in values.into_iter().enumerate() {
                    self.sort_in(file, position + 1, value);
                }
            }
            Err(error) => {
                // Where, and nothing of the text: it may be a person's, or a key.
                let place = Place {
                    file: file.to_owned(),
                    document: 1,
                    name: None,
                };
                let at = error.location().map_or_else(
                    || "somewhere".to_owned(),
                    |at| format!("at line {}, column {}", at.line(), at.column()),
                );
                self.unreadable.push((
                    place,
                    format!("this can't be read as YAML {at}; correct it there"),
                ));
            }
        }
    }

    fn sort_in(&mut self, file: &str, document: usize, value: Value) {
        if value.is_null() {
            return;
        }
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
        if kind == "List" {
            let items = value.get("items").and_then(Value::as_array).cloned();
            for item in items.unwrap_or_default() {
                self.sort_in(file, document, item);
            }
            return;
        }
        let version = value
            .get("apiVersion")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if version.split('/').next() != Some(GROUP) {
            self.others += 1;
            return;
        }
        let name = value
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .filter(|name| is_name(name))
            .map(str::to_owned);
        let place = Place {
            file: file.to_owned(),
            document,
            name,
        };
        self.ours.push(Document { place, value });
    }
}

fn manifests_in(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::of(directory.display().to_string(), error);
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let manifest = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json");
        if manifest && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
