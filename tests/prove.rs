//! The real thing killed: three replicas of the operator on a real API server and etcd, with and without leader
//! election, while processes are killed and stopped, connections stall and break on every leg, and API servers answer
//! wrongly, late or from the past.
//!
//! `chaos` does all of it by chance; the other tests bring about one disaster each. `make prove` runs the release
//! binary through a thousand kills and reports. `DOCSIGN_KILLS` says how many, `DOCSIGN_SEED` what chance begins with;
//! what a failed round leaves is kept in `target/prove`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails; and its numbers are told"
)]

#[path = "prove/answers.rs"]
mod answers;
#[path = "prove/chaos.rs"]
mod chaos;
#[path = "prove/dice.rs"]
mod dice;
#[path = "prove/ending.rs"]
mod ending;
#[path = "prove/etcd.rs"]
mod etcd;
#[path = "prove/fate.rs"]
mod fate;
#[path = "prove/front.rs"]
mod front;
mod harness;
#[path = "prove/lagging.rs"]
mod lagging;
#[path = "prove/leader.rs"]
mod leader;
#[path = "prove/leg.rs"]
mod leg;
#[path = "prove/person.rs"]
mod person;
#[path = "prove/pruned.rs"]
mod pruned;
#[path = "prove/ragged.rs"]
mod ragged;
#[path = "prove/replica.rs"]
mod replica;
#[path = "prove/round.rs"]
mod round;
#[path = "prove/site.rs"]
mod site;
#[path = "prove/stale.rs"]
mod stale;
#[path = "prove/tally.rs"]
mod tally;
#[path = "prove/time.rs"]
mod time;
#[path = "prove/weather.rs"]
mod weather;
#[path = "prove/witness.rs"]
mod witness;
mod world;
