//! The controller of manifests: which key a pass is about, and when the next pass comes.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::{DynamicObject, ListParams};
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use super::context::Context;
use super::error::{Error, answered};
use super::pass::{self, Pass};
use crate::api::{DocumentSigningOrder, Purchase, PurchaseState, Reason};
use crate::domain::order_key::OrderKey;
use crate::plan::{Wake, revisions};
use crate::serve::metrics::Outcome;

/// How often what is not watched (Secrets, ConfigMaps) is read again while something waits for it.
const WAITING: Duration = Duration::from_secs(30);

/// How often an order that waits for something else looks whether that has changed.
const NOW_AND_THEN: Duration = Duration::from_mins(5);

/// How long after a write that came back without all that was written another is tried.
const PRUNED: Duration = Duration::from_mins(1);

/// Makes a pass over one manifest.
pub(super) async fn reconcile(
    order: Arc<DocumentSigningOrder>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    let order = context.newest(&order);
    let key = key(&context, &order);
    let answer = Box::pin(pass::run(&context, key, Some(Arc::clone(&order)))).await;
    let outcome = match &answer {
        Ok(_) => "done",
        Err(error) if error.is_conflict() => "conflict",
        Err(_) => "failed",
    };
    context.metrics.passes.get_or_create(&Outcome { outcome }).inc();
    if answer.as_ref().is_err_and(Error::is_conflict) && gone_by_now(&context, &order).await {
        return Ok(Action::requeue(WAITING));
    }
    let wake = answer?;
    let order = context.newest(&order);
    Ok(match wake {
        Wake::At(time) => {
            let wait = Duration::try_from(time.duration_since(context.clock.now())).unwrap_or_default();
            Action::requeue(wait.max(Duration::from_millis(200)))
        }
        Wake::OnChange => unwatched(&order).map_or_else(Action::await_change, Action::requeue),
    })
}

/// A conflict says that the cache lags. Planning from it again would be in vain, again and again, until it has caught
/// up: the next pass starts from what is there. Where this very object is gone, the watch is about to say so.
async fn gone_by_now(context: &Context, order: &DocumentSigningOrder) -> bool {
    let orders: Api<DocumentSigningOrder> =
        Api::namespaced(context.client.clone(), &order.namespace().unwrap_or_default());
    match answered("reading the order", orders.get_opt(&order.name_any())).await {
        Ok(Some(fresh)) if fresh.uid() == order.uid() => {
            context.remember(fresh);
            false
        }
        Ok(Some(_) | None) => true,
        Err(_) => false,
    }
}

/// After a failed pass: at once after a conflict, since all it takes is to read again; else a little later.
pub(super) fn failed(_: Arc<DocumentSigningOrder>, error: &Error, _: Arc<Context>) -> Action {
    if error.is_conflict() {
        return Action::requeue(Duration::from_millis(100));
    }
    tracing::warn!(error = error as &dyn std::error::Error, "a pass failed");
    Action::requeue(match error {
        // Until somebody applies the right definitions, every try is in vain.
        Error::Pruned(_) => PRUNED,
        Error::Kube { .. }
        | Error::TimedOut(_)
        | Error::Conflict(_)
        | Error::Unreadable(_)
        | Error::ForeignPurchase(_) => Duration::from_secs(5),
    })
}

/// A manifest is gone: what was remembered of it goes too. Its purchase stays, and if it is open it is now work of
/// its own.
pub(super) fn gone(context: &Context, reference: &ObjectRef<DynamicObject>) {
    let namespace = reference.namespace.as_deref().unwrap_or_default();
    context.memory.forget(namespace, &reference.name);
    let left_open = context.purchases.state().into_iter().filter(|purchase| {
        let of = &purchase.spec.order_ref;
        purchase.spec.state == PurchaseState::Open && of.namespace == namespace && of.name == reference.name
    });
    for purchase in left_open {
        // The receiver is gone only while the process ends.
        let _ = context
            .wake_purchase
            .unbounded_send(ObjectRef::from_obj(purchase.as_ref()));
    }
}

/// The key that a pass over this manifest is about: an attempt of an earlier revision is settled first.
pub(super) fn key(context: &Context, order: &DocumentSigningOrder) -> OrderKey {
    let present = context.present_key(order);
    revisions::at(present, order.status.as_ref(), || context.newest_purchases())
}

/// Whether an attempt of an earlier revision is open that the cache did not show. Asked of the API server itself before a
/// later revision is claimed: once that has begun, nobody stands for the earlier one any more.
pub(super) async fn earlier_is_open(pass: &Pass<'_>, order: &DocumentSigningOrder) -> Result<bool, Error> {
    let context = pass.context;
    if pass.key.revision() <= 1 {
        return Ok(false);
    }
    let purchases: Api<Purchase> = Api::all(context.client.clone());
    let listed = answered("listing purchases", purchases.list(&ListParams::default())).await?;
    let at = revisions::at(pass.key.clone(), order.status.as_ref(), || {
        listed.items.iter().collect::<Vec<_>>()
    });
    let open = listed
        .items
        .iter()
        .find(|purchase| at != pass.key && purchase.spec.order_key == at.to_string());
    if let Some(open) = open {
        context.memory.read(&at, Some(open));
    }
    Ok(open.is_some())
}

/// Nothing is due; Secrets, ConfigMaps and the labels of namespaces are not watched: when whoever may wait for them
/// looks again.
fn unwatched(order: &DocumentSigningOrder) -> Option<Duration> {
    let bought = order
        .status
        .as_ref()
        .is_none_or(|status| status.order_id.is_some());
    let has_sources = order.spec.order.as_ref().is_some_and(|wanted| {
        wanted.certificate.csr_from.is_some()
            || wanted.individual_from.is_some()
            || wanted.ship_info_from.is_some()
            || wanted.credit_card_from.is_some()
            || wanted.renewal_of.is_some()
    });
    let not_allowed = order.status.as_ref().is_some_and(|status| {
        let is = |condition: &Condition| condition.reason == Reason::NotAllowed.as_str();
        status.conditions.iter().any(is)
    });
    (!bought).then_some(if has_sources || not_allowed {
        WAITING
    } else {
        NOW_AND_THEN
    })
}
