//! Rows `OtherInputs` to `Known`: the order exists.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::plan::{
    Account, Action, Found, FoundOrder, Inspection, LookUp, Observed, Repair, Request, Row, Wake, plan,
};

fn lost() -> Observed {
    followed("pending").at(65).inspection(Inspection::Missing(ORDER))
}

/// The next revision, whose key is new.
fn revised(seen: Observed) -> Observed {
    Observed {
        key: key(2),
        ..seen
            .no_purchase()
            .edited(|order| order.revision = 2)
            .request(usable(None))
    }
}

#[test]
fn the_answer_to_the_post_is_shown_and_read_at_the_next_poll() {
    check(&claimed().at(1).bought(ORDER).inspected(found(ORDER, None)), "
        BoughtNotInStatus: Repair(Status)
        AwaitingApproval: Placed=True Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver, generation 1, claimed 1, attempt a1, order 112233, request 113, request status pending, next check 61s
        ");
    check(&placed().at(60), "
        Known: Nothing, wake 61s
        AwaitingApproval: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver since 1s, generation 1, claimed 1, attempt a1, order 112233, request 113, request status pending, next check 61s
        ");
    check(
        &placed().at(61),
        "
        Refresh: Refresh(112233)
        keeps the status
        ",
    );
}

#[test]
fn the_card_that_paid_goes_before_the_order_is_shown() {
    let made = fresh().now;
    let paid = |seen: Observed| Observed {
        card_secret: Some(made),
        ..seen
    };
    let bought = || claimed().at(1).bought(ORDER).inspected(found(ORDER, None));
    let planned = |seen: Observed| (plan(&seen).row, plan(&seen).action);
    let shown = (Row::BoughtNotInStatus, Action::Repair(Repair::Status));
    let deleted = (Row::CardSecret, Action::DeleteCardSecret);
    assert_eq!(planned(paid(bought())), deleted);
    assert_eq!(planned(bought()), shown);
    // After a restart the card's own Secret may be all that makes the manifest unusable.
    let unusable = || Request::Unusable {
        findings: Vec::new(),
        inputs: "v2".to_owned(),
    };
    assert_eq!(planned(paid(bought().request(unusable()))), deleted);
    // The purchase could not be written, and the status took the ID first.
    assert_eq!(planned(paid(placed())), deleted);

    // A manifest that asks for something else names a card that paid for nothing.
    assert_eq!(planned(paid(bought().request(usable(Some(false))))), shown);
    // So may one that another object was, which can't be compared.
    let unmarked = bought().edited(|order| order.status.attempt = None);
    assert_eq!(planned(paid(unmarked.request(unusable()))), shown);
    // It binds an order that exists.
    let by_hand = bought().edited(|order| order.existing_order_id = Some(ORDER));
    assert_eq!(planned(paid(by_hand)), shown);
    // Somebody wrote it down after the order, for another one.
    let later = Observed {
        card_secret: Some(made + jiff::SignedDuration::from_hours(1)),
        ..bought()
    };
    assert_eq!(planned(later), shown);
    // Nothing is bought yet, or nobody knows.
    for seen in [fresh(), claimed()] {
        assert_ne!(planned(paid(seen)), deleted);
    }
}

#[test]
fn an_adopted_order_is_shown_as_it_was_found() {
    check(
        &fresh().bought(ORDER).inspected(found(ORDER, Some("issued"))),
        "
        BoughtNotInStatus: Repair(Status)
        Issued: Placed=True Ready=True Reconciling=False Stalled=False
        says the certificate is issued
        waits for Nobody, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ",
    );
}

#[test]
fn each_status_of_the_order_says_whose_turn_it_is() {
    check(
        &placed().at(61).inspected(found(ORDER, Some("needs_approval"))),
        "
        Known: Nothing
        AwaitingApproval: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver since 1s, generation 1, claimed 1, attempt a1, order 112233, status needs_approval, request 113, request status pending
        ",
    );
    check(&placed().at(61).inspected(found(ORDER, Some("needs_csr"))), "
        Known: Nothing
        AwaitingCSR: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order waits for a CSR: add it to the order in CertCentral
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status needs_csr, request 113, request status pending
        ");
    check(&placed().at(61).inspected(found(ORDER, Some("pending"))), "
        Known: Nothing
        AwaitingValidation: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says DigiCert validates the person; it writes to the individual's e-mail address. This takes days
        waits for Validation, generation 1, claimed 1, attempt a1, order 112233, status pending, request 113, request status pending
        ");
    check(
        &placed().at(61).inspected(found(ORDER, Some("waiting_pickup"))),
        "
        Known: Nothing
        AwaitingPickup: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the person has to pick the certificate up, as DigiCert's e-mail explains
        waits for Applicant, generation 1, claimed 1, attempt a1, order 112233, status waiting_pickup, request 113, request status pending
        ",
    );
    check(&placed().at(61).inspected(found(ORDER, Some("issued"))), "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True Reconciling=False Stalled=False since 0s
        says the certificate is issued
        waits for Nobody, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ");
    check(
        &placed().at(61).inspected(found(ORDER, Some("reissue_pending"))),
        "
        Known: Nothing
        ReissuePending: Placed=True since 1s Ready=True Reconciling=False Stalled=False since 0s
        says the certificate is valid; DigiCert prepares a reissue
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233, status reissue_pending, request 113, request status pending
        ",
    );
    check(&placed().at(61).inspected(found(ORDER, Some("expired"))), "
        Known: Nothing
        Expired: Placed=True since 1s Ready=False since 0s Reconciling=False Stalled=False since 0s
        says the certificate's time is over. To order again, raise spec.revision
        waits for Nobody, generation 1, claimed 1, attempt a1, order 112233, status expired, request 113, request status pending
        ");
    check(&placed().at(61).inspected(found(ORDER, Some("rejected"))), "
        Known: Nothing
        Rejected: Placed=True since 1s Ready=False since 0s Reconciling=False Stalled=True
        says the order was rejected; the approver or DigiCert knows why. To order again, raise spec.revision
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status rejected, request 113, request status pending
        ");
    check(&placed().at(61).inspected(found(ORDER, Some("canceled"))), "
        Known: Nothing
        Canceled: Placed=True since 1s Ready=False since 0s Reconciling=False Stalled=True
        says the order was canceled. To order again, raise spec.revision
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status canceled, request 113, request status pending
        ");
    check(&placed().at(61).inspected(found(ORDER, Some("revoked"))), "
        Known: Nothing
        Revoked: Placed=True since 1s Ready=False since 0s Reconciling=False Stalled=True
        says the certificate was revoked. To order again, raise spec.revision
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status revoked, request 113, request status pending
        ");
    check(&placed().at(61).inspected(found(ORDER, Some("on_the_moon"))), "
        Known: Nothing
        UnknownStatus: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says CertCentral reports an order status that this operator does not know; it goes on looking
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233, status on_the_moon, request 113, request status pending
        ");
}

#[test]
fn a_change_is_read_once_it_is_reported() {
    check(&followed("pending").at(100), "
        Known: Nothing
        AwaitingValidation: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says DigiCert validates the person; it writes to the individual's e-mail address. This takes days
        waits for Validation since 61s, generation 1, claimed 1, attempt a1, order 112233, status pending, request 113, request status pending
        ");
    check(
        &followed("pending")
            .at(100)
            .memory(|memory| memory.look_due = true),
        "
        Refresh: Refresh(112233)
        keeps the status
        ",
    );
    check(
        &followed("pending").at(100).memory(|memory| {
            memory.look_due = true;
            memory.look_not_before = Some(at(130));
        }),
        "
        Known: Nothing, wake 130s
        AwaitingValidation: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says DigiCert validates the person; it writes to the individual's e-mail address. This takes days
        waits for Validation since 61s, generation 1, claimed 1, attempt a1, order 112233, status pending, request 113, request status pending
        ",
    );
}

#[test]
fn a_read_waits_for_budget_and_account() {
    check(
        &placed()
            .at(61)
            .account(|account| account.refresh_free_at = Some(at(70))),
        "
        Known: Nothing, wake 70s
        AwaitingApproval: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver since 1s, generation 1, claimed 1, attempt a1, order 112233, request 113, request status pending, next check 61s
        ",
    );
    check(&placed().at(61).unreachable(), "
        Known: Nothing
        AwaitingApproval: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver since 1s, generation 1, claimed 1, attempt a1, order 112233, request 113, request status pending, next check 61s
        ");
}

#[test]
fn an_answer_without_a_status_is_asked_for_again_at_the_next_poll() {
    check(&placed().at(61).inspected(found(ORDER, None)), "
        Known: Nothing, wake 121s
        AwaitingApproval: Placed=True since 1s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says an administrator or manager of the CertCentral account has to approve the request
        waits for Approver since 1s, generation 1, claimed 1, attempt a1, order 112233, request 113, request status pending, next check 121s
        ");
}

#[test]
fn a_known_order_that_is_out_of_sight_stays_so_until_it_is_seen() {
    check(&lost(), "
        Known: Nothing, wake 3665s
        OrderNotVisible: Placed=True since 1s Ready=Unknown Reconciling=False Stalled=True
        says order 112233 is not visible to this API key: check the key's account and division. No other order will be placed
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status pending, request 113, request status pending, next check 3665s
        ");
    check(&lost().after().at(70).edited(|_| {}), "
        Known: Nothing, wake 3665s
        OrderNotVisible: Placed=True since 1s Ready=Unknown since 65s Reconciling=False since 65s Stalled=True since 65s
        says order 112233 is not visible to this API key: check the key's account and division. No other order will be placed
        waits for Owner since 65s, generation 2, claimed 1, attempt a1, order 112233, status pending, request 113, request status pending, next check 3665s
        ");
    check(
        &lost().after().at(70).inspected(found(ORDER, Some("issued"))),
        "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True Reconciling=False since 65s Stalled=False
        says the certificate is issued
        waits for Nobody, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ",
    );
}

#[test]
fn a_known_order_of_another_kind_is_shown_so() {
    check(
        &placed().at(61).inspected(FoundOrder {
            unlike: Some("it is another product".to_owned()),
            ..found(ORDER, Some("issued"))
        }),
        "
        Known: Nothing, wake 3661s
        OrderMismatch: Placed=True since 1s Ready=Unknown Reconciling=False Stalled=True
        says order 112233 is not what this manifest can follow: it is another product. Look at it in CertCentral; to buy another, raise spec.revision
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending, next check 3661s
        ",
    );
}

#[test]
fn an_issued_order_is_followed_whatever_the_account_and_the_gates_say() {
    check(
        &followed("issued")
            .at(200)
            .account_is(Account::Missing("main".to_owned())),
        "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=False since 0s
        says the certificate is issued
        waits for Nobody since 61s, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ",
    );
    check(&followed("issued").at(200).suspended(), "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=False since 0s
        says the certificate is issued
        waits for Nobody since 61s, generation 2, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ");
    check(
        &followed("pending")
            .at(200)
            .account(|account| account.limited_until = Some(at(999)))
            .memory(|memory| memory.look_due = true),
        "
        Refresh: Refresh(112233)
        keeps the status
        ",
    );
    check(&followed("issued").at(200).request(Request::Absent), "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=False since 0s
        says the certificate is issued
        waits for Nobody since 61s, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ");
}

#[test]
fn a_second_order_under_the_key_is_always_reported() {
    check(
        &followed("issued")
            .at(200)
            .purchase(|purchase| purchase.order_ids.push(7)),
        "
        Known: Nothing
        DuplicateOrders: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=True
        says orders 112233, 7 all carry this manifest's key: look at them in CertCentral and cancel what is not wanted
        waits for Owner, generation 1, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ",
    );
}

#[test]
fn another_existing_order_than_the_bound_one_is_reported() {
    check(&followed("issued").at(200).existing(7), "
        OtherInputs: Nothing
        OrderChanged: Placed=True since 1s Ready=False Reconciling=False since 61s Stalled=True
        says order 112233 is bound to this manifest, and spec.existingOrderID names another: put 112233 there or remove it
        waits for Owner, generation 2, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ");
    check(&followed("issued").at(200).existing(ORDER), "
        Known: Nothing
        Issued: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=False since 0s
        says the certificate is issued
        waits for Nobody since 61s, generation 2, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ");
}

#[test]
fn the_order_of_an_earlier_revision_gives_way_to_the_present_one() {
    check(
        &followed("issued").at(200).edited(|order| order.revision = 2),
        "
        Known: Nothing, wake 200s
        Issued: Placed=True since 1s Ready=True since 61s Reconciling=False since 61s Stalled=False since 0s
        says the certificate is issued
        waits for Nobody since 61s, generation 2, claimed 1, attempt a1, order 112233, status issued, request 113, request status pending
        ",
    );
    check(
        &revised(followed("issued").at(200)),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
    check(&revised(followed("issued").at(200)).looked(nothing()), "
        Claim: Claim
        Placing: Placed=False Ready=False Reconciling=True Stalled=False since 0s
        says the order is being placed
        waits for Operator, generation 2, claimed 2, attempt a1, key Some(\"prod/signing/jane-doe/2\") purchase Some(\"dso-qaalhydlbk4lcdprnjqrxtyl2l\")
        history PastRevision { revision: Some(1), order_key: Some(\"prod/signing/jane-doe/1\"), order_id: Some(112233), certificate_id: None, order_status: Some(\"issued\") }
        ");
}

#[test]
fn the_first_of_two_posts_is_looked_for_once_a_day_for_thirty_days() {
    let second = || Observed {
        look_up: LookUp::NotAsked,
        ..followed("issued")
            .purchase(|purchase| purchase.absences = 1)
            .memory(|memory| memory.looked_up = None)
    };
    let decided = |seen: &Observed| {
        let plan = plan(seen);
        (plan.row, plan.action)
    };
    assert_eq!(decided(&followed("issued")), (Row::Known, Action::Nothing));
    assert_eq!(decided(&second()), (Row::LookUpAgain, Action::LookUp));
    assert_eq!(
        decided(&second().looked(nothing())),
        (Row::Known, Action::Nothing)
    );
    let both = Found {
        orders: vec![found(ORDER, None), found(7, None)],
        ..nothing()
    };
    assert_eq!(
        decided(&second().looked(both)),
        (Row::LookUpAgain, Action::Repair(Repair::AddOrderId(7)))
    );
    let looked = second().looked_last(61);
    assert_eq!(
        (plan(&looked).row, plan(&looked).wake),
        (Row::Known, Wake::At(at(61 + DAY)))
    );
    assert_eq!(
        decided(&second().looked_last(61).at(61 + DAY)),
        (Row::LookUpAgain, Action::LookUp)
    );
    assert_eq!(decided(&second().at(31 * DAY)), (Row::Known, Action::Nothing));
}
