//! Whatever comes in, from people, Secrets or CertCentral: no panic, no second POST, no object that is stuck, bounded
//! memory, and nobody else is held up.
//!
//! Everything is drawn from a seed, which is printed; `DOCSIGN_SEED=7 cargo test --test bad_input` draws other things.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails; and its numbers are told"
)]

mod answers;
mod bench;
#[path = "../prove/dice.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod dice;
mod limits;
mod manifests;
#[path = "../memory/mod.rs"]
mod memory;
#[path = "../doors/patterns.rs"]
mod patterns;
#[path = "../paused/mod.rs"]
mod paused;
#[path = "../doors/requests.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod requests;
#[path = "../doors/samples.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod samples;
#[path = "../doors/schema.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod schema;
mod secrets;
mod sequences;
mod tampered;
mod transitions;
#[path = "../doors/values.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod values;
#[path = "../doors/wire_names.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod wire_names;

use dice::Dice;

/// Chance for one test: told, so that it can be repeated.
#[expect(clippy::disallowed_methods, reason = "the seed is said in the environment")]
fn dice(test: &str) -> Dice {
    let seed = std::env::var("DOCSIGN_SEED").map_or(1, |seed| seed.parse().unwrap());
    println!("{test}: DOCSIGN_SEED={seed}");
    Dice::new(seed)
}
