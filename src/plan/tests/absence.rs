//! The proof of absence: each of its conditions alone, taken away, holds.

use jiff::SignedDuration;

use super::fixtures::{DAY, at};
use super::situations::{found, nothing, proven, several};
use crate::plan::{Action, Correlation, Found, Observed, Repair, Row, Unresolved, plan};

#[test]
fn each_missing_condition_alone_holds() {
    let over = at(DAY + 120);
    // By a process that has not seen the whole time pass.
    let restarted = || proven().memory(|memory| memory.attempt_known_for = SignedDuration::from_secs(720));
    let empty = || Found {
        asked: over,
        began: Some(over),
        ..nothing()
    };
    let early = Found {
        began: Some(at(DAY + 119)),
        ..empty()
    };
    let clockless = Found {
        began: None,
        ..empty()
    };
    let candidates = Found {
        maybe: vec![7],
        ..empty()
    };
    let unlike = Found {
        orders: vec![found(7, None)],
        ..empty()
    };
    let missing: Vec<(&str, Observed)> = vec![
        ("incomplete", proven().look_incomplete()),
        ("began too early", proven().looked(early)),
        (
            "too early by our own clock, which was set back since",
            Observed {
                now: at(DAY + 119),
                ..restarted()
            },
        ),
        (
            "asked too early by our own clock, and stopped since",
            restarted().looked(Found {
                asked: at(DAY + 119),
                ..empty()
            }),
        ),
        (
            "our own clock was put forward",
            restarted().at(DAY + 421).looked(Found {
                asked: at(DAY + 421),
                ..empty()
            }),
        ),
        (
            "both were put forward, and not as far",
            restarted().at(3 * DAY).looked(Found {
                asked: at(2 * DAY),
                began: Some(at(3 * DAY)),
                ..nothing()
            }),
        ),
        ("no clock at the look-up", proven().looked(clockless)),
        ("candidates", proven().looked(candidates)),
        ("an order", proven().looked(unlike)),
        ("several orders", proven().looked(several(&[7, 8]))),
        (
            "no clock at the attempt",
            proven().purchase(|purchase| purchase.attempt.iter_mut().for_each(|one| one.remote_time = None)),
        ),
        (
            "sent without its token",
            proven().purchase(|purchase| {
                purchase
                    .attempt
                    .iter_mut()
                    .for_each(|one| one.alternative_order_id = false);
            }),
        ),
        (
            "seen once",
            proven().purchase(|purchase| {
                purchase
                    .attempt
                    .iter_mut()
                    .for_each(|one| one.shown_order_ids = vec![7]);
            }),
        ),
        (
            "not known for long",
            proven().memory(|memory| memory.attempt_known_for = SignedDuration::from_secs(719)),
        ),
        (
            "other key",
            proven().account(|account| account.same_as_attempt = false),
        ),
        (
            "not exact",
            proven().account(|account| account.correlation = Correlation::Unverified),
        ),
        (
            "policy",
            proven().account(|account| account.unresolved = Unresolved::Hold),
        ),
        ("second time", proven().purchase(|purchase| purchase.absences = 1)),
        ("account away", proven().unreachable()),
    ];
    let enough = [
        proven(),
        restarted(),
        // The clocks agree, if not to the second.
        restarted().at(DAY + 420).looked(Found {
            asked: at(DAY + 420),
            ..empty()
        }),
        // What the process has seen pass is beyond doubt, whatever its wall clock says.
        proven().at(5).looked(Found {
            asked: at(5),
            ..empty()
        }),
    ];
    for seen in enough {
        assert_eq!(plan(&seen).row, Row::AbsenceProven, "{seen:?}");
    }
    for (what, seen) in missing {
        let action = plan(&seen).action;
        let held = matches!(
            action,
            Action::Nothing | Action::Adopt(_) | Action::Repair(Repair::NoteShown { .. })
        );
        assert!(held, "{what}: {action:?}");
    }
}
