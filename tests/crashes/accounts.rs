//! Lives in which the account, its key or its ways of telling orders apart are not what they were, and people name orders
//! that are not theirs to name.

use std::time::Duration;

use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use serde_json::{Value, json};

use crate::oracles::bought;
use crate::paused::{KEY, OTHER, pass};
use crate::stage::{ACCOUNTS, Done, SECRETS, order, token_of};
use crate::world::World;

/// More orders than the request budget lets one look-up open.
const CROWD: usize = 230;
/// Past the quiet period and the look-ups after it.
const LATER: Duration = Duration::from_hours(3);

impl World {
    /// Puts another key into the account's Secret, or the same one.
    async fn put_key(&self, key: &str, label: &str) -> Done {
        let secret = json!({"metadata": {"labels": {"put": label}}, "stringData": {"api-key": key}});
        let path = format!("{SECRETS}/certcentral");
        self.ask("PATCH", &path, &secret).await.map(|_| ())
    }

    /// Changes the account.
    async fn edit_account(&self, change: &Value) -> Done {
        let path = format!("{ACCOUNTS}/main");
        self.ask("PATCH", &path, change).await.map(|_| ())
    }

    /// No order keeps the alternative order ID that it is sent with.
    fn keeps_no_tokens(&self, effect: Effect) {
        self.remote.install(Fault {
            matching: Matching {
                endpoint: Some(Endpoint::Place),
                ..Matching::default()
            },
            effect,
        });
    }

    /// Whether an order of this manifest's exists.
    fn ordered(&self, name: &str) -> bool {
        bought(&self.placed()).contains_key(token_of(name).as_str())
    }

    /// Waits until an order is issued, or none exists and the rest is a person's to settle: whoever is told too early to
    /// look is untold when it is found.
    async fn is_settled(&self, name: &str) -> Done {
        self.until(&format!("{name} settled"), |world| {
            match world.reason(name).as_str() {
                "Issued" => true,
                "OutcomeUnknown" | "PossibleDuplicate" | "Queued" | "Refused" => !world.ordered(name),
                _ => false,
            }
        })
        .await
        .map_err(|error| format!("{error}, is {:?}", self.reason(name)))
    }

    /// Waits until nobody knows what came of jane's order, or all is over.
    async fn unresolved(&self) -> Done {
        self.until("resolving, or over", |world| {
            matches!(
                world.reason("jane").as_str(),
                "Resolving" | "Issued" | "OutcomeUnknown"
            )
        })
        .await
    }
}

fn named(name: &str, id: u64) -> Value {
    let mut manifest = order(name);
    manifest["spec"]["existingOrderID"] = json!(id);
    manifest
}

/// The answer is lost. The key is replaced by one of another CertCentral account, which finds what is bought with it, and
/// knows nothing of what was bought before. Then the first key comes back.
pub async fn key_replaced(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 1800 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.unresolved().await?;
    world.put_key(OTHER, "second").await?;
    // Long enough for the Secret to be read again.
    pass(Duration::from_mins(6)).await;
    let mut joan = order("joan");
    joan["spec"]["order"]["individual"]["email"] = json!("joan@example.com");
    world.apply(&joan).await?;
    // Bought with the second key, it is out of sight for the first.
    world
        .becomes("joan", &["Issued", "OutcomeUnknown", "Queued", "OrderNotVisible"])
        .await?;
    pass(LATER).await;
    world.put_key(KEY, "third").await?;
    world.is_settled("jane").await
}

/// The first POST never arrives, and the Secret is written anew with the same key, which is seen to show what was bought
/// before.
pub async fn key_written_anew(world: &World) -> Done {
    world.apply(&order("joan")).await?;
    world.becomes("joan", &["Issued", "OutcomeUnknown"]).await?;
    world.post_after(1, Effect::DropBeforeCommit);
    world.apply(&order("jane")).await?;
    world.unresolved().await?;
    world.put_key(KEY, "second").await?;
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await
}

/// The answer is lost, and the manifest is deleted and applied again on another account of CertCentral's.
pub async fn other_account(world: &World) -> Done {
    world.other_account().await?;
    world.first_post(Effect::Hide { seconds: 1800 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.purchases("claimed", |all| !all.is_empty()).await?;
    pass(Duration::from_secs(30)).await;
    world.delete("jane").await?;
    let mut elsewhere = order("jane");
    elsewhere["spec"]["accountRef"]["name"] = json!("other");
    world.apply(&elsewhere).await?;
    world.becomes("jane", &["OrderChanged", "Issued"]).await
}

/// The account refuses alternative order IDs from now on, and the answer to the POST without one is lost: only its
/// comments tell whose the order is.
pub async fn untraced(world: &World) -> Done {
    world.keeps_no_tokens(Effect::RefuseAlternativeOrderId);
    world.post_after(1, Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.is_settled("jane").await
}

/// The account takes alternative order IDs and keeps none. That an order is not found by its own says nothing of the next.
pub async fn unkept(world: &World) -> Done {
    world.keeps_no_tokens(Effect::IgnoreAlternativeOrderId);
    world.post_after(1, Effect::DropAfterCommit);
    world.apply(&order("joan")).await?;
    world.is_settled("joan").await?;
    // Look-ups by its token are tried out meanwhile.
    pass(Duration::from_mins(2)).await;
    world.apply(&order("jane")).await?;
    world.is_settled("jane").await
}

/// Both records of an order are lost on an account that keeps no tokens, behind more orders than one look-up can open.
pub async fn crowd(world: &World) -> Done {
    world.keeps_no_tokens(Effect::IgnoreAlternativeOrderId);
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await?;
    for _ in 0..CROWD {
        pass(Duration::from_secs(1)).await;
        world.place_by_hand(None).await?;
    }
    world.delete("jane").await?;
    world.delete_purchase().await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await
}

/// People name orders of other manifests, of which one is there and one is not.
pub async fn neighbours(world: &World) -> Done {
    world.apply(&order("joan")).await?;
    world.becomes("joan", &["Issued", "OutcomeUnknown"]).await?;
    let joans = world.status("joan").order_id;
    let ghosts = world.place_by_hand(Some(token_of("ghost").as_str())).await?;
    let joans = joans.and_then(|id| u64::try_from(id).ok()).unwrap_or(ghosts);
    if joans != ghosts {
        world.apply(&named("jane", joans)).await?;
        world.becomes("jane", &["NotAllowed"]).await?;
        world.delete("jane").await?;
    }
    world
        .edit_account(&json!({"spec": {"allow": {"adoption": false}}}))
        .await?;
    world
        .until("the account's owner to be heard", |world| {
            let account = &world.cluster.objects("clustercertcentralaccounts")[0];
            account["status"]["observedGeneration"] == account["metadata"]["generation"]
        })
        .await?;
    world.apply(&named("jane", ghosts)).await?;
    world.becomes("jane", &["NotAllowed"]).await?;
    let none = json!({"spec": {"existingOrderID": null}});
    world.edit("jane", &none).await?;
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await
}

/// A person names an order of somebody's while the POST is still under way.
pub async fn named_early(world: &World) -> Done {
    let foreign = world.place_by_hand(None).await?;
    world.post_after(
        0,
        Effect::Delay {
            before: 40_000,
            after: 0,
        },
    );
    world.apply(&order("jane")).await?;
    world.purchases("claimed", |all| !all.is_empty()).await?;
    pass(Duration::from_secs(5)).await;
    let this = json!({"spec": {"existingOrderID": foreign}});
    world.edit("jane", &this).await?;
    world
        .until("told, or over", |world| {
            matches!(
                world.reason("jane").as_str(),
                "OrderChanged" | "DuplicateOrders" | "Issued" | "OutcomeUnknown"
            )
        })
        .await?;
    let none = json!({"spec": {"existingOrderID": null}});
    world.edit("jane", &none).await?;
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await
}

/// Look-ups show two orders of an attempt, and from then on none: what was seen once is not absent.
pub async fn shown_once(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 600 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.unresolved().await?;
    world.first_post(Effect::Hide { seconds: 600 });
    let second = world.place_by_hand(Some(token_of("jane").as_str())).await?;
    world.remote.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            ..Matching::default()
        },
        effect: Effect::Refuse {
            status: 400,
            code: "too_late".to_owned(),
            message: "Nothing more is to be bought.".to_owned(),
        },
    });
    world.becomes("jane", &["DuplicateOrders"]).await?;
    let fault = |endpoint| Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            ..Matching::default()
        },
        effect: Effect::Refuse {
            status: 404,
            code: "not_found|order".to_owned(),
            message: "No such order.".to_owned(),
        },
    };
    world.remote.install(fault(Endpoint::Alternate));
    pass(LATER).await;
    world.remote.clear_faults();
    let attempt = world.status("jane").attempt;
    let shown = &world.cluster.objects("purchases")[0]["spec"]["attempt"];
    if shown["id"].as_str() != attempt.as_deref() || shown["shownOrderIDs"].as_array().is_none() {
        return Err(format!("what was seen is forgotten: {shown}"));
    }
    let this = json!({"spec": {"existingOrderID": second}});
    world.edit("jane", &this).await?;
    world.becomes("jane", &["Issued"]).await
}
