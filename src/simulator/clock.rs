//! The simulator's clock: real time plus what was added through `/_sim/advance`.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// Time as the simulated CertCentral sees it. Clones share one offset.
#[derive(Clone)]
pub struct Clock {
    source: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ahead_milliseconds: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator is a service of its own; this is the one place where it reads real time"
    )]
    pub fn real() -> Self {
        Self::from_source(Timestamp::now)
    }

    /// A clock that stands still until it is advanced.
    pub fn standing_at(time: Timestamp) -> Self {
        Self::from_source(move || time)
    }

    /// A clock that asks `source`.
    pub fn from_source(source: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self {
            source: Arc::new(source),
            ahead_milliseconds: Arc::default(),
        }
    }

    /// Now, here.
    pub fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_milliseconds.load(Ordering::SeqCst));
        (self.source)().saturating_add(ahead).unwrap_or(Timestamp::MAX)
    }

    /// Moves this clock, and all its clones, forward.
    pub fn advance(&self, by: Duration) {
        let milliseconds = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        // a century is more than any scenario needs, and keeps the sum far from overflow
        let bounded = milliseconds.min(100 * 366 * 86_400 * 1000);
        self.ahead_milliseconds.fetch_add(bounded, Ordering::SeqCst);
    }

    /// Waits in real time: the delays of the fault script.
    #[expect(
        clippy::disallowed_methods,
        reason = "a delayed answer is what the fault script asks for"
    )]
    pub async fn wait(duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Clock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
