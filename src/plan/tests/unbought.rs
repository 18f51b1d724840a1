//! Rows `Unbuyable` to `Claim`: nothing was bought yet.

use jiff::SignedDuration;

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::AccountReason;
use crate::plan::{Account, FailedOutcome, RemoteFailure, Request};

#[test]
fn a_fresh_order_is_looked_up_first() {
    check(
        &fresh(),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn what_a_complete_look_up_does_not_find_is_claimed() {
    check(
        &fresh().looked(nothing()),
        "
        Claim: Claim
        Placing: Placed=False Ready=False Reconciling=True Stalled=False
        says the order is being placed
        waits for Operator, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn an_incomplete_look_up_claims_nothing_and_backs_off() {
    check(&fresh().look_incomplete(), "
        GateClosed: Nothing, wake 5s
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says incomplete: CertCentral's answer was not complete. Next try after 2027-01-15T08:00:05Z
        waits for Operator, generation 1
        failure Unavailable incomplete x1 at 0s, retry 5s, of generation 1 and v1: CertCentral's answer was not complete
        ");
    check(&fresh().look_incomplete().after().at(3), "
        GateClosed: Nothing, wake 5s
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says incomplete: CertCentral's answer was not complete. Next try after 2027-01-15T08:00:05Z
        waits for Operator since 0s, generation 1
        failure Unavailable incomplete x1 at 0s, retry 5s, of generation 1 and v1: CertCentral's answer was not complete
        ");
    check(
        &fresh().look_incomplete().after().at(5),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
    check(&fresh().look_incomplete().after().at(5).look_incomplete(), "
        GateClosed: Nothing, wake 15s
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says incomplete: CertCentral's answer was not complete. Next try after 2027-01-15T08:00:15Z
        waits for Operator since 0s, generation 1
        failure Unavailable incomplete x2 at 5s, retry 15s, of generation 1 and v1: CertCentral's answer was not complete
        ");
}

#[test]
fn a_failed_look_up_waits_as_long_as_it_was_asked_to() {
    check(
        &fresh().look_incomplete().failed(RemoteFailure {
            retry_after: Some(SignedDuration::from_secs(90)),
            ..failure(FailedOutcome::Unavailable)
        }),
        "
        GateClosed: Nothing, wake 90s
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says code: what was said. Next try after 2027-01-15T08:01:30Z
        waits for Operator, generation 1
        failure Unavailable code x1 at 0s, retry 90s, of generation 1 and v1: what was said
        ",
    );
}

#[test]
fn a_found_order_is_adopted_before_anything_is_claimed() {
    check(
        &fresh().looked(several(&[ORDER])),
        "
        FoundOne: Adopt(112233)
        keeps the status
        ",
    );
}

#[test]
fn suspended_buys_nothing_and_is_no_failure() {
    check(
        &fresh().suspended(),
        "
        Unbuyable: Nothing
        Suspended: Placed=False Ready=False Reconciling=True Stalled=False
        says spec.suspend is set: nothing is bought until it is false
        waits for Owner, generation 2
        ",
    );
    check(
        &fresh().suspended().existing(ORDER),
        "
        Unbuyable: Nothing
        Suspended: Placed=False Ready=False Reconciling=True Stalled=False
        says spec.suspend is set: nothing is bought until it is false
        waits for Owner, generation 3
        ",
    );
}

#[test]
fn findings_name_field_and_remedy() {
    check(
        &fresh().request(unusable("spec.order.certificate.csr", false)),
        "
        Unbuyable: Nothing
        InvalidSpec: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.order.certificate.csr: do this
        waits for Owner, generation 1
        ",
    );
    check(
        &fresh().request(unusable("spec.order.individualFrom", true)),
        "
        Unbuyable: Nothing
        SourceMissing: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.order.individualFrom: do this
        waits for Owner, generation 1
        ",
    );
    check(
        &fresh().request(Request::Absent),
        "
        Unbuyable: Nothing
        InvalidSpec: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.order: set it to buy, or set spec.existingOrderID to bind an order
        waits for Owner, generation 1
        ",
    );
}

#[test]
fn an_account_that_is_missing_or_unready_says_who_has_to_act() {
    check(
        &fresh().account_is(Account::Missing("main".to_owned())),
        "
        GateClosed: Nothing
        AccountNotFound: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.accountRef: main does not exist; create it or correct the name
        waits for Owner, generation 1
        ",
    );
    check(
        &fresh().account_is(Account::NotReady(
            AccountReason::KeyRejected,
            "no such key".to_owned(),
        )),
        "
        GateClosed: Nothing
        AccountNotReady: Placed=False Ready=False Reconciling=False Stalled=True
        says no such key
        waits for Owner, generation 1
        ",
    );
    check(
        &fresh().unreachable(),
        "
        GateClosed: Nothing
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says no answer
        waits for Operator, generation 1
        ",
    );
    check(
        &fresh().account_is(Account::Pending),
        "
        GateClosed: Nothing
        keeps the status
        ",
    );
}

#[test]
fn what_the_account_does_not_allow_is_not_bought() {
    check(
        &fresh().account(|account| account.forbidden = Some("spec.order.paymentMethod: not here".to_owned())),
        "
        GateClosed: Nothing
        NotAllowed: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.order.paymentMethod: not here
        waits for Owner, generation 1
        ",
    );
}

#[test]
fn the_order_limit_is_waited_out() {
    check(
        &fresh().account(|account| account.limited_until = Some(at(99))),
        "
        GateClosed: Nothing, wake 99s
        OrderLimit: Placed=False Ready=False Reconciling=True Stalled=False
        says the account's order limit (spec.orderLimit) is reached until 2027-01-15T08:01:39Z
        waits for Operator, generation 1
        ",
    );
    check(
        &fresh()
            .at(99)
            .account(|account| account.limited_until = Some(at(99))),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn one_attempt_at_a_time_where_orders_are_not_found_exactly() {
    check(
        &fresh().account(|account| account.behind = Some("prod/signing/john-doe/1".to_owned())),
        "
        GateClosed: Nothing
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says waits for the attempt of prod/signing/john-doe/1: until this account is known to look orders up exactly, one attempt at a time is made for an e-mail address
        waits for Operator, generation 1
        ",
    );
}

#[test]
fn the_request_budget_is_waited_for_before_the_look_and_not_after() {
    check(
        &fresh().account(|account| account.place_free_at = Some(at(4))),
        "
        GateClosed: Nothing, wake 4s
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says waits for the request budget of the account's API key
        waits for Operator, generation 1
        ",
    );
    check(
        &fresh()
            .looked(nothing())
            .account(|account| account.place_free_at = Some(at(4))),
        "
        Claim: Claim
        Placing: Placed=False Ready=False Reconciling=True Stalled=False
        says the order is being placed
        waits for Operator, generation 1, claimed 1, attempt a1
        ",
    );
}
