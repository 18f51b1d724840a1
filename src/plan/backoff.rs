//! When to try again: pure functions of what is stored, the time and a seed.

use jiff::{SignedDuration, Timestamp};

/// The delay after the n-th failure in a row (1 is the first): doubling from `first` up to `longest`, and
/// spread by up to a fifth so that objects which failed together do not come back together.
pub fn delay(failures: i32, first: SignedDuration, longest: SignedDuration, seed: u64) -> SignedDuration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or(0).min(20);
    let grown = first.saturating_mul(2_i32.saturating_pow(doublings)).min(longest);
    let fifth = u64::try_from(grown.as_millis() / 5).unwrap_or(0).max(1);
    grown + SignedDuration::from_millis(i64::try_from(seed % fifth).unwrap_or(0))
}

/// When an attempt that started then, and has been known for so long, began by the wall clock as it is now.
///
/// After a clock was set back by hours its start may lie in the future, and all that is counted from it would wait for as
/// long. What this process has itself seen pass lies behind in any case.
pub fn began(start: Timestamp, known_for: SignedDuration, now: Timestamp) -> Timestamp {
    start.min(known_since(known_for, now))
}

/// Since when it has been known, by the wall clock as it is now; in whole seconds, as that clock is.
fn known_since(known_for: SignedDuration, now: Timestamp) -> Timestamp {
    let seconds = SignedDuration::from_secs(known_for.as_secs());
    now.checked_sub(seconds).unwrap_or(Timestamp::MIN)
}

/// Whether a look-up of an attempt is due, and when the next one is.
///
/// Looks are due at fixed times after the attempt began: `first` after it, then at doubling distances up to
/// `longest`. So no time has to be stored, and no event can bring a look forward.
pub fn look_up_due(
    (start, known_for): (Timestamp, SignedDuration),
    looked: Option<Timestamp>,
    now: Timestamp,
    first: SignedDuration,
    longest: SignedDuration,
    seed: u64,
) -> Result<(), Timestamp> {
    let began = began(start, known_for, now);
    // A look in the future was dated by a clock that was set back since: when it was is not known any more.
    let Some(looked) = looked.filter(|looked| *looked <= now) else {
        return Ok(());
    };
    // A beginning that is counted back from now is known to a second: what was looked at is not due again within it.
    let doubt = SignedDuration::from_secs(i64::from(known_since(known_for, now) <= start));
    let looked = looked.checked_add(doubt).unwrap_or(looked);
    // Steps below a second would not grow, and the walk would not end.
    let first = first.max(SignedDuration::from_secs(1));
    let longest = longest.max(first);
    let mut step = first;
    let mut due = began.saturating_add(step).unwrap_or(Timestamp::MAX);
    while due <= looked && due < Timestamp::MAX {
        step = step.saturating_mul(2).min(longest);
        if step == longest {
            // The rest is a plain grid: no need to walk it.
            let past = looked.duration_since(due).as_secs() / longest.as_secs().max(1);
            due = due
                .saturating_add(longest.saturating_mul(i32::try_from(past).unwrap_or(i32::MAX)))
                .unwrap_or(Timestamp::MAX);
        }
        due = due.saturating_add(step).unwrap_or(Timestamp::MAX);
    }
    let spread = u64::try_from(step.as_secs() / 10).unwrap_or(0).max(1);
    let due = due
        .saturating_add(SignedDuration::from_secs(
            i64::try_from(seed % spread).unwrap_or(0),
        ))
        .unwrap_or(Timestamp::MAX);
    if due <= now { Ok(()) } else { Err(due) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: SignedDuration = SignedDuration::from_secs(5);
    const LONGEST: SignedDuration = SignedDuration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    /// An attempt that started at 0, and that nobody knew before.
    const START: i64 = 0;
    const JUST_KNOWN: SignedDuration = SignedDuration::ZERO;

    #[test]
    fn delays_double_up_to_the_longest_and_are_spread_by_a_fifth() {
        let delays: Vec<_> = (1..=12).map(|n| delay(n, FIRST, LONGEST, 0).as_secs()).collect();
        assert_eq!(delays, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(delay(1, FIRST, LONGEST, 999), SignedDuration::from_millis(5999));
        assert_eq!(delay(i32::MAX, FIRST, LONGEST, 0), LONGEST);
    }

    #[test]
    fn look_ups_follow_the_grid_whatever_wakes_the_plan() {
        let mut looked = None;
        let mut times = Vec::new();
        for second in 0..10_000 {
            if look_up_due((at(START), JUST_KNOWN), looked, at(second), FIRST, LONGEST, 0).is_ok() {
                times.push(second);
                looked = Some(at(second));
            }
        }
        assert_eq!(times, [0, 5, 15, 35, 75, 155, 315, 635, 1275, 2555, 5115, 8715]);
    }

    #[test]
    fn a_long_known_attempt_is_looked_up_hourly() {
        let year = 365 * 24 * 3600;
        let attempt = (at(START), JUST_KNOWN);
        let due = look_up_due(attempt, Some(at(year)), at(year), FIRST, LONGEST, 0).unwrap_err();
        assert!(due > at(year) && due <= at(year + 3600), "{due}");
        assert_eq!(
            look_up_due(attempt, Some(at(year)), due, FIRST, LONGEST, 0),
            Ok(())
        );
    }

    /// The times of all looks, in seconds since the attempt, by a process whose wall clock is put back by so many seconds
    /// after 100 of them. It is asked many times a second, as events would, and knows what passes to the millisecond.
    fn looks_with_a_clock_put_back(by: i64, known_from: i64) -> Vec<i64> {
        let (mut looked, mut times) = (None, Vec::new());
        for tick in (0..10_000_000).step_by(170) {
            let real = tick / 1000;
            let now = at(if real < 100 { real } else { real - by });
            let known_for = SignedDuration::from_millis((tick - known_from).max(0));
            if look_up_due((at(START), known_for), looked, now, FIRST, LONGEST, 0).is_ok() {
                times.push(real);
                looked = Some(now);
            }
        }
        times
    }

    #[test]
    fn a_clock_that_is_put_back_costs_one_look_and_stalls_none() {
        let steady = looks_with_a_clock_put_back(0, 400);
        assert_eq!(steady, [0, 5, 15, 35, 75, 155, 315, 635, 1275, 2555, 5115, 8715]);
        for by in [1, 60, 3600, 8 * 3600, 365 * 24 * 3600] {
            let looks = looks_with_a_clock_put_back(by, 400);
            assert!(looks.len() <= steady.len() + 1, "{by}: {looks:?}");
            let next = |after: i64| looks.iter().find(|time| **time > after).copied();
            for time in steady.iter().filter(|time| **time > 100) {
                assert!(
                    next(time - 3).is_some_and(|next| next <= time + 3),
                    "{by}: {looks:?}"
                );
            }
        }
    }

    #[test]
    fn who_began_after_the_clock_was_put_back_still_looks() {
        let (hour, known) = (3600, SignedDuration::from_secs(100));
        // The attempt seems to begin in an hour: another process started it, by a clock that was right.
        let now = at(-hour);
        let due = look_up_due((at(START), known), Some(now), now, FIRST, LONGEST, 0).unwrap_err();
        assert!(due <= at(-hour + 200), "{due}");
    }
}
