//! A manifest of a later revision while an attempt of an earlier one is not settled.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::{DocumentSigningOrderStatus, Purchase, PurchaseReason, PurchaseState};
use crate::domain::order_key::OrderKey;
use crate::plan::{Observed, Row, Unresolved, plan, revisions};

/// Attempt a1 of revision 1 is open; the manifest was deleted, and applied again with revision 2.
fn left_open() -> Observed {
    claimed().reapplied().order(|order| order.revision = 2)
}

fn purchase(key: &OrderKey, state: PurchaseState) -> Purchase {
    let spec = fresh().opened("a1").purchase(|purchase| {
        purchase.order_key = key.to_string();
        purchase.state = state;
    });
    Purchase::new(key.token().as_str(), spec.purchase.unwrap())
}

/// Purchases of one name: revision and state.
type Purchases<'a> = &'a [(i64, PurchaseState)];

fn is_at(present: i64, status: Option<&DocumentSigningOrderStatus>, purchases: Purchases<'_>) -> i64 {
    let purchases = purchases
        .iter()
        .map(|(revision, state)| purchase(&key(*revision), *state))
        .collect();
    revisions::at(key(present), status, || purchases).revision()
}

#[test]
fn the_lowest_earlier_revision_that_is_open_comes_first() {
    use PurchaseState::{Bought, Closed, Open};
    let applied = applied();
    let cases: [(i64, Purchases<'_>, i64); 8] = [
        (1, &[(1, Open)], 1),
        (2, &[], 2),
        (2, &[(1, Open)], 1),
        (2, &[(1, Closed)], 2),
        (2, &[(1, Bought)], 2),
        (3, &[(2, Open), (1, Open), (3, Open)], 1),
        (3, &[(2, Open), (1, Bought), (4, Open)], 2),
        // The present one exists, and is not hidden again.
        (2, &[(1, Open), (2, Bought)], 2),
    ];
    for (present, purchases, expected) in cases {
        assert_eq!(
            is_at(present, Some(&applied), purchases),
            expected,
            "{present} {purchases:?}"
        );
        assert_eq!(
            is_at(present, None, purchases),
            expected,
            "{present} {purchases:?}"
        );
    }
}

#[test]
fn what_the_status_knows_comes_before_what_others_left_open() {
    let open = [(1, PurchaseState::Open), (2, PurchaseState::Open)];
    let status = |revision, attempt: Option<&str>, order_id| DocumentSigningOrderStatus {
        order_key: Some(key(revision).to_string()),
        attempt: attempt.map(str::to_owned),
        order_id,
        ..applied()
    };
    let at_3 = |status| is_at(3, Some(&status), &open);
    assert_eq!(at_3(status(3, Some("a1"), None)), 3, "its own attempt");
    assert_eq!(at_3(status(2, Some("a1"), None)), 2, "its own attempt");
    assert_eq!(at_3(status(3, Some("a1"), Some(ORDER))), 3, "its own order");
    assert_eq!(
        at_3(status(2, Some("a1"), Some(ORDER))),
        1,
        "an order of an earlier revision"
    );
    assert_eq!(at_3(status(3, None, None)), 1);
}

#[test]
fn another_name_namespace_or_cluster_is_another_story() {
    for other in [
        "prod/signing/joan/1",
        "prod/other/jane-doe/1",
        "test/signing/jane-doe/1",
    ] {
        let other = purchase(&OrderKey::parse(other).unwrap(), PurchaseState::Open);
        assert_eq!(revisions::at(key(2), None, || vec![other]), key(2));
    }
}

#[test]
fn a_record_that_names_no_attempt_holds_up_no_later_revision() {
    let mut cut = purchase(&key(1), PurchaseState::Open);
    cut.spec.attempt = None;
    assert_eq!(revisions::at(key(2), None, || vec![cut]), key(2));
}

#[test]
fn nobody_looks_at_all_purchases_for_a_first_revision() {
    let none = || -> Vec<Purchase> { panic!("looked") };
    assert_eq!(revisions::at(key(1), None, none), key(1));
}

#[test]
fn it_stands_for_the_earlier_attempt_and_says_so() {
    check(&left_open().at(6).looked_last(5), "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False Reconciling=True Stalled=False
        says of revision 1, which is settled before revision 2 goes on: the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1
        ");
    let held = left_open()
        .account(|account| account.unresolved = Unresolved::Hold)
        .at(DAY)
        .looked_last(DAY);
    let says = "
        OutcomeUnknown: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says of revision 1, which is settled before revision 2 goes on (to bind an order to it, delete this manifest and apply it with spec.revision: 1 and the order's number): the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID dso-ufsmhixffhk5hnbn7z4gwjdpsp (also in its comments), placed about 2027-01-15T08:00:00Z: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: a1
        waits for Owner, generation 1
        ";
    check(&held, &format!("Open: Nothing, wake 87915s{says}"));
}

#[test]
fn what_stands_is_shown_again_as_it_was() {
    let found = left_open()
        .shown(&[8, 9])
        .at(5)
        .looked_last(0)
        .looked(several(&[8, 9]));
    let shown = |seen: &Observed| {
        let status = plan(seen).status.unwrap();
        crate::plan::status::shown_message(&status).to_owned()
    };
    let first = shown(&found);
    assert!(
        first.starts_with("of revision 1, ") && first.contains("orders 8, 9"),
        "{first}"
    );
    assert_eq!(shown(&found.after().at(6)), first);
}

#[test]
fn what_was_said_of_the_later_revision_does_not_stand_for_the_earlier() {
    let of_the_later = fresh()
        .reapplied()
        .order(|order| order.revision = 2)
        .looked(maybe(&[8]));
    let of_the_later = Observed {
        key: key(2),
        ..of_the_later
    }
    .after();
    let seen = Observed {
        order: of_the_later.order,
        ..left_open().at(6).looked_last(5)
    };
    check(&seen, "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown since 0s Ready=False since 0s Reconciling=True Stalled=False
        says of revision 1, which is settled before revision 2 goes on: the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1
        ");
}

#[test]
fn a_person_who_names_the_earlier_attempt_closes_it() {
    check(
        &left_open().at(900).looked_last(899).anew("a1"),
        "
        CloseByHand: Close { attempt: \"a1\", reason: Absent }
        keeps the status
        ",
    );
    check(
        &left_open().closed(PurchaseReason::Absent).anew("a1"),
        "
        Unbuyable: Nothing, wake 0s
        keeps the status
        ",
    );
}

/// The number may have been meant for revision 2, and stood there before anybody knew of the attempt.
#[test]
fn an_order_that_the_manifest_names_is_not_bound_to_the_earlier_revision() {
    let named = left_open().existing(7);
    assert_eq!(plan(&named.clone().at(900).looked_last(899)).row, Row::Open);
    let inspected = named.clone().at(900).looked_last(899).inspected(foreign());
    assert_eq!(plan(&inspected).row, Row::Open);
    // One that is found by its key is the earlier one's, whatever the manifest names.
    let found = named.clone().at(900).looked_last(899).looked(several(&[ORDER]));
    assert_eq!(plan(&found).row, Row::FoundOne);
    // And with that revision it is.
    let with_that_revision = named.order(|order| order.revision = 1).at(900).looked_last(840);
    assert_eq!(plan(&with_that_revision).row, Row::BindByHand);
}

#[test]
fn what_another_object_bought_is_not_inherited_by_a_later_revision() {
    let goes_on = "
        OtherInputs: Nothing, wake 0s
        keeps the status
        ";
    check(&left_open().bought(ORDER), goes_on);
    check(&left_open().bought(ORDER).asked_as_bought(false), goes_on);
    let anew = |order: &mut crate::plan::Order| order.namespace_uid = Some("namespace-2".to_owned());
    check(&left_open().bought(ORDER).order(anew), goes_on);
    // What this very object bought is its own.
    check(
        &claimed().bought(ORDER).edited(|order| order.revision = 2),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 2, claimed 1, attempt a1, order 112233
        ",
    );
}
