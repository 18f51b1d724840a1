//! A world of one plan: cluster, CertCentral and time in memory, and the whole operator as it ships.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docsign::certcentral::{Exchange, Unreachable};
use docsign::serve::clock::Clock;
use docsign::simulator::{Placed, Simulation};
use futures::future::{BoxFuture, FutureExt, join_all};
use http_body_util::BodyExt;
use kube::client::{Body, Client};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use crate::fate::Fate;
use crate::memory::{Cluster, Lens};
use crate::oracles::token;
use crate::paused::{self, OTHER, pass};
use crate::plan::{Moment, Plan};
use crate::scripts::script;
use crate::wire::Wire;
use crate::wrong;

/// How long a process is down before the next one starts.
const DOWN: Duration = Duration::from_secs(2);
/// How long a call to CertCentral may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A world of one plan.
#[derive(Clone)]
pub struct World {
    pub cluster: Cluster,
    pub remote: Simulation,
    /// Another account of CertCentral's, for whoever comes with its key.
    pub elsewhere: Simulation,
    pub fate: Arc<Fate>,
    /// What must not happen and did.
    pub wrong: Arc<Mutex<Vec<String>>>,
    /// Orders that people placed.
    pub by_hand: Arc<Mutex<Vec<u64>>>,
    /// How many purchases people deleted.
    pub deleted: Arc<Mutex<usize>>,
    /// How far CertCentral's clock is ahead of the true one, in what it says.
    pub ahead: Arc<Mutex<Duration>>,
    /// The way of POSTs, where it is the network.
    wire: Option<Wire>,
    origin: Instant,
}

impl World {
    /// A world at its beginning, in which time stands still between waits.
    #[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
    pub fn new(plan: &Plan) -> Self {
        let origin = Instant::now();
        let issue = script(plan.script).issue;
        let wire = plan.wired.then(|| Wire::new(origin, issue));
        Self {
            cluster: Cluster::new(move || paused::at(origin)),
            remote: wire.as_ref().map_or_else(
                || paused::certcentral(origin, &[paused::KEY], issue),
                Wire::remote,
            ),
            elsewhere: paused::another_certcentral(origin, issue),
            fate: Fate::new(&plan.disturbances),
            wrong: Arc::default(),
            by_hand: Arc::default(),
            deleted: Arc::default(),
            ahead: Arc::default(),
            wire,
            origin,
        }
    }

    /// What was placed on both accounts of CertCentral's.
    pub fn placed(&self) -> Vec<Placed> {
        let mut placed = self.remote.journal().orders;
        placed.extend(self.elsewhere.journal().orders);
        placed
    }

    /// How long it has existed.
    pub fn age(&self) -> Duration {
        self.origin.elapsed()
    }

    /// Takes note of something that must not happen.
    pub fn blame(&self, what: String) {
        self.wrong.lock().unwrap().push(what);
    }

    /// Runs so many operators at a time, one after another as the plan has them die. Never returns.
    pub async fn operate(&self, plan: &Plan, operators: usize) {
        let replicas = (0..operators).map(|_| self.replica(plan, operators));
        join_all(replicas).await;
    }

    #[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
    async fn replica(&self, plan: &Plan, operators: usize) {
        loop {
            let life = self.fate.start();
            let view = Lens {
                frozen: plan.frozen.filter(|_| life > operators),
                gap: plan.gap,
            };
            let wire: Arc<dyn Exchange> = Arc::new(Line {
                world: self.clone(),
                life,
            });
            let run = paused::operate(self.clock(life), self.client(life, view), wire);
            if let Some(ended) = self.fate.live(life, run).await {
                self.blame(ended);
                std::future::pending::<()>().await;
            }
            sleep(DOWN).await;
        }
    }

    /// The clocks of the machine that a process runs on.
    fn clock(&self, life: usize) -> Clock {
        let origin = self.origin;
        let (wall, monotonic) = (Arc::clone(&self.fate), Arc::clone(&self.fate));
        Clock::from_sources(
            move || paused::at(origin) + wall.clocks(life).moved,
            move || {
                origin
                    .elapsed()
                    .saturating_sub(monotonic.clocks(life).stood_still)
            },
        )
    }

    /// The operator's way to the API server.
    fn client(&self, life: usize, lens: Lens) -> Client {
        let (cluster, fate) = (self.cluster.clone(), Arc::clone(&self.fate));
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let (cluster, fate) = (cluster.clone(), Arc::clone(&fate));
            async move {
                let uri = request.uri();
                if uri.query().is_some_and(|query| query.contains("watch=true")) {
                    return Ok::<_, Infallible>(cluster.answer(request, &lens).await);
                }
                let what = format!("{} {}", request.method(), uri.path());
                let effect = move |delay, wrong: Option<Moment>| async move {
                    if wrong.is_some() {
                        return wrong::forbidden();
                    }
                    pass(delay).await;
                    cluster.answer(request, &lens).await
                };
                Ok(fate.cross(life, what, effect, wrong::unavailable).await)
            }
        });
        Client::new(service, "default")
    }
}

/// The way to CertCentral of one process.
struct Line {
    world: World,
    life: usize,
}

impl Exchange for Line {
    fn exchange(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Unreachable>> {
        let what = format!("{} {}", request.method(), request.url().path());
        let world = self.world.clone();
        let effect = move |delay, wrong| arrive(world, request, delay, wrong);
        self.world
            .fate
            .cross(self.life, what, effect, |moment| match moment {
                Moment::Lost => Err(Unreachable::Lost),
                _ => Err(Unreachable::Connect),
            })
            .boxed()
    }
}

async fn arrive(
    world: World,
    request: reqwest::Request,
    delay: Duration,
    wrong: Option<Moment>,
) -> Result<reqwest::Response, Unreachable> {
    let posts = request.method() == reqwest::Method::POST;
    if let Some(wire) = world.wire.as_ref().filter(|_| posts && wrong.is_none()) {
        pass(delay).await;
        return wire.carry(request).await;
    }
    let request = http::Request::<reqwest::Body>::try_from(request).unwrap();
    let (head, body) = request.into_parts();
    // The connection stands, and the body leaves; or its gate is closed.
    let bytes = body.collect().await.map_err(|_| Unreachable::Lost)?.to_bytes();
    if posts {
        witness(&world, &bytes);
    }
    pass(delay).await;
    let mut answer = match wrong.and_then(wrong::instead) {
        Some(answer) => answer,
        None => done(&world, http::Request::from_parts(head, bytes)).await?,
    };
    if wrong == Some(Moment::Partial) {
        let (head, body) = answer.into_parts();
        let list = body.collect().await.map_err(|_| Unreachable::Lost)?.to_bytes();
        answer = http::Response::from_parts(head, wrong::partial(&list).into());
    }
    // Whoever answers says when, by a clock that may be ahead.
    let told = paused::at(world.origin) + *world.ahead.lock().unwrap();
    let told = told.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer
        .headers_mut()
        .insert(http::header::DATE, told.parse().unwrap());
    Ok(answer.into())
}

/// CertCentral does a call, and answers it.
async fn done(
    world: &World,
    request: http::Request<bytes::Bytes>,
) -> Result<http::Response<reqwest::Body>, Unreachable> {
    let elsewhere = request
        .headers()
        .get("x-dc-devkey")
        .is_some_and(|key| key == OTHER);
    let remote = if elsewhere {
        &world.elsewhere
    } else {
        &world.remote
    };
    let answer = timeout(PATIENCE, remote.exchange(request))
        .await
        .map_err(|_| Unreachable::TimedOut)?
        .map_err(|_| Unreachable::Lost)?;
    Ok(answer.map(reqwest::Body::wrap))
}

/// Whoever pays has claimed: the purchase is open, and both ledgers name the same attempt.
fn witness(world: &World, body: &[u8]) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let Some(token) = token(&body) else {
        world.blame("a POST without a token".to_owned());
        return;
    };
    let purchases = world.cluster.objects("purchases");
    let purchase = purchases
        .iter()
        .find(|purchase| purchase["metadata"]["name"] == token.as_str());
    let Some(purchase) = purchase.filter(|purchase| purchase["spec"]["state"] == "Open") else {
        world.blame("a POST without an open purchase".to_owned());
        return;
    };
    let attempt = &purchase["spec"]["attempt"]["id"];
    let marked = world
        .cluster
        .objects("documentsigningorders")
        .iter()
        .any(|order| order["status"]["attempt"] == *attempt && order["status"]["purchase"] == token.as_str());
    // A manifest may be deleted between the mark and the POST.
    let gone = world
        .cluster
        .log()
        .iter()
        .any(|change| change.place.kind.plural == "documentsigningorders" && change.after.is_none());
    if !marked && !gone {
        world.blame("a POST without a mark that names its attempt".to_owned());
    }
}
