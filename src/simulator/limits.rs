//! CertCentral's published rate limits: 1000 calls in any 3 minutes and 100 in any 5 seconds, per API key.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// How many calls, in how many seconds.
pub(super) const WINDOWS: [(usize, i64); 2] = [(1000, 180), (100, 5)];

/// The calls of the last minutes, by key.
#[derive(Debug, Default)]
pub(super) struct Limits {
    calls: BTreeMap<String, VecDeque<Timestamp>>,
}

impl Limits {
    /// Counts a call if it is within both windows. A call beyond them is not counted, so that who waits is let in again.
    pub fn admit(&mut self, key: &str, now: Timestamp) -> bool {
        let calls = self.calls.entry(key.to_owned()).or_default();
        let begin = |seconds| {
            now.saturating_sub(SignedDuration::from_secs(seconds))
                .unwrap_or(Timestamp::MIN)
        };
        let longest = WINDOWS
            .iter()
            .map(|(_, seconds)| *seconds)
            .max()
            .unwrap_or_default();
        while calls.front().is_some_and(|call| *call <= begin(longest)) {
            calls.pop_front();
        }
        let within = WINDOWS.iter().all(|(most, seconds)| {
            let start = begin(*seconds);
            calls
                .iter()
                .rev()
                .take(*most)
                .filter(|call| **call > start)
                .count()
                < *most
        });
        if within {
            calls.push_back(now);
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn the_short_window_takes_100_calls_and_rolls() {
        let mut limits = Limits::default();
        let admitted: Vec<bool> = (0..101).map(|call| limits.admit("key", at(call * 10))).collect();
        assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 100);
        assert!(!limits.admit("key", at(4_999)));
        assert!(limits.admit("another key", at(4_999)));
        // the first call has left the window, the second has not
        assert!(limits.admit("key", at(5_000)));
        assert!(!limits.admit("key", at(5_001)));
    }

    #[test]
    fn the_long_window_takes_1000_calls() {
        let mut limits = Limits::default();
        assert!((0..1000).all(|call| limits.admit("key", at(call * 100))));
        assert!(!limits.admit("key", at(179_999)));
        assert!(limits.admit("key", at(180_000)));
    }
}
