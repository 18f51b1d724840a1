//! Rows `Deleting`, `Refresh` and `Known`: the order exists and is followed.

use jiff::{SignedDuration, Timestamp};

use super::observed::{Account, Inspection, LookUp, Observed, Order};
use super::open::{complete, ready};
use super::status::{Edit, FailureEdit, of_key, shown_message, shown_reason};
use super::verdict::{Progress, Verdict, remote_verdict};
use super::{Action, Decision, Repair, Wake};
use crate::api::{DocumentSigningOrderStatus, PurchaseState, Reason, WaitingFor};

/// How often an order that is lost from sight is looked for again: no poll tells that it is back.
const LOST: SignedDuration = SignedDuration::from_hours(1);

/// How long after a second POST the key goes on being looked up, and how often.
const SECOND_POST_WATCHED: SignedDuration = SignedDuration::from_hours(30 * 24);
const SECOND_POST_LOOK_UP: SignedDuration = SignedDuration::from_hours(24);

/// The object is being deleted, and there is nothing open to resolve for it.
pub(super) fn deleting(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref().filter(|order| order.deleting)?;
    if order.finalizer {
        return Some(Decision::act(Action::Release));
    }
    let open = seen
        .purchase
        .as_ref()
        .is_some_and(|purchase| purchase.state == PurchaseState::Open);
    (!open).then(|| Decision::keep(Wake::OnChange))
}

/// A look at the known order is due, and may be had.
pub(super) fn refresh(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    let status = of_key(seen, order);
    let id = status.order_id?;
    let asked = seen.inspection != Inspection::NotAsked;
    let allowed = match &seen.account {
        Account::Ready(account) => account.refresh_free_at.is_none_or(|free| free <= seen.now),
        Account::Pending | Account::Missing(_) | Account::NotReady(..) => false,
    };
    let backed_off = seen.memory.look_not_before.is_some_and(|time| time > seen.now);
    let due = look_due(seen, &status);
    (!asked && allowed && !backed_off && due).then(|| Decision::act(Action::Refresh(id)))
}

/// The order was bought by a second POST, after the first was proven to have bought nothing. Should the proof have
/// been wrong, the first order comes to light here, and people learn of it.
pub(super) fn look_up_again(seen: &Observed) -> Option<Decision> {
    let due = next_look_up(seen)? <= seen.now;
    let purchase = seen.purchase.as_ref()?;
    if let Some(found) = complete(seen) {
        let other = found
            .orders
            .iter()
            .find(|order| !purchase.order_ids.contains(&order.id))?;
        return Some(Decision::act(Action::Repair(Repair::AddOrderId(other.id))));
    }
    let free = ready(seen)?.place_free_at.is_none_or(|free| free <= seen.now);
    (due && free && seen.look_up == LookUp::NotAsked).then(|| Decision::act(Action::LookUp))
}

/// When the key of an order that was bought by a second POST is looked up again.
fn next_look_up(seen: &Observed) -> Option<Timestamp> {
    let status = of_key(seen, seen.order.as_ref()?);
    let purchase = seen.purchase.as_ref()?;
    let watched =
        status.order_id.is_some() && purchase.state == PurchaseState::Bought && purchase.absences > 0;
    let until = purchase
        .attempt
        .as_ref()
        .filter(|_| watched)?
        .start_time
        .0
        .checked_add(SECOND_POST_WATCHED)
        .ok()?;
    let next = match seen.memory.looked_up {
        Some(last) => last.checked_add(SECOND_POST_LOOK_UP).ok()?,
        None => seen.now,
    };
    (next < until).then_some(next)
}

/// The order is known: show what is known.
pub(super) fn known(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    let status = of_key(seen, order);
    let id = status.order_id?;
    let (verdict, next_check) = match &seen.inspection {
        Inspection::Found(found) if found.id == id => match &found.unlike {
            Some(unlike) => (
                Verdict::lost_from_sight(
                    Reason::OrderMismatch,
                    format!(
                        "order {id} is not what this manifest can follow: {unlike}. Look at it in CertCentral; to buy another, raise spec.revision"
                    ),
                ),
                look_again(seen, &status).map(Some),
            ),
            // The answer to a POST is not a look yet.
            None if found.facts.order_status.is_none() => (
                with_duplicates(seen, shown(seen, order)),
                unread(seen, &status).map(Some),
            ),
            None => (with_duplicates(seen, shown(seen, order)), Some(None)),
        },
        Inspection::Missing(missing) if *missing == id => (
            Verdict::lost_from_sight(
                Reason::OrderNotVisible,
                format!(
                    "order {id} is not visible to this API key: check the key's account and division. No other order will be placed"
                ),
            ),
            look_again(seen, &status).map(Some),
        ),
        Inspection::NotAsked | Inspection::Failed | Inspection::Found(_) | Inspection::Missing(_) => {
            let lost = shown_reason(&status)
                .filter(|reason| matches!(reason, Reason::OrderMismatch | Reason::OrderNotVisible));
            let verdict = match lost {
                // Only another look can tell that it is back in sight.
                Some(reason) => Verdict::lost_from_sight(reason, shown_message(&status)),
                None => with_duplicates(seen, shown(seen, order)),
            };
            (verdict, None)
        }
    };
    let edit = Edit {
        failure: FailureEdit::Clear,
        next_check,
        ..Edit::default()
    };
    let wake = match edit.next_check {
        // The order of an earlier revision is settled: the next pass is about the present one.
        _ if order.revision != seen.key.revision() => Wake::At(seen.now),
        Some(None) => Wake::OnChange,
        Some(Some(time)) => Wake::At(time),
        None => wake(seen, &status),
    };
    let wake = match (wake, next_look_up(seen).filter(|next| *next > seen.now)) {
        (Wake::OnChange, Some(next)) => Wake::At(next),
        (Wake::At(time), Some(next)) => Wake::At(time.min(next)),
        (wake, None) => wake,
    };
    Some(Decision::show(verdict, edit, wake))
}

/// What the status says of the order, with what was read in this pass.
fn shown(seen: &Observed, order: &Order) -> Verdict {
    let status = of_key(seen, order);
    let facts = match &seen.inspection {
        Inspection::Found(found) if Some(found.id) == status.order_id => Some(&found.facts),
        Inspection::Found(_) | Inspection::NotAsked | Inspection::Failed | Inspection::Missing(_) => None,
    };
    let order_status = facts
        .and_then(|facts| facts.order_status.as_ref())
        .or(status.order_status.as_ref());
    let request_status = match facts {
        Some(facts) if facts.request_id.is_some() => facts.request_status.as_ref(),
        Some(_) | None => status.request_status.as_ref(),
    };
    remote_verdict(
        order_status.map(String::as_str),
        request_status.map(String::as_str),
    )
}

/// A second order under one key is always reported, whatever the bound one does.
fn with_duplicates(seen: &Observed, verdict: Verdict) -> Verdict {
    let ids = seen
        .purchase
        .as_ref()
        .map(|purchase| purchase.order_ids.as_slice())
        .unwrap_or_default();
    if ids.len() < 2 {
        return verdict;
    }
    let listed: Vec<String> = ids.iter().map(ToString::to_string).collect();
    Verdict {
        reason: Reason::DuplicateOrders,
        waiting_for: WaitingFor::Owner,
        progress: Progress::Stalled,
        message: format!(
            "orders {} all carry this manifest's key: look at them in CertCentral and cancel what is not wanted",
            listed.join(", ")
        ),
        ..verdict
    }
}

/// When to look again for an order that is lost from sight.
fn look_again(seen: &Observed, status: &DocumentSigningOrderStatus) -> Option<Timestamp> {
    let planned = status
        .next_check_time
        .as_ref()
        .is_some_and(|time| time.0 > seen.now);
    seen.now.checked_add(LOST).ok().filter(|_| !planned)
}

/// When to look again at an order whose status no answer has told yet.
fn unread(seen: &Observed, status: &DocumentSigningOrderStatus) -> Option<Timestamp> {
    let planned = status
        .next_check_time
        .as_ref()
        .is_some_and(|time| time.0 > seen.now);
    let Account::Ready(account) = &seen.account else {
        return None;
    };
    let next = seen.now.checked_add(account.poll_interval).ok()?;
    (!planned && status.order_status.is_none()).then_some(next)
}

fn look_due(seen: &Observed, status: &DocumentSigningOrderStatus) -> bool {
    let timed = status
        .next_check_time
        .as_ref()
        .is_some_and(|time| time.0 <= seen.now);
    let never_read = status.order_status.is_none() && status.next_check_time.is_none();
    seen.memory.look_due || timed || never_read
}

fn wake(seen: &Observed, status: &DocumentSigningOrderStatus) -> Wake {
    let times = [
        status.next_check_time.as_ref().map(|time| time.0),
        seen.memory.look_not_before,
    ];
    let due_from = if look_due(seen, status) {
        times[1]
    } else {
        times[0]
    };
    match due_from {
        Some(time) if time > seen.now => Wake::At(time),
        Some(_) | None => match &seen.account {
            Account::Ready(account) if look_due(seen, status) => {
                let free = account.refresh_free_at.filter(|free| *free > seen.now);
                free.map_or(Wake::OnChange, Wake::At)
            }
            Account::Ready(_) | Account::Pending | Account::Missing(_) | Account::NotReady(..) => {
                Wake::OnChange
            }
        },
    }
}
