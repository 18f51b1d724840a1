//! The second door as people meet it: the program itself reads every case from files and says the same as its function.

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::cases::Case;

/// How many manifests stand in a file.
const IN_A_FILE: usize = 50;

/// Runs `docsign check` over all cases, and gives back those of which it says something else than the function `said`.
pub fn differences(cases: &[Case], function: &BTreeMap<usize, Value>) -> Vec<String> {
    let directory = TempDir::new().unwrap();
    for (number, cases) in cases.chunks(IN_A_FILE).enumerate() {
        let text: Vec<_> = cases.iter().map(|case| case.manifest.to_string()).collect();
        let file = directory.path().join(format!("{number:04}.yaml"));
        std::fs::write(file, text.join("\n---\n")).unwrap();
    }
    let output = Command::new(env!("CARGO_BIN_EXE_docsign"))
        .args(["check", "-o", "json", "."])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (output.status.code(), &said["checked"]),
        (Some(1), &json!(cases.len()))
    );
    let mut program: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    for finding in said["findings"].as_array().unwrap() {
        let file = finding["file"].as_str().unwrap().trim_start_matches("./");
        let file: usize = file.trim_end_matches(".yaml").parse().unwrap();
        let document = usize::try_from(finding["document"].as_u64().unwrap()).unwrap();
        let mut finding = finding.clone();
        // Where the function found it: it was handed the manifest itself.
        (finding["file"], finding["document"]) = (json!("-"), json!(1));
        program
            .entry(file * IN_A_FILE + document - 1)
            .or_default()
            .push(finding);
    }
    let differs = |(position, case): (usize, &Case)| {
        let program = program.get(&position).cloned().unwrap_or_default();
        let function = &function[&position];
        // What is right today may be wrong for a program that runs after midnight.
        let same = json!(program) == *function || case.name.starts_with("date ");
        (!same).then(|| {
            format!(
                "{} = {}: program {program:?}, function {function}",
                case.path(),
                case.name
            )
        })
    };
    cases.iter().enumerate().filter_map(differs).collect()
}
