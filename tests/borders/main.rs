//! The borders between the modules, held by reading the sources: a `use` that should not be there would compile.
//!
//! What is checked is the code that is built into the program, without comments, strings and tests.

#![allow(
    clippy::unwrap_used,
    reason = "what a test expects is there, or the test fails"
)]

#[path = "../mutants/list.rs"]
mod mutants;
mod source;

use source::{Source, sources};

/// Files longer than this hold more than one idea.
const LONGEST: usize = 450;

/// What must not be named in a module, and why.
struct Border {
    /// Folders or files below `src/`.
    inside: &'static [&'static str],
    /// Paths as they stand in a `use` or an expression.
    forbidden: &'static [&'static str],
    why: &'static str,
}

const BORDERS: &[Border] = &[
    Border {
        inside: &["plan", "domain"],
        forbidden: &[
            "async",
            "tokio",
            "futures",
            "reqwest",
            "axum",
            "hyper",
            "http",
            "kube::Client",
            "kube::Api",
            "kube::client",
            "kube::runtime",
            "Instant",
            "SystemTime",
            "Timestamp::now",
            "uuid",
            "rand",
            "std::env",
            "std::fs",
            "std::net",
            "std::thread",
            "crate::certcentral",
            "crate::controller",
            "crate::serve",
            "crate::settings",
            "crate::simulator",
            "crate::cli",
        ],
        why: "a decision is a function of what was observed: no I/O, no clock, no randomness",
    },
    Border {
        inside: &["certcentral"],
        forbidden: &[
            "kube",
            "k8s_openapi",
            "crate::api",
            "crate::controller",
            "crate::plan",
            "crate::serve",
            "crate::settings",
            "crate::simulator",
            "crate::cli",
        ],
        why: "the client knows HTTP and CertCentral, and nothing of Kubernetes",
    },
    Border {
        inside: &["simulator"],
        forbidden: &[
            "kube",
            "k8s_openapi",
            "crate::api",
            "crate::certcentral",
            "crate::controller",
            "crate::domain",
            "crate::plan",
            "crate::serve",
            "crate::settings",
            "crate::cli",
        ],
        why: "whoever checks the operator shares no mistake with it",
    },
    Border {
        inside: &["controller"],
        forbidden: &[
            "reqwest",
            "axum",
            "hyper",
            "std::env",
            "crate::simulator",
            "crate::cli",
        ],
        why: "the shell asks the client for acts, and does not know how they travel",
    },
    Border {
        inside: &["api"],
        forbidden: &[
            "crate::domain",
            "crate::plan",
            "crate::certcentral",
            "crate::controller",
            "crate::serve",
            "crate::settings",
            "crate::simulator",
            "crate::cli",
            "tokio",
            "reqwest",
        ],
        why: "the types of the API know nobody",
    },
];

#[test]
fn no_module_reaches_over_its_border() {
    let mut findings = Vec::new();
    for border in BORDERS {
        for source in border
            .inside
            .iter()
            .flat_map(|inside| shipped(&format!("src/{inside}")))
        {
            for forbidden in border.forbidden.iter().filter(|path| source.names(path)) {
                findings.push(format!("{} names {forbidden}: {}", source.path, border.why));
            }
        }
    }
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn a_post_is_decided_in_one_place_and_sent_in_one_place() {
    let deciding: Vec<String> = shipped("src")
        .iter()
        .flat_map(|source| lines(source, "Action::Place"))
        // An arm of a match takes the decision, it does not make it.
        .filter(|(_, line)| !line.contains("Action::Place =>") && !line.contains("matches!"))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(deciding, ["src/plan/ticket.rs"]);
    let sending: Vec<String> = shipped("src")
        .iter()
        .flat_map(|source| lines(source, "client.place("))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(sending, ["src/controller/place.rs"]);
}

#[test]
fn every_file_holds_one_idea_and_nothing_unfinished() {
    let mut findings = Vec::new();
    for source in all_sources() {
        let lines = source.text.lines().count();
        if lines > LONGEST {
            findings.push(format!(
                "{} has {lines} lines, {LONGEST} are the most",
                source.path
            ));
        }
        for mark in unfinished()
            .iter()
            .filter(|mark| source.text.contains(mark.as_str()))
        {
            findings.push(format!("{} says {mark}", source.path));
        }
    }
    assert_eq!(findings, Vec::<String>::new());
}

/// The lines with this code, each with its file.
fn lines(source: &Source, what: &str) -> Vec<(String, String)> {
    let lines = source.lines_with(what).into_iter();
    lines.map(|line| (source.path.clone(), line)).collect()
}

/// The code of a folder that is built into the program.
fn shipped(folder: &str) -> Vec<Source> {
    let all = sources(folder, "rs").into_iter();
    all.filter(|source| !source.is_test())
        .map(Source::without_tests)
        .collect()
}

fn all_sources() -> Vec<Source> {
    let mut all = sources("src", "rs");
    all.extend(sources("tests", "rs"));
    all.extend(sources("demo", "rs"));
    all.extend(sources("tests/control-plane", "go"));
    all
}

/// In pieces, so that this file does not say them.
fn unfinished() -> Vec<String> {
    [
        ["#[ig", "nore"],
        ["to", "do!"],
        ["unimpl", "emented!"],
        ["FIX", "ME"],
        ["TO", "DO"],
    ]
    .map(|pieces| pieces.concat())
    .to_vec()
}

/// `make mutants` breaks what stands in the sources: it has to stand there.
#[test]
fn every_mutant_has_something_to_break() {
    let edits = mutants::mutants().flat_map(|mutant| mutant.edits);
    let stale: Vec<(&str, &str)> = edits
        .filter(|edit| {
            let path = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), edit.file);
            std::fs::read_to_string(path).unwrap().matches(edit.from).count() != 1
        })
        .map(|edit| (edit.file, edit.from))
        .collect();
    assert_eq!(stale, []);
}

#[test]
fn the_scan_sees_every_way_to_name_a_path() {
    let source = |text: &str| Source::new("src/plan/row.rs", text);
    for text in [
        "use crate::api::Reason;",
        "use crate::{api::Reason, plan};",
        "use crate::{\n    domain::csr,\n    api,\n};",
        "let reason = crate::api::Reason::Issued;",
        "use super::super::api::Reason;",
    ] {
        assert!(source(text).names("crate::api"), "{text}");
    }
    for text in [
        "// crate::api is not known here",
        "let text = \"crate::api\";",
        "use crate::apiary;",
        "use super::api_key;",
    ] {
        assert!(!source(text).names("crate::api"), "{text}");
    }
    assert!(source("fn a() -> std::time::Instant {}").names("Instant"));
    assert!(!source("fn a() { reasync(); }").names("async"));
}
