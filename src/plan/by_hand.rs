//! Rows `BindByHand` and `CloseByHand`: a person says what became of an attempt, once its sender's time is over.

use jiff::Timestamp;

use super::observed::{LookUp, Observed, Order};
use super::open::{bind, close_absent, complete, hold_found, open_attempt, ready, settled};
use super::verdict::Verdict;
use super::{Action, Decision, failure};
use crate::api::{Attempt, Reason};

/// A person names the order to bind; counts once the sender's time is over.
pub(super) fn bind_by_hand(seen: &Observed) -> Option<Decision> {
    let (order, _, _) = open_attempt(seen)?;
    let order = order?;
    let wanted = order.existing_order_id?;
    if !settled(seen) || failure::holding(seen, order).is_some() {
        return None;
    }
    let Some(found) = complete(seen) else {
        // What carries the key was paid for: it is known before another order takes its place.
        let free = ready(seen)?.resolve_free_at.is_none_or(|free| free <= seen.now);
        let due = seen.look_up == LookUp::NotAsked && looks_again_for_a_person(seen) <= seen.now;
        return (free && due).then(|| Decision::act(Action::LookUp));
    };
    let ids: Vec<String> = found.orders.iter().map(|order| order.id.to_string()).collect();
    if !ids.is_empty() && found.orders.iter().all(|order| order.id != wanted) {
        let message = format!(
            "spec.existingOrderID names order {wanted}, and {} in CertCentral carries this manifest's key {}: put that number there, or bind order {wanted} under a higher spec.revision",
            ids.join(", "),
            seen.key.token()
        );
        return Some(hold_found(
            seen,
            Verdict::stalled(Reason::DuplicateOrders, message).possibly_placed(),
        ));
    }
    bind(seen, wanted)
}

/// A person has looked for the order of this attempt in vain, and says so by naming the attempt.
pub(super) fn close_by_hand(seen: &Observed) -> Option<Decision> {
    let (order, _, attempt) = open_attempt(seen)?;
    (names(order?, attempt) && settled(seen)).then(|| close_absent(attempt))
}

/// When the key may be looked up for a person who has named an order: look-ups that fail are not asked again at once.
pub(super) fn looks_again_for_a_person(seen: &Observed) -> Timestamp {
    let next = seen.memory.looked_up.filter(|looked| *looked <= seen.now);
    next.and_then(|looked| looked.checked_add(seen.times.look_up_first).ok())
        .unwrap_or(seen.now)
}

/// When the word of a person, who has spoken already, begins to count.
pub(super) fn word_counts_from(seen: &Observed, order: &Order, attempt: &Attempt) -> Option<Timestamp> {
    let spoken = order.existing_order_id.is_some() || names(order, attempt);
    let left = seen.times.settle.checked_sub(seen.memory.attempt_known_for)?;
    (spoken && !settled(seen)).then(|| seen.now.saturating_add(left).unwrap_or(Timestamp::MAX))
}

fn names(order: &Order, attempt: &Attempt) -> bool {
    let words = order.order_anew.as_deref().unwrap_or_default();
    words.split([',', ' ']).any(|word| word == attempt.id)
}
