//! `docsign resolve`: a person settles what is held.

use docsign::simulator::{Effect, Endpoint, People};
use serde_json::{Value, json};

use crate::harness::{Child, Result};
use crate::world::{World, order, order_id, ready_reason};
use crate::{cli, fault};

/// Times so short that an attempt of unknown outcome is held within seconds.
const SHORT: &str = "deadline=5,place=5,floor=5,settle=5,quiet=5,look-up=1,longest=5";

/// A world in which the order `jane` was sent and nobody knows what became of it.
async fn held(name: &str, effects: &[Effect]) -> Result<(World, Child)> {
    let world = World::new(name, People::Manual).await?;
    let mut account = world.account();
    account["spec"]["unresolved"] = json!({"policy": "Hold"});
    world.apply(&account).await?;
    for effect in effects {
        world.simulator.install(fault(Endpoint::Place, effect.clone()));
    }
    let operator = world.operator().with(&["--test-times", SHORT]);
    let operator = operator.start_ready(world.plane).await?;
    world.apply(&order("jane")).await?;
    world
        .order_until("jane", "the order to be held", |order| {
            ready_reason(order) == Some("OutcomeUnknown")
        })
        .await?;
    Ok((world, operator))
}

#[tokio::test(flavor = "multi_thread")]
async fn resolve_lets_an_order_that_never_arrived_be_ordered_anew() -> Result<()> {
    let (world, _operator) = held("cli-anew", &[Effect::DropBeforeCommit]).await?;
    let plan = cli(&world, &["plan", "jane"]);
    assert!(plan.out.contains("shows      OutcomeUnknown: "), "{plan:?}");

    // Without a terminal nobody can have agreed.
    let unasked = cli(&world, &["resolve", "jane", "--order-anew"]);
    assert_eq!(
        (unasked.code, unasked.err.as_str()),
        (
            2,
            "docsign: there is no terminal to ask on: look at it, then add --yes\n"
        )
    );
    assert_eq!(
        world
            .orders()
            .get("jane")
            .await
            .unwrap()
            .metadata
            .annotations
            .unwrap_or_default()
            .get("docsign.dev/order-anew"),
        None
    );
    let settled = cli(&world, &["resolve", "jane", "--order-anew", "--yes"]);
    assert_eq!(settled.code, 0, "{settled:?}");
    let purchase = world.own_purchases().await.remove(0);
    let token = purchase.metadata.name.unwrap();
    assert!(
        settled
            .out
            .starts_with("jane: OutcomeUnknown\nwhy        the order was sent"),
        "{settled:?}"
    );
    assert!(
        settled.out.contains(&format!("look for   {token}\n")),
        "{settled:?}"
    );
    world
        .order_until("jane", "the order to be placed", |order| {
            order_id(order).is_some()
        })
        .await?;
    assert_eq!(world.simulator.journal().orders.len(), 1);

    let nothing = cli(&world, &["resolve", "jane", "--order-anew", "--yes"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.out.starts_with("jane holds for nobody: "), "{nothing:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn resolve_binds_an_order_that_only_a_person_can_see() -> Result<()> {
    let hidden = [Effect::Hide { seconds: 86400 }, Effect::DropAfterCommit];
    let (world, _operator) = held("cli-adopt", &hidden).await?;
    let id = world.simulator.journal().orders[0].order_id.to_string();
    let settled = cli(
        &world,
        &["resolve", "jane", "--adopt", &id, "--yes", "-o", "json"],
    );
    assert_eq!(
        (serde_json::from_str::<Value>(&settled.out).unwrap(), settled.code),
        (
            json!({"held": true, "settled": true,
                "message": format!("spec.existingOrderID: {id}, the operator binds this order")}),
            0
        )
    );
    let bound = cli(&world, &["wait", "jane", "--until", "placed", "--timeout", "90s"]);
    // It was Stalled a moment ago, and the change that settles it is a new generation.
    assert_eq!(bound.code, 0, "{bound:?}");
    let order = world.orders().get("jane").await.unwrap();
    assert_eq!(order_id(&order).map(|id| id.to_string()), Some(id));
    assert_eq!(world.simulator.journal().orders.len(), 1);
    Ok(())
}
