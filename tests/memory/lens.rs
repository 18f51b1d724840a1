//! A reader whose view of the cluster is old, or has gaps.

use std::time::Duration;

/// How the caches of a reader are kept from seeing what is there. Reads that want the newest see it all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lens {
    /// Lists that fill caches show this version, and watches from it stand still until they thaw.
    pub frozen: Option<Frozen>,
    /// One watch event does not come; the watch ends later, as too old, and everything is listed anew.
    pub gap: Option<Gap>,
}

/// An API server that lags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// What it knows.
    pub version: u64,
    /// For how long, from the first watch on.
    pub lasts: Duration,
}

/// A watch that misses events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first change that no watch shows.
    pub version: u64,
    /// How long after it the watch ends.
    pub lasts: Duration,
}
