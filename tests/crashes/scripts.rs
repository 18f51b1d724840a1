//! Whole lives of orders, as people and CertCentral make them.

use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use crate::stage::{Done, HERE, order};
use crate::world::World;

/// A life.
pub struct Script {
    pub name: &'static str,
    /// The account is known to let orders be looked up by their token.
    pub exact: bool,
    pub live: for<'a> fn(&'a World) -> LocalBoxFuture<'a, Done>,
}

/// All of them.
pub const SCRIPTS: &[Script] = &[
    Script {
        name: "place",
        exact: true,
        live: |world| place(world).boxed_local(),
    },
    Script {
        name: "first",
        exact: false,
        live: |world| place(world).boxed_local(),
    },
    Script {
        name: "refuse",
        exact: true,
        live: |world| refuse(world).boxed_local(),
    },
    Script {
        name: "lost",
        exact: true,
        live: |world| lost(world).boxed_local(),
    },
    Script {
        name: "never-arrived",
        exact: true,
        live: |world| never_arrived(world).boxed_local(),
    },
    Script {
        name: "by-hand",
        exact: false,
        live: |world| by_hand(world).boxed_local(),
    },
    Script {
        name: "queue",
        exact: false,
        live: |world| queue(world).boxed_local(),
    },
    Script {
        name: "adopt",
        exact: true,
        live: |world| adopt(world).boxed_local(),
    },
    Script {
        name: "hidden",
        exact: true,
        live: |world| hidden(world).boxed_local(),
    },
    Script {
        name: "reapply",
        exact: true,
        live: |world| reapply(world).boxed_local(),
    },
    Script {
        name: "namespace",
        exact: true,
        live: |world| namespace(world).boxed_local(),
    },
    Script {
        name: "revision",
        exact: true,
        live: |world| revision(world).boxed_local(),
    },
    Script {
        name: "answer",
        exact: true,
        live: |world| answer(world).boxed_local(),
    },
];

/// The script of this name.
pub fn script(name: &str) -> &'static Script {
    SCRIPTS.iter().find(|script| script.name == name).unwrap()
}

impl World {
    /// What goes wrong with the first POST.
    pub fn first_post(&self, effect: Effect) {
        self.remote.install(Fault {
            matching: Matching {
                endpoint: Some(Endpoint::Place),
                times: Some(1),
                ..Matching::default()
            },
            effect,
        });
    }
}

async fn place(world: &World) -> Done {
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
        let attempt = world
            .order("jane")
            .and_then(|order| order.status)
            .and_then(|status| status.attempt);
        if world.remote.journal().orders.is_empty() {
            let looked = json!({"metadata": {"annotations": {"docsign.dev/order-anew": attempt}}});
            world.edit("jane", &looked).await?;
        }
    }
    // The second attempt may be lost as well: then it is the next person's turn.
    world
        .until("issued, or held for another attempt", |world| {
            let status = world
                .order("jane")
                .and_then(|order| order.status)
                .unwrap_or_default();
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
    let body: Value = json!({
        "certificate": {"csr": "", "signature_hash": "sha256", "server_platform": {"id": -1}, "usage_designation": {"primary_usage": "signing", "additional_usages": ["document_signing"]}},
        "cs_provisioning_method": "client_app", "order_validity": {"years": 1}, "payment_method": "balance", "csa_agreed_to": true,
        "individual": {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "telephone": "+1-555-555-5555", "country": "us"},
    });
    let mut body = body;
    body["certificate"].as_object_mut().unwrap().remove("csr");
    body["certificate"]
        .as_object_mut()
        .unwrap()
        .remove("server_platform");
    let request = http::Request::post("https://www.digicert.com/services/v2/order/certificate/ds_individual")
        .header("x-dc-devkey", "simulator-key")
        .body(bytes::Bytes::from(body.to_string()))
        .unwrap();
    let answer = world
        .remote
        .exchange(request)
        .await
        .map_err(|error| error.to_string())?;
    let placed = world.remote.journal().orders;
    let id = placed
        .first()
        .map(|order| order.order_id)
        .ok_or_else(|| format!("the order by hand was refused: {}", answer.status()))?;
    let mut manifest = order("jane");
    manifest["spec"]["existingOrderID"] = json!(id);
    world.apply(&manifest).await?;
    world.becomes("jane", &["Issued"]).await
}

async fn hidden(world: &World) -> Done {
    world.first_post(Effect::Hide { seconds: 1800 });
    world.first_post(Effect::DropAfterCommit);
    place(world).await
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
    world.namespace().await?;
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued", "OrderChanged"]).await
}

async fn revision(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world.becomes("jane", &["Issued"]).await?;
    world.edit("jane", &json!({"spec": {"revision": 2}})).await?;
    world
        .until("the second revision issued", |world| {
            let status = world
                .order("jane")
                .and_then(|order| order.status)
                .unwrap_or_default();
            world.reason("jane") == "Issued" && status.claimed_revision == Some(2)
        })
        .await
}

async fn answer(world: &World) -> Done {
    world.apply(&order("jane")).await?;
    world
        .becomes("jane", &["Issued", "Refused", "OutcomeUnknown"])
        .await
}
