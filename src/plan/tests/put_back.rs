//! A wall clock that was set back by hours: nothing waits for as long as the jump.

use jiff::SignedDuration;

use super::fixtures::*;
use super::situations::*;
use crate::api::{PurchaseReason, Reason};
use crate::plan::status::shown_reason;
use crate::plan::{Action, FailedOutcome, Observed, Row, Unresolved, Wake, plan};

/// How far the clock was set back.
const JUMP: i64 = 8 * 3600;

/// So many seconds after the attempt began, by a process that has known it since, whose clock was set back meanwhile.
fn put_back(seconds: i64, seen: Observed) -> Observed {
    seen.at(seconds - JUMP)
        .memory(|memory| memory.attempt_known_for = SignedDuration::from_secs(seconds))
}

#[test]
fn look_ups_go_on() {
    let asked_before = put_back(2000, claimed()).memory(|memory| memory.looked_up = Some(at(1275)));
    assert_eq!(plan(&asked_before).row, Row::LookUpOpen);
    let asked_since = put_back(2000, claimed()).memory(|memory| memory.looked_up = Some(at(1999 - JUMP)));
    let Wake::At(next) = plan(&asked_since).wake else {
        panic!("it would wait for an event")
    };
    let wait = next.duration_since(asked_since.now).as_secs();
    assert!((1..=3700).contains(&wait), "{wait} s");
}

#[test]
fn a_person_is_told_when_the_quiet_period_is_over() {
    let held = |seconds| {
        let seen = put_back(seconds, claimed())
            .account(|account| account.unresolved = Unresolved::Hold)
            .memory(|memory| memory.looked_up = Some(at(seconds - JUMP)));
        let status = plan(&seen).status;
        status.as_ref().and_then(shown_reason)
    };
    assert_eq!(held(DAY - 1), Some(Reason::Resolving));
    assert_eq!(held(DAY), Some(Reason::OutcomeUnknown));
}

#[test]
fn a_mark_that_is_missing_is_put_back_once_the_sender_is_done() {
    let unmarked = |seconds| {
        put_back(seconds, claimed().wiped()).memory(|memory| memory.looked_up = Some(at(seconds - JUMP)))
    };
    assert_eq!(plan(&unmarked(899)).row, Row::Open);
    assert_eq!(plan(&unmarked(900)).row, Row::Repair);
}

#[test]
fn a_failure_is_waited_out_no_longer_than_it_was_going_to_be() {
    let failed = claimed().closed(PurchaseReason::NotSent).after();
    let action = |seconds| plan(&failed.clone().at(seconds)).action;
    assert_eq!(action(4), Action::Nothing);
    // Another operator's clock may be a little behind.
    assert_eq!(action(-200), Action::Nothing);
    assert_eq!(action(-JUMP), Action::LookUp);
    let asked_to_wait = fresh()
        .look_incomplete()
        .failed(crate::plan::RemoteFailure {
            retry_after: Some(SignedDuration::from_hours(3)),
            ..failure(FailedOutcome::Unavailable)
        })
        .after();
    assert_eq!(plan(&asked_to_wait.clone().at(2 * 3600)).action, Action::Nothing);
    assert_eq!(plan(&asked_to_wait.at(-JUMP)).action, Action::LookUp);
}
