//! Process concerns: admin HTTP, metrics, telemetry, clock, shutdown.
