//! A process that is asked to end, or has lost its lease, ends; until then it is in nobody's way.

use crate::fate::Fate;
use crate::front::Front;
use crate::harness::{Moment, PATIENCE, Result, eventually};
use crate::site::{QUIET, Site};
use crate::time::after;
use crate::world::installed;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_can_not_list_everything_ends_when_it_is_asked_to() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "unlisted").await?;
    let front = Front::quiet(plane).await?;
    front.set(|call| {
        if call.path.ends_with("/certcentralaccounts") {
            Fate::Answered(503, Moment::Before)
        } else {
            Fate::Through
        }
    });
    let operator = site.operator(plane, &front).start_ready(plane).await?;
    let ended = operator.terminate_and_wait(PATIENCE).await?;
    assert!(ended.success(), "{ended}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_lost_its_lease_does_not_take_it_back_while_it_finishes() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "finishing").await?;
    let (front, other) = (Front::quiet(plane).await?, Front::quiet(plane).await?);
    let elected = |front: &Front| {
        let operator = site.operator(plane, front).with(&["--leader-election"]);
        operator.start(plane)
    };
    // It has placed an order, and from then on can neither write it down nor learn that somebody else did.
    let mut placed = false;
    front.set(move |call| {
        placed |= call.write >= Some(3);
        if placed && call.path.contains("/purchases/") {
            Fate::Answered(503, Moment::Before)
        } else {
            Fate::Through
        }
    });
    let finishing = elected(&front)?;
    site.order("jane", 0).await?;
    eventually("the order to be placed", PATIENCE, async || {
        finishing.stderr().contains("not recorded yet").then_some(())
    })
    .await?;
    finishing.stop()?;
    let next = elected(&other)?;
    site.issued("jane").await?;
    finishing.resume()?;
    eventually("the lease to be lost", PATIENCE, async || {
        finishing.stderr().contains("the lease is lost").then_some(())
    })
    .await?;
    // For longer than the lease nobody is there who could lead: the one that finishes can't.
    next.kill_and_wait().await?;
    after(QUIET.lease() * 2).await;
    let last = elected(&other)?;
    site.order("late", 0).await?;
    site.issued("late").await?;
    assert_eq!(site.posts(), 2, "one for each order");
    front.clear();
    assert_eq!(finishing.wait(PATIENCE).await?.code(), Some(1));
    site.all_is_well().await?;
    assert!(last.terminate_and_wait(PATIENCE).await?.success());
    Ok(())
}
