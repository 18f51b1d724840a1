//! The decision table under test: a case per row and situation, laws over arbitrary input, and whole worlds
//! searched to the end.

mod absence;
mod arbitrary;
mod binding;
mod bought;
mod changed;
mod fixtures;
mod handover;
mod holds;
mod laws;
mod near;
mod open;
mod put_back;
mod refusals;
mod render;
mod revisions;
mod situations;
mod statuses;
mod tickets;
mod unbought;
mod world;
mod worlds;
