//! Purchases as work of their own: an open one is resolved also where no manifest asks for it any more.

use std::sync::Arc;
use std::time::Duration;

use kube::Api;
use kube::ResourceExt;
use kube::api::DynamicObject;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;

use super::context::Context;
use super::error::{Error, answered};
use super::{order, pass};
use crate::api::{DocumentSigningOrder, Purchase, PurchaseState, Reason};
use crate::domain::order_key::OrderKey;
use crate::plan::Wake;

/// How often an open purchase without a manifest is looked at, whatever else happens.
const LONGEST: Duration = Duration::from_hours(1);

/// Looks after one purchase: wakes its manifest, and resolves it where there is none.
pub(super) async fn reconcile(purchase: Arc<Purchase>, context: Arc<Context>) -> Result<Action, Error> {
    let Some(key) = OrderKey::parse(&purchase.spec.order_key) else {
        return Ok(Action::await_change());
    };
    let served = &context.settings.namespaces;
    if !served.is_empty() && !served.iter().any(|namespace| namespace == key.namespace()) {
        return Ok(Action::await_change());
    }
    if context.cached_order(key.namespace(), key.name()).is_some() {
        context.wake(key.namespace(), key.name());
    }
    if purchase.spec.state != PurchaseState::Open {
        // An attempt has ended: orders that had to wait for it can go on, and where it bought nothing, it leaves its room
        // under the order limit to others.
        let waiting: &[Reason] = match purchase.spec.state {
            PurchaseState::Closed => &[Reason::Queued, Reason::OrderLimit],
            PurchaseState::Bought | PurchaseState::Open => &[Reason::Queued],
        };
        context.wake_waiting(&purchase.spec.account.name, waiting);
        return Ok(Action::await_change());
    }
    let cached = context.cached_order(key.namespace(), key.name());
    if cached.is_some_and(|cached| order::key(&context, &context.newest(&cached)) == key) {
        return Ok(Action::requeue(LONGEST));
    }
    // That no manifest asks for it is not taken from a cache: one may just have been applied.
    let orders: Api<DocumentSigningOrder> = Api::namespaced(context.client.clone(), key.namespace());
    let order = answered("reading the order", orders.get_opt(key.name())).await?;
    if order.is_some_and(|order| order::key(&context, &order) == key) {
        return Ok(Action::requeue(LONGEST));
    }
    let wake = Box::pin(pass::run(&context, key, None)).await?;
    Ok(Action::requeue(match wake {
        Wake::At(time) => {
            let wait = Duration::try_from(time.duration_since(context.clock.now())).unwrap_or_default();
            wait.clamp(Duration::from_millis(200), LONGEST)
        }
        Wake::OnChange => Duration::from_mins(1),
    }))
}

/// A purchase is gone: somebody deleted it. Its manifest puts back what it knows.
pub(super) fn gone(context: &Context, reference: &ObjectRef<DynamicObject>) {
    tracing::warn!(purchase = reference.name, "a purchase was deleted");
    let concerned = context.all_orders().into_iter().filter(|order| {
        order
            .status
            .as_ref()
            .and_then(|status| status.purchase.as_deref())
            == Some(reference.name.as_str())
    });
    for order in concerned {
        context.wake(&order.namespace().unwrap_or_default(), &order.name_any());
    }
}

/// After a failed pass.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the controller hands over what it holds"
)]
pub(super) fn failed(purchase: Arc<Purchase>, error: &Error, _: Arc<Context>) -> Action {
    tracing::warn!(
        purchase = purchase.name_any(),
        error = error as &dyn std::error::Error,
        "looking after a purchase failed"
    );
    Action::requeue(if error.is_conflict() {
        Duration::from_secs(1)
    } else {
        Duration::from_secs(5)
    })
}
