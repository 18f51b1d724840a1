//! **The shipping plan, searched exhaustively.** Every history of a small world within the stated bounds, breadth
//! first: two operators that can stop between any two effects, caches that lag, clocks that are apart, a CertCentral
//! that accepts, refuses, answers late or never and hides what it has, and people who change things meanwhile. The
//! decisions are made by the `docsign::plan::plan` that ships; only the effects are played.
//!
//! What is promised holds for an order that CertCentral shows to look-ups no later than the quiet period allows for:
//! deadline + time in flight + time hidden <= quiet period. Bounds beyond that are searched too, and show a second
//! order: the search can see one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::struct_excessive_bools,
    reason = "what a test expects is there, or the test fails; a state is a bag of small facts"
)]

#[path = "model/bounds.rs"]
mod bounds;
#[path = "model/broken.rs"]
mod broken;
#[path = "model/end.rs"]
mod end;
#[path = "model/ledger.rs"]
mod ledger;
#[path = "model/noticed.rs"]
mod noticed;
#[path = "model/people.rs"]
mod people;
#[path = "model/protocol.rs"]
mod protocol;
#[path = "model/searches.rs"]
mod searches;
#[path = "model/seen.rs"]
mod seen;
#[path = "model/shell.rs"]
mod shell;
#[path = "model/statuses.rs"]
mod statuses;
#[path = "model/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;

use stateright::{Checker, HasDiscoveries, Model, Path};

use bounds::Bounds;
use broken::Broken;
use noticed::BROKEN;
use protocol::{Move, Protocol};
use searches::SEARCHES;
use world::World;

/// Searches until nothing new is found, or until a promise is broken.
fn search(bounds: Bounds, until: HasDiscoveries) -> impl Checker<Protocol> {
    let model = Protocol::new(bounds).checker();
    model.threads(2).finish_when(until).spawn_bfs().join()
}

/// Said whether or not the test passes: the number is what the reader came for.
fn say(line: &str) {
    writeln!(std::io::stderr().lock(), "{line}").unwrap();
}

fn told(model: &Protocol, property: &str, path: &Path<World, Move>) -> String {
    let steps = path.clone().into_vec();
    let mut text = format!("{property}: broken after {} steps\n", steps.len() - 1);
    for (world, next) in &steps {
        if let Some(next) = next {
            writeln!(text, "  at tick {}: {next:?}", world.tick).unwrap();
        }
    }
    let world = path.last_state();
    writeln!(text, "{world:?}").unwrap();
    for manifest in world.manifests.iter().flatten() {
        writeln!(text, "{:?}", model.plans.status(manifest.status)).unwrap();
    }
    text
}

#[test]
fn every_history_within_the_bounds_keeps_the_promises() {
    let mut states = 0;
    let mut ends = 0;
    let mut rows = BTreeSet::new();
    for bounds in SEARCHES {
        let checker = search(*bounds, HasDiscoveries::AnyFailures);
        let (model, found) = (checker.model(), checker.discoveries());
        let violations: Vec<String> = found
            .iter()
            .map(|(property, path)| told(model, property, path))
            .collect();
        say(&format!(
            "model: {} distinct states, {} violations, bounds: {bounds}",
            checker.unique_state_count(),
            violations.len()
        ));
        assert!(violations.is_empty(), "{bounds}\n{}", violations.join("\n"));
        states += checker.unique_state_count();
        ends += model.ends.count();
        rows.extend(model.plans.rows());
    }
    say(&format!(
        "model: {states} distinct states, 0 violations, bounds: {} searches as listed, {ends} of them run on to their end without faults, {} rows of the plan",
        SEARCHES.len(),
        rows.len()
    ));
    assert!(states > 1_000_000, "the searches went nowhere: {states}");
    assert!(
        rows.len() > 15,
        "rows of the plan that were never reached: {rows:?}"
    );
}

#[test]
fn every_way_to_break_it_is_noticed() {
    for (bounds, promise) in BROKEN {
        let checker = search(*bounds, HasDiscoveries::AllOf([*promise].into()));
        let path = checker.discovery(promise);
        let path = path.unwrap_or_else(|| panic!("{:?} is not noticed: {promise}", bounds.broken));
        let broken = match bounds.broken {
            Broken::Nothing => format!("a stated limit, {},", bounds.name),
            broken => format!("{broken:?}"),
        };
        say(&format!(
            "model: {broken} breaks \"{promise}\" after {} steps, seen within {} states",
            path.into_actions().len(),
            checker.unique_state_count()
        ));
    }
}
