//! Lives on an account that places one order a day.

use serde_json::json;

use crate::stage::{Done, order};
use crate::world::World;

/// More orders are applied at once than the account may place in a day: one is placed, and the others wait. Then the limit
/// is raised.
pub async fn limited(world: &World, names: &[&str]) -> Done {
    const HELD: &str = "OutcomeUnknown";
    for name in names {
        world.apply(&order(name)).await?;
    }
    let count =
        |world: &World, reason: &str| names.iter().filter(|name| world.reason(name) == reason).count();
    world
        .until("one issued or held, and the others limited", |world| {
            count(world, "Issued") + count(world, HELD) == 1 && count(world, "OrderLimit") == names.len() - 1
        })
        .await
        .map_err(|error| {
            let reasons: Vec<String> = names.iter().map(|name| world.reason(name)).collect();
            format!("{error}, are {reasons:?}")
        })?;
    let placed = world.remote.journal().orders.len();
    if placed > 1 {
        return Err(format!("{placed} orders were placed under a limit of one"));
    }
    world.limit(names.len()).await?;
    for name in names {
        world.becomes(name, &["Issued"]).await?;
    }
    Ok(())
}

impl World {
    /// Sets the account's order limit.
    pub async fn limit(&self, per_day: usize) -> Done {
        let account = "/apis/docsign.dev/v1alpha1/clustercertcentralaccounts/main";
        let limit = json!({"spec": {"orderLimit": {"perDay": per_day}}});
        self.ask("PATCH", account, &limit).await.map(|_| ())
    }
}
