//! Rows `Several` to `Open`: an attempt whose outcome is not known.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::PurchaseState;
use crate::plan::Account;

#[test]
fn an_open_attempt_is_looked_up_when_due_and_only_then() {
    check(&claimed().at(4).looked_last(0), "
        Open: Nothing, wake 5s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
    check(
        &claimed().at(5).looked_last(0),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(&claimed().at(6).looked_last(5), "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn a_restarted_operator_looks_an_open_attempt_up_at_once() {
    check(
        &claimed().at(4000).memory(|memory| memory.looked_up = None),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
}

#[test]
fn a_look_up_waits_for_the_request_budget() {
    check(
        &claimed()
            .at(5)
            .looked_last(0)
            .account(|account| account.resolve_free_at = Some(at(8))),
        "
        Open: Nothing, wake 8s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ",
    );
}

#[test]
fn an_early_empty_look_up_proves_nothing() {
    check(&claimed().at(5).looked_last(0).looked(nothing()), "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn an_incomplete_look_up_proves_nothing() {
    check(&proven().look_incomplete(), "
        Open: Nothing, wake 87915s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn a_found_order_is_adopted_into_an_open_purchase() {
    check(
        &claimed().at(5).looked_last(0).looked(several(&[ORDER])),
        "
        FoundOne: Adopt(112233)
        keeps the status
        ",
    );
}

#[test]
fn absence_is_closed_once_it_is_proven() {
    check(
        &proven(),
        "
        AbsenceProven: Close { attempt: \"a1\", reason: Absent }
        keeps the status
        ",
    );
}

#[test]
fn proven_absence_is_closed_also_while_no_object_exists() {
    check(
        &proven().no_order(),
        "
        AbsenceProven: Close { attempt: \"a1\", reason: Absent }
        keeps the status
        ",
    );
}

#[test]
fn a_person_closes_by_naming_the_attempt() {
    check(
        &claimed().at(900).looked_last(899).anew("a1"),
        "
        CloseByHand: Close { attempt: \"a1\", reason: Absent }
        keeps the status
        ",
    );
}

#[test]
fn a_person_who_names_another_attempt_closes_nothing() {
    check(&claimed().at(900).looked_last(899).anew("a0"), "
        Open: Nothing, wake 1275s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn a_persons_word_does_not_count_while_the_sender_may_send() {
    check(&claimed().at(899).looked_last(898).anew("a1"), "
        Open: Nothing, wake 900s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
    check(&claimed().at(899).looked_last(898).existing(7), "
        Open: Nothing, wake 900s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        ");
}

#[test]
fn an_open_purchase_without_an_attempt_is_never_bought_over() {
    check(
        &claimed().wiped().purchase(|purchase| purchase.attempt = None),
        "
        Open: Nothing
        OutcomeUnknown: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says the purchase dso-ufsmhixffhk5hnbn7z4gwjdpsp is Open and names no attempt or order: somebody edited it. Put it right from a backup, or raise spec.revision to buy another
        waits for Owner, generation 1
        ",
    );
    check(
        &claimed().wiped().purchase(|purchase| {
            purchase.attempt = None;
            purchase.state = PurchaseState::Bought;
        }),
        "
        Open: Nothing
        OutcomeUnknown: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says the purchase dso-ufsmhixffhk5hnbn7z4gwjdpsp is Bought and names no attempt or order: somebody edited it. Put it right from a backup, or raise spec.revision to buy another
        waits for Owner, generation 1
        ",
    );
}

#[test]
fn suspending_does_not_stop_the_resolving() {
    check(
        &claimed().at(5).looked_last(0).suspended(),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(&claimed().at(6).looked_last(5).suspended(), "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        ");
}

#[test]
fn an_account_that_went_away_leaves_an_open_attempt_resolving() {
    check(&claimed().at(5).looked_last(0).unreachable(), "
        Open: Nothing
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
    check(
        &claimed()
            .at(5)
            .looked_last(0)
            .account_is(Account::Missing("main".to_owned())),
        "
        Open: Nothing
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ",
    );
}
