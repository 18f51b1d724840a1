//! How many calls an API key may still make: CertCentral's rolling windows, counted exactly.

use std::collections::VecDeque;
use std::time::Duration;

/// The limits of one API key, in calls per rolling window.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Calls in any 3 minutes; CertCentral publishes 1000.
    pub per_3_minutes: u32,
    /// Calls in any 5 seconds; CertCentral publishes 100.
    pub per_5_seconds: u32,
}

impl Limits {
    /// CertCentral's published limits.
    pub const PUBLISHED: Self = Self {
        per_3_minutes: 1000,
        per_5_seconds: 100,
    };

    /// The stricter of two limits, for accounts that share a key.
    #[must_use]
    pub fn stricter(self, other: Self) -> Self {
        Self {
            per_3_minutes: self.per_3_minutes.min(other.per_3_minutes),
            per_5_seconds: self.per_5_seconds.min(other.per_5_seconds),
        }
    }
}

/// What a call is for. The order is the order of preference: each lane leaves a share to those above it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lane {
    /// One poll serves all orders of an account.
    Poll,
    /// Looking up an attempt of unknown outcome.
    Resolve,
    /// Looking up and placing new orders.
    Place,
    /// Reading one order.
    Refresh,
}

impl Lane {
    /// The share of each window, in hundredths, that this lane leaves to the lanes above it.
    const fn leaves(self) -> u32 {
        match self {
            Self::Poll => 0,
            Self::Resolve => 2,
            Self::Place => 5,
            Self::Refresh => 20,
        }
    }
}

/// The windows are widened by this, because a call is counted here when it leaves and there when it arrives.
const MARGIN: Duration = Duration::from_secs(1);
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_mins(3);

/// The calls of one API key. Times are monotonic, measured from one origin the caller keeps.
#[derive(Clone, Debug)]
pub struct Budget {
    limits: Limits,
    calls: VecDeque<Duration>,
    reserved: u32,
    paused_until: Duration,
}

impl Budget {
    /// A budget of which nothing is used yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            calls: VecDeque::new(),
            reserved: 0,
            paused_until: Duration::ZERO,
        }
    }

    /// Lowers the limits; a key shared by accounts keeps the strictest.
    pub fn restrict(&mut self, limits: Limits) {
        self.limits = self.limits.stricter(limits);
    }

    /// How long a call of this lane has to wait; `None`: it may go now.
    pub fn wait(&self, lane: Lane, now: Duration) -> Option<Duration> {
        let until = [
            self.window_free_at(SHORT + MARGIN, self.limits.per_5_seconds, lane),
            self.window_free_at(LONG + MARGIN, self.limits.per_3_minutes, lane),
            self.paused_until,
        ]
        .into_iter()
        .max()
        .unwrap_or_default();
        until.checked_sub(now).filter(|wait| !wait.is_zero())
    }

    /// Counts a call that leaves now, if its lane has room; else says how long to wait.
    pub fn take(&mut self, lane: Lane, now: Duration) -> Result<(), Duration> {
        if let Some(wait) = self.wait(lane, now) {
            return Err(wait);
        }
        self.count(now);
        Ok(())
    }

    /// Keeps room for one POST, from before its claim on.
    pub fn reserve(&mut self, now: Duration) -> Result<(), Duration> {
        if let Some(wait) = self.wait(Lane::Place, now) {
            return Err(wait);
        }
        self.reserved += 1;
        Ok(())
    }

    /// Turns one reservation into a counted call.
    pub fn spend_reserved(&mut self, now: Duration) {
        self.release();
        self.count(now);
    }

    /// Gives one reservation back.
    pub fn release(&mut self) {
        self.reserved = self.reserved.saturating_sub(1);
    }

    /// Stops all lanes for a while: CertCentral answered 429, and does so to every call of the key.
    pub fn pause(&mut self, until: Duration) {
        self.paused_until = self.paused_until.max(until);
    }

    fn count(&mut self, now: Duration) {
        let keep = LONG + MARGIN;
        while self.calls.front().is_some_and(|call| *call + keep <= now) {
            self.calls.pop_front();
        }
        self.calls.push_back(now);
    }

    /// When the window has room for one more call of this lane. Zero: it has room whatever the time.
    fn window_free_at(&self, window: Duration, limit: u32, lane: Lane) -> Duration {
        let usable = limit
            .saturating_sub(limit * lane.leaves() / 100 + self.reserved)
            .max(u32::from(self.reserved == 0));
        if usable == 0 {
            // All room is reserved: look again when the oldest call leaves, or shortly.
            return self.calls.back().map_or(MARGIN, |call| *call + MARGIN);
        }
        let usable = usize::try_from(usable).unwrap_or(usize::MAX);
        match self.calls.len().checked_sub(usable) {
            None => Duration::ZERO,
            Some(nth) => self.calls.get(nth).map_or(Duration::ZERO, |call| *call + window),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn the_short_window_opens_when_its_oldest_call_leaves() {
        let mut budget = Budget::new(Limits {
            per_3_minutes: 1000,
            per_5_seconds: 2,
        });
        assert_eq!(budget.take(Lane::Poll, seconds(10)), Ok(()));
        assert_eq!(budget.take(Lane::Poll, seconds(11)), Ok(()));
        assert_eq!(budget.take(Lane::Poll, seconds(12)), Err(seconds(4)));
        assert_eq!(budget.take(Lane::Poll, seconds(16)), Ok(()));
    }

    #[test]
    fn lower_lanes_leave_room_for_higher_ones() {
        let mut budget = Budget::new(Limits {
            per_3_minutes: 1000,
            per_5_seconds: 100,
        });
        let taken = |budget: &mut Budget, lane| {
            (0..200)
                .take_while(|_| budget.take(lane, seconds(1)).is_ok())
                .count()
        };
        assert_eq!(
            [Lane::Refresh, Lane::Place, Lane::Resolve, Lane::Poll].map(|lane| taken(&mut budget, lane)),
            [80, 15, 3, 2]
        );
    }

    #[test]
    fn a_reservation_keeps_room_until_it_is_spent_or_released() {
        let mut budget = Budget::new(Limits {
            per_3_minutes: 1000,
            per_5_seconds: 2,
        });
        assert_eq!(budget.reserve(seconds(1)), Ok(()));
        assert_eq!(budget.take(Lane::Poll, seconds(1)), Ok(()));
        assert!(budget.take(Lane::Poll, seconds(1)).is_err());
        budget.release();
        assert_eq!(budget.take(Lane::Poll, seconds(1)), Ok(()));
        assert!(budget.take(Lane::Poll, seconds(1)).is_err());
    }

    #[test]
    fn a_429_pauses_every_lane() {
        let mut budget = Budget::new(Limits::PUBLISHED);
        budget.pause(seconds(30));
        assert_eq!(budget.wait(Lane::Poll, seconds(10)), Some(seconds(20)));
        assert_eq!(budget.wait(Lane::Poll, seconds(30)), None);
    }

    proptest! {
        /// Whatever is asked for and when, no window of CertCentral's ever holds more calls than allowed.
        #[test]
        fn no_window_is_ever_exceeded(steps in proptest::collection::vec((0_u64..400, 0_usize..4), 1..400)) {
            let lanes = [Lane::Poll, Lane::Resolve, Lane::Place, Lane::Refresh];
            let limits = Limits { per_3_minutes: 40, per_5_seconds: 7 };
            let mut budget = Budget::new(limits);
            let mut now = Duration::ZERO;
            let mut sent = Vec::new();
            for (milliseconds, lane) in steps {
                now += Duration::from_millis(milliseconds);
                if budget.take(lanes[lane], now).is_ok() {
                    sent.push(now);
                }
            }
            for (window, limit) in [(SHORT, limits.per_5_seconds), (LONG, limits.per_3_minutes)] {
                for end in &sent {
                    let held = sent.iter().filter(|call| **call <= *end && **call + window > *end).count();
                    prop_assert!(held <= limit as usize, "{held} calls in {window:?}");
                }
            }
        }
    }
}
