//! A manifest of a later revision, and an attempt of an earlier one that is not settled: the earlier one is settled first,
//! and the manifest stands for it, so that a person sees what holds and can settle it.

use std::borrow::{Borrow, Cow};

use super::observed::{Observed, Order, Request};
use super::status::is_of;
use super::verdict::{Progress, Truth, Verdict};
use crate::api::{DocumentSigningOrderStatus, Purchase, PurchaseState};
use crate::domain::order_key::OrderKey;

/// How what is said of an earlier revision begins.
const OF_REVISION: &str = "of revision ";

/// The key that a manifest is at: an attempt that its own status names and does not know the end of; else the lowest
/// earlier revision of its name whose purchase is open, also where another object of that name left it; else its own.
///
/// The namespace's UID is not asked: what is left open in a namespace that was since created anew is nobody else's to
/// settle, and nothing of it is inherited.
pub fn at<P: Borrow<Purchase>>(
    present: OrderKey,
    status: Option<&DocumentSigningOrderStatus>,
    purchases: impl FnOnce() -> Vec<P>,
) -> OrderKey {
    status
        .and_then(|status| marked(&present, status))
        .or_else(|| {
            // The first revision has none before it: nobody pays for a look at all purchases.
            let earlier = present.revision() > 1 && !has_begun(&present, status);
            earlier.then(|| left_open(&present, &purchases()))?
        })
        .unwrap_or(present)
}

/// The key of the attempt that the status names and does not know the end of.
fn marked(present: &OrderKey, status: &DocumentSigningOrderStatus) -> Option<OrderKey> {
    let unsettled = status.attempt.is_some() && status.order_id.is_none();
    let key = OrderKey::parse(status.order_key.as_deref().filter(|_| unsettled)?)?;
    same_name(&key, present).then_some(key)
}

/// What is known of the present revision is not hidden again behind an earlier one.
fn has_begun(present: &OrderKey, status: Option<&DocumentSigningOrderStatus>) -> bool {
    status.is_some_and(|status| status.order_id.is_some() && is_of(status, present))
}

fn left_open<P: Borrow<Purchase>>(present: &OrderKey, purchases: &[P]) -> Option<OrderKey> {
    let of_name = || {
        purchases.iter().filter_map(|purchase| {
            let spec = &purchase.borrow().spec;
            let key = OrderKey::parse(&spec.order_key).filter(|key| same_name(key, present))?;
            // A record that somebody cut names no attempt that anybody could settle: the way out of it is a higher revision.
            let settleable = spec.state != PurchaseState::Open || spec.attempt.is_some();
            settleable.then_some((key, spec.state))
        })
    };
    let bought = of_name().any(|(key, state)| key == *present && state == PurchaseState::Bought);
    of_name()
        .filter(|(key, state)| {
            !bought && *state == PurchaseState::Open && key.revision() < present.revision()
        })
        .map(|(key, _)| key)
        .min_by_key(OrderKey::revision)
}

fn same_name(one: &OrderKey, other: &OrderKey) -> bool {
    one.cluster() == other.cluster() && one.namespace() == other.namespace() && one.name() == other.name()
}

/// Whether the manifest asks for the key itself.
pub(super) fn is_present(seen: &Observed, order: &Order) -> bool {
    order.revision == seen.key.revision()
}

/// What was seen, without what the manifest says of its own revision alone.
///
/// `spec.existingOrderID` is such a word: it may have stood there before anybody knew of the earlier attempt, and an order
/// that was meant for the one would be bound to the other. Whoever binds an order to the earlier revision says so with
/// that revision. The annotation `docsign.dev/order-anew` names the attempt itself, and counts.
pub(super) fn heard(seen: &Observed) -> Cow<'_, Observed> {
    let present = seen.order.as_ref().is_none_or(|order| is_present(seen, order));
    if present {
        return Cow::Borrowed(seen);
    }
    let mut heard = seen.clone();
    heard.request = Request::Absent;
    if let Some(order) = &mut heard.order {
        order.existing_order_id = None;
    }
    Cow::Owned(heard)
}

/// What is said of an earlier revision says so, and how an order can be bound to it.
pub(super) fn told(seen: &Observed, order: &Order, verdict: Verdict) -> Verdict {
    let open = verdict.placed == Truth::Unknown;
    // What stands is shown again as it was shown.
    let again = verdict.message.starts_with(OF_REVISION);
    if is_present(seen, order) || !open || again {
        return verdict;
    }
    let (earlier, present) = (seen.key.revision(), order.revision);
    let bind = if verdict.progress == Progress::Stalled {
        format!(
            " (to bind an order to it, delete this manifest and apply it with spec.revision: {earlier} and the order's number)"
        )
    } else {
        String::new()
    };
    Verdict {
        message: format!(
            "{OF_REVISION}{earlier}, which is settled before revision {present} goes on{bind}: {}",
            verdict.message
        ),
        ..verdict
    }
}
