//! What a person has to settle stays shown, is looked at again within the hour, and has a way out.

use jiff::SignedDuration;

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::{AccountReason, Reason};
use crate::plan::status::shown_reason;
use crate::plan::{Account, Found, Inspection, Observed, Unresolved, plan};

fn possible() -> Observed {
    fresh().looked(maybe(&[8, 9]))
}

fn unlike_found() -> Observed {
    claimed().at(5).looked_last(0).looked(Found {
        orders: vec![unlike()],
        ..nothing()
    })
}

fn wrong_number() -> Observed {
    claimed()
        .at(901)
        .looked_last(900)
        .looked(nothing())
        .existing(7)
        .inspection(Inspection::Missing(7))
}

#[test]
fn several_found_stay_shown_until_a_complete_look_says_otherwise() {
    check(
        &claimed().at(5).looked_last(0).looked(several(&[8, 9])),
        "
        Several: Repair(NoteShown { attempt: \"a1\", ids: [8, 9] })
        keeps the status
        ",
    );
    check(&claimed().shown(&[8, 9]).at(5).looked_last(0).looked(several(&[8, 9])), "
        Several: Nothing, wake 3605s
        DuplicateOrders: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        waits for Owner, generation 1, claimed 1, attempt a1
        failure Held DuplicateOrders x0 at 5s, retry 3605s, of generation 1 and v1: orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        ");
    check(
        &claimed()
            .shown(&[8, 9])
            .at(5)
            .looked_last(0)
            .looked(several(&[8, 9]))
            .after()
            .at(6),
        "
        Open: Nothing, wake 15s
        DuplicateOrders: Placed=Unknown since 5s Ready=False since 0s Reconciling=False since 5s Stalled=True since 5s
        says orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        waits for Owner since 5s, generation 1, claimed 1, attempt a1
        failure Held DuplicateOrders x0 at 5s, retry 3605s, of generation 1 and v1: orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        ",
    );
    check(
        &claimed()
            .shown(&[8, 9])
            .at(5)
            .looked_last(0)
            .looked(several(&[8, 9]))
            .after()
            .at(15)
            .look_incomplete(),
        "
        Open: Nothing, wake 35s
        DuplicateOrders: Placed=Unknown since 5s Ready=False since 0s Reconciling=False since 5s Stalled=True since 5s
        says orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        waits for Owner since 5s, generation 1, claimed 1, attempt a1
        failure Held DuplicateOrders x0 at 5s, retry 3605s, of generation 1 and v1: orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        ",
    );
    check(
        &claimed()
            .shown(&[8, 9])
            .at(5)
            .looked_last(0)
            .looked(several(&[8, 9]))
            .after()
            .at(15)
            .looked(nothing()),
        "
        Open: Nothing, wake 35s
        Resolving: Placed=Unknown since 5s Ready=False since 0s Reconciling=True Stalled=False
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn an_unlike_order_stays_shown_and_the_status_follows_the_generation() {
    check(
        &unlike_found(),
        "
        FoundOne: Repair(NoteShown { attempt: \"a1\", ids: [112233] })
        keeps the status
        ",
    );
    let unlike_found = || unlike_found().shown(&[ORDER]);
    check(&unlike_found(), "
        FoundOne: Nothing, wake 3605s
        OrderMismatch: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        waits for Owner, generation 1, claimed 1, attempt a1
        failure Held OrderMismatch x0 at 5s, retry 3605s, of generation 1 and v1: order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        ");
    check(&unlike_found().after().at(6).edited(|_| {}), "
        Open: Nothing, wake 15s
        OrderMismatch: Placed=Unknown since 5s Ready=False since 0s Reconciling=False since 5s Stalled=True since 5s
        says order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        waits for Owner since 5s, generation 2, claimed 1, attempt a1
        failure Held OrderMismatch x0 at 5s, retry 3605s, of generation 1 and v1: order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        ");
}

#[test]
fn after_one_absence_a_person_decides() {
    check(&proven().purchase(|purchase| purchase.absences = 1), "
        Open: Nothing, wake 87915s
        OutcomeUnknown: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID dso-ufsmhixffhk5hnbn7z4gwjdpsp (also in its comments), placed about 2027-01-15T08:00:00Z: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: a1
        waits for Owner, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn a_hold_policy_asks_a_person_once_the_quiet_period_is_over() {
    check(
        &proven().account(|account| account.unresolved = Unresolved::Hold),
        "
        Open: Nothing, wake 87915s
        OutcomeUnknown: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID dso-ufsmhixffhk5hnbn7z4gwjdpsp (also in its comments), placed about 2027-01-15T08:00:00Z: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: a1
        waits for Owner, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn who_was_asked_stays_asked_while_the_account_is_away() {
    check(
        &proven()
            .account(|account| account.unresolved = Unresolved::Hold)
            .after()
            .account_is(Account::Pending),
        "
        Open: Nothing
        OutcomeUnknown: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID dso-ufsmhixffhk5hnbn7z4gwjdpsp (also in its comments), placed about 2027-01-15T08:00:00Z: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: a1
        waits for Owner, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn a_proof_that_never_comes_becomes_a_persons_turn() {
    check(
        &proven().at(2 * DAY).looked_last(2 * DAY).looked(Found {
            began: None,
            ..nothing()
        }),
        "
        Open: Nothing, wake 174315s
        OutcomeUnknown: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID dso-ufsmhixffhk5hnbn7z4gwjdpsp (also in its comments), placed about 2027-01-15T08:00:00Z: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: a1
        waits for Owner, generation 1, claimed 1, attempt a1
        ",
    );
}

/// Neither is untold by an account that is away for a moment, nor told by one that is.
#[test]
fn an_account_that_never_comes_back_becomes_a_persons_turn() {
    let away = |account: &Account, seconds, known_for: i64| {
        let seen = claimed()
            .at(seconds)
            .account_is(account.clone())
            .memory(|memory| memory.attempt_known_for = SignedDuration::from_secs(known_for));
        plan(&seen).status.as_ref().and_then(shown_reason)
    };
    let known = 3 * 3600;
    for account in [
        Account::Missing("main".to_owned()),
        Account::NotReady(AccountReason::KeyRejected, "no".to_owned()),
    ] {
        assert_eq!(away(&account, DAY - 1, known), Some(Reason::Resolving));
        assert_eq!(away(&account, DAY, known), Some(Reason::OutcomeUnknown));
        // A process that has just started may find the account in order in a moment.
        assert_eq!(away(&account, 3 * DAY, 60), Some(Reason::Resolving));
    }
}

#[test]
fn a_wrong_number_stays_shown_through_look_ups() {
    check(&wrong_number(), "
        BindByHand: Nothing, wake 4501s
        OrderNotFound: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        waits for Owner, generation 2, claimed 1, attempt a1
        failure Held OrderNotFound x0 at 901s, retry 4501s, of generation 2 and v1: spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        ");
    check(&wrong_number().after().at(902).looked(nothing()), "
        Open: Nothing, wake 1275s
        OrderNotFound: Placed=Unknown since 901s Ready=False since 0s Reconciling=False since 901s Stalled=True since 901s
        says spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        waits for Owner since 901s, generation 2, claimed 1, attempt a1
        failure Held OrderNotFound x0 at 901s, retry 4501s, of generation 2 and v1: spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        ");
    check(
        &wrong_number()
            .after()
            .at(902)
            .edited(|order| order.existing_order_id = None),
        "
        Open: Nothing, wake 1275s
        Resolving: Placed=Unknown since 901s Ready=False since 0s Reconciling=True Stalled=False
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 3, claimed 1, attempt a1
        ",
    );
}

#[test]
fn orders_that_may_be_this_one_hold_for_the_owner() {
    check(&fresh().looked(maybe(&[8, 9])), "
        PossibleDuplicate: Nothing, wake 3600s
        PossibleDuplicate: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        waits for Owner, generation 1
        failure Held PossibleDuplicate x0 at 0s, retry 3600s, of generation 1 and v1: orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        ");
    check(&fresh().looked(maybe(&[8, 9])).anew("8").at(1), "
        PossibleDuplicate: Nothing, wake 3601s
        PossibleDuplicate: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says orders 9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        waits for Owner, generation 1
        failure Held PossibleDuplicate x0 at 1s, retry 3601s, of generation 1 and v1 8: orders 9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        ");
}

#[test]
fn waived_candidates_hold_nothing() {
    check(
        &fresh().looked(maybe(&[8, 9])).anew("8,9"),
        "
        Claim: Claim
        Placing: Placed=False Ready=False Reconciling=True Stalled=False
        says the order is being placed
        waits for Operator, generation 1, claimed 1, attempt a1
        ",
    );
    check(
        &fresh().looked(maybe(&[8, 9])).anew("9 8"),
        "
        Claim: Claim
        Placing: Placed=False Ready=False Reconciling=True Stalled=False
        says the order is being placed
        waits for Operator, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn several_found_hold_for_the_owner() {
    check(&fresh().looked(several(&[8, 9])), "
        Several: Nothing, wake 3600s
        DuplicateOrders: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        waits for Owner, generation 1
        failure Held DuplicateOrders x0 at 0s, retry 3600s, of generation 1 and v1: orders 8, 9 all carry this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID
        ");
}

#[test]
fn an_order_that_is_found_and_unlike_holds_for_the_owner() {
    check(
        &fresh().looked(Found {
            orders: vec![unlike()],
            ..nothing()
        }),
        "
        FoundOne: Nothing, wake 3600s
        OrderMismatch: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        waits for Owner, generation 1
        failure Held OrderMismatch x0 at 0s, retry 3600s, of generation 1 and v1: order 112233 is not what this manifest asks for: it asks for another e-mail address. Put the manifest right, or raise spec.revision to buy another
        ",
    );
}

#[test]
fn a_hold_is_not_looked_at_again_on_each_event() {
    check(&possible().after().at(9), "
        GateClosed: Nothing, wake 3600s
        PossibleDuplicate: Placed=Unknown since 0s Ready=False since 0s Reconciling=False since 0s Stalled=True since 0s
        says orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        waits for Owner since 0s, generation 1
        failure Held PossibleDuplicate x0 at 0s, retry 3600s, of generation 1 and v1: orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        ");
}

#[test]
fn a_waiver_is_heard_at_once() {
    check(
        &possible().after().at(9).anew("8,9"),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn a_failed_look_leaves_a_hold_standing() {
    check(&possible().after().at(3600).look_incomplete(), "
        GateClosed: Nothing, wake 3605s
        PossibleDuplicate: Placed=Unknown since 0s Ready=False since 0s Reconciling=False since 0s Stalled=True since 0s
        says orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        waits for Owner since 0s, generation 1
        failure Held PossibleDuplicate x1 at 3600s, retry 3605s, of generation 1 and v1: orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        ");
}

#[test]
fn a_hold_is_shown_again_once_what_hid_it_is_over() {
    check(
        &possible()
            .after()
            .at(9)
            .unreachable()
            .after()
            .account_is(fresh().account),
        "
        GateClosed: Nothing, wake 3600s
        PossibleDuplicate: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        waits for Owner, generation 1
        failure Held PossibleDuplicate x0 at 0s, retry 3600s, of generation 1 and v1: orders 8,9 may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"8,9\"
        ",
    );
}
