//! A real Kubernetes control plane, and processes that cannot be left behind.
//!
//! The integration tests use it (`mod harness;`), and so does the demo, so nothing here depends on a
//! test being run.
//!
//! | file | idea |
//! |---|---|
//! | [`plane`] | etcd, kube-apiserver and kube-controller-manager as separate processes, on ports of their own |
//! | `parts` | where the plane's binaries come from, and how each is started |
//! | [`process`] | a child process that ends when we end, whatever ends us |
//! | [`directory`] | a temporary directory that goes the same way, after the last process in it |
//! | [`pki`] | the plane's certificate authority: server, administrator and users |
//! | [`kubectl`] | kubectl against one plane, touching nothing of the developer's own set-up |
//! | [`proxy`] | between an operator and the API server: stops the world at one chosen write |
//! | [`second`] | a second API server on a plane's etcd |
//! | [`admin`] | the operator's admin endpoints, as a scraper sees them |
//! | [`audit`] | what the API server was asked, by whom, and what it answered |
//!
//! Tests share one plane per test binary ([`plane::shared`]), each in a namespace of its own
//! ([`ControlPlane::namespace`]). A test that stops or breaks a part starts its own plane.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unused_imports, reason = "each test file uses its part")]

pub mod admin;
pub mod audit;
pub mod directory;
pub mod kubectl;
pub mod operator;
mod parts;
pub mod pki;
pub mod plane;
pub mod process;
pub mod proxy;
pub mod second;

use std::fmt;
use std::time::Duration;

pub use admin::{admin_address, get};
pub use audit::AuditEvent;
pub use directory::Directory;
pub use kubectl::{Kubectl, Output};
pub use operator::{CLUSTER, Operator};
pub use plane::{ControlPlane, Options, shared};
pub use process::{AtEnd, Child};
pub use proxy::{Moment, Proxy, Then, Trap};
pub use second::SecondApiServer;

/// How long anything may take on a slow and busy machine before a wait gives up.
pub const PATIENCE: Duration = Duration::from_mins(4);

/// What a test or the demo needed and did not get.
pub struct Error {
    what: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with no cause below it.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)
    }
}

/// What a failed test prints: the whole chain, with line breaks as they are.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|error| error as _)
    }
}

/// Says what was being done when something else failed.
pub trait Context<T> {
    /// Puts `what` in front of the error.
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Context<T> for std::result::Result<T, E> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error {
            what: what(),
            source: Some(error.into()),
        })
    }
}

/// Polls `check` until it gives a value, for at most `limit`; `what` completes "waited in vain for".
///
/// The only wait in the tests: always for a condition, never for time to pass.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut check: impl AsyncFnMut() -> Option<T>,
) -> Result<T> {
    let poll = async {
        loop {
            if let Some(value) = check().await {
                return value;
            }
            pause().await;
        }
    };
    tokio::time::timeout(limit, poll)
        .await
        .map_err(|_| Error::new(format!("waited in vain for {what}, {} s", limit.as_secs())))
}

#[expect(
    clippy::disallowed_methods,
    reason = "other processes offer nothing to wait on; the one poll interval of the tests"
)]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(25)).await;
}
