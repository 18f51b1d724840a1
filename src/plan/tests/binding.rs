//! Orders that a person names: `spec.existingOrderID` with and without an open attempt.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::plan::{FailedOutcome, FoundOrder, Inspection};

#[test]
fn what_the_account_does_not_allow_is_not_bound_either() {
    check(
        &fresh()
            .existing(ORDER)
            .account(|account| account.forbidden = Some("this namespace is not allowed".to_owned())),
        "
        Bind: Nothing
        NotAllowed: Placed=False Ready=False Reconciling=False Stalled=True
        says this namespace is not allowed
        waits for Owner, generation 2
        ",
    );
}

#[test]
fn a_named_order_is_read_and_bound() {
    check(
        &fresh().existing(ORDER),
        "
        Bind: Inspect(112233)
        keeps the status
        ",
    );
    check(
        &fresh().existing(ORDER).inspected(found(ORDER, Some("issued"))),
        "
        Bind: Adopt(112233)
        keeps the status
        ",
    );
}

#[test]
fn a_named_order_waits_for_the_account() {
    check(
        &fresh().existing(ORDER).unreachable(),
        "
        Bind: Nothing
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says no answer
        waits for Operator, generation 2
        ",
    );
}

#[test]
fn a_named_order_that_is_not_there_holds_until_the_manifest_changes() {
    check(
        &fresh().existing(ORDER).inspection(Inspection::Missing(ORDER)),
        "
        Bind: Nothing, wake 3600s
        OrderNotFound: Placed=False Ready=False Reconciling=False Stalled=True
        says spec.existingOrderID: order 112233 is not visible to this API key; correct the number, or use the account that owns it
        waits for Owner, generation 2
        failure Held OrderNotFound x0 at 0s, retry 3600s, of generation 2 and v1: spec.existingOrderID: order 112233 is not visible to this API key; correct the number, or use the account that owns it
        ",
    );
    check(
        &fresh()
            .existing(ORDER)
            .inspection(Inspection::Missing(ORDER))
            .after()
            .at(9),
        "
        Bind: Nothing, wake 3600s
        OrderNotFound: Placed=False since 0s Ready=False since 0s Reconciling=False since 0s Stalled=True since 0s
        says spec.existingOrderID: order 112233 is not visible to this API key; correct the number, or use the account that owns it
        waits for Owner since 0s, generation 2
        failure Held OrderNotFound x0 at 0s, retry 3600s, of generation 2 and v1: spec.existingOrderID: order 112233 is not visible to this API key; correct the number, or use the account that owns it
        ",
    );
    check(
        &fresh()
            .existing(ORDER)
            .inspection(Inspection::Missing(ORDER))
            .after()
            .at(9)
            .existing(ORDER + 1),
        "
        Bind: Inspect(112234)
        keeps the status
        ",
    );
}

#[test]
fn a_named_order_without_our_token_needs_the_accounts_leave() {
    check(
        &fresh()
            .existing(7)
            .inspected(foreign())
            .account(|account| account.adoption = false),
        "
        Bind: Nothing, wake 3600s
        NotAllowed: Placed=False Ready=False Reconciling=False Stalled=True
        says order 7 can't be bound: it does not carry this manifest's key, and the account does not allow adoption (spec.allow.adoption)
        waits for Owner, generation 2
        failure Held NotAllowed x0 at 0s, retry 3600s, of generation 2 and v1: order 7 can't be bound: it does not carry this manifest's key, and the account does not allow adoption (spec.allow.adoption)
        ",
    );
    check(
        &fresh().existing(7).inspected(foreign()),
        "
        Bind: Adopt(7)
        keeps the status
        ",
    );
}

#[test]
fn a_named_order_that_another_manifest_owns_is_not_bound() {
    check(
        &fresh().existing(7).inspected(FoundOrder {
            owned: true,
            ..foreign()
        }),
        "
        Bind: Nothing, wake 3600s
        NotAllowed: Placed=False Ready=False Reconciling=False Stalled=True
        says order 7 can't be bound: another manifest owns it
        waits for Owner, generation 2
        failure Held NotAllowed x0 at 0s, retry 3600s, of generation 2 and v1: order 7 can't be bound: another manifest owns it
        ",
    );
}

#[test]
fn a_named_order_that_can_not_be_read_backs_off() {
    check(&fresh().existing(7).inspection(Inspection::Failed), "
        Bind: Nothing, wake 5s
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says incomplete: CertCentral's answer was not complete. Next try after 2027-01-15T08:00:05Z
        waits for Operator, generation 2
        failure Unavailable incomplete x1 at 0s, retry 5s, of generation 2 and v1: CertCentral's answer was not complete
        ");
    check(
        &fresh().existing(7).inspection(Inspection::Failed).after().at(2),
        "
        Bind: Nothing, wake 5s
        Retrying: Placed=False since 0s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says incomplete: CertCentral's answer was not complete. Next try after 2027-01-15T08:00:05Z
        waits for Operator since 0s, generation 2
        failure Unavailable incomplete x1 at 0s, retry 5s, of generation 2 and v1: CertCentral's answer was not complete
        ",
    );
    check(
        &fresh().existing(7).inspection(Inspection::Failed).after().at(5),
        "
        Bind: Inspect(7)
        keeps the status
        ",
    );
}

#[test]
fn a_refusal_of_the_read_is_not_repeated_until_something_changes() {
    check(
        &fresh()
            .existing(7)
            .inspection(Inspection::Failed)
            .failed(failure(FailedOutcome::Refused))
            .after()
            .at(900),
        "
        Bind: Nothing
        Refused: Placed=False since 0s Ready=False since 0s Reconciling=False since 0s Stalled=True since 0s
        says CertCentral refused the order, nothing was bought: code: what was said. Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner since 0s, generation 2
        failure Refused code x1 at 0s, retry never, of generation 2 and v1: what was said
        ",
    );
}

#[test]
fn a_person_names_the_order_of_an_open_attempt() {
    check(
        &claimed().at(900).looked_last(840).existing(7),
        "
        BindByHand: LookUp
        keeps the status
        ",
    );
    check(
        &claimed().at(900).looked_last(899).existing(7),
        "
        Open: Nothing, wake 904s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the key is looked up once more, before order 7 is bound, which spec.existingOrderID names
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        ",
    );
    check(
        &claimed().at(900).looked_last(899).looked(nothing()).existing(7),
        "
        BindByHand: Inspect(7)
        keeps the status
        ",
    );
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .inspected(foreign()),
        "
        BindByHand: Adopt(7)
        keeps the status
        ",
    );
}

#[test]
fn an_order_that_a_person_names_does_not_take_the_place_of_the_one_that_carries_the_key() {
    let named = || {
        claimed()
            .at(900)
            .looked_last(899)
            .existing(7)
            .looked(several(&[ORDER]))
    };
    check(
        &named(),
        "
        BindByHand: Repair(NoteShown { attempt: \"a1\", ids: [112233] })
        keeps the status
        ",
    );
    check(&named().shown(&[ORDER]), "
        BindByHand: Nothing, wake 4500s
        DuplicateOrders: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says spec.existingOrderID names order 7, and 112233 in CertCentral carries this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: put that number there, or bind order 7 under a higher spec.revision
        waits for Owner, generation 2, claimed 1, attempt a1
        failure Held DuplicateOrders x0 at 900s, retry 4500s, of generation 2 and v1: spec.existingOrderID names order 7, and 112233 in CertCentral carries this manifest's key dso-ufsmhixffhk5hnbn7z4gwjdpsp: put that number there, or bind order 7 under a higher spec.revision
        ");
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .existing(ORDER)
            .looked(several(&[ORDER, 8])),
        "
        BindByHand: Inspect(112233)
        keeps the status
        ",
    );
}

#[test]
fn without_leave_to_adopt_only_an_order_made_after_the_attempt_is_bound() {
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .account(|account| account.adoption = false)
            .inspected(foreign()),
        "
        BindByHand: Nothing, wake 4500s
        NotAllowed: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says order 7 can't be bound: it does not carry this manifest's key, and the account does not allow adoption (spec.allow.adoption)
        waits for Owner, generation 2, claimed 1, attempt a1
        failure Held NotAllowed x0 at 900s, retry 4500s, of generation 2 and v1: order 7 can't be bound: it does not carry this manifest's key, and the account does not allow adoption (spec.allow.adoption)
        ",
    );
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .account(|account| account.adoption = false)
            .inspected(FoundOrder {
                after_attempt: true,
                ..foreign()
            }),
        "
        BindByHand: Adopt(7)
        keeps the status
        ",
    );
}

#[test]
fn a_named_order_that_can_not_be_read_backs_off_and_is_still_resolved() {
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .inspection(Inspection::Failed)
            .failed(failure(FailedOutcome::Unavailable)),
        "
        Open: Nothing, wake 905s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        failure Unavailable code x1 at 900s, retry 905s, of generation 2 and v1: what was said
        ",
    );
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .inspection(Inspection::Failed)
            .failed(failure(FailedOutcome::Unavailable))
            .after()
            .at(902),
        "
        Open: Nothing, wake 905s
        Resolving: Placed=Unknown since 900s Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        failure Unavailable code x1 at 900s, retry 905s, of generation 2 and v1: what was said
        ",
    );
}
