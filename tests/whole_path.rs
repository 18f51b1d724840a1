//! From `kubectl apply` to a certificate ID, on a real API server, and what it costs: every write and every read,
//! counted from the API server's audit log, and every call to CertCentral, counted by the simulator.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use std::collections::BTreeMap;

use docsign::simulator::{Endpoint, Journal, People, Simulator, SimulatorSettings};
use harness::{AuditEvent, Child, PATIENCE, Result, eventually};
use serde_json::json;
use world::{QUICK, World, condition, order, order_id, ready_reason};

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_waits_for_placed_and_for_ready() -> Result<()> {
    let world = World::new("path", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    for condition in ["Placed", "Ready"] {
        let wanted = format!("--for=condition={condition}");
        world
            .kubectl(&["wait", &wanted, "dso/jane", "--timeout=120s"])
            .await?;
    }
    let order = world.issued("jane").await?;
    assert_eq!(condition(&order, "Placed"), Some(("True", "Placed")));
    assert_eq!(condition(&order, "Reconciling"), Some(("False", "Settled")));
    assert_eq!(condition(&order, "Stalled"), Some(("False", "Settled")));
    let placed = &world.simulator.journal().orders;
    assert_eq!(placed.len(), 1);
    assert_eq!(order_id(&order), i64::try_from(placed[0].order_id).ok());
    let purchase = &world.own_purchases().await[0];
    assert_eq!(
        Some(&purchase.spec.order_ids),
        order_id(&order).map(|id| vec![id]).as_ref()
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_costs_five_writes_three_reads_one_look_up_and_one_post() -> Result<()> {
    let watched = Watched::start(World::new("costs", QUICK).await?, &[]).await?;
    let world = &watched.world;
    world.apply(&order("first")).await?;
    world.issued("first").await?;
    exact(world, "main").await?;
    let requests_before = watched.requests("before").await?.len();
    let calls_before = world.simulator.journal();

    world.apply(&order("second")).await?;
    let second = world.issued("second").await?;
    let calls = calls_since(&calls_before, &world.simulator.journal());
    // Whatever else the operator would do about the second order, it would do before it has finished a third.
    world.apply(&order("third")).await?;
    world.issued("third").await?;

    let token = second.status.unwrap().purchase.unwrap();
    let requests = watched.requests("after").await?.split_off(requests_before);
    let of_second: Vec<_> = requests
        .iter()
        .filter(|event| event.name == token || event.name == "second")
        .map(words)
        .collect();
    assert_eq!(
        of_second,
        [
            // is there a purchase already?
            "get purchases",
            // CLAIM
            "create purchases",
            // MARK
            "update documentsigningorders/status",
            // RECORD, on the purchase as it is now
            "get purchases",
            "update purchases",
            // placed
            "update documentsigningorders/status",
            // issued
            "update documentsigningorders/status",
        ],
        "{requests:#?}"
    );
    // Whose it is can't be told by name: once for each of the two.
    let namespaces = count(&requests, |event| words(event) == "get namespaces");
    assert_eq!(namespaces, 2, "{requests:#?}");
    assert_eq!(
        count(&requests, |event| event.resource == "events"),
        0,
        "the conditions tell the happy path"
    );
    assert_eq!(count(&requests, AuditEvent::is_write), 2 * 5, "{requests:#?}");
    assert_eq!(requests.len(), 2 * 8, "{requests:#?}");

    let polls = calls.get(&Endpoint::StatusChanges).copied().unwrap_or_default();
    assert!(polls <= 1, "{calls:?}");
    let without_polls: BTreeMap<_, _> = calls
        .into_iter()
        .filter(|(endpoint, _)| *endpoint != Endpoint::StatusChanges)
        .collect();
    assert_eq!(
        without_polls,
        BTreeMap::from([
            (Endpoint::Alternate, 1),
            (Endpoint::Place, 1),
            (Endpoint::OrderInfo, 1)
        ])
    );
    Ok(())
}

/// Beside the account at rest there is one with an open order: its polls tell how much time has passed.
#[tokio::test(flavor = "multi_thread")]
async fn at_rest_an_account_costs_at_most_one_call_a_poll_and_no_write() -> Result<()> {
    let other = Simulator::start(SimulatorSettings {
        people: People::Manual,
        ..SimulatorSettings::default()
    })
    .unwrap();
    let world = World::new("rest", QUICK).await?;
    let watched = Watched::start(world, &["--allowed-endpoints", &other.url()]).await?;
    let world = &watched.world;
    let mut account = world.account();
    account["metadata"]["name"] = json!("other");
    account["spec"]["endpoint"] = json!(other.url());
    world.apply(&account).await?;
    let mut open = order("open");
    open["spec"]["accountRef"]["name"] = json!("other");
    for manifest in [order("first"), order("second"), open] {
        world.apply(&manifest).await?;
    }
    world.issued("first").await?;
    world.issued("second").await?;
    exact(world, "main").await?;
    exact(world, "other").await?;
    world
        .order_until("open", "the open order to wait", |order| {
            ready_reason(order) == Some("AwaitingApproval")
        })
        .await?;
    // The first poll after the start may still find something to do.
    polled(&other, 1).await?;
    let writes_before = count(&watched.requests("before").await?, AuditEvent::is_write);
    let (resting, polling) = (world.simulator.journal(), other.journal());

    polled(&other, 2).await?;

    let requests = watched.requests("after").await?;
    let writes = count(&requests, AuditEvent::is_write) - writes_before;
    assert_eq!(writes, 0, "{requests:#?}");
    let resting: u64 = calls_since(&resting, &world.simulator.journal()).values().sum();
    assert!(resting <= 2, "{resting} calls");
    let polling = calls_since(&polling, &other.journal());
    assert_eq!(polling, BTreeMap::from([(Endpoint::StatusChanges, 2)]));
    Ok(())
}

/// An operator whose requests can be told from everybody else's.
struct Watched {
    world: World,
    user: String,
    _operator: Child,
}

impl Watched {
    async fn start(world: World, arguments: &[&str]) -> Result<Self> {
        let user = format!("operator-of-{}", world.namespace);
        let kubeconfig = world.plane.user_kubeconfig(&user, &["system:masters"])?;
        let operator = world.operator().as_user(&kubeconfig).with(arguments);
        Ok(Self {
            _operator: operator.start_ready(world.plane).await?,
            user,
            world,
        })
    }

    /// What the operator has asked so far, apart from its watches. The log is complete up to a request of the test's
    /// own, made after all that is to be counted was seen to have happened.
    async fn requests(&self, mark: &str) -> Result<Vec<AuditEvent>> {
        let plane = self.world.plane;
        let path = format!("/api/v1/namespaces/{}/configmaps/{mark}", self.world.namespace);
        plane.kubectl(&["get", "--raw", &path]).await?;
        plane.audited("the mark", |event| event.uri == path).await?;
        let answered = plane
            .audit()?
            .into_iter()
            .filter(|event| event.user == self.user && event.stage == "ResponseComplete")
            .filter(|event| event.verb != "watch");
        Ok(answered.collect())
    }
}

/// A request in few words.
fn words(event: &AuditEvent) -> String {
    match event.subresource.as_str() {
        "" => format!("{} {}", event.verb, event.resource),
        subresource => format!("{} {}/{subresource}", event.verb, event.resource),
    }
}

fn count(requests: &[AuditEvent], wanted: impl Fn(&AuditEvent) -> bool) -> usize {
    requests.iter().filter(|event| wanted(event)).count()
}

/// The calls to CertCentral between two looks at its journal.
fn calls_since(before: &Journal, after: &Journal) -> BTreeMap<Endpoint, u64> {
    after
        .calls
        .iter()
        .map(|(endpoint, count)| (*endpoint, count.total - before.count(*endpoint).total))
        .filter(|(_, calls)| *calls > 0)
        .collect()
}

/// The account has seen that it can look orders up by their token: from now on one call is a look-up.
async fn exact(world: &World, account: &str) -> Result<()> {
    let account = format!("certcentralaccount/{account}");
    let method = "--for=jsonpath={.status.correlation.method}=Exact";
    world
        .kubectl(&["wait", &account, method, "--timeout=120s"])
        .await?;
    Ok(())
}

/// Waits until so many polls more have been answered.
async fn polled(simulator: &Simulator, polls: u64) -> Result<()> {
    let answered = || simulator.journal().count(Endpoint::StatusChanges).answered;
    let before = answered();
    eventually("polls", PATIENCE, async || {
        (answered() >= before + polls).then_some(())
    })
    .await
}
