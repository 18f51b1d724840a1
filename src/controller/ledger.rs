//! The writes to a purchase: the durable record that a key was, or may have been, bought.
//!
//! A write counts only if the returned object holds what was written; an answer that is lost is read back and
//! compared by attempt id. Nothing below this level retries.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{ObjectMeta, PostParams};
use kube::{Api, ResourceExt};

use super::context::Context;
use super::error::{Error, answered};
use crate::api::{
    AccountRecord, Attempt, FIELD_MANAGER, OrderReference, Purchase, PurchaseReason, PurchaseSpec,
    PurchaseState,
};
use crate::domain::order_key::OrderKey;

/// How long one write may take before it is read back.
const WRITE: Duration = Duration::from_secs(10);

/// Closing an attempt that is over is tried again after waits that double up to this.
const CLOSE_LONGEST: Duration = Duration::from_mins(1);

/// Reads the purchase of a key, from the API server itself.
pub(super) async fn read(context: &Context, key: &OrderKey) -> Result<Option<Purchase>, Error> {
    let purchase = answered("reading the purchase", api(context).get_opt(key.token().as_str())).await?;
    match purchase {
        Some(purchase) if purchase.spec.order_key != key.to_string() => Err(Error::foreign(&purchase)),
        purchase => Ok(purchase),
    }
}

/// What a new attempt writes.
pub(super) struct Claim {
    pub attempt: String,
    pub start: jiff::Timestamp,
    pub deadline: jiff::Timestamp,
    pub remote_time: Option<jiff::Timestamp>,
    pub alternative_order_id: bool,
    pub order: OrderReference,
    pub account: AccountRecord,
    pub inputs: Option<String>,
}

/// Takes the key for a new attempt: creates the purchase, or re-opens the closed one that was read.
/// `None`: somebody else was faster, or the purchase is not closed.
pub(super) async fn claim(
    context: &Context,
    key: &OrderKey,
    before: Option<&Purchase>,
    claim: Claim,
) -> Result<Option<Purchase>, Error> {
    let closed = before.map(|before| &before.spec);
    if closed.is_some_and(|closed| closed.state != PurchaseState::Closed) {
        return Ok(None);
    }
    let number = closed
        .and_then(|closed| closed.attempt.as_ref())
        .map_or(0, |attempt| attempt.number);
    let spec = PurchaseSpec {
        order_key: key.to_string(),
        order_ref: claim.order,
        account: claim.account,
        cluster_uid: context.cluster_uid.clone(),
        inputs: claim.inputs,
        attempt: Some(Attempt {
            id: claim.attempt.clone(),
            number: number.saturating_add(1),
            start_time: Time(claim.start),
            deadline_time: Time(claim.deadline),
            remote_time: claim.remote_time.map(Time),
            alternative_order_id: claim.alternative_order_id,
            shown_order_ids: Vec::new(),
        }),
        state: PurchaseState::Open,
        reason: None,
        absences: closed.map_or(0, |closed| closed.absences),
        order_ids: closed.map(|closed| closed.order_ids.clone()).unwrap_or_default(),
    };
    let written = write(context, key, before, spec).await?;
    Ok(written.filter(|written| {
        written.spec.state == PurchaseState::Open && is_attempt(&written.spec, &claim.attempt)
    }))
}

/// Closes the purchase, if its attempt is still this one and nothing was bought.
pub(super) async fn close(
    context: &Context,
    key: &OrderKey,
    attempt: &str,
    reason: PurchaseReason,
) -> Result<Option<Purchase>, Error> {
    let Some(before) = read(context, key).await? else {
        return Ok(None);
    };
    if before.spec.state != PurchaseState::Open || !is_attempt(&before.spec, attempt) {
        return Ok(Some(before));
    }
    let mut spec = before.spec.clone();
    spec.state = PurchaseState::Closed;
    spec.reason = Some(reason);
    if reason == PurchaseReason::Absent {
        spec.absences = spec.absences.saturating_add(1);
    }
    write(context, key, Some(&before), spec)
        .await?
        .map_or(Err(Error::Conflict("closing the purchase")), |written| {
            Ok(Some(written))
        })
}

/// Closes the purchase of an attempt that is known to have bought nothing, and tries for minutes: an attempt that
/// stays open for want of this write is looked up for a day, and then held for a person.
pub(super) async fn close_patiently(
    context: &Context,
    key: &OrderKey,
    attempt: &str,
    reason: PurchaseReason,
) -> Result<Option<Purchase>, Error> {
    let mut wait = Duration::from_millis(200);
    loop {
        match close(context, key, attempt, reason).await {
            Err(error) if wait < CLOSE_LONGEST => {
                tracing::warn!(%key, attempt, error = &error as &dyn std::error::Error, "the attempt is over and not closed yet; trying again");
                context.clock.sleep(wait).await;
                wait *= 2;
            }
            ended => return ended,
        }
    }
}

/// Records an order id: bought. Never drops an id, whatever the purchase says; creates it if it is gone.
pub(super) async fn bought(
    context: &Context,
    key: &OrderKey,
    id: i64,
    reason: PurchaseReason,
    otherwise: impl FnOnce() -> PurchaseSpec,
) -> Result<Purchase, Error> {
    let before = read(context, key).await?;
    let mut spec = match &before {
        None => otherwise(),
        // Nothing came of what stands there: who binds the order, and on which account, is said anew.
        Some(before) if before.spec.state == PurchaseState::Closed && reason == PurchaseReason::Adopted => {
            let now = otherwise();
            PurchaseSpec {
                attempt: before.spec.attempt.clone(),
                absences: before.spec.absences,
                order_ids: before.spec.order_ids.clone(),
                ..now
            }
        }
        Some(before) => before.spec.clone(),
    };
    if spec.state == PurchaseState::Bought && spec.order_ids.contains(&id) {
        return before.ok_or(Error::Conflict("recording the order"));
    }
    if spec.state != PurchaseState::Bought {
        spec.reason = Some(reason);
    }
    spec.state = PurchaseState::Bought;
    if !spec.order_ids.contains(&id) {
        spec.order_ids.push(id);
    }
    write(context, key, before.as_ref(), spec)
        .await?
        .filter(|written| written.spec.order_ids.contains(&id))
        .ok_or(Error::Conflict("recording the order"))
}

/// Writes back, as open, an attempt that only the status knows.
pub(super) async fn reopen(
    context: &Context,
    key: &OrderKey,
    attempt: &str,
    otherwise: impl FnOnce() -> PurchaseSpec,
) -> Result<Purchase, Error> {
    let before = read(context, key).await?;
    if let Some(before) = &before
        && (before.spec.state != PurchaseState::Closed || is_attempt(&before.spec, attempt))
    {
        return Err(Error::Conflict("putting the attempt back"));
    }
    let mut spec = before
        .as_ref()
        .map_or_else(otherwise, |before| before.spec.clone());
    let number = spec.attempt.as_ref().map_or(0, |attempt| attempt.number);
    spec.state = PurchaseState::Open;
    spec.reason = None;
    // When it was sent is not known: by CertCentral's clock, absence can't be proven for it.
    spec.attempt = Some(Attempt {
        id: attempt.to_owned(),
        number: number.max(1),
        start_time: Time(context.clock.now()),
        deadline_time: Time(context.clock.now()),
        remote_time: None,
        alternative_order_id: false,
        shown_order_ids: Vec::new(),
    });
    write(context, key, before.as_ref(), spec)
        .await?
        .ok_or(Error::Conflict("putting the attempt back"))
}

/// Notes orders that a look-up has shown and that are not bound, if the attempt is still this one: what was seen once
/// is not absent, whatever look-ups say later.
pub(super) async fn note_shown(
    context: &Context,
    key: &OrderKey,
    attempt: &str,
    ids: &[i64],
) -> Result<Purchase, Error> {
    const DOING: &str = "noting what was found";
    let before = read(context, key)
        .await?
        .filter(|before| before.spec.state == PurchaseState::Open)
        .ok_or(Error::Conflict(DOING))?;
    let mut spec = before.spec.clone();
    let of_purchase = spec
        .attempt
        .as_mut()
        .filter(|of_purchase| of_purchase.id == attempt);
    let shown = &mut of_purchase.ok_or(Error::Conflict(DOING))?.shown_order_ids;
    shown.extend(ids);
    shown.sort_unstable();
    shown.dedup();
    write(context, key, Some(&before), spec)
        .await?
        .ok_or(Error::Conflict(DOING))
}

/// Whether the purchase is at this attempt.
pub(super) fn is_attempt(purchase: &PurchaseSpec, attempt: &str) -> bool {
    purchase
        .attempt
        .as_ref()
        .is_some_and(|of_purchase| of_purchase.id == attempt)
}

/// Creates, or replaces what was read. `None`: it exists already, or has changed, and not by us.
async fn write(
    context: &Context,
    key: &OrderKey,
    before: Option<&Purchase>,
    spec: PurchaseSpec,
) -> Result<Option<Purchase>, Error> {
    let parameters = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    let token = key.token();
    let metadata = before.map_or_else(
        || ObjectMeta {
            name: Some(token.to_string()),
            ..ObjectMeta::default()
        },
        |before| before.metadata.clone(),
    );
    let object = Purchase { metadata, spec };
    let purchases = api(context);
    let request = async {
        match before {
            Some(_) => purchases.replace(token.as_str(), &parameters, &object).await,
            None => purchases.create(&parameters, &object).await,
        }
    };
    let written = match tokio::time::timeout(WRITE, request).await {
        Ok(Ok(written)) => written,
        // A definite no: nothing was written.
        Ok(Err(kube::Error::Api(status))) if (400..500).contains(&status.code) && status.code != 408 => {
            return if status.is_conflict() || status.is_already_exists() || status.is_not_found() {
                Ok(None)
            } else {
                Err(Error::kube("writing the purchase", kube::Error::Api(status)))
            };
        }
        // No answer, or one that proves nothing: read back what stands there.
        Ok(Err(_)) | Err(_) => match read(context, key).await? {
            Some(written) if written.spec == object.spec => written,
            Some(_) | None => return Err(Error::Conflict("writing the purchase")),
        },
    };
    if written.spec == object.spec {
        Ok(Some(written))
    } else {
        Err(Error::Pruned("writing the purchase"))
    }
}

fn api(context: &Context) -> Api<Purchase> {
    Api::all(context.client.clone())
}

/// Which manifest a purchase is for.
pub(super) fn order_reference(
    key: &OrderKey,
    namespace_uid: Option<String>,
    order: Option<&crate::api::DocumentSigningOrder>,
) -> OrderReference {
    OrderReference {
        namespace: key.namespace().to_owned(),
        namespace_uid,
        name: key.name().to_owned(),
        uid: order.and_then(ResourceExt::uid),
        revision: Some(key.revision()),
    }
}
