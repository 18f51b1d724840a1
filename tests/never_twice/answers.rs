//! Answers that never arrive: the order may exist, and nobody was told.

use std::time::Duration;

use docsign::simulator::{Effect, Endpoint, People};
use futures::future::try_join_all;

use crate::harness::{Moment, Proxy, Result, Then, Trap};
use crate::story::{always, bought_id, bought_once, bound, called, lost_and_hidden, once, resolving, spent};
use crate::world::{QUICK, World, order, order_id, ready_reason};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_found_by_looking() -> Result<()> {
    let lost = [
        Effect::DropAfterCommit,
        Effect::CutAtByte { n: 0 },
        Effect::CutAtByte { n: 17 },
        Effect::CutAtByte { n: 200 },
        Effect::Html {
            status: 502,
            after_commit: true,
        },
        Effect::Html {
            status: 403,
            after_commit: true,
        },
        Effect::Unavailable { after_commit: true },
        // Nothing but time tells a slow answer from none.
        Effect::Stall { after_commit: true },
    ];
    try_join_all(lost.map(async |effect| {
        let world = World::new("lost", QUICK).await?;
        world.simulator.install(once(Endpoint::Place, effect));
        let operator = world.operator().with(&["--place-timeout-seconds", "10"]);
        let _operator = operator.start_ready(world.plane).await?;
        world.apply(&order("jane")).await?;
        let order = world.issued("jane").await?;
        bought_once(&world);
        assert_eq!(order_id(&order), Some(bought_id(&world)));
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_reached_certcentral_is_not_sent_again() -> Result<()> {
    let world = World::new("lost-before", QUICK).await?;
    world
        .simulator
        .install(once(Endpoint::Place, Effect::DropBeforeCommit));
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    resolving(&world, "jane").await?;
    // Before the claim, at once after the POST, and then at growing distances.
    called(&world, Endpoint::Alternate, 4).await?;
    assert_eq!(spent(&world), (0, 1), "no one can tell that it was not bought");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_look_ups_hide_is_waited_for() -> Result<()> {
    let world = World::new("hidden", QUICK).await?;
    let operator = lost_and_hidden(&world).await?;
    resolving(&world, "jane").await?;
    called(&world, Endpoint::Alternate, 3).await?;
    // Nor does a new process take the silence for absence.
    operator.kill_and_wait().await?;
    let _operator = world.start().await?;
    called(&world, Endpoint::Alternate, 5).await?;
    resolving(&world, "jane").await?;
    bought_once(&world);

    world.simulator.advance(Duration::from_hours(1));
    let order = world.issued("jane").await?;
    assert_eq!(order_id(&order), Some(bought_id(&world)));
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_ignores_the_token_shows_it_in_the_comments() -> Result<()> {
    // Both while the order is open, and when it was issued before anyone looked.
    try_join_all([People::Manual, QUICK].map(async |people| {
        let world = World::new("ignores", people).await?;
        world
            .simulator
            .install(always(Endpoint::Place, Effect::IgnoreAlternativeOrderId));
        world
            .simulator
            .install(once(Endpoint::Place, Effect::DropAfterCommit));
        let _operator = world.start().await?;
        world.apply(&order("jane")).await?;
        let order = bound(&world, "jane").await?;
        assert_eq!(order_id(&order), Some(bought_id(&world)));
        bought_once(&world);
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_of_the_api_server_is_read_back() -> Result<()> {
    let moments = (1..=5).flat_map(|nth| [(nth, Moment::Before), (nth, Moment::After)]);
    try_join_all(moments.map(async |(nth, moment)| {
        let world = World::new("lost-write", QUICK).await?;
        let proxy = Proxy::start(world.plane).await?;
        proxy.set(Trap {
            nth,
            times: 1,
            moment,
            then: Then::Drop,
        });
        let _operator = world
            .operator()
            .as_user(proxy.kubeconfig())
            .start_ready(world.plane)
            .await?;
        world.apply(&order("jane")).await?;
        proxy.caught().await?;
        world.issued("jane").await?;
        assert_eq!(spent(&world), (1, 1), "{moment:?} write {nth}");
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_is_over_is_closed_though_the_api_server_is_away() -> Result<()> {
    // The mark and the two writes that close its attempt; and those that close a refused one.
    try_join_all([(2, false), (3, true)].map(async |(nth, refuse)| {
        let world = World::new("close", QUICK).await?;
        if refuse {
            let effect = Effect::Refuse {
                status: 400,
                code: "invalid_person".to_owned(),
                message: String::new(),
            };
            world.simulator.install(once(Endpoint::Place, effect));
        }
        let proxy = Proxy::start(world.plane).await?;
        proxy.set(Trap {
            nth,
            times: 3,
            moment: Moment::Before,
            then: Then::Drop,
        });
        let operator = world.operator().as_user(proxy.kubeconfig());
        let _operator = operator.start_ready(world.plane).await?;
        world.apply(&order("jane")).await?;
        if refuse {
            world
                .order_until("jane", "the refusal", |order| {
                    ready_reason(order) == Some("Refused")
                })
                .await?;
            assert_eq!(spent(&world), (0, 1));
        } else {
            world.issued("jane").await?;
            bought_once(&world);
        }
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}
