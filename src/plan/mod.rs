//! The decision table: pure, total.
