//! A refusal is free, final until something changes, and never followed by an order too many.

use docsign::simulator::{Effect, Endpoint};
use futures::future::try_join_all;
use serde_json::json;

use crate::harness::Result;
use crate::story::{always, bought_once, decided_again, message, once, patch, poke, spent};
use crate::world::{QUICK, World, order, order_id, ready_reason};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_is_sent_again_only_when_something_changed() -> Result<()> {
    let edit = json!({"spec": {"order": {"individual": {"lastName": "Roe"}}}});
    let retry = json!({"metadata": {"annotations": {"docsign.dev/retry": "1"}}});
    try_join_all([edit, retry].map(async |change| {
        let world = World::new("refused", QUICK).await?;
        world.simulator.install(once(
            Endpoint::Place,
            Effect::Refuse {
                status: 400,
                code: "invalid_person".to_owned(),
                message: "Nobody has that name.".to_owned(),
            },
        ));
        let operator = world.start().await?;
        world.apply(&order("jane")).await?;
        let refused = world
            .order_until("jane", "the refusal", |order| {
                ready_reason(order) == Some("Refused")
            })
            .await?;
        let status = refused.status.clone().unwrap();
        let failure = status.failure.clone().unwrap();
        assert_eq!(
            (failure.code.as_deref(), failure.message.as_deref()),
            (Some("invalid_person"), Some("Nobody has that name."))
        );
        assert!(message(&refused).contains("invalid_person"));
        assert_eq!((status.attempt, status.claimed_revision), (None, None));

        // Neither a further look nor a new process tries again.
        decided_again(&operator, "Unbuyable", async || poke(&world, "jane").await).await?;
        operator.kill_and_wait().await?;
        let operator = world.start().await?;
        decided_again(&operator, "Unbuyable", async || poke(&world, "jane").await).await?;
        assert_eq!(spent(&world), (0, 1));

        patch(&world, "jane", &change).await?;
        world.issued("jane").await?;
        assert_eq!(spent(&world), (1, 2));
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_refuses_the_token_gets_the_order_without_it() -> Result<()> {
    let world = World::new("refuses-token", QUICK).await?;
    world
        .simulator
        .install(always(Endpoint::Place, Effect::RefuseAlternativeOrderId));
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    world.issued("jane").await?;
    assert_eq!(spent(&world), (1, 2));
    let placed = &world.simulator.journal().orders[0];
    assert_eq!(placed.alternative_order_id, None);
    let comments = placed.comments_first_line.clone().unwrap_or_default();
    assert!(comments.contains("dso-"), "{comments}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_order_is_bought_when_it_is_no_longer_suspended() -> Result<()> {
    let world = World::new("suspended", QUICK).await?;
    let operator = world.start().await?;
    let mut manifest = order("jane");
    manifest["spec"]["suspend"] = json!(true);
    world.apply(&manifest).await?;
    world
        .order_until("jane", "Suspended", |order| {
            ready_reason(order) == Some("Suspended")
        })
        .await?;
    decided_again(&operator, "Unbuyable", async || poke(&world, "jane").await).await?;
    assert_eq!(spent(&world), (0, 0));

    patch(&world, "jane", &json!({"spec": {"suspend": false}})).await?;
    world.issued("jane").await?;
    // What is bought is followed, and nothing more is bought, suspended or not.
    patch(&world, "jane", &json!({"spec": {"suspend": true}})).await?;
    decided_again(&operator, "Known", async || poke(&world, "jane").await).await?;
    world.issued("jane").await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_revision_buys_exactly_one_more_and_keeps_the_history() -> Result<()> {
    let world = World::new("revision", QUICK).await?;
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let first = order_id(&world.issued("jane").await?);
    let mut manifest = order("jane");
    manifest["spec"]["revision"] = json!(2);
    manifest["spec"]["order"]["orderValidity"] = json!({"years": 2});
    manifest["spec"]["order"]["renewalOfOrderId"] = json!(first);
    world.apply(&manifest).await?;
    let renewed = world
        .order_until("jane", "the second revision to be issued", |order| {
            order_id(order) != first && ready_reason(order) == Some("Issued")
        })
        .await?;
    assert_eq!(spent(&world), (2, 2));
    let status = renewed.status.unwrap();
    let history: Vec<_> = status
        .history
        .iter()
        .map(|past| (past.revision, past.order_id))
        .collect();
    assert_eq!(history, [(Some(1), first)]);
    assert_eq!(status.claimed_revision, Some(2));

    decided_again(&operator, "Known", async || poke(&world, "jane").await).await?;
    operator.kill_and_wait().await?;
    let operator = world.start().await?;
    decided_again(&operator, "Known", async || poke(&world, "jane").await).await?;
    assert_eq!(spent(&world), (2, 2));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_order_id_binds_and_never_places() -> Result<()> {
    let world = World::numbered("existing", QUICK, 7).await?;
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let id = order_id(&world.issued("jane").await?);

    // An order that no one has, of an account that may be asked.
    let mut unknown = order("unknown");
    unknown["spec"]["existingOrderID"] = json!(987_654_321);
    world.apply(&unknown).await?;
    world
        .order_until("unknown", "OrderNotFound", |order| {
            ready_reason(order) == Some("OrderNotFound")
        })
        .await?;
    // An order that another manifest owns.
    let mut owned = order("owned");
    owned["spec"]["existingOrderID"] = json!(id);
    world.apply(&owned).await?;
    world
        .order_until("owned", "NotAllowed", |order| {
            ready_reason(order) == Some("NotAllowed")
        })
        .await?;
    bought_once(&world);

    // An order whose ledgers are both gone is bound by its number alone.
    operator.terminate_and_wait(crate::harness::PATIENCE).await?;
    world
        .kubectl(&["delete", "dso", "jane", "unknown", "owned"])
        .await?;
    for purchase in world.own_purchases().await {
        let name = purchase.metadata.name.unwrap();
        world.kubectl(&["delete", "purchase", &name]).await?;
    }
    let _operator = world.start().await?;
    let mut manifest = order("joan");
    manifest["spec"]["existingOrderID"] = json!(id);
    manifest["spec"].as_object_mut().unwrap().remove("order");
    world.apply(&manifest).await?;
    let bound = world.issued("joan").await?;
    assert_eq!(order_id(&bound), id);
    bought_once(&world);
    Ok(())
}
