//! Process concerns: admin HTTP, metrics, telemetry, clock, shutdown.

pub mod admin;
pub mod clock;
pub mod lease;
pub mod metrics;
pub mod shutdown;
pub mod telemetry;
