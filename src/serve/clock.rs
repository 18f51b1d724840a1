//! The one reader of clocks, and the one sleep.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The wall clock and a monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

#[expect(clippy::disallowed_methods, reason = "everybody else is handed the time")]
impl Clock {
    /// The system's clocks; the monotonic one counts from here on.
    pub fn system() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    /// The wall clock, in whole seconds: what the API stores.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
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
