//! An API server in memory, to be put under the unmodified Kubernetes client.
//!
//! It serves our four kinds, as their CustomResourceDefinitions say, and the few built-in kinds that the operator
//! uses. What it answers is held against a real kube-apiserver by `conformance.rs`; what is not tried there is not
//! there.
//!
//! | file | idea |
//! |---|---|
//! | `kinds` | which kinds there are, and what differs between them |
//! | `schema` | pruning, defaults and types, by the schema of a definition |
//! | `state` | objects, the one counter of versions, and the log of all that happened |
//! | `verbs` | create, replace, patch, delete; metadata; namespaces that end |
//! | `reads` | get, list and selectors |
//! | `watch` | streams of events: bookmarks, time-outs, versions that are too old |
//! | `service` | HTTP: paths, queries, statuses |
//! | `lens` | a reader whose view of the cluster is old, or has gaps |

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unused_imports, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test expects is there, or the test fails"
)]

mod kinds;
mod lens;
mod reads;
mod schema;
mod service;
mod state;
mod verbs;
mod watch;

use std::sync::{Arc, Mutex, MutexGuard};

use http::{Request, Response};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube::client::Body;
use serde_json::Value;

pub use lens::{Frozen, Gap, Lens};
pub use service::AnswerBody;
pub use state::Change;

/// A cluster. Clones are the same one.
#[derive(Clone)]
pub struct Cluster {
    state: Arc<Mutex<state::State>>,
    /// The newest version: watches wait for it to move.
    version: tokio::sync::watch::Sender<u64>,
    now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Cluster {
    /// A cluster with our definitions and the namespaces `default` and `kube-system`, whose clock is `now`.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        let cluster = Self {
            state: Arc::default(),
            version: tokio::sync::watch::channel(0).0,
            now: Arc::new(now),
        };
        cluster.install();
        cluster
    }

    /// A client as whoever applies manifests: it sees everything as it is.
    pub fn client(&self) -> kube::Client {
        let cluster = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let cluster = cluster.clone();
            async move { Ok::<_, std::convert::Infallible>(cluster.answer(request, &Lens::default()).await) }
        });
        kube::Client::new(service, "default")
    }

    /// Answers one request, as seen through a lens.
    pub async fn answer(&self, request: Request<Body>, lens: &Lens) -> Response<AnswerBody> {
        service::answer(self, request, lens).await
    }

    /// Does one request as people do it; patches are merged.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/merge-patch+json")
            .body(Body::from(body.to_string().into_bytes()))
            .unwrap();
        let answer = self.answer(request, &Lens::default()).await;
        let code = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&bytes).unwrap();
        if code < 300 {
            Ok(answer)
        } else {
            Err(format!("{method} {path}: {code} {}", answer["message"]))
        }
    }

    /// All that was written, oldest first.
    pub fn log(&self) -> Vec<Change> {
        self.state().log.clone()
    }

    /// The newest version.
    pub fn version(&self) -> u64 {
        self.state().version
    }

    /// Forgets how everything came about: no watch can begin at an earlier version than this.
    pub fn compact(&self) {
        let mut state = self.state();
        state.floor = state.version;
    }

    /// From now on these fields are pruned, as an older definition would: the plural of the kind, and a JSON pointer.
    pub fn forget(&self, fields: &[(&'static str, &'static str)]) {
        self.state().forgotten = fields.to_vec();
    }

    /// All objects of a kind, by plural.
    pub fn objects(&self, plural: &str) -> Vec<Value> {
        let state = self.state();
        state
            .objects
            .iter()
            .filter(|(place, _)| place.kind.plural == plural)
            .map(|(_, object)| object.as_ref().clone())
            .collect()
    }

    /// Moves with every write.
    pub fn changes(&self) -> tokio::sync::watch::Receiver<u64> {
        self.version.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, state::State> {
        let mut state = self.state.lock().expect("no panic while the state was held");
        state.time = self.now();
        state
    }

    fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Tells the watches what was written.
    fn publish(&self) {
        let version = self.state().version;
        self.version.send_if_modified(|seen| {
            let newer = *seen < version;
            *seen = version;
            newer
        });
    }
}
