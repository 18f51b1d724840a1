//! Rows `Unbuyable` to `Claim`: nothing was bought under this key, as far as the ledgers know.

use jiff::Timestamp;

use super::failure::{self, Holding};
use super::observed::{Account, Finding, LookUp, Observed, Request};
use super::open::{complete, failed_call, hold, ready, unwaived};
use super::status::{Edit, FailureEdit, Mark};
use super::verdict::{Verdict, account_verdict};
use super::{Action, Decision, Wake};
use crate::api::Reason;

/// Nothing may be bought, whatever the account says: no manifest, suspended, unusable, or refused and unchanged.
pub(super) fn unbuyable(seen: &Observed) -> Option<Decision> {
    let Some(order) = &seen.order else {
        return Some(Decision::keep(Wake::OnChange));
    };
    if order.revision != seen.key.revision() {
        // An attempt of an earlier revision has just ended; the next pass is about the present one.
        return Some(Decision::keep(Wake::At(seen.now)));
    }
    if order.suspend {
        let verdict = Verdict::stalled(
            Reason::Suspended,
            "spec.suspend is set: nothing is bought until it is false",
        );
        // Suspended on purpose: nothing has failed, so no tool should call it a failure.
        let verdict = Verdict {
            progress: super::Progress::Reconciling,
            ..verdict
        };
        return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
    }
    if order.existing_order_id.is_some() {
        return None;
    }
    match &seen.request {
        Request::Unusable { findings, .. } => {
            return Some(Decision::show(
                finding_verdict(findings),
                Edit::default(),
                Wake::OnChange,
            ));
        }
        Request::Absent => {
            let verdict = Verdict::stalled(
                Reason::InvalidSpec,
                "spec.order: set it to buy, or set spec.existingOrderID to bind an order",
            );
            return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
        }
        Request::Usable { .. } => {}
    }
    match failure::holding(seen, order) {
        Some(Holding::UntilChanged(failure)) => Some(Decision::show(
            failure::verdict(&failure),
            Edit::default(),
            Wake::OnChange,
        )),
        Some(Holding::Until(..)) | None => None,
    }
}

/// A person names the order to bind: none is placed.
pub(super) fn bind(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    let wanted = order.existing_order_id?;
    match failure::holding(seen, order) {
        Some(Holding::Until(until, failure)) => return Some(wait_out(&failure, until)),
        Some(Holding::UntilChanged(failure)) => {
            let verdict = failure::verdict(&failure);
            return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
        }
        None => {}
    }
    if let Some(failed) = failed(seen) {
        return Some(failed);
    }
    if let Some(message) = ready(seen).and_then(|account| account.forbidden.as_ref()) {
        let verdict = Verdict::stalled(Reason::NotAllowed, message.clone());
        return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
    }
    Some(super::open::bind(seen, wanted).unwrap_or_else(|| account_closed(seen)))
}

/// The account, its allowances and limits, the request budget or a backoff do not let an order be placed now.
pub(super) fn gate_closed(seen: &Observed) -> Option<Decision> {
    let order = seen.order.as_ref()?;
    if let Some(failed) = failed(seen) {
        return Some(failed);
    }
    let Account::Ready(account) = &seen.account else {
        return Some(account_closed(seen));
    };
    if let Some(message) = &account.forbidden {
        let verdict = Verdict::stalled(Reason::NotAllowed, message.clone());
        return Some(Decision::show(verdict, Edit::default(), Wake::OnChange));
    }
    if let Some(Holding::Until(until, failure)) = failure::holding(seen, order) {
        return Some(wait_out(&failure, until));
    }
    if let Some(until) = later(account.limited_until, seen.now) {
        let message = format!("the account's order limit (spec.orderLimit) is reached until {until}");
        return Some(Decision::show(
            Verdict::working(Reason::OrderLimit, message),
            Edit::default(),
            Wake::At(until),
        ));
    }
    if let Some(key) = &account.behind {
        let message = format!(
            "waits for the attempt of {key}: until this account is known to look orders up exactly, one attempt at a time is made for an e-mail address"
        );
        return Some(Decision::show(
            Verdict::working(Reason::Queued, message),
            Edit::default(),
            Wake::OnChange,
        ));
    }
    // Room for the POST is found before the look-up is spent; after the look-up it is the claim that asks.
    let until = later(account.place_free_at, seen.now).filter(|_| seen.look_up == LookUp::NotAsked)?;
    let verdict = Verdict::working(
        Reason::Queued,
        "waits for the request budget of the account's API key",
    );
    Some(Decision::show(verdict, Edit::default(), Wake::At(until)))
}

/// No order is placed without having looked, in this very pass, whether it exists.
pub(super) fn look_up(seen: &Observed) -> Option<Decision> {
    match &seen.look_up {
        LookUp::NotAsked => Some(Decision::act(Action::LookUp)),
        // Not complete is a failed call, and row `GateClosed` has stored it; money is never below this line without one.
        LookUp::Incomplete => Some(Decision::keep(Wake::OnChange)),
        LookUp::Complete(_) => None,
    }
}

/// Orders exist that may be this one, and nobody has said that they are not.
pub(super) fn possible_duplicate(seen: &Observed) -> Option<Decision> {
    let found = complete(seen)?;
    let candidates: Vec<String> = unwaived(seen, found).iter().map(ToString::to_string).collect();
    if candidates.is_empty() {
        return None;
    }
    let listed = candidates.join(",");
    // The annotation is one text: what was waived before has to be in it still.
    let all: Vec<String> = found.maybe.iter().map(ToString::to_string).collect();
    let all = all.join(",");
    let message = format!(
        "orders {listed} may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"{all}\""
    );
    Some(hold(
        seen,
        Verdict::stalled(Reason::PossibleDuplicate, message).possibly_placed(),
    ))
}

/// Nothing stands against it: take the key, and the right to send one POST with it.
pub(super) fn claim(seen: &Observed) -> Decision {
    let verdict = Verdict::working(Reason::Placing, "the order is being placed");
    let stored = seen
        .order
        .as_ref()
        .and_then(|order| order.status.failure.as_ref());
    let failure = if stored.is_some_and(failure::is_held) {
        FailureEdit::Clear
    } else {
        // How many times in a row it failed is known until it does not.
        FailureEdit::Keep
    };
    Decision {
        action: Action::Claim,
        shows: Some((
            verdict,
            Edit {
                mark: Mark::Set(seen.next_attempt.clone()),
                failure,
                ..Edit::default()
            },
        )),
        wake: Wake::OnChange,
    }
}

/// What unusable specs and sources say: every finding, the first one's kind.
pub(super) fn finding_verdict(findings: &[Finding]) -> Verdict {
    let sources_only = findings.iter().all(|finding| finding.source);
    let reason = if sources_only {
        Reason::SourceMissing
    } else {
        Reason::InvalidSpec
    };
    let said: Vec<String> = findings
        .iter()
        .filter(|finding| sources_only || !finding.source)
        .map(|finding| format!("{}: {}", finding.field, finding.message))
        .collect();
    Verdict::stalled(reason, said.join("; "))
}

/// A remote call of this pass failed: store it, and wait.
fn failed(seen: &Observed) -> Option<Decision> {
    let (order, failed) = (seen.order.as_ref()?, failed_call(seen)?);
    let stored =
        failure::still_held(seen, order, &failed).unwrap_or_else(|| failure::stored(seen, order, &failed));
    let wake = stored
        .retry_time
        .as_ref()
        .map_or(Wake::OnChange, |time| Wake::At(time.0));
    let edit = Edit {
        failure: FailureEdit::Set(stored.clone()),
        ..Edit::default()
    };
    Some(Decision::show(failure::verdict(&stored), edit, wake))
}

/// A stored failure is waited out; what a person has to settle goes on showing as it was found.
fn wait_out(failure: &crate::api::Failure, until: Timestamp) -> Decision {
    Decision::show(failure::verdict(failure), Edit::default(), Wake::At(until))
}

fn account_closed(seen: &Observed) -> Decision {
    let verdict = match &seen.account {
        Account::Missing(name) => Verdict::stalled(
            Reason::AccountNotFound,
            format!("spec.accountRef: {name} does not exist; create it or correct the name"),
        ),
        Account::NotReady(reason, message) => account_verdict(*reason, message),
        // Checked within moments: nothing is worth a write before.
        Account::Pending | Account::Ready(_) => return Decision::keep(Wake::OnChange),
    };
    Decision::show(verdict, Edit::default(), Wake::OnChange)
}

fn later(time: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    time.filter(|time| *time > now)
}
