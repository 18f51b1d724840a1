//! Rows `Place` and `VoidTicket`: what becomes of the right to send one POST.

use super::observed::{Account, Observed, Request};
use super::{Action, Decision};
use crate::api::{PurchaseReason, PurchaseState};

/// **The one row that spends money.** The ticket is in time, both ledgers name its attempt, and nothing has
/// come between the claim and now.
pub(super) fn place(seen: &Observed) -> Option<Decision> {
    let ticket = seen.ticket.as_ref()?;
    let (order, purchase) = (seen.order.as_ref()?, seen.purchase.as_ref()?);
    let in_purchase = purchase.state == PurchaseState::Open
        && purchase
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.id == ticket.attempt)
        && purchase.order_ids.is_empty();
    let in_status = order.status.attempt.as_ref() == Some(&ticket.attempt)
        && order.status.order_key.as_deref() == Some(seen.key.to_string().as_str())
        && order.status.order_id.is_none();
    let wanted = !order.deleting
        && !order.suspend
        && order.existing_order_id.is_none()
        && order.revision == seen.key.revision();
    // The body is what was claimed, or nothing is sent.
    let as_claimed = match &seen.request {
        Request::Usable { as_bought, .. } => *as_bought != Some(false),
        Request::Absent | Request::Unusable { .. } => false,
    };
    let usable = matches!(seen.account, Account::Ready(_));
    (ticket.in_time && in_purchase && in_status && wanted && as_claimed && usable)
        .then(|| Decision::act(Action::Place))
}

/// A ticket that is not used is closed, never dropped: the purchase would stay open for nothing.
pub(super) fn void(seen: &Observed) -> Option<Decision> {
    let ticket = seen.ticket.as_ref()?;
    Some(Decision::act(Action::Close {
        attempt: ticket.attempt.clone(),
        reason: PurchaseReason::NotSent,
    }))
}
