//! Answers of the API server that prove nothing: the write is done, and the operator hears that it was not.

use futures::future::try_join_all;

use crate::fate::Fate;
use crate::front::Front;
use crate::harness::{Moment, Result};
use crate::site::Site;
use crate::world::installed;

/// The writes of the happy path: claim, mark, record, placed, issued.
const WRITES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_504_after_any_write_was_done_buys_no_second_order() -> Result<()> {
    every_write(Fate::Answered(504, Moment::After)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_any_write_that_breaks_off_buys_no_second_order() -> Result<()> {
    every_write(Fate::Cut(100)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_put_off_is_done_later() -> Result<()> {
    every_write(Fate::Answered(429, Moment::Before)).await
}

/// One order for each write, which meets this fate.
async fn every_write(fate: Fate) -> Result<()> {
    let plane = installed().await?;
    try_join_all((1..=WRITES).map(async |nth| {
        let site = Site::quiet(plane, "answers").await?;
        let front = Front::quiet(plane).await?;
        front.set(move |call| {
            if call.write == Some(nth) {
                fate
            } else {
                Fate::Through
            }
        });
        let _operator = site.operator(plane, &front).start(plane)?;
        site.order("jane", 0).await?;
        site.all_is_well().await?;
        assert!(front.writes() >= WRITES, "write {nth} was never made");
        // A claim or mark that was refused without being done is made again, before anything was sent.
        assert_eq!(site.posts(), 1, "{fate:?} at write {nth}");
        Ok::<(), crate::harness::Error>(())
    }))
    .await?;
    Ok(())
}
