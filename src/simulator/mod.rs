//! CertCentral as a state machine behind the documented API.
//!
//! There is no public sandbox for CertCentral, so this is one: orders, approval records, certificates and the people who move
//! them, behind the same paths, header, error bodies and rate limits, as loose in its JSON as the real one and as strict about
//! a request as the API page. It is written from that page alone and shares no code with the operator's own client, so that the
//! two check each other. What the real CertCentral turns out to do differently is taught to it first.
//!
//! | module | idea |
//! |---|---|
//! | `state`, `order`, `people` | the state machine, pure: time is an argument |
//! | `order_fields`, `order_check` | what a request may say |
//! | `answers`, `lookups` | what the calls answer |
//! | `certificates` | the throw-away certification authority |
//! | `faults`, `journal`, `limits` | what goes wrong, what happened, what is too much |
//! | `core`, `http`, `body`, `control` | a call from arrival to answer; the port; an answer cut short; the API under `/_sim/` |

mod answers;
mod body;
mod certificates;
mod clock;
mod control;
mod core;
mod endpoint;
mod faults;
mod http;
mod journal;
mod limits;
mod lookups;
mod order;
mod order_check;
mod order_fields;
mod people;
mod state;
mod wire;

#[cfg(test)]
mod tests;

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    ops::Deref,
    time::Duration,
};

use bytes::Bytes;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::core::{Core, Shared};
pub use self::{
    body::CutBody,
    clock::Clock,
    endpoint::Endpoint,
    faults::{Effect, Fault, Matching, Variant},
    journal::{Count, Ended, Journal, Placed},
    order_fields::parameters,
    people::People,
    state::Decision,
};

/// What a simulator is started with. It holds API keys, so it can't be printed.
#[derive(Clone)]
pub struct SimulatorSettings {
    /// Where to listen; port 0 for any free one.
    pub address: SocketAddr,
    /// The API keys that are accepted.
    pub api_keys: Vec<String>,
    /// Moves the numbers of orders, requests and certificates, and draws for faults with a probability.
    pub seed: u64,
    /// Who acts on orders.
    pub people: People,
    /// Which of the page's answers an accepted order gets when it asks for approval.
    pub variant: Variant,
    /// The simulator's time.
    pub clock: Clock,
}

impl Default for SimulatorSettings {
    /// Any free port on this machine, the key `simulator-key`, nobody who acts.
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_keys: vec!["simulator-key".to_owned()],
            seed: 0,
            people: People::Manual,
            variant: Variant::Pending,
            clock: Clock::real(),
        }
    }
}

/// A running simulator. Dropping it closes its port and all its connections.
pub struct Simulator {
    address: SocketAddr,
    simulation: Simulation,
    _stop: DropGuard,
}

impl Simulator {
    /// Starts one; to be called within a Tokio runtime. Errors: the address can't be listened on.
    pub fn start(settings: SimulatorSettings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let simulation = Simulation::new(settings)?;
        let stop = CancellationToken::new();
        tokio::spawn(http::serve(listener, simulation.shared.clone(), stop.clone()));
        Ok(Self {
            address,
            simulation,
            _stop: stop.drop_guard(),
        })
    }

    /// The base URL of the API: `http://127.0.0.1:8085/services/v2`.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, endpoint::BASE)
    }

    /// The base URL of the control API: `http://127.0.0.1:8085/_sim`.
    pub fn control_url(&self) -> String {
        format!("http://{}{}", self.address, control::BASE)
    }
}

impl Deref for Simulator {
    type Target = Simulation;

    fn deref(&self) -> &Simulation {
        &self.simulation
    }
}

/// The simulated CertCentral itself, without a port. Clones are the same one.
#[derive(Clone)]
pub struct Simulation {
    shared: Shared,
}

impl Simulation {
    /// Sets one up; the address in the settings is not used. Errors: no certification authority could be made.
    pub fn new(settings: SimulatorSettings) -> io::Result<Self> {
        Ok(Self {
            shared: Shared::new(Core {
                api_keys: settings.api_keys,
                state: state::State::new(settings.seed, settings.people, settings.variant)
                    .map_err(io::Error::other)?,
                script: faults::Script::new(settings.seed),
                journal: Journal::default(),
                limits: limits::Limits::default(),
                clock: settings.clock,
            }),
        })
    }

    /// Answers a call without a connection; an error is a connection that closes without an answer. What the fault
    /// script cuts is the body alone: there is no head to cut.
    pub async fn exchange(&self, request: ::http::Request<Bytes>) -> io::Result<::http::Response<CutBody>> {
        http::exchange(request, &self.shared).await
    }

    /// What happened so far.
    pub fn journal(&self) -> Journal {
        self.shared.lock().journal.clone()
    }

    /// Adds a fault to the end of the script.
    pub fn install(&self, fault: Fault) {
        self.shared.lock().script.install(fault);
    }

    /// Takes all faults out.
    pub fn clear_faults(&self) {
        self.shared.lock().script.clear();
    }

    /// Replaces the accepted API keys: what a revoked key looks like.
    pub fn accept_keys(&self, api_keys: Vec<String>) {
        self.shared.lock().api_keys = api_keys;
    }

    /// Does to an order what a person would. Gives CertCentral's error code if its status doesn't allow it.
    pub fn decide(&self, order: u64, decision: &Decision) -> Result<(), String> {
        let mut core = self.shared.lock();
        let now = core.clock.now();
        core.state.advance(now);
        core.state.decide(order, decision, now).map_err(|refusal| {
            refusal
                .errors
                .into_iter()
                .next()
                .map(|finding| finding.code)
                .unwrap_or_default()
        })
    }

    /// The status of an order, as the API would say it now.
    pub fn order_status(&self, order: u64) -> Option<String> {
        let mut core = self.shared.lock();
        let now = core.clock.now();
        core.state.advance(now);
        core.state
            .orders
            .get(&order)
            .map(|order| order.status.as_str().to_owned())
    }

    /// Moves the simulator's clock; its `Date` header follows.
    pub fn advance(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
    }
}

/// Runs a simulator until `shutdown`, and tells its base URL once it listens.
pub async fn serve(
    settings: SimulatorSettings,
    listening: impl FnOnce(&str),
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let simulator = Simulator::start(settings)?;
    listening(&simulator.url());
    shutdown.await;
    Ok(())
}
