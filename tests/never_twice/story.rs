//! The words in which the tests of this promise are told.

use docsign::api::{DocumentSigningOrder, Purchase, PurchaseState};
use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use serde_json::{Value, json};

use crate::harness::{Child, PATIENCE, Result, eventually};
use crate::world::{World, condition, order, order_id};

/// This effect, on the next call of this endpoint alone.
pub fn once(endpoint: Endpoint, effect: Effect) -> Fault {
    Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            times: Some(1),
            ..Matching::default()
        },
        effect,
    }
}

/// This effect, on every call of this endpoint.
pub fn always(endpoint: Endpoint, effect: Effect) -> Fault {
    Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            ..Matching::default()
        },
        effect,
    }
}

/// An operator, and the order `jane`, whose first call of this endpoint takes its time: it is under way.
pub async fn under_way(world: &World, endpoint: Endpoint) -> Result<Child> {
    let slow = Effect::Delay {
        before: 10_000,
        after: 0,
    };
    world.simulator.install(once(endpoint, slow));
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    called(world, endpoint, 1).await?;
    Ok(operator)
}

/// An operator, and the order `jane`: accepted, its answer lost, and hidden from look-ups for an hour.
pub async fn lost_and_hidden(world: &World) -> Result<Child> {
    let hide = Effect::Hide { seconds: 3600 };
    world.simulator.install(once(Endpoint::Place, hide));
    world
        .simulator
        .install(once(Endpoint::Place, Effect::DropAfterCommit));
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    Ok(operator)
}

/// Exactly one order was paid for, and one POST arrived.
#[track_caller]
pub fn bought_once(world: &World) {
    assert_eq!(spent(world), (1, 1), "orders in the journal, POSTs");
}

/// Orders that were paid for, and POSTs that arrived.
pub fn spent(world: &World) -> (usize, u64) {
    let journal = world.simulator.journal();
    (journal.orders.len(), journal.count(Endpoint::Place).total)
}

/// The number of the only order in the journal.
pub fn bought_id(world: &World) -> i64 {
    let journal = world.simulator.journal();
    assert_eq!(journal.orders.len(), 1);
    i64::try_from(journal.orders[0].order_id).unwrap()
}

/// Waits until a call of this endpoint has arrived `n` times.
pub async fn called(world: &World, endpoint: Endpoint, n: u64) -> Result<()> {
    eventually(&format!("{n} calls of {endpoint:?}"), PATIENCE, async || {
        (world.simulator.journal().count(endpoint).total >= n).then_some(())
    })
    .await
}

/// Waits until an order is in the journal.
pub async fn paid(world: &World) -> Result<()> {
    eventually("an order to be paid for", PATIENCE, async || {
        (!world.simulator.journal().orders.is_empty()).then_some(())
    })
    .await
}

/// Waits until the order says that an attempt is being resolved, and by whom.
pub async fn resolving(world: &World, name: &str) -> Result<DocumentSigningOrder> {
    world
        .order_until(name, "the attempt to be resolved", is_resolving)
        .await
}

/// The order says that an attempt is being resolved, and by whom.
pub fn is_resolving(order: &DocumentSigningOrder) -> bool {
    condition(order, "Placed") == Some(("Unknown", "Resolving"))
        && condition(order, "Ready") == Some(("False", "Resolving"))
        && waiting_for(order) == Some("Operator")
}

/// Waits until the order is held: bought under this name, and not for these inputs.
pub async fn changed(world: &World, name: &str) -> Result<DocumentSigningOrder> {
    world
        .order_until(name, "OrderChanged", |order| {
            condition(order, "Placed") == Some(("Unknown", "OrderChanged"))
                && waiting_for(order) == Some("Owner")
        })
        .await
}

/// Waits until the order has its number.
pub async fn bound(world: &World, name: &str) -> Result<DocumentSigningOrder> {
    world
        .order_until(name, "the order to be bound", |order| order_id(order).is_some())
        .await
}

/// Whom the order waits for.
pub fn waiting_for(order: &DocumentSigningOrder) -> Option<&str> {
    order.status.as_ref()?.waiting_for.as_deref()
}

/// The message of the condition Ready.
pub fn message(order: &DocumentSigningOrder) -> String {
    let conditions = &order.status.as_ref().unwrap().conditions;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
    ready.unwrap().message.clone()
}

/// The only purchase of this world, once it is as wanted.
pub async fn purchase_until(
    world: &World,
    what: &str,
    wanted: impl Fn(&Purchase) -> bool,
) -> Result<Purchase> {
    eventually(what, PATIENCE, async || {
        let own = world.own_purchases().await;
        assert!(own.len() < 2, "one key, one purchase");
        own.into_iter().find(&wanted)
    })
    .await
}

/// The purchase says that exactly this order was bought.
pub fn is_bought(purchase: &Purchase, id: i64) -> bool {
    purchase.spec.state == PurchaseState::Bought && purchase.spec.order_ids == [id]
}

/// Waits until this operator has once more decided by this row of the plan.
pub async fn decided_again(operator: &Child, row: &str, poke: impl AsyncFn() -> Result<()>) -> Result<()> {
    let row = format!("row={row}");
    let times = || operator.stderr().matches(&row).count();
    let before = times();
    poke().await?;
    eventually(&row, PATIENCE, async || (times() > before).then_some(())).await
}

/// Changes something about the manifest that nothing depends on, so that it is looked at again.
pub async fn poke(world: &World, name: &str) -> Result<()> {
    let value = format!("touched={}", world.plane.directory().next_number());
    world
        .kubectl(&["annotate", "--overwrite", "dso", name, &value])
        .await?;
    Ok(())
}

/// Merges a patch into the manifest.
pub async fn patch(world: &World, name: &str, patch: &Value) -> Result<()> {
    world
        .kubectl(&["patch", "dso", name, "--type=merge", "-p", &patch.to_string()])
        .await?;
    Ok(())
}

/// Deletes the manifest, and waits until it is gone.
pub async fn delete(world: &World, name: &str) -> Result<()> {
    world.kubectl(&["delete", "dso", name]).await?;
    Ok(())
}

/// The manifest `order`, asking for something else.
pub fn with_other_inputs(mut order: Value) -> Value {
    order["spec"]["order"]["orderValidity"] = json!({"years": 2});
    order
}
