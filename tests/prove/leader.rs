//! Leader election is politeness: what a leader that was paused, replaced or updated may still do buys nothing twice.

use std::path::Path;

use crate::fate::Fate;
use crate::front::Front;
use crate::harness::{Child, Moment, Operator, PATIENCE, Result, eventually};
use crate::site::Site;
use crate::world::installed;

const ELECTION: &[&str] = &["--leader-election"];

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_stopped_with_the_right_to_send_in_its_hands_sends_nothing_when_it_wakes() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "stopped").await?;
    let (front, other) = (Front::quiet(plane).await?, Front::quiet(plane).await?);
    let stopped = site.operator(plane, &front).with(ELECTION).start(plane)?;
    site.order("first", 0).await?;
    site.issued("first").await?;
    // The answer to the mark, which gives the right to send, waits until the leader stands still.
    front.set(|call| match call.write {
        Some(2) => Fate::Held(Moment::After),
        Some(_) | None => Fate::Through,
    });
    site.order("jane", 0).await?;
    front.caught(1).await?;
    stopped.stop()?;
    front.release();

    let next = site.operator(plane, &other).with(ELECTION).start(plane)?;
    leads(&next).await?;
    // It proves that no order exists, and buys one.
    site.issued("jane").await?;
    assert_eq!(site.posts(), 2, "one for each order");
    stopped.resume()?;
    assert_eq!(stopped.wait(PATIENCE).await?.code(), Some(1));
    let log = stopped.stderr();
    assert!(
        log.contains("the lease is lost: finishing what is open, then ending"),
        "{log}"
    );
    assert!(!log.contains("panicked"), "{log}");
    site.all_is_well().await?;
    assert_eq!(site.posts(), 2, "one for each order");
    assert!(next.terminate_and_wait(PATIENCE).await?.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_can_not_reach_its_lease_ends_and_another_goes_on() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "unreachable").await?;
    let (front, other) = (Front::quiet(plane).await?, Front::quiet(plane).await?);
    let cut_off = site.operator(plane, &front).with(ELECTION).start(plane)?;
    site.order("first", 0).await?;
    site.issued("first").await?;
    // All the rest it reaches, so that only the lease tells it to end.
    front.set(|call| {
        if call.path.contains("/leases") {
            Fate::Answered(503, Moment::Before)
        } else {
            Fate::Through
        }
    });
    let next = site.operator(plane, &other).with(ELECTION).start(plane)?;
    assert_eq!(cut_off.wait(PATIENCE).await?.code(), Some(1));
    let log = cut_off.stderr();
    assert!(
        log.contains("the lease is lost: finishing what is open, then ending"),
        "{log}"
    );
    leads(&next).await?;
    site.order("jane", 0).await?;
    site.all_is_well().await?;
    assert_eq!(site.posts(), 2, "one for each order");
    assert!(next.terminate_and_wait(PATIENCE).await?.success());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_update_overlaps_and_buys_each_order_once() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "rolling").await?;
    let front = Front::quiet(plane).await?;
    let old = Path::new(env!("CARGO_BIN_EXE_docsign"));
    let old = site.operator_of(old, plane, &front).with(ELECTION);
    let new = site.operator(plane, &front).with(ELECTION);
    let start = |operator: &Operator| operator.start(plane);
    let mut running = vec![start(&old)?, start(&old)?, start(&old)?];
    for step in 0..3 {
        for number in 0..3 {
            site.order(&format!("order-{step}-{number}"), 0).await?;
        }
        // One more, and then one fewer: as a Deployment does it.
        let started = start(&new)?;
        stands_by(&started).await?;
        running.push(started);
        let ended = running.remove(0).terminate_and_wait(PATIENCE).await?;
        assert!(ended.success(), "{ended}");
    }
    site.all_is_well().await?;
    assert_eq!(site.posts(), 9);
    for replica in running {
        assert!(replica.terminate_and_wait(PATIENCE).await?.success());
    }
    Ok(())
}

async fn leads(replica: &Child) -> Result<()> {
    says(replica, ": leading").await
}

async fn stands_by(replica: &Child) -> Result<()> {
    says(replica, ": standing by for the lease").await
}

async fn says(replica: &Child, what: &str) -> Result<()> {
    eventually(what, PATIENCE, async || {
        replica
            .stderr()
            .lines()
            .any(|line| line.ends_with(what))
            .then_some(())
    })
    .await
}
