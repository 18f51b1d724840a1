//! Stands between an operator and the API server, and stops the world at one chosen write.
//!
//! The operator speaks plain HTTP to it (its kubeconfig names it), and it passes everything on as administrator.
//! Writes to purchases, manifests and their statuses are counted; the one that a [`Trap`] names is not passed on, or
//! its answer is not: so a test can kill the operator at an exact point, or lose exactly one answer.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use kube::client::Body;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Context as _, ControlPlane, Error, PATIENCE, Result, eventually};

/// A proxy; dropping it closes its port and its connections.
pub struct Proxy {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

/// Which write, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The write, counted from 1 since the trap was set.
    pub nth: usize,
    /// How many writes, from that one on.
    pub times: usize,
    /// Before or after the API server has done it.
    pub moment: Moment,
    /// What the operator sees.
    pub then: Then,
}

/// Where on its way a write is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// The API server never sees it.
    Before,
    /// The API server has done it; its answer is caught.
    After,
}

/// What the operator sees of a write that was caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing; and no later write gets through either: for an operator that is killed now.
    Hold,
    /// The connection closes. Everything else goes on.
    Drop,
}

struct Shared {
    client: kube::Client,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    trap: Option<Trap>,
    writes: usize,
    sprung: bool,
}

/// What to do with one request.
enum Way {
    Through,
    Hold,
    Caught(Trap),
}

impl Proxy {
    /// Starts one, with no trap.
    pub async fn start(plane: &ControlPlane) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context(|| "cannot listen on 127.0.0.1".to_owned())?;
        let address = listener
            .local_addr()
            .context(|| "a listener has no address".to_owned())?;
        let kubeconfig = kubeconfig_to(plane, &address.to_string())?;
        let shared = Arc::new(Shared {
            client: plane.client().await?,
            state: Mutex::default(),
        });
        let stop = CancellationToken::new();
        let answering = Arc::clone(&shared);
        let answer = move |request| {
            let shared = Arc::clone(&answering);
            async move { shared.answer(request).await }
        };
        tokio::spawn(serve(listener, stop.clone(), answer));
        Ok(Self {
            kubeconfig,
            shared,
            _stop: stop.drop_guard(),
        })
    }

    /// The kubeconfig that leads through this proxy.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Sets a trap, and counts from here.
    pub fn set(&self, trap: Trap) {
        *self.shared.lock() = State {
            trap: Some(trap),
            ..State::default()
        };
    }

    /// Takes the trap away: everything gets through.
    pub fn clear(&self) {
        *self.shared.lock() = State::default();
    }

    /// How many writes came since the trap was set.
    pub fn writes(&self) -> usize {
        self.shared.lock().writes
    }

    /// Whether a write was caught.
    pub fn sprung(&self) -> bool {
        self.shared.lock().sprung
    }

    /// Waits until a write was caught.
    pub async fn caught(&self) -> Result<()> {
        eventually("a write to be caught", PATIENCE, async || {
            self.sprung().then_some(())
        })
        .await
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn way(&self, request: &http::Request<Incoming>) -> Way {
        let mut state = self.lock();
        let (Some(trap), true) = (state.trap, is_counted(request)) else {
            return Way::Through;
        };
        if state.sprung && trap.then == Then::Hold {
            return Way::Hold;
        }
        state.writes += 1;
        if (trap.nth..trap.nth + trap.times).contains(&state.writes) {
            Way::Caught(trap)
        } else {
            Way::Through
        }
    }

    async fn answer(&self, request: http::Request<Incoming>) -> Result<http::Response<Body>> {
        match self.way(&request) {
            Way::Through => self.pass_on(request).await,
            Way::Hold => std::future::pending().await,
            Way::Caught(trap) => {
                if trap.moment == Moment::After {
                    self.pass_on(request).await?;
                }
                self.lock().sprung = true;
                match trap.then {
                    Then::Hold => std::future::pending().await,
                    // hyper closes a connection whose service fails.
                    Then::Drop => Err(Error::new("the answer is lost")),
                }
            }
        }
    }

    async fn pass_on(&self, request: http::Request<Incoming>) -> Result<http::Response<Body>> {
        let (mut head, body) = request.into_parts();
        // These belong to the connection we were called on.
        for name in [http::header::HOST, http::header::CONNECTION] {
            head.headers.remove(name);
        }
        let body = body
            .collect()
            .await
            .context(|| "the operator broke off".to_owned())?
            .to_bytes();
        let request = http::Request::from_parts(head, Body::from(body.to_vec()));
        self.client
            .send(request)
            .await
            .context(|| "the API server did not answer".to_owned())
    }
}

/// Writes to purchases, and to manifests and their statuses.
pub fn is_counted(request: &http::Request<Incoming>) -> bool {
    let path = request.uri().path();
    let ours = path.starts_with("/apis/docsign.dev/")
        && (path.contains("/purchases") || path.contains("/documentsigningorders"));
    ours && request.method() != http::Method::GET
}

/// Answers HTTP on this port until it is stopped. A connection whose answer is an error is closed.
pub async fn serve<Answered, Whole>(
    listener: TcpListener,
    stop: CancellationToken,
    answer: impl Fn(http::Request<Incoming>) -> Answered + Clone + Send + Sync + 'static,
) where
    Answered: Future<Output = Result<http::Response<Whole>>> + Send + 'static,
    Whole: http_body::Body + Send + 'static,
    Whole::Data: Send,
    Whole::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let (answer, stop) = (answer.clone(), stop.clone());
        tokio::spawn(async move {
            // How a connection ends is the caller's to see.
            tokio::select! {
                () = stop.cancelled() => {}
                _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)) => {}
            }
        });
    }
}

/// A kubeconfig that leads to this address, over plain HTTP and as nobody.
pub fn kubeconfig_to(plane: &ControlPlane, address: &str) -> Result<PathBuf> {
    let name = format!("kubeconfig-{}", plane.directory().next_number());
    plane.directory().write(&name, &kubeconfig(address))
}

fn kubeconfig(address: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
clusters:
- name: proxy
  cluster:
    server: http://{address}
users:
- name: user
  user: {{}}
contexts:
- name: proxy
  context:
    cluster: proxy
    user: user
current-context: proxy
"
    )
}
