//! The one reader of clocks, and the one sleep.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The wall clock and a monotonic clock.
#[derive(Clone)]
pub struct Clock {
    wall: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    monotonic: Arc<dyn Fn() -> Duration + Send + Sync>,
}

#[expect(clippy::disallowed_methods, reason = "everybody else is handed the time")]
impl Clock {
    /// The system's clocks; the monotonic one counts from here on.
    pub fn system() -> Self {
        let origin = Instant::now();
        Self::from_sources(Timestamp::now, move || origin.elapsed())
    }

    /// Clocks that show what these say.
    pub fn from_sources(
        wall: impl Fn() -> Timestamp + Send + Sync + 'static,
        monotonic: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self {
            wall: Arc::new(wall),
            monotonic: Arc::new(monotonic),
        }
    }

    /// The wall clock, in whole seconds: what the API stores.
    pub fn now(&self) -> Timestamp {
        let now = (self.wall)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// The monotonic clock. It goes on while the process is stopped.
    pub fn monotonic(&self) -> Duration {
        (self.monotonic)()
    }

    /// Waits.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
