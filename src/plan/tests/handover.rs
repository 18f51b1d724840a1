//! The moments between two effects: crashes, wiped ledgers, manifests applied again.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::{PurchaseReason, PurchaseState};
use crate::plan::{FailedOutcome, Observed, Request};

fn refused() -> Observed {
    claimed()
        .closed(PurchaseReason::Refused)
        .failed(failure(FailedOutcome::Refused))
}

#[test]
fn crash_between_claim_and_mark() {
    check(
        &fresh().opened("a1").at(30),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(&fresh().opened("a1").at(61).looked_last(0), "
        Repair: Repair(Status)
        Resolving: Placed=Unknown Ready=False Reconciling=True Stalled=False
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1, claimed 1, attempt a1
        ");
    check(
        &fresh().opened("a1").at(61).looked_last(0).after(),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
}

#[test]
fn crash_between_mark_and_post() {
    check(
        &claimed().at(30).memory(|memory| memory.looked_up = None),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(
        &proven(),
        "
        AbsenceProven: Close { attempt: \"a1\", reason: Absent }
        keeps the status
        ",
    );
}

#[test]
fn crash_between_post_and_record() {
    check(
        &claimed().at(30).looked(several(&[ORDER])),
        "
        FoundOne: Adopt(112233)
        keeps the status
        ",
    );
}

#[test]
fn crash_between_record_and_status() {
    check(
        &claimed().bought(ORDER),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233
        ",
    );
    check(
        &claimed().bought(ORDER).after(),
        "
        Refresh: Refresh(112233)
        keeps the status
        ",
    );
}

#[test]
fn crash_between_close_and_status() {
    check(&claimed().closed(PurchaseReason::Refused), "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: refused: what CertCentral said was lost in a restart. Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner, generation 1
        failure Refused refused x1 at 0s, retry never, of generation 1 and v1: what CertCentral said was lost in a restart
        ");
    check(&claimed().closed(PurchaseReason::NotSent), "
        Repair: Repair(Status)
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says not_sent: the order was not sent: its time had passed, or something changed meanwhile. Next try after 2027-01-15T08:00:05Z
        waits for Operator, generation 1
        failure NotSent not_sent x1 at 0s, retry 5s, of generation 1 and v1: the order was not sent: its time had passed, or something changed meanwhile
        ");
    check(
        &claimed().closed(PurchaseReason::Absent),
        "
        Repair: Repair(Status)
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says the last attempt ended without an order
        waits for Operator, generation 1
        ",
    );
    check(
        &claimed().closed(PurchaseReason::Absent).after(),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn a_refusal_is_stored_and_holds_until_something_changes() {
    check(&refused(), "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: code: what was said. Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner, generation 1
        failure Refused code x1 at 0s, retry never, of generation 1 and v1: what was said
        ");
    check(&refused().after().at(DAY), "
        Unbuyable: Nothing
        Refused: Placed=False since 0s Ready=False since 0s Reconciling=False since 0s Stalled=True since 0s
        says CertCentral refused the order, nothing was bought: code: what was said. Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner since 0s, generation 1
        failure Refused code x1 at 0s, retry never, of generation 1 and v1: what was said
        ");
    check(
        &refused().after().at(DAY).edited(|_| {}),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
    check(
        &refused().after().at(DAY).request(Request::Usable {
            as_bought: Some(true),
            inputs: "v2".to_owned(),
        }),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn a_refusal_that_heals_by_itself_is_retried_slowly() {
    check(
        &claimed()
            .closed(PurchaseReason::Refused)
            .failed(failure(FailedOutcome::RefusedForNow)),
        "
        Repair: Repair(Status)
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says CertCentral refused the order for now, nothing was bought: code: what was said. Next try after 2027-01-15T08:05:00Z
        waits for Operator, generation 1
        failure Refused code x1 at 0s, retry 300s, of generation 1 and v1: what was said
        ",
    );
    check(
        &claimed()
            .closed(PurchaseReason::Refused)
            .failed(failure(FailedOutcome::RefusedForNow))
            .after()
            .at(299),
        "
        GateClosed: Nothing, wake 300s
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says CertCentral refused the order for now, nothing was bought: code: what was said. Next try after 2027-01-15T08:05:00Z
        waits for Operator since 0s, generation 1
        failure Refused code x1 at 0s, retry 300s, of generation 1 and v1: what was said
        ",
    );
    check(
        &claimed()
            .closed(PurchaseReason::Refused)
            .failed(failure(FailedOutcome::RefusedForNow))
            .after()
            .at(300),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn an_order_that_was_not_sent_is_claimed_again_after_a_backoff_that_grows() {
    check(&claimed().closed(PurchaseReason::NotSent).after().at(4), "
        GateClosed: Nothing, wake 5s
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says not_sent: the order was not sent: its time had passed, or something changed meanwhile. Next try after 2027-01-15T08:00:05Z
        waits for Operator since 0s, generation 1
        failure NotSent not_sent x1 at 0s, retry 5s, of generation 1 and v1: the order was not sent: its time had passed, or something changed meanwhile
        ");
    check(
        &claimed().closed(PurchaseReason::NotSent).after().at(5),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
    check(
        &claimed()
            .closed(PurchaseReason::NotSent)
            .after()
            .at(5)
            .looked(nothing())
            .after()
            .opened("a1")
            .closed(PurchaseReason::NotSent),
        "
        Repair: Repair(Status)
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says not_sent: the order was not sent: its time had passed, or something changed meanwhile. Next try after 2027-01-15T08:00:15Z
        waits for Operator since 0s, generation 1
        failure NotSent not_sent x2 at 5s, retry 15s, of generation 1 and v1: the order was not sent: its time had passed, or something changed meanwhile
        ",
    );
}

#[test]
fn an_attempt_that_only_the_status_knows_is_put_back() {
    check(
        &claimed().no_purchase(),
        "
        Repair: Repair(ReopenPurchase { attempt: \"a1\" })
        keeps the status
        ",
    );
    check(
        &claimed().opened("a0").closed(PurchaseReason::NotSent),
        "
        Repair: Repair(ReopenPurchase { attempt: \"a1\" })
        keeps the status
        ",
    );
}

#[test]
fn an_order_that_only_the_status_knows_is_put_back() {
    check(
        &followed("issued").no_purchase(),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
    check(
        &followed("issued").opened("a2"),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
    check(
        &followed("issued").closed(PurchaseReason::Absent),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
    check(
        &followed("issued").purchase(|purchase| purchase.order_ids.clear()),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
}

#[test]
fn a_recorded_order_counts_whatever_the_state_says() {
    check(
        &claimed().purchase(|purchase| purchase.order_ids.push(ORDER)),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
    check(
        &fresh()
            .opened("a1")
            .closed(PurchaseReason::Absent)
            .purchase(|purchase| purchase.order_ids.push(ORDER)),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
    check(
        &proven()
            .no_order()
            .purchase(|purchase| purchase.order_ids.push(ORDER)),
        "
        Repair: Repair(AddOrderId(112233))
        keeps the status
        ",
    );
}

#[test]
fn a_frozen_revision_without_an_attempt_is_thawed() {
    check(
        &fresh().order(|order| order.status.claimed_revision = Some(1)),
        "
        Repair: Repair(Status)
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says the last attempt ended without an order
        waits for Operator, generation 1
        ",
    );
}

#[test]
fn a_purchase_of_unknown_state_holds() {
    check(
        &fresh().purchase(|purchase| {
            purchase.state = PurchaseState::Bought;
            purchase.attempt = None;
        }),
        "
        Open: Nothing
        OutcomeUnknown: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says the purchase dso-ufsmhixffhk5hnbn7z4gwjdpsp is Bought and names no attempt or order: somebody edited it. Put it right from a backup, or raise spec.revision to buy another
        waits for Owner, generation 1
        ",
    );
}
