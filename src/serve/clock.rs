//! The one reader of clocks, and the one sleep.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The wall clock and a monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
    wall: Wall,
}

/// What the wall clock is read from.
#[derive(Clone, Copy, Debug)]
enum Wall {
    /// The machine.
    System,
    /// The monotonic clock: it showed this when that began.
    From(Timestamp),
}

#[expect(clippy::disallowed_methods, reason = "everybody else is handed the time")]
impl Clock {
    /// The system's clocks; the monotonic one counts from here on.
    pub fn system() -> Self {
        Self {
            origin: Instant::now(),
            wall: Wall::System,
        }
    }

    /// A wall clock that shows `time` now and from here on goes as the runtime's own time goes: where that is
    /// paused, both stand still between waits.
    pub fn simulated(time: Timestamp) -> Self {
        Self {
            origin: Instant::now(),
            wall: Wall::From(time),
        }
    }

    /// The wall clock, in whole seconds: what the API stores.
    pub fn now(&self) -> Timestamp {
        let now = match self.wall {
            Wall::System => Timestamp::now(),
            Wall::From(time) => time.saturating_add(self.monotonic()).unwrap_or(Timestamp::MAX),
        };
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// The monotonic clock. It goes on while the process is stopped.
    pub fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
