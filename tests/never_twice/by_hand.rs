//! Somebody wipes a status or deletes a purchase: what one ledger forgets, the other knows.

use std::time::Duration;

use docsign::api::PurchaseState;
use docsign::simulator::{Decision, Endpoint, People};

use crate::harness::Result;
use crate::story::{
    bought_id, bought_once, bound, called, decided_again, is_bought, lost_and_hidden, poke, purchase_until,
    resolving, under_way,
};
use crate::world::{QUICK, World, order, order_id, ready_reason};

/// Takes everything out of the status, whatever the API server says to that.
async fn wipe(world: &World, name: &str) -> bool {
    let arguments = ["patch", "dso", name, "--subresource=status", "--type=json", "-p"];
    let empty = r#"[{"op": "replace", "path": "/status", "value": {}}]"#;
    world.kubectl(&[&arguments[..], &[empty]].concat()).await.is_ok()
}

async fn delete_purchase(world: &World) -> Result<String> {
    let name = world.own_purchases().await[0].metadata.name.clone().unwrap();
    world.kubectl(&["delete", "purchase", &name]).await?;
    Ok(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_wiped_while_the_order_is_sent() -> Result<()> {
    let world = World::new("wiped-sent", QUICK).await?;
    let _operator = under_way(&world, Endpoint::Place).await?;
    assert!(wipe(&world, "jane").await, "it holds no order id yet");
    world.issued("jane").await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_wiped_while_the_attempt_is_resolved() -> Result<()> {
    let world = World::new("wiped-open", QUICK).await?;
    let _operator = lost_and_hidden(&world).await?;
    resolving(&world, "jane").await?;
    assert!(wipe(&world, "jane").await, "it holds no order id yet");
    resolving(&world, "jane").await?;
    called(&world, Endpoint::Alternate, 4).await?;
    bought_once(&world);
    world.simulator.advance(Duration::from_hours(1));
    let order = world.issued("jane").await?;
    assert_eq!(order_id(&order), Some(bought_id(&world)));
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_wiped_when_the_order_is_known() -> Result<()> {
    let world = World::new("wiped-known", People::Manual).await?;
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    bound(&world, "jane").await?;
    let id = bought_id(&world);
    for decision in [None, Some(Decision::Approve)] {
        if let Some(decision) = decision {
            world
                .simulator
                .decide(u64::try_from(id).unwrap(), &decision)
                .unwrap();
        }
        let before = world
            .orders()
            .get("jane")
            .await
            .unwrap()
            .metadata
            .resource_version;
        let wiped = wipe(&world, "jane").await;
        decided_again(&operator, "Known", async || poke(&world, "jane").await).await?;
        let order = bound(&world, "jane").await?;
        assert_eq!(order_id(&order), Some(id), "wiped: {wiped}");
        assert_ne!(order.metadata.resource_version, before);
    }
    for decision in [Decision::Validate, Decision::Issue] {
        // Some people act by themselves once another has.
        let _done = world.simulator.decide(u64::try_from(id).unwrap(), &decision);
    }
    world.issued("jane").await?;
    wipe(&world, "jane").await;
    decided_again(&operator, "Known", async || poke(&world, "jane").await).await?;
    let order = world.issued("jane").await?;
    assert_eq!(order_id(&order), Some(id));
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_deleted_when_the_order_is_known_is_put_back() -> Result<()> {
    let world = World::new("lost-ledger", QUICK).await?;
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let id = order_id(&world.issued("jane").await?).unwrap();
    delete_purchase(&world).await?;
    purchase_until(&world, "the purchase to be put back", |purchase| {
        is_bought(purchase, id)
    })
    .await?;
    // Also if nobody was there to see it go.
    operator.kill_and_wait().await?;
    delete_purchase(&world).await?;
    let _operator = world.start().await?;
    purchase_until(&world, "the purchase to be put back", |purchase| {
        is_bought(purchase, id)
    })
    .await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_deleted_while_the_attempt_is_resolved_is_put_back_open() -> Result<()> {
    let world = World::new("lost-attempt", QUICK).await?;
    let _operator = lost_and_hidden(&world).await?;
    let attempt = resolving(&world, "jane").await?.status.unwrap().attempt;
    delete_purchase(&world).await?;
    let open = purchase_until(&world, "the purchase to be put back", |purchase| {
        purchase.spec.state == PurchaseState::Open
    })
    .await?;
    assert_eq!(open.spec.attempt.map(|attempt| attempt.id), attempt);
    bought_once(&world);
    world.simulator.advance(Duration::from_hours(1));
    world
        .order_until("jane", "the order to be issued", |order| {
            ready_reason(order) == Some("Issued")
        })
        .await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_deleted_while_the_order_is_sent_is_put_back() -> Result<()> {
    let world = World::new("lost-sent", QUICK).await?;
    let _operator = under_way(&world, Endpoint::Place).await?;
    delete_purchase(&world).await?;
    world.issued("jane").await?;
    let id = bought_id(&world);
    purchase_until(&world, "the purchase", |purchase| is_bought(purchase, id)).await?;
    bought_once(&world);
    Ok(())
}
