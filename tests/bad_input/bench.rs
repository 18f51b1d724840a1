//! The operator as it ships between a cluster and a CertCentral in memory, in time that is paused. Nothing goes wrong
//! here by itself; what CertCentral answers can be exchanged on its way.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what a test expects is there, or the test fails"
)]

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{Exchange, Unreachable};
use docsign::serve::clock::Clock;
use docsign::simulator::Simulation;
use futures::future::{BoxFuture, FutureExt as _};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::memory::Cluster;
use crate::paused::{self, KEY};

/// The namespace of the manifests.
pub const HERE: &str = "signing";
/// A call to CertCentral.
#[derive(Clone, Debug)]
pub struct Call {
    /// The age of the bench.
    pub at: Duration,
    pub key: String,
    /// Method and path.
    pub what: String,
    /// The status of the answer.
    pub status: u16,
}

/// Exchanges an answer: the method and path, its status and its body.
pub type Tamper = Arc<dyn Fn(&str, u16, Bytes) -> (u16, Bytes) + Send + Sync>;

/// A cluster, a CertCentral, and the way between them.
#[derive(Clone)]
pub struct Bench {
    pub cluster: Cluster,
    pub remote: Simulation,
    calls: Arc<Mutex<Vec<Call>>>,
    tamper: Option<Tamper>,
    origin: Instant,
}

impl Bench {
    /// A bench whose CertCentral accepts these keys.
    #[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
    pub fn new(keys: &[&str], tamper: Option<Tamper>) -> Self {
        let origin = Instant::now();
        Self {
            cluster: Cluster::new(move || paused::at(origin)),
            remote: paused::certcentral(origin, keys, Duration::ZERO),
            calls: Arc::default(),
            tamper,
            origin,
        }
    }

    /// Runs the operator beside `life`, and ends with it.
    pub async fn with_operator<T>(&self, life: impl Future<Output = T>) -> T {
        let wire: Arc<dyn Exchange> = Arc::new(Line(self.clone()));
        let origin = self.origin;
        let clock = Clock::from_sources(move || paused::at(origin), move || origin.elapsed());
        let run = paused::operate(clock, self.cluster.client(), wire);
        tokio::select! {
            biased;
            ended = life => ended,
            ended = run => panic!("{ended}"),
        }
    }

    /// The calls to CertCentral so far.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// How long the bench has existed.
    pub fn age(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Does one request as people do it.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.cluster.ask(method, path, body).await
    }

    /// Makes an object that has to be good.
    pub async fn make(&self, path: &str, object: &Value) -> Value {
        self.ask("POST", path, object).await.unwrap()
    }

    /// The namespace, and an account `main` that is known to keep tokens.
    pub async fn furnish(&self) {
        self.make("/api/v1/namespaces", &json!({"metadata": {"name": HERE}}))
            .await;
        self.account("main", KEY, json!({"per3Minutes": 1000, "per5Seconds": 100}))
            .await;
    }

    /// A Secret with an API key, and an account of the same name that is known to keep tokens.
    pub async fn account(&self, name: &str, key: &str, rate_limit: Value) {
        let secret = json!({"metadata": {"name": name}, "stringData": {"api-key": key}});
        let secret = self
            .make(&format!("/api/v1/namespaces/{HERE}/secrets"), &secret)
            .await;
        let accounts = format!("/apis/docsign.dev/v1alpha1/namespaces/{HERE}/certcentralaccounts");
        let account = json!({
            "apiVersion": "docsign.dev/v1alpha1", "kind": "CertCentralAccount", "metadata": {"name": name},
            "spec": {
                "apiKeySecretRef": {"name": name}, "region": "US", "pollIntervalSeconds": 300, "rateLimit": rate_limit,
                "allow": {"paymentMethods": ["balance", "card", "wire_transfer", "profile"], "skipApproval": true, "containerIDs": [5], "adoption": true},
            },
        });
        self.make(&accounts, &account).await;
        let correlation = json!({"status": {"correlation": {
            "method": "Exact", "secretUID": secret["metadata"]["uid"],
            "secretResourceVersion": secret["metadata"]["resourceVersion"],
            "endpoint": "https://www.digicert.com/services/v2",
        }}});
        self.ask("PATCH", &format!("{accounts}/{name}/status"), &correlation)
            .await
            .unwrap();
    }

    /// An order as it is stored.
    pub fn order(&self, name: &str) -> Option<Value> {
        let all = self.cluster.objects("documentsigningorders");
        all.into_iter().find(|order| order["metadata"]["name"] == name)
    }

    /// The reason of an order's condition Ready; empty where nothing is said.
    pub fn reason(&self, name: &str) -> String {
        let order = self.order(name).unwrap_or_default();
        let conditions = order["status"]["conditions"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready");
        ready
            .and_then(|ready| ready["reason"].as_str())
            .unwrap_or_default()
            .to_owned()
    }

    /// Waits until the bench is as wanted, for hours if need be.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Self) -> bool) -> Result<(), String> {
        let reached = async {
            let mut changes = self.cluster.changes();
            while !wanted(self) {
                let _ = changes.changed().await;
            }
        };
        tokio::time::timeout(Duration::from_hours(12), reached)
            .await
            .map_err(|_| format!("never: {what}"))
    }

    /// No key was paid for twice.
    pub fn paid_once(&self) -> Result<(), String> {
        let mut tokens: Vec<_> = self
            .remote
            .journal()
            .orders
            .into_iter()
            .map(|order| {
                order
                    .alternative_order_id
                    .unwrap_or(order.comments_first_line.unwrap_or_default())
            })
            .collect();
        tokens.sort_unstable();
        let twice = tokens.windows(2).find(|pair| pair[0] == pair[1]);
        twice.map_or(Ok(()), |pair| Err(format!("{} was bought twice", pair[0])))
    }
}

/// The path of an order.
pub fn path(name: &str) -> String {
    format!("{}/{name}", orders())
}

/// The path of all orders.
pub fn orders() -> String {
    format!("/apis/docsign.dev/v1alpha1/namespaces/{HERE}/documentsigningorders")
}

/// An order that nothing is wrong with.
pub fn ordinary(name: &str, account: &str) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder", "metadata": {"name": name},
        "spec": {"accountRef": {"name": account}, "order": {
            "csProvisioningMethod": "client_app", "orderValidity": {"years": 1}, "paymentMethod": "balance",
            "individual": {"firstName": "Jane", "lastName": "Doe", "email": format!("{name}@example.com"), "telephone": "+1-555-555-5555", "country": "us"},
        }},
    })
}

/// The way to CertCentral.
struct Line(Bench);

impl Exchange for Line {
    fn exchange(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Unreachable>> {
        let bench = self.0.clone();
        async move {
            let request = http::Request::<reqwest::Body>::try_from(request).unwrap();
            let (head, body) = request.into_parts();
            let bytes = body.collect().await.map_err(|_| Unreachable::Lost)?.to_bytes();
            let what = format!("{} {}", head.method, head.uri.path());
            let key = head.headers["x-dc-devkey"].to_str().unwrap().to_owned();
            let answer = bench
                .remote
                .exchange(http::Request::from_parts(head, bytes))
                .await;
            let (mut head, body) = answer.map_err(|_| Unreachable::Lost)?.into_parts();
            let mut bytes = body.collect().await.map_err(|_| Unreachable::Lost)?.to_bytes();
            bench.calls.lock().unwrap().push(Call {
                at: bench.age(),
                key,
                what: what.clone(),
                status: head.status.as_u16(),
            });
            if let Some(tamper) = &bench.tamper {
                let (status, exchanged) = tamper(&what, head.status.as_u16(), bytes);
                head.status = http::StatusCode::from_u16(status).unwrap();
                head.headers.remove(http::header::CONTENT_LENGTH);
                bytes = exchanged;
            }
            Ok(http::Response::from_parts(head, reqwest::Body::from(bytes)).into())
        }
        .boxed()
    }
}
