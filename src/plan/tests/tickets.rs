//! Rows `Place` to `Deleting`: what becomes of a ticket, and of a manifest that goes away.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::PurchaseReason;
use crate::plan::{Account, Request};

#[test]
fn a_ticket_in_time_named_by_both_ledgers_is_spent() {
    check(
        &claimed().ticket("a1", true),
        "
        Place: Place
        keeps the status
        ",
    );
}

#[test]
fn a_late_ticket_is_closed() {
    check(
        &claimed().at(61).ticket("a1", false),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_the_purchase_names_another_attempt() {
    check(
        &claimed().opened("a2").ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_the_status_names_another_attempt() {
    check(
        &claimed()
            .order(|order| order.status.attempt = Some("a2".to_owned()))
            .ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_the_status_was_wiped() {
    check(
        &claimed().wiped().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_the_purchase_is_gone() {
    check(
        &claimed().no_purchase().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_an_order_is_recorded() {
    check(
        &claimed()
            .purchase(|purchase| purchase.order_ids.push(ORDER))
            .ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_where_the_manifest_is_gone() {
    check(
        &claimed().no_order().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_while_deleting() {
    check(
        &claimed().deleting().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_when_suspended_after_the_mark() {
    check(
        &claimed().suspended().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_when_an_existing_order_is_named_after_the_mark() {
    check(
        &claimed().existing(7).ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_when_the_revision_was_raised_after_the_mark() {
    check(
        &claimed().edited(|order| order.revision = 2).ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_when_the_account_went_away_after_the_mark() {
    check(
        &claimed()
            .account_is(Account::Missing("main".to_owned()))
            .ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
    check(
        &claimed().unreachable().ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
    check(
        &claimed().account_is(Account::Pending).ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_is_closed_when_what_it_was_claimed_for_changed() {
    check(
        &claimed().asked_as_bought(false).ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
    check(
        &claimed()
            .request(unusable("spec.order.certificate.csrFrom", true))
            .ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
    check(
        &claimed().request(Request::Absent).ticket("a1", true),
        "
        VoidTicket: Close { attempt: \"a1\", reason: NotSent }
        keeps the status
        ",
    );
}

#[test]
fn a_ticket_counts_even_where_the_buy_gate_closed_after_the_claim() {
    check(
        &claimed()
            .account(|account| account.limited_until = Some(at(99)))
            .ticket("a1", true),
        "
        Place: Place
        keeps the status
        ",
    );
}

#[test]
fn a_deleted_manifest_without_anything_open_is_left_alone() {
    check(
        &fresh().deleting(),
        "
        Deleting: Nothing
        keeps the status
        ",
    );
    check(
        &placed().deleting().at(5000),
        "
        Deleting: Nothing
        keeps the status
        ",
    );
    check(
        &claimed().closed(PurchaseReason::Refused).wiped().deleting(),
        "
        Deleting: Nothing
        keeps the status
        ",
    );
}

#[test]
fn a_deleted_manifest_with_a_finalizer_is_released() {
    check(
        &placed().deleting().order(|order| order.finalizer = true),
        "
        Deleting: Release
        keeps the status
        ",
    );
}

#[test]
fn a_deleted_manifest_goes_on_being_resolved() {
    check(
        &claimed().at(70).looked_last(0).deleting(),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(
        &claimed()
            .at(70)
            .looked_last(0)
            .deleting()
            .looked(several(&[ORDER])),
        "
        FoundOne: Adopt(112233)
        keeps the status
        ",
    );
}

#[test]
fn a_deleted_manifest_is_never_bought_for_after_a_close() {
    check(
        &claimed().closed(PurchaseReason::Absent).deleting(),
        "
        Repair: Repair(Status)
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says the last attempt ended without an order
        waits for Operator, generation 1
        ",
    );
    check(
        &claimed().closed(PurchaseReason::Absent).deleting().after(),
        "
        Deleting: Nothing
        keeps the status
        ",
    );
}
