//! Lives in which people, CertCentral or another operator do what they should not.

use std::time::Duration;

use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use serde_json::json;
use tokio::time::timeout;

use crate::paused::pass;
use crate::scripts::place;
use crate::stage::{Done, HERE, order, token_of};
use crate::world::World;

/// Longer than from one look-up of an attempt to the next, and longer than a process is stopped.
const LATER: Duration = Duration::from_hours(4);

impl World {
    /// Waits until jane's order is issued; where nothing was bought, a person may have to say so.
    pub async fn ends_well(&self) -> Done {
        self.until("issued, or nothing bought and held", |world| {
            match world.reason("jane").as_str() {
                "Issued" => true,
                "OutcomeUnknown" => world.placed().is_empty(),
                _ => false,
            }
        })
        .await
        .map_err(|error| format!("{error}, is {:?}", self.reason("jane")))?;
        if self.reason("jane") != "Issued" {
            // A look-up that was slept over may still prove something.
            let issued = self.until("issued", |world| world.reason("jane") == "Issued");
            let _ = timeout(LATER, issued).await;
        }
        Ok(())
    }
}

/// The order is placed, and no look-up ever shows it: whoever got the answer knows its number, and nobody else.
pub async fn unseen(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 100_000 });
    place(world).await
}

/// The answer is lost, and so are many look-ups after it, for longer than the quiet period.
pub async fn blind(world: &World) -> Done {
    world.first_post(Effect::DropAfterCommit);
    world.remote.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Alternate),
            skip: 1,
            // Each comes twice as long after the attempt as the one before: the last two come after the quiet period.
            times: Some(12),
            ..Matching::default()
        },
        effect: Effect::Unavailable { after_commit: false },
    });
    world.apply(&order("jane")).await?;
    world.ends_well().await
}

/// The first POST never arrives. The second is accepted, its answer is lost, and it is hidden for longer than the
/// proof of absence would wait, were it allowed a second time.
pub async fn twice(world: &World) -> Done {
    world.first_post(Effect::DropBeforeCommit);
    world.post_after(1, Effect::Hide { seconds: 9000 });
    world.post_after(1, Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.ends_well().await
}

/// The answer is lost, the order is hidden for a while, and CertCentral's clock jumps hours ahead.
pub async fn clock_ahead(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 3000 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.purchases("claimed", |all| !all.is_empty()).await?;
    pass(Duration::from_secs(30)).await;
    *world.ahead.lock().unwrap() = Duration::from_hours(5);
    world.ends_well().await
}

/// An order paid by a card, whose Secret goes once the order exists.
pub async fn card(world: &World) -> Done {
    let card = json!({"metadata": {"name": "card"}, "stringData": {
        "number": "4111111111111111", "expirationMonth": "12", "expirationYear": "2031", "cvv": "123", "cardholderName": "Jane Doe",
    }});
    let secrets = format!("/api/v1/namespaces/{HERE}/secrets");
    world.ask("POST", &secrets, &card).await?;
    let mut order = order("jane");
    order["spec"]["order"]["paymentMethod"] = json!("card");
    order["spec"]["order"]["creditCardFrom"] = json!({"secretRef": {"name": "card"}});
    order["spec"]["order"]["billingAddress"] =
        json!({"address": "1 Main Street", "city": "Lehi", "state": "UT", "country": "us", "zip": "84043"});
    world.apply(&order).await?;
    world.ends_well().await
}

/// The only record that CertCentral was asked is deleted by a person, while nobody knows what came of it.
pub async fn purchase_deleted(world: &World) -> Done {
    unresolved(world).await?;
    world.delete_purchase().await?;
    world.ends_well().await
}

/// The manifest's status is wiped by a person, while nobody knows what came of the attempt that it names.
pub async fn status_wiped(world: &World) -> Done {
    unresolved(world).await?;
    let path = format!("{}/status", crate::stage::path("jane"));
    if world.reason("jane") != "Issued" {
        world.ask("PATCH", &path, &json!({"status": null})).await?;
    }
    world.ends_well().await
}

async fn unresolved(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 1800 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world
        .until("resolving, or over", |world| {
            let attempt = world.status("jane").attempt;
            let reason = world.reason("jane");
            (reason == "Resolving" && attempt.is_some()) || reason == "Issued" || reason == "OutcomeUnknown"
        })
        .await
}

/// Two orders carry the key of a manifest that is applied only now: which is it? Then a person says which.
pub async fn several(world: &World) -> Done {
    let key = token_of("jane");
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(world.place_by_hand(Some(key.as_str())).await?);
    }
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["DuplicateOrders"]).await?;
    let this = json!({"spec": {"existingOrderID": ids[1]}});
    world.edit("jane", &this).await?;
    world.becomes("jane", &["Issued"]).await
}

/// Both records of an order are gone, as after a restore from before it: it is found again, and not bought again.
pub async fn restored(world: &World) -> Done {
    place(world).await?;
    world.delete("jane").await?;
    if !world.cluster.objects("purchases").is_empty() {
        world.delete_purchase().await?;
    }
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await
}

/// An open order of somebody's may be this one: nothing is bought before a person has said that it is not.
pub async fn nameless(world: &World) -> Done {
    let other = world.place_by_hand(None).await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["PossibleDuplicate"]).await?;
    // Another number, in which this one stands.
    let mistaken = json!({"metadata": {"annotations": {"docsign.dev/order-anew": format!("1{other}1")}}});
    world.edit("jane", &mistaken).await?;
    pass(Duration::from_hours(2)).await;
    if world.reason("jane") != "PossibleDuplicate" {
        return Err(format!("waived by another number: {}", world.reason("jane")));
    }
    let looked = json!({"metadata": {"annotations": {"docsign.dev/order-anew": other.to_string()}}});
    world.edit("jane", &looked).await?;
    world.becomes("jane", &["Issued"]).await
}

/// A person names an order that is not what the manifest asks for, and then has it bought after all.
pub async fn mismatch(world: &World) -> Done {
    let other = world.place_by_hand(None).await?;
    let mut manifest = order("jane");
    manifest["spec"]["order"]["orderValidity"] = json!({"years": 2});
    manifest["spec"]["existingOrderID"] = json!(other);
    world.apply(&manifest).await?;
    world.becomes("jane", &["OrderMismatch"]).await?;
    let none = json!({"spec": {"existingOrderID": null}});
    world.edit("jane", &none).await?;
    world.becomes("jane", &["Issued"]).await
}

/// A manifest that is deleted already, and kept by somebody's finalizer.
pub async fn deleting(world: &World) -> Done {
    let mut manifest = order("jane");
    manifest["metadata"]["finalizers"] = json!(["example.com/hold"]);
    world.apply(&manifest).await?;
    world.delete("jane").await?;
    pass(Duration::from_mins(10)).await;
    if !world.placed().is_empty() {
        return Err("bought for a manifest that is being deleted".to_owned());
    }
    let free = json!({"metadata": {"finalizers": null}});
    world.edit("jane", &free).await
}

/// The definition of purchases is older than the operator and does not know the attempt.
pub async fn pruned_purchase(world: &World) -> Done {
    world.cluster.forget(&[("purchases", "/spec/attempt")]);
    world.apply(&order("jane")).await?;
    pass(Duration::from_mins(3)).await;
    world.cluster.forget(&[]);
    world.becomes("jane", &["OutcomeUnknown", "Issued"]).await
}

/// The definition of orders is older than the operator and does not know the attempt.
pub async fn pruned_status(world: &World) -> Done {
    world
        .cluster
        .forget(&[("documentsigningorders", "/status/attempt")]);
    world.apply(&order("jane")).await?;
    pass(Duration::from_mins(3)).await;
    if !world.placed().is_empty() {
        return Err("bought without a mark".to_owned());
    }
    world.cluster.forget(&[]);
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await
}

/// The answer is lost, and look-ups show the order just before the quiet period ends.
pub async fn hidden_long(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 3500 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.ends_well().await
}

/// The answer is lost, and no look-up shows the order for hours longer than the proof of absence waits: the limit
/// of the promise. What was bought twice is found, and told.
pub async fn beyond(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 20_000 });
    world.first_post(Effect::DropAfterCommit);
    place(world).await?;
    let both = |world: &World| {
        world.status("jane").order_id == Some(112_234) && world.reason("jane") == "DuplicateOrders"
    };
    world.until("both known", both).await
}

/// Two refusals that pass: whoever waits them out orders again.
pub async fn refused_for_now(world: &World) -> Done {
    for earlier in 0..2 {
        world.post_after(
            earlier,
            Effect::TooManyRequests {
                retry_after: Some(30),
            },
        );
    }
    world.apply(&order("jane")).await?;
    // Whoever finds out that it was refused, and not why, leaves it to the owner.
    world
        .becomes("jane", &["Issued", "OutcomeUnknown", "Refused"])
        .await
}
