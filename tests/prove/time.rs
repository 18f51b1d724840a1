//! Time as a fault: how long a process lives, stands still, or hears nothing. No test waits like this for anything.

use std::time::Duration;

/// Returns after that time.
#[expect(
    clippy::disallowed_methods,
    reason = "when a process is killed and how long it is stopped is what the dice say, and they say it in time"
)]
pub async fn after(time: Duration) {
    tokio::time::sleep(time).await;
}

/// For reports and their progress.
#[expect(clippy::disallowed_methods, reason = "a report says how long it took")]
pub fn now() -> std::time::Instant {
    std::time::Instant::now()
}
