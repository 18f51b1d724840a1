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
use std::process::{Command, ExitCode, Output, Stdio};
use std::thread::JoinHandle;

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

static TIERS: [Tier; 2] = [
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
        tests: &[
            "no_crash_buys_twice",
            "an_order_that_comes_to_light_too_late_is_reported",
            "--exact",
        ],
        mark: "failed: ",
    },
];

/// Of the crash plans, one in so many is run.
const SAMPLE: &str = "23";
/// Compiles what is broken, so that it has names of its own among what is built: by the same name a test could run it later.
const COMPILER: &str = "tests/mutants/rustc";

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
    let mut tally = Tally::default();
    // While one is run, the next is built.
    let mut before: Option<(&Mutant, Running)> = None;
    for (number, mutant) in mutants().filter(wanted).enumerate() {
        let running = break_it(root, &copy, mutant, number);
        if let Some((mutant, running)) = before.replace((mutant, running)) {
            tally.count(mutant, running);
        }
    }
    if let Some((mutant, running)) = before {
        tally.count(mutant, running);
    }
    tally.told()
}

/// What came of all mutants.
#[derive(Default)]
struct Tally {
    all: usize,
    caught: [usize; TIERS.len()],
    survivors: Vec<&'static str>,
}

impl Tally {
    /// Waits for the proofs, and tells what they say of this mutant.
    fn count(&mut self, mutant: &Mutant, running: Running) {
        let noticed = running.noticed();
        self.all += 1;
        println!("{}", mutant.name);
        for (tier, caught) in TIERS.iter().zip(&mut self.caught) {
            match noticed.iter().find(|(of, _)| *of == tier.name) {
                Some((_, Some(what))) => {
                    *caught += 1;
                    println!("  {:12} caught: {what}", tier.name);
                }
                Some((_, None)) | None => println!("  {:12} -", tier.name),
            }
        }
        if noticed.iter().all(|(_, noticed)| noticed.is_none()) {
            self.survivors.push(mutant.name);
        }
    }

    fn told(&self) -> ExitCode {
        println!(
            "mutants: {} of {} caught",
            self.all - self.survivors.len(),
            self.all
        );
        for (tier, caught) in TIERS.iter().zip(self.caught) {
            println!("mutants: {caught} by the {}", tier.name);
        }
        for survivor in &self.survivors {
            println!("mutants: SURVIVED: {survivor}");
        }
        ExitCode::from(u8::from(!self.survivors.is_empty()))
    }
}

fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}

/// Runs every tier on the copy as it is: what is wrong with it, if anything is.
fn control(root: &Path, copy: &Path) -> Noticed {
    let tiers: Vec<&Tier> = TIERS.iter().collect();
    let programs = build(root, copy, &tiers, "the copy", 0);
    // The whole of it is run elsewhere; this shows that the copy builds and that its proofs begin well.
    let only = Some("first writes");
    let noticed = Running::start(&tiers, ("place", only), programs, copy).noticed();
    noticed.into_iter().find_map(|(_, noticed)| noticed)
}

/// Breaks the copy, builds the tiers that it concerns, mends the copy, and starts them.
fn break_it(root: &Path, copy: &Path, mutant: &Mutant, number: usize) -> Running {
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
    let programs = build(root, copy, &tiers, mutant.name, number);
    // The last edit of a file was made on top of the earlier ones.
    for (path, text) in originals.into_iter().rev() {
        std::fs::write(path, text).unwrap();
    }
    Running::start(&tiers, (mutant.script, None), programs, copy)
}

/// Tiers under way, each until something is wrong.
struct Running(Vec<(&'static Tier, JoinHandle<Output>)>);

impl Running {
    /// Starts the programs of these tiers, all at a time; the crash plans begin with a script, and go no further than `only`
    /// one of their tiers.
    fn start(
        tiers: &[&'static Tier],
        (script, only): (&str, Option<&str>),
        programs: Vec<PathBuf>,
        copy: &Path,
    ) -> Self {
        let started = tiers.iter().zip(programs).map(|(tier, program)| {
            let child = Command::new(program)
                .args(tier.tests)
                .arg("--nocapture")
                .env("DOCSIGN_FIRST", script)
                .env("DOCSIGN_EVERY", SAMPLE)
                .envs(only.map(|tier| ("DOCSIGN_TIER", tier)))
                .current_dir(copy)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let output = std::thread::spawn(move || child.wait_with_output().unwrap());
            (*tier, output)
        });
        Self(started.collect())
    }

    /// Waits until all have ended; gives what each tier says, by its name.
    fn noticed(self) -> Vec<(&'static str, Noticed)> {
        let noticed = self.0.into_iter().map(|(tier, output)| {
            let output = output.join().unwrap();
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            let noticed = (!output.status.success()).then(|| {
                let line = said.lines().find(|line| line.contains(tier.mark));
                let line = line.or_else(|| said.lines().find(|line| line.contains("panicked")));
                line.unwrap_or("failed").chars().take(200).collect()
            });
            (tier.name, noticed)
        });
        noticed.collect()
    }
}

/// Builds the programs of these tiers, and puts them where the next build does not replace them; gives their paths.
fn build(root: &Path, copy: &Path, tiers: &[&Tier], what: &str, number: usize) -> Vec<PathBuf> {
    let mut command = Command::new("cargo");
    command.args(["test", "--locked", "--no-run"]);
    // Set by the cargo that runs this program; dependencies that ask for them would be built anew, here and again elsewhere.
    for (name, _) in std::env::vars_os() {
        let of_this_package = name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if of_this_package {
            command.env_remove(name);
        }
    }
    for tier in tiers {
        command.args(["--test", tier.program]);
    }
    let output = command
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", root.join("target"))
        .env("RUSTC_WORKSPACE_WRAPPER", root.join(COMPILER))
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
        let kept = copy.join(format!("target/{}-{}", tier.program, number % 2));
        std::fs::create_dir_all(copy.join("target")).unwrap();
        // Cargo shows it from the copy, or whole.
        std::fs::copy(copy.join(path), &kept).unwrap();
        kept
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
