//! An older CustomResourceDefinition comes back under a running operator, and drops what it does not know.

use docsign::api::{DocumentSigningOrder, crds};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::etcd::{bare, own_plane};
use crate::front::Front;
use crate::harness::{Child, ControlPlane, PATIENCE, Result, eventually};
use crate::site::Site;
use crate::world::{install, ready_reason};

const DROPPED: &str = "the API server dropped fields of the object";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_definition_drops_is_noticed_before_anything_is_sent() -> Result<()> {
    let plane = own_plane(&bare()).await?;
    let site = Site::quiet(&plane, "pruned").await?;
    let front = Front::quiet(&plane).await?;
    let operator = site.operator(&plane, &front).start(&plane)?;
    site.order("first", 0).await?;
    site.issued("first").await?;

    statuses_show(&site, true).await?;
    purchases_show(&site, true).await?;
    // A status without its attempt: the claim is taken back, and made again when the definition is right again.
    older(&plane, "documentsigningorders.docsign.dev", "status", "attempt").await?;
    statuses_show(&site, false).await?;
    site.order("ann", 0).await?;
    site.until("ann", "the attempt to be given up", |order| {
        ready_reason(order) == Some("Retrying")
    })
    .await?;
    assert_eq!(site.posts(), 1);
    install(&plane).await?;
    site.issued("ann").await?;
    assert_eq!(site.posts(), 2);

    // A purchase without its attempt.
    older(&plane, "purchases.docsign.dev", "spec", "attempt").await?;
    purchases_show(&site, false).await?;
    site.order("bob", 0).await?;
    dropped(&operator).await?;
    assert_eq!(site.posts(), 2);
    install(&plane).await?;
    // Nobody can tell any more which attempt the record was of: a person decides, as the message tells him.
    site.until("bob", "the order to be held", |order| {
        let waiting_for = order
            .status
            .as_ref()
            .and_then(|status| status.waiting_for.as_deref());
        ready_reason(order) == Some("OutcomeUnknown") && waiting_for == Some("Owner")
    })
    .await?;
    assert_eq!(site.posts(), 2);
    let raised = Patch::Merge(json!({"spec": {"revision": 2}}));
    site.orders()
        .patch("bob", &PatchParams::default(), &raised)
        .await
        .unwrap();
    for name in ["first", "ann", "bob"] {
        site.issued(name).await?;
    }
    assert_eq!(site.posts(), 3);
    assert!(operator.try_wait()?.is_none(), "it lives on");
    Ok(())
}

/// Applies a definition that lacks a field.
async fn older(plane: &ControlPlane, name: &str, part: &str, field: &str) -> Result<()> {
    let definition = crds().into_iter().find(|crd| crd.name_any() == name).unwrap();
    let mut definition: Value = serde_json::to_value(definition).unwrap();
    let fields =
        &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part]["properties"];
    assert!(fields.as_object_mut().unwrap().remove(field).is_some());
    plane.apply(&definition.to_string()).await?.success()?;
    Ok(())
}

/// Waits until no purchase shows its attempt, or every one does: what is read is cut to the definition too.
async fn purchases_show(site: &Site, attempt: bool) -> Result<()> {
    eventually("the definition of purchases to be served", PATIENCE, async || {
        let purchases = site.purchases().await?;
        let as_wanted = purchases
            .iter()
            .all(|purchase| purchase.spec.attempt.is_some() == attempt);
        as_wanted.then_some(())
    })
    .await
}

/// The same, of statuses.
async fn statuses_show(site: &Site, attempt: bool) -> Result<()> {
    eventually("the definition of orders to be served", PATIENCE, async || {
        let orders = site.all_orders().await?;
        let shows = |order: &DocumentSigningOrder| {
            order
                .status
                .as_ref()
                .is_some_and(|status| status.attempt.is_some())
        };
        orders.iter().all(|order| shows(order) == attempt).then_some(())
    })
    .await
}

async fn dropped(operator: &Child) -> Result<()> {
    eventually("the operator to notice", PATIENCE, async || {
        operator.stderr().contains(DROPPED).then_some(())
    })
    .await
}
