//! The operator as it ships, in time that is paused: what every world in memory has in common.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "what a test expects is there, or the test fails"
)]

use std::sync::Arc;
use std::time::Duration;

use docsign::certcentral::{self, Exchange};
use docsign::controller;
use docsign::domain::order_key::ClusterName;
use docsign::serve::admin::Readiness;
use docsign::serve::clock::Clock;
use docsign::serve::metrics::Metrics;
use docsign::settings::{LogFormat, Settings, Times};
use docsign::simulator::{self, People, Simulation, Simulator, SimulatorSettings};
use jiff::Timestamp;
use kube::client::Client;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// The API key that CertCentral accepts.
pub const KEY: &str = "simulator-key";
/// The API key of another account of CertCentral's.
pub const OTHER: &str = "another-key";
/// When every world begins.
const BEGINNING: i64 = 1_800_000_000;

/// Runs a test in time that is paused.
pub fn in_paused_time<T>(test: impl Future<Output = T>) -> T {
    Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(test)
}

/// The time in a world that began at this moment.
pub fn at(origin: Instant) -> Timestamp {
    Timestamp::from_second(BEGINNING).unwrap() + origin.elapsed()
}

/// A CertCentral that accepts these keys, with people who decide at once, and then takes so long to issue.
pub fn certcentral(origin: Instant, keys: &[&str], issue: Duration) -> Simulation {
    Simulation::new(remote_settings(origin, keys, issue)).unwrap()
}

/// Another account of CertCentral's, which knows nothing of the first; its orders have other numbers.
pub fn another_certcentral(origin: Instant, issue: Duration) -> Simulation {
    let settings = SimulatorSettings {
        seed: 1,
        ..remote_settings(origin, &[OTHER], issue)
    };
    Simulation::new(settings).unwrap()
}

/// The same, on a port.
pub fn listening_certcentral(origin: Instant, keys: &[&str], issue: Duration) -> Simulator {
    Simulator::start(remote_settings(origin, keys, issue)).unwrap()
}

fn remote_settings(origin: Instant, keys: &[&str], issue: Duration) -> SimulatorSettings {
    SimulatorSettings {
        people: People::Automatic {
            approve: Duration::ZERO,
            validate: Duration::ZERO,
            issue,
        },
        api_keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        clock: simulator::Clock::from_source(move || at(origin)),
        ..SimulatorSettings::default()
    }
}

/// Runs an operator, with this wall clock and these ways to the API server and to CertCentral, until it ends; then it
/// says how.
pub async fn operate(clock: Clock, client: Client, wire: Arc<dyn Exchange>) -> String {
    let ended = controller::run(
        client,
        settings(),
        clock,
        Arc::new(Readiness::default()),
        Arc::new(Metrics::default()),
        CancellationToken::new(),
        Arc::new(move |settings| certcentral::Client::through(settings, Arc::clone(&wire))),
    )
    .await;
    format!("the operator ended: {ended:?}")
}

/// Lets time pass.
#[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
pub async fn pass(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

fn settings() -> Settings {
    Settings {
        cluster_name: ClusterName::parse("test").unwrap(),
        operator_namespace: "default".to_owned(),
        namespaces: Vec::new(),
        allowed_endpoints: Vec::new(),
        allowed_proxies: Vec::new(),
        leader_election: false,
        times: Times::default(),
        admin_address: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
        log_format: LogFormat::Text,
        log_level: String::new(),
    }
}
