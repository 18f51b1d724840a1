//! Lives in which a manifest is deleted and applied again with the next revision, while nobody knows what came of the
//! attempt of the first: it is settled first, and both end well.

use docsign::simulator::Effect;
use serde_json::{Value, json};

use crate::stage::{Done, order};
use crate::world::World;

/// The attempt never arrived, and only a person can say so.
pub async fn lost(world: &World) -> Done {
    world.first_post(Effect::DropBeforeCommit);
    next_revision(world).await
}

/// The order was accepted, its answer was lost, and no look-up shows it for half an hour.
pub async fn hidden(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 1800 });
    world.first_post(Effect::DropAfterCommit);
    next_revision(world).await
}

async fn next_revision(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world
        .purchases("an attempt of the first revision", |all| {
            all.iter().any(|purchase| purchase["spec"]["state"] != "Closed")
        })
        .await?;
    world.delete("jane").await?;
    let mut next = order("jane");
    next["spec"]["revision"] = json!(2);
    world.apply(&next).await?;
    loop {
        world
            .until("issued, or held", |world| {
                is_issued(world) || held(world).is_some()
            })
            .await
            .map_err(|error| format!("{error}, is {:?}", world.reason("jane")))?;
        let Some((key, attempt)) = held(world).filter(|_| !is_issued(world)) else {
            break;
        };
        if !world.is_bought(&key) {
            // A person has looked for it in CertCentral.
            let looked = json!({"metadata": {"annotations": {"docsign.dev/order-anew": attempt}}});
            world.edit("jane", &looked).await?;
        }
        let told = |world: &World| held(world).is_none_or(|(_, again)| again != attempt);
        world.until("the person's word to be heard", told).await?;
    }
    world
        .purchases("the first revision settled", |all| {
            all.iter().all(|purchase| purchase["spec"]["state"] != "Open")
        })
        .await
}

/// The second revision is issued.
fn is_issued(world: &World) -> bool {
    world.reason("jane") == "Issued" && world.status("jane").claimed_revision == Some(2)
}

/// The key and the open attempt that a person is asked about.
fn held(world: &World) -> Option<(String, String)> {
    let status = world.status("jane");
    let asked = world.reason("jane") == "OutcomeUnknown";
    let purchases = world.cluster.objects("purchases");
    let open = purchases.iter().find(|purchase| {
        purchase["spec"]["state"] == "Open"
            && purchase["metadata"]["name"].as_str() == status.purchase.as_deref()
    });
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let open = open.filter(|_| asked)?;
    Some((
        text(&open["spec"]["orderKey"])?,
        text(&open["spec"]["attempt"]["id"])?,
    ))
}

impl World {
    /// Whether CertCentral has an order of this key.
    fn is_bought(&self, key: &str) -> bool {
        let purchases = self.cluster.objects("purchases");
        let token = purchases
            .iter()
            .find(|purchase| purchase["spec"]["orderKey"] == key)
            .and_then(|purchase| purchase["metadata"]["name"].as_str().map(str::to_owned));
        token.is_some_and(|token| crate::oracles::bought(&self.placed()).contains_key(&token))
    }
}
