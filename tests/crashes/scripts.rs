//! Whole lives of orders, as people and CertCentral make them.

use std::time::Duration;

use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::json;

use crate::accounts;
use crate::disasters;
use crate::limits;
use crate::revisions;
use crate::stage::{Done, HELD, HERE, order};
use crate::world::World;

/// A life.
pub struct Script {
    pub name: &'static str,
    /// What is known of the account's look-ups by token, if anything is.
    pub correlation: Option<&'static str>,
    /// What the account says of attempts whose outcome is not known: `WhenProven` or `Hold`.
    pub policy: &'static str,
    /// The quiet period of the account, in seconds.
    pub quiet: i64,
    /// How long CertCentral takes to issue.
    pub issue: Duration,
    /// How many operators run at a time.
    pub operators: usize,
    /// The account's limit of orders a day, from the beginning.
    pub limit: Option<usize>,
    pub live: Live,
}

/// What people and CertCentral do in it.
pub type Live = for<'a> fn(&'a World) -> LocalBoxFuture<'a, Done>;

impl Script {
    const fn new(name: &'static str, live: Live) -> Self {
        Self {
            name,
            correlation: Some("Exact"),
            policy: "WhenProven",
            quiet: 3600,
            issue: Duration::ZERO,
            operators: 1,
            limit: None,
            live,
        }
    }

    /// On an account that is not known to let orders be looked up by their token.
    const fn first(name: &'static str, live: Live) -> Self {
        Self {
            correlation: None,
            ..Self::new(name, live)
        }
    }

    /// With two operators at a time.
    const fn rivals(name: &'static str, live: Live) -> Self {
        Self {
            operators: 2,
            ..Self::new(name, live)
        }
    }
}

/// All of them.
pub const SCRIPTS: &[Script] = &[
    Script::new("place", |world| place(world).boxed_local()),
    Script::first("first", |world| place(world).boxed_local()),
    Script::new("refuse", |world| refuse(world).boxed_local()),
    Script::new("lost", |world| lost(world).boxed_local()),
    Script::new("never-arrived", |world| never_arrived(world).boxed_local()),
    Script::first("by-hand", |world| by_hand(world).boxed_local()),
    Script::first("queue", |world| queue(world).boxed_local()),
    Script::new("adopt", |world| adopt(world).boxed_local()),
    Script {
        quiet: 7200,
        ..Script::new("hidden", |world| hidden(world).boxed_local())
    },
    Script::new("reapply", |world| reapply(world).boxed_local()),
    Script::new("namespace", |world| namespace(world).boxed_local()),
    Script::new("revision", |world| revision(world).boxed_local()),
    Script::new("answer", |world| answer(world).boxed_local()),
    Script::new("redirected", |world| redirected(world).boxed_local()),
    Script::first("unseen", |world| disasters::unseen(world).boxed_local()),
    Script::new("blind", |world| disasters::blind(world).boxed_local()),
    Script::new("twice", |world| disasters::twice(world).boxed_local()),
    Script::new("clock-ahead", |world| disasters::clock_ahead(world).boxed_local()),
    Script::new("card", |world| disasters::card(world).boxed_local()),
    Script::new("purchase-deleted", |world| {
        disasters::purchase_deleted(world).boxed_local()
    }),
    Script::new("status-wiped", |world| {
        disasters::status_wiped(world).boxed_local()
    }),
    Script::new("restored", |world| disasters::restored(world).boxed_local()),
    // Only whoever opens an order sees whose it is: its token is in the comments.
    Script {
        correlation: Some("NotSupported"),
        ..Script::new("restored-unmarked", |world| {
            disasters::restored(world).boxed_local()
        })
    },
    Script::new("mismatch", |world| disasters::mismatch(world).boxed_local()),
    Script::new("several", |world| disasters::several(world).boxed_local()),
    Script::new("deleting", |world| disasters::deleting(world).boxed_local()),
    Script::new("pruned-purchase", |world| {
        disasters::pruned_purchase(world).boxed_local()
    }),
    Script::new("pruned-status", |world| {
        disasters::pruned_status(world).boxed_local()
    }),
    Script::new("key-replaced", |world| {
        accounts::key_replaced(world).boxed_local()
    }),
    Script::new("key-written-anew", |world| {
        accounts::key_written_anew(world).boxed_local()
    }),
    Script::new("other-account", |world| {
        accounts::other_account(world).boxed_local()
    }),
    Script::first("unkept", |world| accounts::unkept(world).boxed_local()),
    Script::new("neighbours", |world| accounts::neighbours(world).boxed_local()),
    Script::new("named-early", |world| accounts::named_early(world).boxed_local()),
    Script::rivals("untraced", |world| accounts::untraced(world).boxed_local()),
    Script::rivals("rivals", |world| place(world).boxed_local()),
    Script::rivals("rivals-hidden", |world| {
        disasters::hidden_long(world).boxed_local()
    }),
    Script::rivals("rivals-refused", |world| {
        disasters::refused_for_now(world).boxed_local()
    }),
    Script {
        policy: "Hold",
        ..Script::first("revisions", |world| revisions::lost(world).boxed_local())
    },
    Script::new("revisions-hidden", |world| revisions::hidden(world).boxed_local()),
    Script {
        limit: Some(1),
        ..Script::new("limit", |world| {
            limits::limited(world, &["jane", "joan"]).boxed_local()
        })
    },
    Script {
        limit: Some(1),
        ..Script::rivals("rivals-limit", |world| {
            limits::limited(world, &["jane", "joan"]).boxed_local()
        })
    },
    Script {
        policy: "Hold",
        ..Script::new("hold", |world| by_hand(world).boxed_local())
    },
    Script {
        correlation: None,
        ..Script::rivals("rivals-first", |world| place(world).boxed_local())
    },
];

/// Beyond the limit of the promise: an order that no look-up shows for longer than the quiet period.
pub const BEYOND: Script = Script::new("beyond", |world| disasters::beyond(world).boxed_local());

/// An open order without a token stands on the account: only a person can say whose it is.
pub const NAMELESS: Script = Script {
    issue: Duration::from_hours(2),
    ..Script::first("nameless", |world| disasters::nameless(world).boxed_local())
};

/// More orders than one look-up can open, on an account that keeps no tokens.
pub const CROWD: Script = Script::first("crowd", |world| accounts::crowd(world).boxed_local());

/// Orders that look-ups have shown once, and then no more.
pub const SHOWN_ONCE: Script = Script::new("shown-once", |world| accounts::shown_once(world).boxed_local());

/// Those in which nothing more goes wrong than what is in the script.
pub const UNDISTURBED: [&Script; 3] = [&NAMELESS, &CROWD, &SHOWN_ONCE];

/// The script of this name.
pub fn script(name: &str) -> &'static Script {
    find(name).unwrap()
}

/// The script of this name, if there is one.
pub fn find(name: &str) -> Option<&'static Script> {
    let mut all = SCRIPTS.iter().chain(UNDISTURBED).chain([&BEYOND]);
    all.find(|script| script.name == name)
}

impl World {
    /// What goes wrong with the first POST.
    pub fn first_post(&self, effect: Effect) {
        self.post_after(0, effect);
    }

    /// What goes wrong with the POST after so many.
    pub fn post_after(&self, skip: u64, effect: Effect) {
        self.remote.install(Fault {
            matching: Matching {
                endpoint: Some(Endpoint::Place),
                skip,
                times: Some(1),
                ..Matching::default()
            },
            effect,
        });
    }
}

pub async fn place(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await
}

async fn refuse(world: &World) -> Done {
    world.first_post(Effect::Refuse {
        status: 400,
        code: "invalid_param:individual.telephone".to_owned(),
        message: "Invalid telephone.".to_owned(),
    });
    world.apply(&order("jane")).await?;
    // A process that dies before it learns of the refusal finds out that nothing was bought, and orders again.
    world.becomes("jane", &["Refused", "Issued"]).await?;
    if world.reason("jane") == "Refused" {
        let right = json!({"spec": {"order": {"individual": {"telephone": "+1-555-555-0000"}}}});
        world.edit("jane", &right).await?;
    }
    world.becomes("jane", &["Issued"]).await
}

async fn lost(world: &World) -> Done {
    world.first_post(Effect::DropAfterCommit);
    place(world).await
}

async fn never_arrived(world: &World) -> Done {
    world.first_post(Effect::DropBeforeCommit);
    place(world).await
}

async fn by_hand(world: &World) -> Done {
    world.first_post(Effect::DropBeforeCommit);
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued", "OutcomeUnknown"]).await?;
    if world.reason("jane") == "OutcomeUnknown" {
        let attempt = world.status("jane").attempt;
        if world.placed().is_empty() {
            let looked = json!({"metadata": {"annotations": {"docsign.dev/order-anew": attempt}}});
            world.edit("jane", &looked).await?;
        }
    }
    // The second attempt may be lost as well: then it is the next person's turn.
    world
        .until("issued, or held for another attempt", |world| {
            let status = world.status("jane");
            let named = world
                .order("jane")
                .and_then(|order| order.metadata.annotations?.get("docsign.dev/order-anew").cloned());
            let reason = world.reason("jane");
            reason == "Issued" || (reason == "OutcomeUnknown" && status.attempt != named)
        })
        .await
}

async fn queue(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.apply(&order("joan")).await?;
    for name in ["jane", "joan"] {
        world
            .becomes(name, &["Issued", "OutcomeUnknown", "PossibleDuplicate", "Queued"])
            .await?;
    }
    let stuck = |world: &World, name: &str| {
        let reason = world.reason(name);
        reason == "OutcomeUnknown" || reason == "PossibleDuplicate"
    };
    let issued = |world: &World, name: &str| world.reason(name) == "Issued";
    world
        .until("both issued, or one waits for a person", |world| {
            let one_stuck = stuck(world, "jane") || stuck(world, "joan");
            one_stuck || (issued(world, "jane") && issued(world, "joan"))
        })
        .await
}

async fn adopt(world: &World) -> Done {
    let id = world.place_by_hand(None).await?;
    let mut manifest = order("jane");
    manifest["spec"]["existingOrderID"] = json!(id);
    world.apply(&manifest).await?;
    world.becomes("jane", &["Issued"]).await
}

async fn hidden(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 5400 });
    world.first_post(Effect::DropAfterCommit);
    world.apply(&order("jane")).await?;
    world.ends_well().await
}

async fn reapply(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.purchases("claimed", |all| !all.is_empty()).await?;
    world.delete("jane").await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await?;
    world.delete("jane").await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await
}

async fn namespace(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.purchases("claimed", |all| !all.is_empty()).await?;
    world
        .ask("DELETE", &format!("/api/v1/namespaces/{HERE}"), &json!({}))
        .await?;
    world
        .purchases("settled", |all| {
            all.iter().all(|purchase| purchase["spec"]["state"] != "Open")
        })
        .await?;
    let paid = !world.placed().is_empty();
    world.namespace().await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued", "OrderChanged"]).await?;
    if paid && world.reason("jane") == "Issued" {
        return Err("what another namespace bought is bound to one of its name".to_owned());
    }
    Ok(())
}

async fn revision(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await?;
    world.edit("jane", &json!({"spec": {"revision": 2}})).await?;
    world
        .until("the second revision issued", |world| {
            let status = world.status("jane");
            let reason = world.reason("jane");
            reason == "OutcomeUnknown" || (reason == "Issued" && status.claimed_revision == Some(2))
        })
        .await?;
    if world.reason("jane") == "OutcomeUnknown" {
        return Err(HELD.to_owned());
    }
    Ok(())
}

/// The POST is sent on to an order of somebody else's.
async fn redirected(world: &World) -> Done {
    let foreign = world.place_by_hand(None).await?;
    world.first_post(Effect::Redirect {
        status: 302,
        location: format!("/services/v2/order/certificate/{foreign}"),
        after_commit: false,
    });
    place(world).await
}

async fn answer(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world
        .becomes("jane", &["Issued", "Refused", "OutcomeUnknown"])
        .await
}
