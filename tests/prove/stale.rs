//! What a replica knows is older than what is true: its API server lags behind the other one.

use std::sync::Arc;

use crate::fate::Fate;
use crate::front::{Front, FrontSettings};
use crate::harness::{Moment, PATIENCE, Result, eventually};
use crate::lagging::Lagging;
use crate::leg::Course;
use crate::site::Site;
use crate::world::installed;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_whose_api_server_lags_does_not_buy_what_the_other_has_bought() -> Result<()> {
    let plane = installed().await?;
    let site = Site::quiet(plane, "stale").await?;
    let lagging = Lagging::start(plane).await?;
    let front = Front::start(FrontSettings {
        plane,
        lagging: Some(lagging.client().await?),
        tally: Arc::default(),
        courses: Box::new(|| Course::Through),
    })
    .await?;
    let stale = site.operator(plane, &front).start_ready(plane).await?;
    site.order("first", 0).await?;
    site.issued("first").await?;
    // It sees the manifest, and is kept from claiming it; then it sees nothing more.
    front.set(|call| match call.write {
        Some(_) => Fate::Held(Moment::Before),
        None => Fate::Through,
    });
    site.order("jane", 0).await?;
    front.caught(1).await?;
    lagging.behind(true);

    let other = Front::quiet(plane).await?;
    let _other = site.operator(plane, &other).start_ready(plane).await?;
    site.issued("jane").await?;
    let decisions = || stale.stderr().matches("planned").count();
    let before = decisions();
    front.clear();
    front.release();
    // In its world the manifest was never touched.
    eventually("the replica to decide on what it knows", PATIENCE, async || {
        (decisions() > before).then_some(())
    })
    .await?;
    lagging.behind(false);
    site.all_is_well().await?;
    assert_eq!(site.posts(), 2, "one for each order");
    assert!(stale.try_wait()?.is_none(), "it lives on");
    Ok(())
}
