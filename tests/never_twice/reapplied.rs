//! The manifest is deleted and applied again; so is its whole namespace.

use docsign::simulator::{Effect, Endpoint};
use futures::future::try_join_all;
use serde_json::json;

use crate::harness::{PATIENCE, Result, eventually};
use crate::story::{
    bought_id, bought_once, changed, delete, is_bought, message, once, paid, patch, purchase_until, spent,
    under_way, with_other_inputs,
};
use crate::world::{QUICK, World, order, order_id};

#[tokio::test(flavor = "multi_thread")]
async fn applied_again_before_anything_was_bought() -> Result<()> {
    let world = World::new("again-before", QUICK).await?;
    let _operator = under_way(&world, Endpoint::Alternate).await?;
    delete(&world, "jane").await?;
    // Nothing is bought yet, so the new manifest may ask for something else.
    world.apply(&with_other_inputs(order("jane"))).await?;
    world.issued("jane").await?;
    bought_once(&world);
    let placed = &world.simulator.journal().orders[0];
    assert_eq!(placed.request["order_validity"], json!({"years": 2}));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn applied_again_while_the_order_is_sent() -> Result<()> {
    try_join_all([true, false].map(async |same| {
        let world = World::new("again-during", QUICK).await?;
        let _operator = under_way(&world, Endpoint::Place).await?;
        delete(&world, "jane").await?;
        if same {
            world.apply(&order("jane")).await?;
            world.issued("jane").await?;
        } else {
            world.apply(&with_other_inputs(order("jane"))).await?;
            changed(&world, "jane").await?;
        }
        bought_once(&world);
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_for_good_while_the_order_is_sent() -> Result<()> {
    let world = World::new("gone-during", QUICK).await?;
    world
        .simulator
        .install(once(Endpoint::Place, Effect::DropAfterCommit));
    let _operator = under_way(&world, Endpoint::Place).await?;
    delete(&world, "jane").await?;
    // The purchase outlives the manifest, and learns what was bought without it.
    paid(&world).await?;
    let id = bought_id(&world);
    purchase_until(&world, "the purchase to be bought", |purchase| {
        is_bought(purchase, id)
    })
    .await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn applied_again_after_it_was_bought() -> Result<()> {
    let world = World::new("again-after", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let id = order_id(&world.issued("jane").await?);
    delete(&world, "jane").await?;
    world.apply(&order("jane")).await?;
    assert_eq!(order_id(&world.issued("jane").await?), id);

    delete(&world, "jane").await?;
    world.apply(&with_other_inputs(order("jane"))).await?;
    let held = changed(&world, "jane").await?;
    assert_eq!(order_id(&held), None);
    assert!(message(&held).contains(&id.unwrap().to_string()));
    // Each of the two ways out that its message names and that buy nothing.
    patch(&world, "jane", &json!({"spec": {"existingOrderID": id}})).await?;
    assert_eq!(order_id(&world.issued("jane").await?), id);
    delete(&world, "jane").await?;
    world.apply(&with_other_inputs(order("jane"))).await?;
    changed(&world, "jane").await?;
    world.apply(&order("jane")).await?;
    assert_eq!(order_id(&world.issued("jane").await?), id);
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_namespace_of_the_same_name_inherits_nothing() -> Result<()> {
    let world = World::new("namespace", QUICK).await?;
    world.plane.controllers()?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let id = order_id(&world.issued("jane").await?).unwrap();
    let namespace = world.namespace.as_str();
    world
        .plane
        .kubectl(&["delete", "namespace", namespace])
        .await?
        .success()?;
    eventually("the namespace to be created again", PATIENCE, async || {
        let created = world.plane.kubectl(&["create", "namespace", namespace]).await;
        created.ok()?.success().ok()
    })
    .await?;
    world.apply(&world.secret(crate::world::API_KEY)).await?;
    world.apply(&world.account()).await?;
    world.apply(&order("jane")).await?;
    let held = changed(&world, "jane").await?;
    assert_eq!(order_id(&held), None);
    assert!(message(&held).contains(&format!("spec.existingOrderID: {id}")));
    assert_eq!(spent(&world), (1, 1));

    patch(&world, "jane", &json!({"spec": {"existingOrderID": id}})).await?;
    assert_eq!(order_id(&world.issued("jane").await?), Some(id));
    bought_once(&world);
    Ok(())
}
