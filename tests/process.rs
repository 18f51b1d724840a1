//! The operator as a process: how it ends, and what it tells whoever watches it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use std::collections::BTreeMap;

use docsign::api::PurchaseState;
use docsign::simulator::{Effect, Ended, Endpoint, Fault, Matching};
use harness::{PATIENCE, Result, admin_address, eventually, get};
use nix::sys::signal::Signal;
use world::{QUICK, World, condition, order, order_id};

/// Long enough for the signal to arrive while the POST is open, on a busy machine.
const HELD_OPEN_MILLISECONDS: u64 = 8_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_during_a_post_waits_for_the_answer_and_records_it() -> Result<()> {
    let world = World::new("signal", QUICK).await?;
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            ..Matching::default()
        },
        effect: Effect::Delay {
            before: 0,
            after: HELD_OPEN_MILLISECONDS,
        },
    });
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let id = eventually("the order to be accepted", PATIENCE, async || {
        world
            .simulator
            .journal()
            .orders
            .first()
            .map(|placed| placed.order_id)
    })
    .await?;
    let id = i64::try_from(id).ok();
    let jane = world.orders().get("jane").await.unwrap();
    assert_eq!(order_id(&jane), None, "the operator can't know yet");
    operator.signal(Signal::SIGTERM)?;
    let status = operator.wait(PATIENCE).await?;
    assert!(status.success(), "{status}");

    let log = operator.stderr();
    let asked = log.find("asked to end").unwrap();
    assert!(log[asked..].contains("order placed"), "{log}");
    let jane = world.orders().get("jane").await.unwrap();
    assert_eq!(order_id(&jane), id);
    assert_eq!(condition(&jane, "Placed"), Some(("True", "Placed")));
    let purchases = world.own_purchases().await;
    assert_eq!(purchases[0].spec.state, PurchaseState::Bought);
    assert_eq!(Some(purchases[0].spec.order_ids[0]), id);

    let _next = world.start().await?;
    world.issued("jane").await?;
    let orders = world.simulator.journal().orders;
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].ended, Ended::Answered);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_endpoints_answer_and_the_metrics_are_openmetrics() -> Result<()> {
    let world = World::new("metrics", QUICK).await?;
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    world.issued("jane").await?;
    let admin = admin_address(&operator).await?;
    assert_eq!(
        get(&admin, "/livez").await?,
        (200, String::new(), "ok\n".to_owned())
    );
    assert_eq!(
        get(&admin, "/readyz").await?,
        (200, String::new(), "ok\n".to_owned())
    );
    let (status, kind, text) = get(&admin, "/metrics").await?;
    assert_eq!(status, 200);
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let samples = open_metrics(&text);
    assert_eq!(
        samples.get("docsign_orders_posted_total{outcome=\"accepted\"}"),
        Some(&1.0)
    );
    // Purchases are of the whole cluster: how many are open is up to the other tests too.
    assert!(samples.contains_key("docsign_open_purchases"), "{text}");
    for personal in [world::API_KEY, "jane", "Doe", world.namespace.as_str()] {
        assert!(!text.contains(personal), "{personal}: {text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_rights_lives_and_says_what_it_waits_for() -> Result<()> {
    let world = World::new("rights", QUICK).await?;
    let nobody = world.plane.user_kubeconfig("nobody", &[])?;
    let operator = world.operator().as_user(&nobody).start(world.plane)?;
    let admin = admin_address(&operator).await?;
    assert_eq!(get(&admin, "/livez").await?.0, 200);
    let (status, _, says) = get(&admin, "/readyz").await?;
    assert_eq!(status, 503);
    assert!(
        says.contains("waiting for the CustomResourceDefinitions"),
        "{says}"
    );
    eventually("the log to say why", PATIENCE, async || {
        operator.stderr().contains("is forbidden").then_some(())
    })
    .await?;
    operator.signal(Signal::SIGTERM)?;
    assert!(operator.wait(PATIENCE).await?.success());
    Ok(())
}

/// The samples of an OpenMetrics text, held to the format as far as it is used here: a type and a help before each
/// family's samples, counters that end in `_total`, nothing twice, and the end at the end.
fn open_metrics(text: &str) -> BTreeMap<String, f64> {
    let text = text.strip_suffix("# EOF\n").unwrap();
    let (mut kinds, mut helped, mut samples) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            let (family, help) = described.split_once(' ').unwrap();
            assert!(!help.is_empty() && !helped.contains(&family), "{line}");
            helped.push(family);
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let (family, kind) = typed.split_once(' ').unwrap();
            assert!(["counter", "gauge"].contains(&kind), "{line}");
            assert_eq!(kinds.insert(family, kind), None, "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let family = match name.strip_suffix("_total") {
                Some(counter) => (counter, "counter"),
                None => (name, "gauge"),
            };
            assert_eq!(kinds.get(family.0), Some(&family.1), "{line}");
            assert!(helped.last() == Some(&family.0), "{line}: not with its family");
            let value = value.parse().unwrap();
            assert_eq!(samples.insert(series.to_owned(), value), None, "{line}");
        }
    }
    samples
}
