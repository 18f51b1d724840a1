//! From `kubectl apply` to a certificate ID, on a real API server.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use harness::Result;
use world::{QUICK, World, condition, order};

#[tokio::test(flavor = "multi_thread")]
async fn an_order_goes_from_manifest_to_issued() -> Result<()> {
    let world = World::new("path", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let order = world.issued("jane").await?;
    assert_eq!(condition(&order, "Placed"), Some(("True", "Placed")));
    assert_eq!(world.simulator.journal().orders.len(), 1);
    Ok(())
}
