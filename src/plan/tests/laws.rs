//! What holds of every plan, whatever was seen.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::arbitrary::{honest_pass, next_pass};
use super::near::observed;
use crate::api::{DocumentSigningOrderStatus, PurchaseReason, PurchaseState};
use crate::plan::status::shown_reason;
use crate::plan::{
    Account, Action, Correlation, Found, Inspection, LookUp, Observed, Repair, Request, Row, Unresolved,
    Wake, plan, turns,
};

fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

/// The status, where it speaks of the key.
fn status(seen: &Observed) -> Option<&DocumentSigningOrderStatus> {
    let status = &seen.order.as_ref()?.status;
    let key = seen.key.to_string();
    status
        .order_key
        .as_ref()
        .is_none_or(|shown| *shown == key)
        .then_some(status)
}

fn state(seen: &Observed) -> Option<PurchaseState> {
    Some(seen.purchase.as_ref()?.state)
}

fn known(seen: &Observed) -> bool {
    status(seen).is_some_and(|status| status.order_id.is_some())
        || seen
            .purchase
            .as_ref()
            .is_some_and(|purchase| !purchase.order_ids.is_empty())
}

fn waived(seen: &Observed, word: &str) -> bool {
    let words = seen.order.as_ref().and_then(|order| order.order_anew.as_deref());
    words.is_some_and(|words| words.split([',', ' ']).any(|one| one == word))
}

fn finds_nothing(seen: &Observed, found: &Found) -> bool {
    found.orders.is_empty() && found.maybe.iter().all(|id| waived(seen, &id.to_string()))
}

/// Every condition under which CertCentral's silence proves that there is no order.
fn absence_is_proven(seen: &Observed, attempt: &str) -> bool {
    let (Some(purchase), Account::Ready(account), LookUp::Complete(found)) =
        (&seen.purchase, &seen.account, &seen.look_up)
    else {
        return false;
    };
    let Some(open) = purchase.attempt.as_ref().filter(|open| open.id == attempt) else {
        return false;
    };
    let (Some(start), Some(began)) = (&open.remote_time, found.began) else {
        return false;
    };
    let sender = SignedDuration::from_secs(120);
    let passed = found.asked.min(seen.now).duration_since(open.start_time.0);
    let apart = passed - began.duration_since(start.0);
    let by_the_clocks =
        passed >= sender + account.quiet_period && apart.abs() <= SignedDuration::from_mins(5);
    finds_nothing(seen, found)
        && began.duration_since(start.0) >= sender + account.quiet_period
        && (seen.memory.attempt_known_for >= sender + account.quiet_period || by_the_clocks)
        && seen.memory.attempt_known_for >= SignedDuration::from_secs(720)
        && account.same_as_attempt
        && account.correlation == Correlation::Exact
        && account.unresolved == Unresolved::WhenProven
        && purchase.absences == 0
}

fn condition<'a>(status: &'a DocumentSigningOrderStatus, type_: &str) -> &'a str {
    let found = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == type_);
    found.map_or("missing", |condition| condition.status.as_str())
}

/// The laws say something only where arbitrary observations come to every row.
#[test]
fn arbitrary_observations_reach_every_row() {
    let mut runner = TestRunner::deterministic();
    let rows: BTreeSet<Row> = (0..6000)
        .map(|_| plan(&observed().new_tree(&mut runner).unwrap().current()).row)
        .collect();
    assert_eq!(rows.len(), 23, "{rows:?}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_same_observation_gives_the_same_plan(seen in observed()) {
        prop_assert_eq!(plan(&seen), plan(&seen.clone()));
    }

    #[test]
    fn a_ticket_is_spent_only_in_time_and_under_the_attempt_both_ledgers_name_and_else_closed(seen in observed()) {
        let planned = plan(&seen);
        match (&seen.ticket, &planned.action) {
            (None, action) => prop_assert_ne!(action, &Action::Place),
            (Some(ticket), Action::Place) => {
                let (order, purchase) = (seen.order.as_ref().unwrap(), seen.purchase.as_ref().unwrap());
                prop_assert!(ticket.in_time);
                prop_assert_eq!(purchase.state, PurchaseState::Open);
                prop_assert_eq!(&purchase.attempt.as_ref().unwrap().id, &ticket.attempt);
                prop_assert_eq!(order.status.attempt.as_ref(), Some(&ticket.attempt));
                prop_assert!(!known(&seen) && order.existing_order_id.is_none());
                prop_assert!(!order.deleting && !order.suspend && order.revision == seen.key.revision());
                let usable = matches!(seen.request, Request::Usable { as_bought: None | Some(true), .. });
                prop_assert!(usable);
            }
            (Some(ticket), action) => prop_assert_eq!(
                action,
                &Action::Close { attempt: ticket.attempt.clone(), reason: PurchaseReason::NotSent }
            ),
        }
    }

    #[test]
    fn a_claim_needs_a_closed_key_a_willing_owner_and_a_look_that_found_nothing(seen in observed()) {
        if plan(&seen).action == Action::Claim {
            let order = seen.order.as_ref().unwrap();
            prop_assert!(matches!(state(&seen), None | Some(PurchaseState::Closed)));
            prop_assert!(!known(&seen) && status(&seen).is_none_or(|status| status.attempt.is_none()));
            prop_assert!(!order.deleting && !order.suspend && order.existing_order_id.is_none());
            prop_assert_eq!(order.revision, seen.key.revision());
            let LookUp::Complete(found) = &seen.look_up else {
                return Err(TestCaseError::fail("claimed without a complete look-up"));
            };
            prop_assert!(finds_nothing(&seen, found));
            let Account::Ready(account) = &seen.account else {
                return Err(TestCaseError::fail("claimed on an account that is not ready"));
            };
            prop_assert!(account.forbidden.is_none() && account.behind.is_none());
            prop_assert!(account.limited_until.is_none_or(|until| until <= seen.now));
            let usable = matches!(seen.request, Request::Usable { .. });
            prop_assert!(usable && seen.failed.is_none());
        }
    }

    #[test]
    fn an_attempt_is_closed_as_absent_by_proof_or_by_a_person_who_names_it(seen in observed()) {
        if let Action::Close { attempt, reason: PurchaseReason::Absent } = plan(&seen).action {
            let settled = seen.memory.attempt_known_for >= SignedDuration::from_mins(15);
            let by_hand = settled && waived(&seen, &attempt);
            prop_assert!(by_hand || absence_is_proven(&seen, &attempt));
            prop_assert_eq!(state(&seen), Some(PurchaseState::Open));
            prop_assert!(!known(&seen));
        }
    }

    #[test]
    fn a_known_order_is_never_claimed_placed_or_replaced_and_looked_for_only_after_a_second_post(seen in observed()) {
        let planned = plan(&seen);
        if known(&seen) && seen.order.is_some() {
            let second = seen.purchase.as_ref().is_some_and(|purchase| purchase.absences > 0);
            prop_assert!(second || planned.action != Action::LookUp);
            let wrong = matches!(
                planned.action,
                Action::Claim | Action::Place | Action::Inspect(_) | Action::Adopt(_)
            );
            prop_assert!(!wrong, "{:?}", planned.action);
        }
    }

    #[test]
    fn an_order_id_is_never_dropped_or_made_up(seen in observed()) {
        let Some(shown) = plan(&seen).status else { return Ok(()) };
        let recorded = seen.purchase.as_ref().map(|purchase| purchase.order_ids.clone()).unwrap_or_default();
        match status(&seen) {
            Some(before) if before.order_id.is_some() => prop_assert_eq!(shown.order_id, before.order_id),
            Some(_) => prop_assert!(shown.order_id.is_none_or(|id| recorded.contains(&id))),
            None => {
                let past = &seen.order.as_ref().unwrap().status;
                let kept = past.order_id.is_none() || shown.history[0].order_id == past.order_id;
                prop_assert!(kept);
            }
        }
        prop_assert_eq!(shown.order_key, Some(seen.key.to_string()));
    }

    #[test]
    fn a_status_that_was_written_is_not_written_again(seen in observed()) {
        let seen = honest_pass(seen);
        let planned = plan(&seen);
        if planned.action != Action::Nothing || seen.order.is_none() {
            return Ok(());
        }
        // Another kind of call may be due as well; then it comes to rest.
        let mut next = next_pass(seen);
        for _ in 0..2 {
            next = next_pass(honest_pass(next));
        }
        let again = plan(&next);
        if matches!(again.action, Action::Close { .. }) {
            // A person's word that the first pass could not hear yet: the attempt ends, and so does this.
            return Ok(());
        }
        prop_assert_eq!(&again.action, &Action::Nothing, "it would go on and on");
        let before = &next.order.as_ref().unwrap().status;
        prop_assert!(again.status.is_none_or(|status| status == *before), "it would write for ever");
    }

    #[test]
    fn a_repair_changes_what_it_repairs(seen in observed()) {
        let planned = plan(&seen);
        match &planned.action {
            Action::Repair(Repair::Status) => {
                prop_assert_ne!(planned.status.as_ref(), seen.order.as_ref().map(|order| &order.status));
                let again = plan(&next_pass(seen));
                prop_assert_ne!(again.action, planned.action);
            }
            Action::Repair(Repair::AddOrderId(id)) => {
                let there = seen.purchase.as_ref().is_some_and(|purchase| {
                    purchase.state == PurchaseState::Bought && purchase.order_ids.contains(id)
                });
                prop_assert!(!there);
            }
            Action::Repair(Repair::ReopenPurchase { attempt }) => {
                prop_assert_eq!(status(&seen).unwrap().attempt.as_ref(), Some(attempt));
                prop_assert!(matches!(state(&seen), None | Some(PurchaseState::Closed)));
            }
            Action::Repair(Repair::NoteShown { attempt, ids }) => {
                prop_assert_eq!(state(&seen), Some(PurchaseState::Open));
                let open = seen.purchase.as_ref().unwrap().attempt.as_ref().unwrap();
                prop_assert_eq!(&open.id, attempt);
                prop_assert!(!ids.is_empty() && ids.iter().all(|id| !open.shown_order_ids.contains(id)));
            }
            _ => {}
        }
    }

    #[test]
    fn conditions_are_complete_and_agree_with_each_other(seen in observed()) {
        let Some(shown) = plan(&seen).status else { return Ok(()) };
        let generation = Some(seen.order.as_ref().unwrap().generation);
        let types: Vec<&str> = shown.conditions.iter().map(|condition| condition.type_.as_str()).collect();
        prop_assert_eq!(types, ["Placed", "Ready", "Reconciling", "Stalled"]);
        prop_assert!(shown.conditions.iter().all(|condition| condition.observed_generation == generation));
        prop_assert_eq!(shown.observed_generation, generation);
        let is = |type_| condition(&shown, type_) == "True";
        prop_assert!(!(is("Stalled") && is("Reconciling")));
        prop_assert!(!is("Ready") || matches!(shown.order_status.as_deref(), Some("issued" | "reissue_pending")));
        prop_assert_eq!(is("Placed"), shown.order_id.is_some());
        let waits_for = shown.waiting_for.as_deref().unwrap();
        prop_assert!(!is("Stalled") || waits_for == "Owner");
        prop_assert!(waits_for != "Operator" || is("Reconciling"));
        prop_assert!(waits_for != "Nobody" || !(is("Stalled") || is("Reconciling")));
        prop_assert!(shown.conditions.iter().all(|condition| !condition.reason.is_empty()));
        prop_assert!(shown.waiting_since.is_some());
    }

    #[test]
    fn who_waits_for_the_operator_waits_for_a_time_or_for_an_account(seen in observed()) {
        let planned = plan(&seen);
        if let Wake::At(time) = planned.wake {
            let earlier_revision = seen.order.as_ref().is_some_and(|order| order.revision != seen.key.revision());
            prop_assert!(time > seen.now || earlier_revision, "it would spin");
        }
        let for_operator = planned.status.is_some_and(|status| status.waiting_for.as_deref() == Some("Operator"));
        if let Account::Ready(account) = &seen.account
            && planned.action == Action::Nothing
            && for_operator
            && account.behind.is_none()
        {
            prop_assert_ne!(planned.wake, Wake::OnChange, "it would wait for ever");
        }
    }

    /// The table in the reference is what people go by.
    #[test]
    fn a_reason_says_whose_turn_it_is_and_whether_anything_goes_on(seen in observed()) {
        let Some(shown) = plan(&seen).status else { return Ok(()) };
        let Some(reason) = shown_reason(&shown) else { return Ok(()) };
        let (whose, stalled) = turns(reason);
        let word = shown.waiting_for.as_deref();
        prop_assert!(whose.iter().any(|turn| Some(turn.as_str()) == word), "{reason} {word:?}");
        prop_assert_eq!(condition(&shown, "Stalled") == "True", stalled, "{}", reason);
    }

    #[test]
    fn a_stored_failure_is_waited_out(seen in observed()) {
        let seen = Observed { ticket: None, look_up: LookUp::NotAsked, inspection: Inspection::NotAsked, failed: None, ..seen };
        let Some(order) = &seen.order else { return Ok(()) };
        let Some(failure) = status(&seen).and_then(|status| status.failure.as_ref()) else { return Ok(()) };
        let inputs = match &seen.request {
            Request::Absent => "",
            Request::Usable { inputs, .. } | Request::Unusable { inputs, .. } => inputs,
        };
        let unchanged = order.order_anew.is_none()
            && failure.generation == Some(order.generation)
            && failure.inputs.as_deref() == Some(inputs);
        // Further away than anything is put off: stored by a clock that was set back since.
        let longest = SignedDuration::from_hours(24);
        let waiting = failure.retry_time.as_ref().is_none_or(|time| {
            time.0 > seen.now && time.0.duration_since(seen.now) <= longest
        });
        // An attempt that is open is resolved, and what was bought is looked up again, whatever was stored.
        if unchanged && waiting && matches!(state(&seen), None | Some(PurchaseState::Closed)) {
            let action = plan(&seen).action;
            let early = matches!(action, Action::LookUp | Action::Inspect(_) | Action::Claim | Action::Adopt(_));
            prop_assert!(!early, "{action:?}");
        }
    }
}
