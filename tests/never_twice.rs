//! One order key is never bought twice: the real operator on a real API server, killed, raced, lied to and
//! robbed of its memory. Each test counts in the simulator's journal what was paid for.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "what a test expects is there, or the test fails; seeds are printed"
)]

#[path = "never_twice/answers.rs"]
mod answers;
#[path = "never_twice/by_hand.rs"]
mod by_hand;
mod harness;
#[path = "never_twice/killed.rs"]
mod killed;
#[path = "never_twice/reapplied.rs"]
mod reapplied;
#[path = "never_twice/refused.rs"]
mod refused;
#[path = "never_twice/rivals.rs"]
mod rivals;
#[path = "never_twice/story.rs"]
mod story;
#[path = "never_twice/turns.rs"]
mod turns;
mod world;
