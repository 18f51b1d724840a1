//! The operator is killed with SIGKILL, at every moment of the happy path.

use docsign::simulator::{Effect, Endpoint};
use futures::future::try_join_all;

use crate::harness::{Moment, Proxy, Result, Then, Trap};
use crate::story::{bought_once, called, is_resolving, once, paid, resolving, spent};
use crate::world::{QUICK, World, order, ready_reason};

/// The writes of the happy path: claim, mark, record, placed, issued.
const WRITES: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_any_write_reached_the_api_server() -> Result<()> {
    try_join_all((1..=WRITES).map(|nth| killed_at(nth, Moment::Before))).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_any_write_before_its_answer() -> Result<()> {
    try_join_all((1..=WRITES).map(|nth| killed_at(nth, Moment::After))).await?;
    Ok(())
}

async fn killed_at(nth: usize, moment: Moment) -> Result<()> {
    let world = World::new("killed", QUICK).await?;
    let proxy = Proxy::start(world.plane).await?;
    proxy.set(Trap {
        nth,
        times: 1,
        moment,
        then: Then::Hold,
    });
    let operator = world.operator().as_user(proxy.kubeconfig()).start(world.plane)?;
    world.apply(&order("jane")).await?;
    proxy.caught().await?;
    operator.kill_and_wait().await?;

    let _operator = world.start().await?;
    // Claimed, and killed before the POST. Nobody but the dead operator knew that it was never sent.
    let claimed = (nth, moment) >= (1, Moment::After) && (nth, moment) <= (2, Moment::After);
    if claimed {
        resolving(&world, "jane").await?;
        assert_eq!(spent(&world), (0, 0), "{moment:?} write {nth}");
    } else {
        world.issued("jane").await?;
        assert_eq!(spent(&world), (1, 1), "{moment:?} write {nth}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_certcentral_works_on_a_call() -> Result<()> {
    let slow = Effect::Delay {
        before: 10_000,
        after: 0,
    };
    try_join_all(
        [Endpoint::Alternate, Endpoint::Place, Endpoint::OrderInfo].map(async |endpoint| {
            let world = World::new("killed-at-call", QUICK).await?;
            world.simulator.install(once(endpoint, slow.clone()));
            let operator = world.start().await?;
            world.apply(&order("jane")).await?;
            called(&world, endpoint, 1).await?;
            operator.kill_and_wait().await?;
            // The simulator does what it was asked to, like any server whose client went away.
            let _operator = world.start().await?;
            world.issued("jane").await?;
            bought_once(&world);
            Ok::<(), crate::harness::Error>(())
        }),
    )
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_when_the_order_is_paid_for_and_not_yet_answered() -> Result<()> {
    let world = World::new("killed-paid", QUICK).await?;
    let slow = Effect::Delay {
        before: 0,
        after: 30_000,
    };
    world.simulator.install(once(Endpoint::Place, slow));
    let operator = world.start().await?;
    world.apply(&order("jane")).await?;
    paid(&world).await?;
    operator.kill_and_wait().await?;
    let _operator = world.start().await?;
    world.issued("jane").await?;
    bought_once(&world);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_in_the_middle_of_several_orders() -> Result<()> {
    const NAMES: [&str; 6] = ["ann", "bob", "cay", "dan", "eve", "fay"];
    let mut seed = std::process::id();
    eprintln!("seed {seed}");
    let world = World::new("killed-often", QUICK).await?;
    let proxy = Proxy::start(world.plane).await?;
    let operator = world.operator().as_user(proxy.kubeconfig());
    for name in NAMES {
        world.apply(&order(name)).await?;
    }
    for _ in 0..6 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let moment = if seed & (1 << 20) == 0 {
            Moment::Before
        } else {
            Moment::After
        };
        let trap = Trap {
            nth: 1 + (seed >> 24) as usize % 7,
            times: 1,
            moment,
            then: Then::Hold,
        };
        eprintln!("{trap:?}");
        proxy.set(trap);
        let child = operator.start(world.plane)?;
        // When all are settled there is no write left to be caught.
        crate::harness::eventually("a write to be caught", crate::harness::PATIENCE, async || {
            (proxy.sprung() || all_settled(&world, &NAMES).await).then_some(())
        })
        .await?;
        child.kill_and_wait().await?;
    }
    proxy.clear();
    let _operator = operator.start_ready(world.plane).await?;
    let journal = |name: &str| {
        let email = format!("{name}@example.com");
        let orders = world.simulator.journal().orders;
        let of_name = orders
            .iter()
            .filter(|placed| placed.request.to_string().contains(&email));
        of_name.count()
    };
    for name in NAMES {
        let order = world
            .order_until(name, "the order to be settled", |order| {
                ready_reason(order) == Some("Issued") || is_resolving(order)
            })
            .await?;
        if is_resolving(&order) && journal(name) > 0 {
            world.issued(name).await?;
        }
        let expected = usize::from(ready_reason(&order) == Some("Issued"));
        assert!(journal(name) <= 1, "{name} was bought {} times", journal(name));
        assert!(journal(name) >= expected, "{name} is issued and was never bought");
    }
    let (orders, posts) = spent(&world);
    assert_eq!(u64::try_from(orders).unwrap(), posts);
    Ok(())
}

async fn all_settled(world: &World, names: &[&str]) -> bool {
    for name in names {
        let order = world.orders().get(name).await.unwrap();
        if ready_reason(&order) != Some("Issued") && !is_resolving(&order) {
            return false;
        }
    }
    true
}
