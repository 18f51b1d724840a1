//! Rows `Repair`, `OtherInputs`, `CardSecret` and `BoughtNotInStatus`: status and purchase are two ledgers that repair each
//! other.

use super::observed::{FailedOutcome, Inspection, Observed, Order, RemoteFailure, Request};
use super::open::settled;
use super::revisions::is_present;
use super::status::{Edit, FailureEdit, Mark, of_key};
use super::unbought::finding_verdict;
use super::verdict::{Verdict, remote_verdict};
use super::{Action, Decision, Repair, Wake, failure};
use crate::api::{PurchaseReason, PurchaseSpec, PurchaseState, Reason};

/// One ledger holds an id or attempt that the other lacks, or an attempt that ended is still marked.
pub(super) fn repair(seen: &Observed) -> Option<Decision> {
    let purchase = seen.purchase.as_ref();
    if let Some(purchase) = purchase
        && purchase.state != PurchaseState::Bought
        && let Some(id) = purchase.order_ids.first()
    {
        // An id was recorded, and the state says otherwise: a late answer, or somebody's edit. Ids win.
        return Some(Decision::act(Action::Repair(Repair::AddOrderId(*id))));
    }
    let order = seen.order.as_ref()?;
    let status = of_key(seen, order);
    if let Some(id) = status.order_id {
        let recorded = purchase.is_some_and(|purchase| {
            purchase.state == PurchaseState::Bought && purchase.order_ids.contains(&id)
        });
        return (!recorded).then(|| Decision::act(Action::Repair(Repair::AddOrderId(id))));
    }
    let of_purchase = purchase.and_then(|purchase| purchase.attempt.as_ref());
    match (purchase.map(|purchase| purchase.state), &status.attempt) {
        (None, Some(attempt)) => Some(Decision::act(Action::Repair(Repair::ReopenPurchase {
            attempt: attempt.clone(),
        }))),
        (Some(PurchaseState::Closed), Some(attempt)) => {
            if of_purchase.is_some_and(|closed| closed.id == *attempt) {
                Some(unmark(seen, order, purchase))
            } else {
                Some(Decision::act(Action::Repair(Repair::ReopenPurchase {
                    attempt: attempt.clone(),
                })))
            }
        }
        (None | Some(PurchaseState::Closed), None) => {
            let frozen = status
                .claimed_revision
                .is_some_and(|claimed| claimed >= seen.key.revision());
            frozen.then(|| unmark(seen, order, purchase))
        }
        (Some(PurchaseState::Open), None) => remark(seen, order, purchase?),
        (Some(PurchaseState::Open), Some(_)) | (Some(PurchaseState::Bought), _) => None,
    }
}

/// Bought, but not what the manifest asks for now.
pub(super) fn other_inputs(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    let status = of_key(seen, order);
    let purchase = seen
        .purchase
        .as_ref()
        .filter(|purchase| purchase.state == PurchaseState::Bought)?;
    let bound = status.order_id.or_else(|| purchase.order_ids.first().copied())?;
    let verdict = match order.existing_order_id {
        Some(wanted) if wanted == bound => return None,
        Some(_) => changed(format!(
            "order {bound} is bound to this manifest, and spec.existingOrderID names another: put {bound} there or remove it"
        ))
        .placed_if(status.order_id.is_some()),
        None if status.order_id.is_some() || purchase.order_ref.uid.as_ref() == Some(&order.uid) => {
            return None;
        }
        // What another object bought under an earlier revision is its purchase's to know: this one asks for a later.
        None if !is_present(seen, order) => return Some(Decision::keep(Wake::At(seen.now))),
        None => inherited(seen, order, purchase, bound)?,
    };
    Some(Decision::show(verdict, Edit::default(), Wake::OnChange))
}

/// The order exists, and the card it was paid with is still written down: it goes before the status shows the order,
/// so that a restart in between finds it. Where the status had to take the ID first, it goes right after.
///
/// Only the card that this order was paid with: of this object, or of one that asks for the same; and none that was
/// written down since.
pub(super) fn card_secret(seen: &Observed) -> Option<Decision> {
    let created = seen.card_secret?;
    let order = seen.order.as_ref()?;
    let purchase = seen
        .purchase
        .as_ref()
        .filter(|purchase| purchase.state == PurchaseState::Bought && !purchase.order_ids.is_empty())?;
    let attempt = purchase.attempt.as_ref()?;
    let marked = of_key(seen, order).attempt.as_ref() == Some(&attempt.id);
    let as_bought = match &seen.request {
        Request::Usable {
            as_bought: Some(as_bought),
            ..
        } => *as_bought,
        // Frozen since the attempt; its own Secret may be what can't be used.
        Request::Usable { as_bought: None, .. } | Request::Unusable { .. } => marked,
        Request::Absent => false,
    };
    let paid = as_bought
        && created <= attempt.deadline_time.0
        && order.existing_order_id.is_none()
        && is_present(seen, order);
    paid.then(|| Decision::act(Action::DeleteCardSecret))
}

/// The order exists, and the manifest's status does not say so yet.
pub(super) fn bought_not_in_status(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    let status = of_key(seen, order);
    let purchase = seen
        .purchase
        .as_ref()
        .filter(|purchase| purchase.state == PurchaseState::Bought)?;
    let bound = *purchase.order_ids.first()?;
    if status.order_id.is_some() {
        return None;
    }
    let facts = match &seen.inspection {
        Inspection::Found(found) if found.id == bound => Some(&found.facts),
        Inspection::Found(_) | Inspection::NotAsked | Inspection::Failed | Inspection::Missing(_) => None,
    };
    let verdict = remote_verdict(
        facts.and_then(|facts| facts.order_status.as_deref()),
        facts.and_then(|facts| facts.request_status.as_deref()),
    );
    let poll = match &seen.account {
        super::Account::Ready(account) => Some(account.poll_interval),
        super::Account::Pending | super::Account::Missing(_) | super::Account::NotReady(..) => None,
    };
    let unread = facts.is_none_or(|facts| facts.order_status.is_none());
    let next_check = poll
        .filter(|_| unread && facts.is_some())
        .and_then(|poll| seen.now.checked_add(poll).ok());
    let edit = Edit {
        bind: Some(bound),
        mark: purchase
            .attempt
            .as_ref()
            .map_or(Mark::Keep, |attempt| Mark::Set(attempt.id.clone())),
        failure: FailureEdit::Clear,
        next_check: Some(next_check),
    };
    Some(Decision {
        action: Action::Repair(Repair::Status),
        shows: Some((verdict, edit)),
        wake: Wake::OnChange,
    })
}

/// The attempt ended without an order: it leaves the status before the next one, and the inputs are free again.
fn unmark(seen: &Observed, order: &Order, purchase: Option<&PurchaseSpec>) -> Decision {
    let failed = seen.failed.clone().or_else(|| ended(purchase?.reason?));
    let stored = failed.map(|failed| failure::stored(seen, order, &failed));
    let (verdict, failure) = match stored {
        Some(stored) => (failure::verdict(&stored), FailureEdit::Set(stored)),
        None => (
            Verdict::working(Reason::Queued, "the last attempt ended without an order"),
            FailureEdit::Keep,
        ),
    };
    Decision {
        action: Action::Repair(Repair::Status),
        shows: Some((
            verdict,
            Edit {
                mark: Mark::Remove,
                failure,
                ..Edit::default()
            },
        )),
        wake: Wake::OnChange,
    }
}

/// What the purchase alone says of an attempt that ended, where nothing of this pass says more: the ticket was
/// void, or the process died between closing the purchase and writing what CertCentral said.
fn ended(reason: PurchaseReason) -> Option<RemoteFailure> {
    let (outcome, code, message) = match reason {
        PurchaseReason::Refused => (
            FailedOutcome::Refused,
            "refused",
            "what CertCentral said was lost in a restart",
        ),
        PurchaseReason::NotSent => (
            FailedOutcome::NotSent,
            "not_sent",
            "the order was not sent: its time had passed, or something changed meanwhile",
        ),
        PurchaseReason::Absent | PurchaseReason::Placed | PurchaseReason::Adopted => return None,
    };
    Some(RemoteFailure {
        outcome,
        code: code.to_owned(),
        message: message.to_owned(),
        status: None,
        retry_after: None,
    })
}

/// The purchase is open and the status of the same object names no attempt: somebody wiped it, or the claim was
/// not marked. The freeze must hold while the purchase is open. Not before the sender's own time is over: he may
/// be about to write the mark himself.
fn remark(seen: &Observed, order: &Order, purchase: &PurchaseSpec) -> Option<Decision> {
    let attempt = purchase.attempt.as_ref()?;
    let same_object = purchase.order_ref.uid.as_ref() == Some(&order.uid);
    // A clock that was set back says so late; what this process has seen pass does not.
    let sender_done = seen.now > attempt.deadline_time.0 || settled(seen);
    (same_object && sender_done).then(|| Decision {
        action: Action::Repair(Repair::Status),
        shows: Some((
            super::open::resolving(seen, purchase),
            Edit {
                mark: Mark::Set(attempt.id.clone()),
                ..Edit::default()
            },
        )),
        wake: Wake::OnChange,
    })
}

/// What another object of this name bought is inherited only by one that asks for the same, in the same namespace.
fn inherited(seen: &Observed, order: &Order, purchase: &PurchaseSpec, bound: i64) -> Option<Verdict> {
    let other_namespace = match (&purchase.order_ref.namespace_uid, &order.namespace_uid) {
        (Some(then), Some(now)) => then != now,
        (None, _) | (_, None) => false,
    };
    if other_namespace {
        return Some(changed(format!(
            "order {bound} was bought under this name in an earlier namespace of the same name: to bind it set spec.existingOrderID: {bound}; to buy another raise spec.revision"
        )));
    }
    match &seen.request {
        Request::Usable {
            as_bought: Some(false),
            ..
        } => Some(changed(format!(
            "order {bound} was bought under this name, and the manifest asks for something else now: put the inputs back, bind it with spec.existingOrderID: {bound}, or raise spec.revision to buy another"
        ))),
        Request::Unusable { findings, .. } => Some(finding_verdict(findings).possibly_placed()),
        Request::Usable {
            as_bought: Some(true) | None,
            ..
        }
        | Request::Absent => None,
    }
}

fn changed(message: String) -> Verdict {
    Verdict::stalled(Reason::OrderChanged, message).possibly_placed()
}
