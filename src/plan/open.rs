//! Rows `Several` to `Open`, but for what people say: an attempt whose outcome is not known is resolved by looking, never by another POST.

use jiff::{SignedDuration, Timestamp};

use super::backoff::{began, look_up_due};
use super::by_hand::{looks_again_for_a_person, word_counts_from};
use super::failure::{self, Holding};
use super::observed::{
    Account, Correlation, FailedOutcome, Found, FoundOrder, Inspection, LookUp, Observed, Order,
    ReadyAccount, RemoteFailure, Unresolved,
};
use super::status::{Edit, FailureEdit, is_of, of_key, shown_message, shown_reason};
use super::verdict::Verdict;
use super::{Action, Decision, Repair, Wake};
use crate::api::{Attempt, PurchaseReason, PurchaseSpec, PurchaseState, Reason};

/// How far apart two clocks may be in what has passed, and still agree.
pub(super) const APART: SignedDuration = SignedDuration::from_mins(5);

/// The quiet period where there is no account that says how long it is: the default.
const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The look-up found several orders of this key: none is bound, all are named.
pub(super) fn several(seen: &Observed) -> Option<Decision> {
    let found = complete(seen)?;
    let by_hand = seen
        .order
        .as_ref()
        .is_some_and(|order| order.existing_order_id.is_some());
    if found.orders.len() < 2 || by_hand {
        return None;
    }
    let ids: Vec<String> = found.orders.iter().map(|order| order.id.to_string()).collect();
    let message = format!(
        "orders {} all carry this manifest's key {}: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID",
        ids.join(", "),
        seen.key.token()
    );
    Some(hold_found(
        seen,
        Verdict::stalled(Reason::DuplicateOrders, message).possibly_placed(),
    ))
}

/// The look-up found one order of this key: bind it, if it is what the manifest asks for.
pub(super) fn found_one(seen: &Observed) -> Option<Decision> {
    let [found] = complete(seen)?.orders.as_slice() else {
        return None;
    };
    let by_hand = seen.order.as_ref().and_then(|order| order.existing_order_id);
    if by_hand.is_some_and(|wanted| wanted != found.id) {
        return None;
    }
    Some(adopt(seen, found))
}

/// CertCentral proved, under every condition of the proof, that no order exists; policy allows a second POST; and
/// this is the first time.
pub(super) fn absence_proven(seen: &Observed) -> Option<Decision> {
    let (_, purchase, attempt) = open_attempt(seen)?;
    let found = complete(seen)?;
    let account = ready(seen)?;
    let nothing_found = found.orders.is_empty() && unwaived(seen, found).is_empty();
    let quiet = quiet_time(seen, account)?;
    // How much time had passed when the look-up began, by each clock. A stopped process goes on where it stood, long after
    // the answer came.
    let remotely = found.began?.duration_since(attempt.remote_time.as_ref()?.0);
    let locally = found.asked.min(seen.now).duration_since(attempt.start_time.0);
    let known_for = seen.memory.attempt_known_for;
    // Either wall clock may be moved by hours, also both, and another operator's may be wrong: what they say counts where
    // they agree. What this process has itself seen pass is beyond doubt.
    let agree = remotely
        .checked_sub(locally)
        .is_some_and(|apart| apart.abs() <= APART);
    let past_remotely = remotely >= quiet;
    let past_locally = known_for >= quiet || (locally >= quiet && agree);
    let known_long_enough = known_for >= seen.times.floor;
    (nothing_found && past_remotely && past_locally && known_long_enough && may_close(purchase, account))
        .then(|| close_absent(attempt))
}

/// The next look-up of the open attempt is due, and may be had.
pub(super) fn look_up(seen: &Observed) -> Option<Decision> {
    let (_, _, attempt) = open_attempt(seen)?;
    let account = ready(seen)?;
    let free = account.resolve_free_at.is_none_or(|free| free <= seen.now);
    let due = seen.look_up == LookUp::NotAsked && next_look(seen, attempt).is_ok();
    (free && due).then(|| Decision::act(Action::LookUp))
}

/// The attempt is open, and there is nothing to do but to wait for the next look-up or for a person.
///
/// This row takes every purchase that is not closed, also one that nobody can have written: below it, orders are
/// placed.
pub(super) fn open(seen: &Observed) -> Option<Decision> {
    let Some((order, purchase, attempt)) = open_attempt(seen) else {
        let purchase = seen
            .purchase
            .as_ref()
            .filter(|purchase| purchase.state != PurchaseState::Closed)?;
        let message = format!(
            "the purchase {} is {:?} and names no attempt or order: somebody edited it. Put it right from a backup, or raise spec.revision to buy another",
            seen.key.token(),
            purchase.state
        );
        let verdict = Verdict::stalled(Reason::OutcomeUnknown, message).possibly_placed();
        return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
    };
    let look = match (ready(seen), next_look(seen, attempt)) {
        (Some(account), Ok(())) => account.resolve_free_at,
        (Some(_), Err(at)) => Some(at),
        (None, _) => None,
    };
    let Some(order) = order else {
        return Some(Decision::keep(look.map_or(Wake::OnChange, Wake::At)));
    };
    let same_object = purchase.order_ref.uid.as_ref() == Some(&order.uid);
    let may_mark = seen.now <= attempt.deadline_time.0 && !settled(seen);
    if same_object && order.status.attempt.is_none() && may_mark {
        // The sender may be about to write the mark: a write here would take it from him.
        let over = attempt
            .deadline_time
            .0
            .saturating_add(SignedDuration::from_secs(1));
        return Some(Decision::keep(over.map_or(Wake::OnChange, Wake::At)));
    }
    let standing = standing(seen, order);
    let stored = match failed_call(seen).filter(|_| seen.inspection == Inspection::Failed) {
        // The order that a person named could not be read: not again before the backoff is over.
        Some(failed) => Some(
            failure::still_held(seen, order, &failed)
                .unwrap_or_else(|| failure::stored(seen, order, &failed)),
        ),
        // A hold that stands no more is no failure any more.
        None => of_key(seen, order)
            .failure
            .filter(|failure| standing.is_some() || !failure::is_held(failure)),
    };
    let retry = stored
        .as_ref()
        .and_then(|failure| Some(failure.retry_time.as_ref()?.0))
        .filter(|_| order.existing_order_id.is_some());
    let heard = order.existing_order_id.filter(|_| {
        let asked = seen.inspection == Inspection::NotAsked && ready(seen).is_some();
        asked && settled(seen) && failure::holding(seen, order).is_none()
    });
    let for_a_person = heard.map(|_| looks_again_for_a_person(seen));
    let next = [look, retry, for_a_person, word_counts_from(seen, order, attempt)];
    let next = next.into_iter().flatten().filter(|time| *time > seen.now).min();
    let edit = Edit {
        failure: stored.map_or(FailureEdit::Clear, FailureEdit::Set),
        ..Edit::default()
    };
    let verdict = standing.unwrap_or_else(|| match heard {
        // Whoever has spoken is not asked again.
        Some(wanted) => Verdict::working(
            Reason::Resolving,
            format!("the key is looked up once more, before order {wanted} is bound, which spec.existingOrderID names"),
        )
        .possibly_placed(),
        None => resolving(seen, purchase),
    });
    Some(Decision::show(
        verdict,
        edit,
        next.map_or(Wake::OnChange, Wake::At),
    ))
}

/// What a person has to settle. What the last complete look-up found stands until another says otherwise; what
/// is wrong with the order that he named, as long as he names it.
fn standing(seen: &Observed, order: &Order) -> Option<Verdict> {
    let by_hand = order.existing_order_id.is_some();
    if by_hand
        && let Some(Holding::Until(_, failure) | Holding::UntilChanged(failure)) =
            failure::holding(seen, order)
        && failure::is_held(&failure)
    {
        return Some(failure::verdict(&failure).possibly_placed());
    }
    let reason = shown_of(seen, order)?;
    let stands = match reason {
        Reason::OrderNotFound => by_hand,
        _ => matches!(
            reason,
            Reason::DuplicateOrders | Reason::OrderMismatch | Reason::PossibleDuplicate | Reason::NotAllowed
        ),
    };
    (stands && complete(seen).is_none())
        .then(|| Verdict::stalled(reason, shown_message(&order.status)).possibly_placed())
}

/// What the status shows of this key; what it shows of another revision stands for nothing here.
fn shown_of(seen: &Observed, order: &Order) -> Option<Reason> {
    shown_reason(&order.status).filter(|_| is_of(&order.status, &seen.key))
}

/// The remote call of this pass that failed, also where nothing says how.
pub(super) fn failed_call(seen: &Observed) -> Option<RemoteFailure> {
    let failed = seen.look_up == LookUp::Incomplete || seen.inspection == Inspection::Failed;
    seen.failed.clone().or_else(|| {
        failed.then(|| RemoteFailure {
            outcome: FailedOutcome::Unavailable,
            code: "incomplete".to_owned(),
            message: "CertCentral's answer was not complete".to_owned(),
            status: None,
            retry_after: None,
        })
    })
}

/// Reads the order a person named, then binds it.
pub(super) fn bind(seen: &Observed, wanted: i64) -> Option<Decision> {
    match &seen.inspection {
        Inspection::NotAsked => ready(seen).map(|_| Decision::act(Action::Inspect(wanted))),
        Inspection::Found(found) if found.id == wanted => Some(adopt(seen, found)),
        Inspection::Missing(id) if *id == wanted => Some(hold(
            seen,
            Verdict::stalled(
                Reason::OrderNotFound,
                format!(
                    "spec.existingOrderID: order {wanted} is not visible to this API key; correct the number, or use the account that owns it"
                ),
            ),
        )),
        Inspection::Failed | Inspection::Found(_) | Inspection::Missing(_) => None,
    }
}

/// What is shown of an open attempt.
pub(super) fn resolving(seen: &Observed, purchase: &PurchaseSpec) -> Verdict {
    let Some(attempt) = &purchase.attempt else {
        return Verdict::working(Reason::Resolving, "an order may exist; looking it up").possibly_placed();
    };
    let began = began(attempt.start_time.0, seen.memory.attempt_known_for, seen.now);
    let told = seen.order.as_ref().and_then(|order| shown_of(seen, order)) == Some(Reason::OutcomeUnknown);
    // A proof that should have come by now and did not (no clock at CertCentral, look-ups that never complete)
    // is a person's turn too.
    let patience = seen
        .times
        .floor
        .saturating_add(seen.times.look_up_longest.saturating_mul(2));
    let known_for = seen.memory.attempt_known_for;
    let is_over = |quiet| began.checked_add(quiet).is_ok_and(|by_then| seen.now >= by_then);
    let persons_turn = match ready(seen) {
        Some(account) => {
            let closes = may_close(purchase, account) && attempt.remote_time.is_some();
            let overdue = told || known_for >= patience.saturating_add(account.quiet_period);
            is_over(account.quiet_period) && (overdue || !closes)
        }
        // Whoever was told to look is not untold because the account can't be asked for a moment. An account that does
        // not come back proves nothing, and nobody else would ever hear of it.
        None => told || (is_over(QUIET) && known_for >= patience),
    };
    if persons_turn {
        return Verdict::stalled(
            Reason::OutcomeUnknown,
            format!(
                "the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID {token} (also in its comments), placed about {start}: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: {id}",
                token = seen.key.token(),
                start = attempt.start_time.0,
                id = attempt.id
            ),
        )
        .possibly_placed();
    }
    Verdict::working(
        Reason::Resolving,
        format!(
            "the order was claimed by attempt {} and its outcome is not known yet; it is looked up, and not placed again",
            attempt.id
        ),
    )
    .possibly_placed()
}

/// Orders that may be this one and that no person has waived.
pub(super) fn unwaived<'a>(seen: &Observed, found: &'a Found) -> Vec<&'a i64> {
    let waived = seen
        .order
        .as_ref()
        .and_then(|order| order.order_anew.as_deref())
        .unwrap_or_default();
    let is_waived = |id: &i64| waived.split([',', ' ']).any(|word| word == id.to_string());
    found.maybe.iter().filter(|id| !is_waived(id)).collect()
}

/// Shows what a person has to settle, and looks again within the hour.
pub(super) fn hold(seen: &Observed, verdict: Verdict) -> Decision {
    let verdict = if open_attempt(seen).is_some() {
        verdict.possibly_placed()
    } else {
        verdict
    };
    let failure = seen
        .order
        .as_ref()
        .map(|order| failure::held(seen, order, &verdict));
    let wake = failure
        .as_ref()
        .and_then(|failure| failure.retry_time.as_ref())
        .map_or(Wake::OnChange, |time| Wake::At(time.0));
    let failure = failure.map_or(FailureEdit::Keep, FailureEdit::Set);
    Decision::show(
        verdict,
        Edit {
            failure,
            ..Edit::default()
        },
        wake,
    )
}

/// The same, about orders that the look-up has shown: first the purchase takes note of them, since an order that was seen
/// once is not absent, whatever later look-ups say.
pub(super) fn hold_found(seen: &Observed, verdict: Verdict) -> Decision {
    let noted = || {
        let (_, _, attempt) = open_attempt(seen)?;
        let shown = complete(seen)?.orders.iter().map(|order| order.id);
        let ids: Vec<i64> = shown.filter(|id| !attempt.shown_order_ids.contains(id)).collect();
        let attempt = attempt.id.clone();
        (!ids.is_empty()).then(|| Decision::act(Action::Repair(Repair::NoteShown { attempt, ids })))
    };
    noted().unwrap_or_else(|| hold(seen, verdict))
}

pub(super) fn complete(seen: &Observed) -> Option<&Found> {
    match &seen.look_up {
        LookUp::Complete(found) => Some(found),
        LookUp::NotAsked | LookUp::Incomplete => None,
    }
}

pub(super) fn ready(seen: &Observed) -> Option<&ReadyAccount> {
    match &seen.account {
        Account::Ready(account) => Some(account),
        Account::Pending | Account::Missing(_) | Account::NotReady(..) => None,
    }
}

fn adopt(seen: &Observed, found: &FoundOrder) -> Decision {
    if let Some(unlike) = &found.unlike {
        let message = format!(
            "order {} is not what this manifest asks for: {unlike}. Put the manifest right, or raise spec.revision to buy another",
            found.id
        );
        return hold_found(
            seen,
            Verdict::stalled(Reason::OrderMismatch, message).possibly_placed(),
        );
    }
    let may = ready(seen).is_some_and(|account| account.adoption)
        || found.ours
        || (found.after_attempt && open_attempt(seen).is_some());
    if found.owned || !may {
        let why = if found.owned {
            "another manifest owns it"
        } else {
            "it does not carry this manifest's key, and the account does not allow adoption (spec.allow.adoption)"
        };
        let message = format!("order {} can't be bound: {why}", found.id);
        return hold_found(seen, Verdict::stalled(Reason::NotAllowed, message));
    }
    Decision::act(Action::Adopt(found.id))
}

/// The open attempt, with the manifest if there is one.
pub(super) fn open_attempt(seen: &Observed) -> Option<(Option<&Order>, &PurchaseSpec, &Attempt)> {
    let purchase = seen
        .purchase
        .as_ref()
        .filter(|purchase| purchase.state == PurchaseState::Open)?;
    Some((seen.order.as_ref(), purchase, purchase.attempt.as_ref()?))
}

/// The sender's time is over beyond doubt: a person's word counts.
pub(super) fn settled(seen: &Observed) -> bool {
    seen.memory.attempt_known_for >= seen.times.settle
}

pub(super) fn close_absent(attempt: &Attempt) -> Decision {
    Decision::act(Action::Close {
        attempt: attempt.id.clone(),
        reason: PurchaseReason::Absent,
    })
}

/// How long after the start of an attempt the emptiness of a look-up begins to count.
fn quiet_time(seen: &Observed, account: &ReadyAccount) -> Option<SignedDuration> {
    let sender = seen.times.deadline.checked_add(seen.times.post_timeout)?;
    sender.checked_add(account.quiet_period)
}

/// The standing conditions of a proof of absence, those that do not depend on time.
fn may_close(purchase: &PurchaseSpec, account: &ReadyAccount) -> bool {
    account.same_as_attempt
        && account.correlation == Correlation::Exact
        && account.unresolved == Unresolved::WhenProven
        && purchase.absences == 0
        // By what is it looked up, and was it never seen?
        && purchase
            .attempt
            .as_ref()
            .is_some_and(|attempt| attempt.alternative_order_id && attempt.shown_order_ids.is_empty())
}

fn next_look(seen: &Observed, attempt: &Attempt) -> Result<(), Timestamp> {
    let times = &seen.times;
    let looked = match seen.look_up {
        LookUp::NotAsked => seen.memory.looked_up,
        LookUp::Incomplete | LookUp::Complete(_) => Some(seen.now),
    };
    look_up_due(
        (attempt.start_time.0, seen.memory.attempt_known_for),
        looked,
        seen.now,
        times.look_up_first,
        times.look_up_longest,
        seen.seed,
    )
}
