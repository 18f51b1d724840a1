//! An order after it was placed: every status that CertCentral shows is followed, and the operator can be stopped and
//! watched meanwhile.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use docsign::api::{DocumentSigningOrder, PurchaseState};
use docsign::simulator::{Decision, Effect, Endpoint, Fault, Matching, People};
use harness::{PATIENCE, Result, eventually};
use world::{World, condition, order, ready_reason};

/// What a status says: of the order, who has to act, then the conditions Ready, Reconciling and Stalled.
type Story = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const APPROVAL: Story = (
    "needs_approval",
    "Approver",
    "False AwaitingApproval",
    "True",
    "False",
);
const VALIDATION: Story = (
    "pending",
    "Validation",
    "False AwaitingValidation",
    "True",
    "False",
);
const PICKUP: Story = (
    "waiting_pickup",
    "Applicant",
    "False AwaitingPickup",
    "True",
    "False",
);
const ISSUED: Story = ("issued", "Nobody", "True Issued", "False", "False");
const REISSUE: Story = (
    "reissue_pending",
    "DigiCert",
    "True ReissuePending",
    "False",
    "False",
);
const EXPIRED: Story = ("expired", "Nobody", "False Expired", "False", "False");
const REVOKED: Story = ("revoked", "Owner", "False Revoked", "False", "True");
const REJECTED: Story = ("rejected", "Owner", "False Rejected", "False", "True");
const CANCELED: Story = ("canceled", "Owner", "False Canceled", "False", "True");
const UNKNOWN: Story = ("on_the_moon", "DigiCert", "False UnknownStatus", "True", "False");
const NEEDS_CSR: Story = ("needs_csr", "Owner", "False AwaitingCSR", "True", "False");

/// The way of each order. The first steps are found by polls, one poll for all orders; for the later ones a look is
/// asked for, which is quicker.
fn ways() -> [(&'static str, Vec<(Decision, Story)>); 6] {
    let status = |word: &str| Decision::Status(word.to_owned());
    [
        (
            "to-the-end",
            vec![
                (Decision::Approve, VALIDATION),
                (Decision::Validate, PICKUP),
                (Decision::Issue, ISSUED),
                (Decision::Expire, EXPIRED),
            ],
        ),
        (
            "revoked",
            vec![
                (Decision::Approve, VALIDATION),
                (Decision::Issue, ISSUED),
                (status("reissue_pending"), REISSUE),
                (status("revoked"), REVOKED),
            ],
        ),
        ("rejected", vec![(Decision::Reject, REJECTED)]),
        (
            "late",
            vec![(Decision::Approve, VALIDATION), (Decision::Reject, REJECTED)],
        ),
        (
            "canceled",
            vec![(Decision::Approve, VALIDATION), (Decision::Cancel, CANCELED)],
        ),
        (
            "moon",
            vec![
                (status("on_the_moon"), UNKNOWN),
                (status("needs_csr"), NEEDS_CSR),
                (status("pending"), VALIDATION),
            ],
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_of_an_order_is_followed() -> Result<()> {
    let world = World::new("statuses", People::Manual).await?;
    let _operator = world.start().await?;
    let ways = ways();
    for (name, _) in &ways {
        world.apply(&order(name)).await?;
    }
    for (name, _) in &ways {
        tells(&world, name, APPROVAL).await?;
    }
    for step in 0..4 {
        let steps: Vec<_> = ways
            .iter()
            .filter_map(|(name, way)| Some((*name, way.get(step)?)))
            .collect();
        for (name, (decision, _)) in &steps {
            decide(&world, name, decision).await;
            if step >= 2 {
                refresh(&world, name, &format!("step-{step}")).await?;
            }
        }
        for (name, (_, story)) in &steps {
            tells(&world, name, *story).await?;
        }
    }
    for (name, _) in &ways {
        let order = world.orders().get(name).await.unwrap();
        assert_eq!(condition(&order, "Placed"), Some(("True", "Placed")), "{name}");
    }
    assert_eq!(world.simulator.journal().orders.len(), ways.len());
    Ok(())
}

/// The look that is asked for comes long before the next poll would.
#[tokio::test(flavor = "multi_thread")]
async fn a_look_can_be_asked_for() -> Result<()> {
    let world = World::new("refresh", People::Manual).await?;
    let mut account = world.account();
    account["spec"]["pollIntervalSeconds"] = serde_json::json!(3600);
    world.apply(&account).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    // By now the poller has come by, and does so again in an hour.
    let method = "--for=jsonpath={.status.correlation.method}=Exact";
    let account = "certcentralaccount/main";
    world
        .kubectl(&["wait", account, method, "--timeout=120s"])
        .await?;
    decide(&world, "jane", &Decision::Approve).await;
    let looks = || world.simulator.journal().count(Endpoint::OrderInfo).total;
    let before = looks();
    refresh(&world, "jane", "once").await?;
    tells(&world, "jane", VALIDATION).await?;
    decide(&world, "jane", &Decision::Issue).await;
    refresh(&world, "jane", "twice").await?;
    world.issued("jane").await?;
    assert_eq!(looks() - before, 2);
    Ok(())
}

/// Gone from sight, for whatever reason: it is said, it is looked at again, and no other order is placed.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_out_of_sight_never_leads_to_another() -> Result<()> {
    let world = World::new("sight", People::Manual).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    tells(&world, "jane", APPROVAL).await?;
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::OrderInfo),
            ..Matching::default()
        },
        effect: Effect::Refuse {
            status: 404,
            code: "not_found|order".to_owned(),
            message: "The order was not found.".to_owned(),
        },
    });
    refresh(&world, "jane", "lost").await?;
    let lost = world
        .order_until("jane", "the order to be out of sight", |order| {
            ready_reason(order) == Some("OrderNotVisible")
        })
        .await?;
    assert_eq!(condition(&lost, "Ready"), Some(("Unknown", "OrderNotVisible")));
    assert_eq!(condition(&lost, "Placed"), Some(("True", "Placed")));
    assert_eq!(condition(&lost, "Stalled"), Some(("True", "OrderNotVisible")));
    // Out of sight is not out of mind: with another key it is there again.
    world.simulator.clear_faults();
    world
        .simulator
        .accept_keys(vec!["another-key".to_owned(), world::API_KEY.to_owned()]);
    refresh(&world, "jane", "found").await?;
    tells(&world, "jane", APPROVAL).await?;
    assert_eq!(world.simulator.journal().orders.len(), 1);
    Ok(())
}

/// The manifest goes while nobody knows whether the order was placed: the purchase finds out by itself.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_purchase_is_settled_without_its_manifest() -> Result<()> {
    let world = World::new("orphan", People::Manual).await?;
    let fault = |endpoint, effect| Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            times: None,
            skip: u64::from(endpoint == Endpoint::Alternate),
            ..Matching::default()
        },
        effect,
    };
    world
        .simulator
        .install(fault(Endpoint::Place, Effect::DropAfterCommit));
    let unavailable = Effect::Unavailable { after_commit: false };
    world.simulator.install(fault(Endpoint::Alternate, unavailable));
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    world
        .order_until("jane", "the outcome to be looked for", |order| {
            condition(order, "Placed") == Some(("Unknown", "Resolving"))
        })
        .await?;
    world.kubectl(&["delete", "dso", "jane"]).await?;
    world.simulator.clear_faults();
    let id = i64::try_from(world.simulator.journal().orders[0].order_id).unwrap();
    eventually("the purchase to be settled", PATIENCE, async || {
        let purchase = world.own_purchases().await.pop()?;
        let bought = purchase.spec.state == PurchaseState::Bought && purchase.spec.order_ids == [id];
        bought.then_some(())
    })
    .await
}

/// Waits until the order tells this story.
async fn tells(world: &World, name: &str, story: Story) -> Result<()> {
    let what = format!("order {name} to tell {story:?}");
    let told = |order: &DocumentSigningOrder| {
        let of = |type_: &str| condition(order, type_).map(|(status, _)| status);
        let ready = condition(order, "Ready").map(|(status, reason)| format!("{status} {reason}"));
        let status = order.status.as_ref();
        status.and_then(|status| status.order_status.as_deref()) == Some(story.0)
            && status.and_then(|status| status.waiting_for.as_deref()) == Some(story.1)
            && ready.as_deref() == Some(story.2)
            && of("Reconciling") == Some(story.3)
            && of("Stalled") == Some(story.4)
    };
    world.order_until(name, &what, told).await.map(drop)
}

/// Does to an order what a person would.
async fn decide(world: &World, name: &str, decision: &Decision) {
    let order = world.orders().get(name).await.unwrap();
    let id = u64::try_from(world::order_id(&order).unwrap()).unwrap();
    world.simulator.decide(id, decision).unwrap();
}

async fn refresh(world: &World, name: &str, value: &str) -> Result<()> {
    let annotation = format!("docsign.dev/refresh={value}");
    let arguments = ["annotate", "dso", name, "--overwrite", &annotation];
    world.kubectl(&arguments).await.map(drop)
}
