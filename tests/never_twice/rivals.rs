//! Operators that do not know of each other.

use std::collections::BTreeMap;

use docsign::simulator::{Effect, Endpoint, Fault, Matching};

use crate::harness::Result;
use crate::world::{QUICK, World, order};

const NAMES: [&str; 10] = [
    "ann", "bob", "cay", "dan", "eve", "fay", "gil", "hal", "ida", "jan",
];

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_buy_each_order_once() -> Result<()> {
    rivals(2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_operators_buy_each_order_once() -> Result<()> {
    rivals(3).await
}

async fn rivals(number: usize) -> Result<()> {
    let world = World::new("rivals", QUICK).await?;
    // Now and then an answer is lost, so that they resolve each other's attempts too.
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            skip: 2,
            times: Some(3),
            ..Matching::default()
        },
        effect: Effect::DropAfterCommit,
    });
    let operators = (0..number).map(|_| world.start());
    let operators = futures::future::try_join_all(operators).await?;
    for name in NAMES {
        world.apply(&order(name)).await?;
    }
    for name in NAMES {
        world.issued(name).await?;
    }
    let mut times = BTreeMap::new();
    for placed in world.simulator.journal().orders {
        *times.entry(placed.alternative_order_id.unwrap()).or_insert(0) += 1;
    }
    assert_eq!(
        times.values().copied().collect::<Vec<_>>(),
        vec![1; NAMES.len()],
        "each key once"
    );
    assert_eq!(times.len(), NAMES.len());
    for operator in operators {
        assert!(operator.try_wait()?.is_none(), "an operator has ended");
    }
    Ok(())
}
