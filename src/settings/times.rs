//! The times of the order protocol as settings, within bounds that keep it safe.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use crate::plan::ProtocolTimes;

/// The least that a quiet period may be.
const LEAST_QUIET: SignedDuration = SignedDuration::from_hours(1);
/// How long a leader that says nothing stays leader.
const LEASE: Duration = Duration::from_secs(15);
/// What is added to deadline and time-out before this process believes absence: what may still be on its way.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

/// The times of the order protocol.
#[derive(Args, Clone, Copy, Debug, Eq, PartialEq)]
pub struct Times {
    /// Seconds after its look-up in which an order may begin to be sent.
    #[arg(long, env = "DOCSIGN_ATTEMPT_DEADLINE_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(10..=300))]
    attempt_deadline_seconds: i64,
    /// Seconds that placing an order may take.
    #[arg(long, env = "DOCSIGN_PLACE_TIMEOUT_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(i64).range(10..=300))]
    place_timeout_seconds: i64,
    /// Shorter times for tests, like deadline=5,place=5,floor=20,settle=10,quiet=20,look-up=1,lease=3 (seconds). Used for
    /// endpoints alone that are plain http or on a loopback host, and never for DigiCert's own: behind any other gateway
    /// there may be CertCentral. A short lease is harmless everywhere, since nothing bought depends on it.
    #[arg(long = "test-times", env = "DOCSIGN_TEST_TIMES", hide = true)]
    test: Option<TestTimes>,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            attempt_deadline_seconds: 60,
            place_timeout_seconds: 60,
            test: None,
        }
    }
}

/// The times that hold for one endpoint.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct EndpointTimes {
    /// The times of the protocol.
    pub protocol: ProtocolTimes,
    /// The quiet period, where it is not the account's to say.
    quiet: Option<SignedDuration>,
}

impl Default for EndpointTimes {
    fn default() -> Self {
        Self {
            protocol: ProtocolTimes::STANDARD,
            quiet: None,
        }
    }
}

impl EndpointTimes {
    /// The quiet period, where the account asks for this one.
    pub fn quiet(&self, asked: SignedDuration) -> SignedDuration {
        self.quiet.unwrap_or(asked.max(LEAST_QUIET))
    }
}

impl Times {
    /// How long a leader that says nothing stays leader.
    pub fn lease(&self) -> Duration {
        self.test.map_or(LEASE, |test| test.lease)
    }

    /// The times for an endpoint; `simulated`: nothing real can be bought there.
    pub fn of(&self, simulated: bool) -> EndpointTimes {
        let deadline = SignedDuration::from_secs(self.attempt_deadline_seconds);
        let place = SignedDuration::from_secs(self.place_timeout_seconds);
        let floor = deadline.saturating_add(place).saturating_add(SLACK);
        let protocol = ProtocolTimes {
            deadline,
            post_timeout: place,
            floor,
            settle: floor.max(ProtocolTimes::STANDARD.settle),
            ..ProtocolTimes::STANDARD
        };
        match self.test.filter(|_| simulated) {
            Some(test) => EndpointTimes {
                protocol: test.protocol,
                quiet: Some(test.quiet),
            },
            None => EndpointTimes {
                protocol,
                quiet: None,
            },
        }
    }
}

/// Shorter times, for tests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct TestTimes {
    protocol: ProtocolTimes,
    quiet: SignedDuration,
    lease: Duration,
}

/// A word of `--test-times` that can't be read.
#[derive(Debug, thiserror::Error)]
#[error(
    "write name=seconds for deadline, place, floor, settle, quiet, look-up, longest, lease (at least 3), separated by commas"
)]
struct Unreadable;

impl FromStr for TestTimes {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let mut times = Self {
            protocol: ProtocolTimes::STANDARD,
            quiet: LEAST_QUIET,
            lease: LEASE,
        };
        for word in text.split(',') {
            let (name, seconds) = word.split_once('=').ok_or(Unreadable)?;
            let seconds = seconds
                .parse::<i64>()
                .ok()
                .filter(|seconds| (1..=86_400).contains(seconds))
                .ok_or(Unreadable)?;
            let time = SignedDuration::from_secs(seconds);
            let protocol = &mut times.protocol;
            match name {
                "deadline" => protocol.deadline = time,
                "place" => protocol.post_timeout = time,
                "floor" => protocol.floor = time,
                "settle" => protocol.settle = time,
                "look-up" => protocol.look_up_first = time,
                "longest" => protocol.look_up_longest = time,
                "quiet" => times.quiet = time,
                "lease" if seconds >= 3 => times.lease = Duration::from_secs(seconds.unsigned_abs()),
                _ => return Err(Unreadable),
            }
        }
        Ok(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        times: Times,
    }

    fn times(arguments: &[&str]) -> Result<Times, clap::Error> {
        Line::try_parse_from([&["docsign"], arguments].concat()).map(|line| line.times)
    }

    #[test]
    fn the_standard_times_are_the_default() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(times(&[]).unwrap(), Times::default());
        assert_eq!(Times::default().lease(), LEASE);
        let standard = times(&[]).unwrap().of(false);
        assert_eq!(standard, EndpointTimes::default());
        assert_eq!(standard.quiet(SignedDuration::from_secs(5)), hour);
        assert_eq!(standard.quiet(hour * 3), hour * 3);
    }

    #[test]
    fn test_times_reach_simulated_endpoints_alone() {
        let times = times(&[
            "--test-times",
            "deadline=1,place=2,floor=3,settle=4,quiet=5,look-up=6,longest=7,lease=8",
        ])
        .unwrap();
        assert_eq!(times.lease(), Duration::from_secs(8));
        assert_eq!(times.of(false), EndpointTimes::default());
        let seconds = SignedDuration::from_secs;
        let protocol = ProtocolTimes {
            deadline: seconds(1),
            post_timeout: seconds(2),
            floor: seconds(3),
            settle: seconds(4),
            look_up_first: seconds(6),
            look_up_longest: seconds(7),
        };
        assert_eq!(
            times.of(true),
            EndpointTimes {
                protocol,
                quiet: Some(seconds(5))
            }
        );
    }

    #[test]
    fn longer_sending_times_move_the_floor_with_them() {
        let times = times(&[
            "--attempt-deadline-seconds",
            "300",
            "--place-timeout-seconds",
            "300",
        ])
        .unwrap()
        .of(false);
        assert_eq!(times.protocol.floor, SignedDuration::from_mins(20));
        assert_eq!(times.protocol.settle, SignedDuration::from_mins(20));
    }

    #[test]
    fn unsafe_times_are_refused() {
        for wrong in [
            ["--attempt-deadline-seconds", "0"],
            ["--place-timeout-seconds", "301"],
            ["--test-times", "quiet=0"],
            ["--test-times", "lease=2"],
        ] {
            assert!(times(&wrong).is_err(), "{wrong:?}");
        }
    }
}
