//! A typed client of CertCentral's Services API v2: the calls an order needs, and what their answers prove.
//!
//! | file | idea |
//! |---|---|
//! | `transport` | HTTP: time-outs, TLS, the key, bodies up to a cap |
//! | `exchange` | the network, or what stands in its place |
//! | `gate` | a request body that asks once before it leaves |
//! | `wire` | reading JSON as loosely as CertCentral writes it |
//! | `error` | what can go wrong, in classes a caller can act on |
//! | `place` | **placing an order**, the one call that spends money |
//! | `order` | one order, whole |
//! | `list` | orders in pages: by alternative id, by filter |
//! | `changes` | which orders changed lately |
//! | `request`, `user`, `product` | an approval request; whose key it is; what may be ordered |
//!
//! It knows HTTP and nothing of Kubernetes. Nothing is retried or followed here: whoever calls decides what comes
//! next. Nothing it returns prints a key, a body, or a person.

mod changes;
mod error;
mod exchange;
mod gate;
mod list;
mod order;
mod place;
mod product;
mod request;
mod transport;
mod user;
mod wire;

use std::fmt;
use std::sync::Arc;

pub use changes::{LONGEST_WINDOW, StatusChange};
pub use error::{Class, Error, Refusal, Unreachable, Unreadable};
pub use exchange::Exchange;
pub use gate::Gate;
pub use list::{ListedOrder, OrderFilter, OrderSummary};
pub use order::{Order, OrderCertificate, OrderRequest};
pub use place::{NotSentReason, PlaceOutcome, Placed, RequestSummary, UnknownReason};
pub use product::{CaCertificate, Product};
pub use request::Request;
pub use transport::{Answer, ClientSettings, Network, SettingsError, Timeouts};
pub use user::{AccessRole, User};

use transport::Transport;

/// The product this client orders.
pub const PRODUCT: &str = "ds_individual";

/// CertCentral, as one API key sees it.
pub struct Client {
    transport: Transport,
}

impl Client {
    /// Sets the client up; connects to nothing yet. Reads the system's root certificates.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the settings end here, and the key with them"
    )]
    pub fn new(settings: ClientSettings) -> Result<Self, SettingsError> {
        Ok(Self {
            transport: Transport::new(&settings, Network::new(&settings)?)?,
        })
    }

    /// Sets the client up on another way out than the network; `ca_pem`, `proxy` and `timeouts` are that way's own
    /// business.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the settings end here, and the key with them"
    )]
    pub fn through(settings: ClientSettings, exchange: Arc<dyn Exchange>) -> Result<Self, SettingsError> {
        let network = Network {
            reader: Arc::clone(&exchange),
            placer: exchange,
        };
        Ok(Self {
            transport: Transport::new(&settings, network)?,
        })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("transport", &self.transport)
            .finish()
    }
}
