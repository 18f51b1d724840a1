//! `make mutants`: breaks the protocol in many ways, one at a time, and shows which proof notices.
//!
//! Each way to break it is a change of the sources that ship. They are changed in a copy; then the model check (tier 1)
//! and the crash plans (tier 2) are built from the copy and run until something is wrong. Words after the command
//! choose the mutants whose names contain one of them.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a tool for developers: what goes wrong ends it, and its findings are its output"
)]

mod list;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use list::{Edit, Mutant, mutants};

/// A proof that is to notice.
struct Tier {
    name: &'static str,
    program: &'static str,
    /// The sources that it runs: a mutant elsewhere can't reach it.
    runs: &'static [&'static str],
    /// Which of its tests; none is all of them.
    tests: &'static [&'static str],
    /// Stands in the line that says what is wrong.
    mark: &'static str,
}

const TIERS: [Tier; 2] = [
    Tier {
        name: "model",
        program: "model",
        runs: &["src/plan/", "src/domain/"],
        tests: &["every_history_within_the_bounds_keeps_the_promises", "--exact"],
        mark: ": broken after ",
    },
    Tier {
        name: "crash plans",
        program: "crashes",
        runs: &["src/"],
        tests: &["no_crash_buys_twice", "--exact"],
        mark: "failed: ",
    },
];

/// Of the crash plans, one in so many is run.
const SAMPLE: &str = "23";

/// What a tier says of a mutant: what is wrong, if it noticed.
type Noticed = Option<String>;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let copy = root.join("target/mutants");
    copy_sources(root, &copy);
    let chosen: Vec<String> = arguments();
    let wanted =
        |mutant: &&Mutant| chosen.is_empty() || chosen.iter().any(|word| mutant.name.contains(word.as_str()));
    if let Some(what) = control(root, &copy) {
        println!("mutants: the sources as they are fail already: {what}");
        return ExitCode::FAILURE;
    }
    let mut survivors = Vec::new();
    let mut caught = [0; TIERS.len()];
    let mut all = 0;
    for mutant in mutants().filter(wanted) {
        all += 1;
        println!("{}", mutant.name);
        let noticed = try_out(root, &copy, mutant);
        for ((tier, noticed), caught) in TIERS.iter().zip(&noticed).zip(&mut caught) {
            match noticed {
                Some(what) => {
                    *caught += 1;
                    println!("  {:12} caught: {what}", tier.name);
                }
                None => println!("  {:12} -", tier.name),
            }
        }
        if noticed.iter().all(Option::is_none) {
            survivors.push(mutant.name);
        }
    }
    println!("mutants: {} of {all} caught", all - survivors.len());
    for (tier, caught) in TIERS.iter().zip(caught) {
        println!("mutants: {caught} by the {}", tier.name);
    }
    for survivor in &survivors {
        println!("mutants: SURVIVED: {survivor}");
    }
    ExitCode::from(u8::from(!survivors.is_empty()))
}

fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}

/// Runs every tier on the copy as it is: what is wrong with it, if anything is.
fn control(root: &Path, copy: &Path) -> Noticed {
    let tiers: Vec<&Tier> = TIERS.iter().collect();
    let noticed = run(&tiers, "place", build(root, copy, &tiers, "the copy"), copy);
    noticed.into_iter().flatten().next()
}

/// Breaks the copy, builds and runs the tiers that it concerns, and mends the copy.
fn try_out(root: &Path, copy: &Path, mutant: &Mutant) -> Vec<Noticed> {
    let mut originals: Vec<(PathBuf, String)> = Vec::new();
    for edit in mutant.edits {
        let path = copy.join(edit.file);
        let text = std::fs::read_to_string(&path).unwrap();
        let times = text.matches(edit.from).count();
        assert_eq!(times, 1, "{}: {}", mutant.name, edit.file);
        let broken = text.replacen(edit.from, edit.to, 1);
        originals.push((path.clone(), text));
        std::fs::write(path, broken).unwrap();
    }
    let concerned = |tier: &&Tier| {
        let runs = |edit: &Edit| tier.runs.iter().any(|folder| edit.file.starts_with(folder));
        mutant.edits.iter().any(runs)
    };
    let tiers: Vec<&Tier> = TIERS.iter().filter(concerned).collect();
    let programs = build(root, copy, &tiers, mutant.name);
    let noticed = run(&tiers, mutant.script, programs, copy);
    // The last edit of a file was made on top of the earlier ones.
    for (path, text) in originals.into_iter().rev() {
        std::fs::write(path, text).unwrap();
    }
    let mut noticed = tiers.iter().zip(noticed).collect::<Vec<_>>();
    TIERS
        .iter()
        .map(|tier| {
            let position = noticed.iter().position(|(of, _)| of.program == tier.program)?;
            noticed.swap_remove(position).1
        })
        .collect()
}

/// Runs the programs of these tiers, all at a time, each until something is wrong; the crash plans begin with a script.
fn run(tiers: &[&Tier], script: &str, programs: Vec<PathBuf>, copy: &Path) -> Vec<Noticed> {
    let running: Vec<_> = tiers
        .iter()
        .zip(programs)
        .map(|(tier, program)| {
            let child = Command::new(program)
                .args(tier.tests)
                .arg("--nocapture")
                .env("DOCSIGN_FIRST", script)
                .env("DOCSIGN_EVERY", SAMPLE)
                .current_dir(copy)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            (
                tier,
                std::thread::spawn(move || child.wait_with_output().unwrap()),
            )
        })
        .collect();
    let noticed = running.into_iter().map(|(tier, output)| {
        let output = output.join().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        (!output.status.success()).then(|| {
            let line = said.lines().find(|line| line.contains(tier.mark));
            let line = line.or_else(|| said.lines().find(|line| line.contains("panicked")));
            line.unwrap_or("failed").chars().take(200).collect()
        })
    });
    noticed.collect()
}

/// Builds the programs of these tiers; gives their paths.
fn build(root: &Path, copy: &Path, tiers: &[&Tier], what: &str) -> Vec<PathBuf> {
    let mut command = Command::new("cargo");
    command.args(["test", "--locked", "--no-run"]);
    for tier in tiers {
        command.args(["--test", tier.program]);
    }
    let output = command
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what} does not build:\n{said}");
    let path = |tier: &&Tier| {
        let own = format!("tests/{}", tier.program);
        let line = said
            .lines()
            .find(|line| line.contains("Executable") && line.contains(&own));
        let path = line.unwrap().rsplit_once('(').unwrap().1.trim_end_matches(')');
        // Cargo shows it from the copy, or whole.
        copy.join(path)
    };
    tiers.iter().map(path).collect()
}

/// The sources as they are, in a place of their own.
fn copy_sources(root: &Path, copy: &Path) {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .expect("git lists the sources");
    for file in listed
        .stdout
        .split(|byte| *byte == 0)
        .filter(|file| !file.is_empty())
    {
        let file = Path::new(std::str::from_utf8(file).unwrap());
        let (from, to) = (root.join(file), copy.join(file));
        let Ok(text) = std::fs::read(&from) else { continue };
        // A file that is the same keeps its time, so that nothing is built for nothing.
        if std::fs::read(&to).is_ok_and(|there| there == text) {
            continue;
        }
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, text).unwrap();
    }
}
