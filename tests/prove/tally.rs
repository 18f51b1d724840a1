//! What was done to the operators and to the network, counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counts, by class.
#[derive(Default)]
pub struct Tally {
    counts: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
}

impl Tally {
    /// One more fault of this class, there.
    pub fn fault(&self, place: &'static str, class: &'static str) {
        self.add(place, class, 1);
    }

    /// More of a class.
    pub fn add(&self, place: &'static str, class: &'static str, number: u64) {
        *self.lock().entry((place, class)).or_default() += number;
    }

    /// How many of a class.
    pub fn of(&self, place: &'static str, class: &'static str) -> u64 {
        self.lock().get(&(place, class)).copied().unwrap_or_default()
    }

    /// How many of a place.
    pub fn all_of(&self, place: &'static str) -> u64 {
        let counts = self.lock();
        let of_place = counts.iter().filter(|((at, _), _)| *at == place);
        of_place.map(|(_, count)| count).sum()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(&'static str, &'static str), u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A line for each place: `  API server      12 answered 503, 4 ...`.
impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for ((place, class), count) in self.lock().iter() {
            places.entry(place).or_default().push(format!("{count} {class}"));
        }
        for (place, counts) in places {
            writeln!(formatter, "  {place}: {}", counts.join(", "))?;
        }
        Ok(())
    }
}
