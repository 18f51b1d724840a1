//! Puts together what a decision depends on, as far as it stands in the API server.

use jiff::{SignedDuration, Timestamp};
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};

use crate::api::{
    ANNOTATION_ORDER_ANEW, Attempt, DocumentSigningOrder, FINALIZER, OrderReference, Purchase, PurchaseSpec,
    PurchaseState,
};
use crate::cli::cluster::{self, Cluster, Readable};
use crate::cli::output::Failure;
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::plan::{self, Inspection, LookUp, Memory, Observed, ProtocolTimes, Request, revisions};

/// The key that the operator is at: an attempt of an earlier revision is settled first.
pub async fn key(
    cluster: &Cluster,
    order: &DocumentSigningOrder,
    cluster_name: Option<ClusterName>,
    notes: &mut Vec<String>,
) -> Result<OrderKey, Failure> {
    let status = order.status.as_ref();
    let shown = status.and_then(|status| OrderKey::parse(status.order_key.as_deref()?));
    let cluster_name = cluster_name
        .or_else(|| shown.as_ref().map(|key| key.cluster().clone()))
        .ok_or_else(|| {
            Failure::new(
                "the operator has not looked at this order yet, so its cluster name is not known here: add --cluster-name",
            )
        })?;
    let namespace = order.namespace().unwrap_or_default();
    let present = OrderKey::new(cluster_name, namespace, order.name_any(), order.spec.revision);
    let purchases = if present.revision() > 1 {
        all_purchases(cluster, notes).await?
    } else {
        Vec::new()
    };
    Ok(revisions::at(present, status, || purchases))
}

/// All purchases: one of an earlier revision may be open still.
async fn all_purchases(cluster: &Cluster, notes: &mut Vec<String>) -> Result<Vec<Purchase>, Failure> {
    let purchases: Api<Purchase> = Api::all(cluster.client.clone());
    match purchases.list(&ListParams::default()).await {
        Ok(listed) => Ok(listed.items),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            notes.push(
                "you may not list purchases: an earlier revision is looked at only if the status says so"
                    .to_owned(),
            );
            Ok(Vec::new())
        }
        Err(error) => Err(cluster::failed("the purchases can't be listed", error)),
    }
}

/// The purchase; where it may not be read, what the status lets one conclude of it.
pub async fn purchase(
    cluster: &Cluster,
    order: &DocumentSigningOrder,
    key: &OrderKey,
    notes: &mut Vec<String>,
) -> Result<Option<PurchaseSpec>, Failure> {
    let purchases: Api<Purchase> = Api::all(cluster.client.clone());
    Ok(
        match cluster::read(&purchases, "Purchase", key.token().as_str()).await? {
            Readable::Found(purchase) => Some(purchase.spec),
            Readable::Missing => None,
            Readable::Forbidden => {
                notes.push("you may not read purchases: the status is taken for the whole truth".to_owned());
                concluded(order, key)
            }
        },
    )
}

/// All of it.
pub fn observed(
    order: &DocumentSigningOrder,
    key: &OrderKey,
    purchase: Option<PurchaseSpec>,
    account: plan::Account,
    request: Request,
    now: Timestamp,
) -> Observed {
    let known_for = purchase
        .as_ref()
        .and_then(|purchase| purchase.attempt.as_ref())
        .map_or(SignedDuration::ZERO, |attempt| {
            // An operator that started later knows it for less long.
            now.duration_since(attempt.start_time.0).max(SignedDuration::ZERO)
        });
    Observed {
        now,
        seed: 0,
        next_attempt: "(a new one)".to_owned(),
        times: ProtocolTimes::STANDARD,
        key: key.clone(),
        order: Some(plan::Order {
            uid: order.uid().unwrap_or_default(),
            namespace_uid: None,
            generation: order.metadata.generation.unwrap_or(0),
            deleting: order.metadata.deletion_timestamp.is_some(),
            finalizer: order.finalizers().iter().any(|finalizer| finalizer == FINALIZER),
            order_anew: order.annotations().get(ANNOTATION_ORDER_ANEW).cloned(),
            revision: order.spec.revision,
            suspend: order.spec.suspend,
            existing_order_id: order.spec.existing_order_id,
            status: order.status.clone().unwrap_or_default(),
        }),
        purchase,
        account,
        request,
        card_secret: None,
        ticket: None,
        look_up: LookUp::NotAsked,
        inspection: Inspection::NotAsked,
        failed: None,
        memory: Memory {
            attempt_known_for: known_for,
            ..Memory::default()
        },
    }
}

/// The purchase as the status implies it.
fn concluded(order: &DocumentSigningOrder, key: &OrderKey) -> Option<PurchaseSpec> {
    let status = order.status.as_ref()?;
    if status.order_key.as_deref() != Some(key.to_string().as_str()) {
        return None;
    }
    let attempt = status.attempt.as_ref();
    if status.order_id.is_none() && attempt.is_none() {
        return None;
    }
    // When it began is not told: long enough ago for every wait to be over.
    let long_ago = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::UNIX_EPOCH);
    Some(PurchaseSpec {
        order_key: key.to_string(),
        order_ref: OrderReference {
            namespace: key.namespace().to_owned(),
            name: key.name().to_owned(),
            uid: order.uid(),
            revision: Some(key.revision()),
            ..OrderReference::default()
        },
        account: crate::api::AccountRecord {
            kind: order.spec.account_ref.kind.as_str().to_owned(),
            namespace: order.namespace(),
            name: order.spec.account_ref.name.clone(),
            ..crate::api::AccountRecord::default()
        },
        cluster_uid: None,
        inputs: None,
        attempt: attempt.map(|id| Attempt {
            id: id.clone(),
            number: 1,
            start_time: long_ago.clone(),
            deadline_time: long_ago,
            remote_time: None,
            alternative_order_id: false,
            shown_order_ids: Vec::new(),
        }),
        state: if status.order_id.is_some() {
            PurchaseState::Bought
        } else {
            PurchaseState::Open
        },
        reason: None,
        absences: 0,
        order_ids: status.order_id.into_iter().collect(),
    })
}
