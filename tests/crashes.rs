//! No crash, lost answer, stale cache or missed event buys twice: the operator as it ships, its whole life in one
//! thread, dying before and after every effect.
//!
//! Cluster and CertCentral are in memory and time is paused, so that a plan takes milliseconds and hours alike.
//! Each plan is compared with the run of the same script in which nothing went wrong. A plan that fails is one line;
//! `DOCSIGN_PLAN="place after:12" cargo test --test crashes` runs it again and shows all it did.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails; and its numbers are told"
)]

#[path = "crashes/accounts.rs"]
mod accounts;
#[path = "crashes/answers.rs"]
mod answers;
#[path = "crashes/disasters.rs"]
mod disasters;
#[path = "crashes/fate.rs"]
mod fate;
#[path = "crashes/limits.rs"]
mod limits;
mod memory;
#[path = "crashes/oracles.rs"]
mod oracles;
mod paused;
#[path = "crashes/plan.rs"]
mod plan;
#[path = "crashes/revisions.rs"]
mod revisions;
#[path = "crashes/run.rs"]
mod run;
#[path = "crashes/scripts.rs"]
mod scripts;
#[path = "crashes/stage.rs"]
mod stage;
#[path = "crashes/tiers.rs"]
mod tiers;
#[path = "crashes/wire.rs"]
mod wire;
#[path = "crashes/world.rs"]
mod world;
#[path = "crashes/wrong.rs"]
mod wrong;

use plan::Plan;

/// Names the one plan to run.
const PLAN: &str = "DOCSIGN_PLAN";
/// Runs only every so many plans of each tier; 1 is all of them.
const EVERY: &str = "DOCSIGN_EVERY";
/// Runs only the plans of the tier that it names.
const TIER: &str = "DOCSIGN_TIER";
/// Begins with the script that it names, and stops at the first plan that fails.
const FIRST: &str = "DOCSIGN_FIRST";
/// What is run where nothing is said: a sample that still comes to every effect and every moment. There are thirteen to
/// a read of the API server, and twelve to one of CertCentral: forty-seven divides neither. The wrong answers that CertCentral
/// may give besides are all run, as the writes are.
const SAMPLE: usize = 47;

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "which plans to run is said in the environment"
)]
fn no_crash_buys_twice() {
    if let Ok(plan) = std::env::var(PLAN) {
        return again(&plan.parse().unwrap());
    }
    let every = std::env::var(EVERY).map_or(SAMPLE, |every| every.parse().unwrap());
    let only = std::env::var(TIER).ok();
    let report = tiers::all(every, std::env::var(FIRST).ok().as_deref(), only);
    println!("{report}");
    assert!(
        report.failures.is_empty(),
        "{} plans failed",
        report.failures.len()
    );
}

#[test]
fn an_order_that_comes_to_light_too_late_is_reported() {
    let done = run::run(&Plan::undisturbed(scripts::BEYOND.name));
    let purchases = &done.end["purchases"];
    assert_eq!(
        (done.wrong.len(), purchases),
        (
            1,
            &serde_json::json!({"test/signing/jane/1": {"state": "Bought", "ids": 2}})
        ),
        "{}",
        done.wrong.join("\n")
    );
}

/// Runs one plan and shows all it did.
fn again(plan: &Plan) {
    let undisturbed = run::run(&Plan::undisturbed(plan.script));
    let mut done = run::run(plan);
    done.compare(plan, &undisturbed);
    for (number, effect) in done.effects.iter().enumerate() {
        println!("{:4} {effect}", number + 1);
    }
    println!(
        "{plan}: {:?} of simulated time, versions {:?}",
        done.age, done.versions
    );
    assert!(done.wrong.is_empty(), "{plan}\n{}", done.wrong.join("\n"));
}
