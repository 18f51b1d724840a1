//! What people change while the protocol is under way: manifests applied again, wiped, raised, accounts taken away.

use super::fixtures::*;
use super::render::check;
use super::situations::*;
use crate::api::PurchaseReason;
use crate::plan::Inspection;

#[test]
fn wiped_while_in_flight() {
    check(
        &claimed().wiped().at(30),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(&claimed().wiped().at(61).looked_last(60), "
        Repair: Repair(Status)
        Resolving: Placed=Unknown Ready=False Reconciling=True Stalled=False
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1, claimed 1, attempt a1
        ");
}

#[test]
fn wiped_when_bought() {
    check(
        &followed("issued").wiped().at(200),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233
        ",
    );
}

#[test]
fn wiped_when_closed() {
    check(
        &claimed().closed(PurchaseReason::Refused).wiped(),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn applied_again_while_open() {
    check(
        &claimed().reapplied().at(5).looked_last(0),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(
        &claimed().reapplied().asked_as_bought(false).at(5).looked_last(0),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(
        &claimed().reapplied().asked_as_bought(false).at(6).looked_last(5),
        "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False Reconciling=True Stalled=False
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator, generation 1
        ",
    );
}

#[test]
fn applied_again_when_bought() {
    check(
        &followed("issued").reapplied(),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233
        ",
    );
    check(&followed("issued").reapplied().asked_as_bought(false), "
        OtherInputs: Nothing
        OrderChanged: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says order 112233 was bought under this name, and the manifest asks for something else now: put the inputs back, bind it with spec.existingOrderID: 112233, or raise spec.revision to buy another
        waits for Owner, generation 1
        ");
    check(
        &followed("issued")
            .reapplied()
            .asked_as_bought(false)
            .existing(ORDER),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 2, claimed 1, attempt a1, order 112233
        ",
    );
    check(
        &followed("issued")
            .reapplied()
            .request(unusable("spec.order.certificate.csrFrom", true)),
        "
        OtherInputs: Nothing
        SourceMissing: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says spec.order.certificate.csrFrom: do this
        waits for Owner, generation 1
        ",
    );
}

#[test]
fn applied_again_in_a_namespace_that_was_created_anew() {
    check(
        &followed("issued")
            .reapplied()
            .order(|order| order.namespace_uid = Some("namespace-2".to_owned())),
        "
        OtherInputs: Nothing
        OrderChanged: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says order 112233 was bought under this name in an earlier namespace of the same name: to bind it set spec.existingOrderID: 112233; to buy another raise spec.revision
        waits for Owner, generation 1
        ",
    );
    check(
        &followed("issued")
            .reapplied()
            .order(|order| order.namespace_uid = Some("namespace-2".to_owned()))
            .existing(ORDER),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 2, claimed 1, attempt a1, order 112233
        ",
    );
}

#[test]
fn applied_again_when_closed() {
    check(
        &claimed().closed(PurchaseReason::Refused).reapplied(),
        "
        LookUp: LookUp
        keeps the status
        ",
    );
}

#[test]
fn a_revision_raised_while_the_earlier_attempt_is_open() {
    check(
        &claimed().at(5).looked_last(0).edited(|order| order.revision = 2),
        "
        LookUpOpen: LookUp
        keeps the status
        ",
    );
    check(
        &claimed().at(6).looked_last(5).edited(|order| order.revision = 2),
        "
        Open: Nothing, wake 15s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says of revision 1, which is settled before revision 2 goes on: the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        ",
    );
    check(
        &claimed()
            .closed(PurchaseReason::Absent)
            .edited(|order| order.revision = 2)
            .after(),
        "
        Unbuyable: Nothing, wake 0s
        keeps the status
        ",
    );
}

#[test]
fn an_existing_order_named_in_each_state() {
    check(&claimed().at(30).looked_last(29).existing(7), "
        Open: Nothing, wake 35s
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 2, claimed 1, attempt a1
        ");
    check(
        &claimed().closed(PurchaseReason::Absent).existing(7),
        "
        Repair: Repair(Status)
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says the last attempt ended without an order
        waits for Operator, generation 2
        ",
    );
    check(
        &claimed().closed(PurchaseReason::Absent).existing(7).after(),
        "
        Bind: Inspect(7)
        keeps the status
        ",
    );
    check(&claimed().bought(ORDER).existing(7), "
        OtherInputs: Nothing
        OrderChanged: Placed=Unknown Ready=False Reconciling=False Stalled=True
        says order 112233 is bound to this manifest, and spec.existingOrderID names another: put 112233 there or remove it
        waits for Owner, generation 2, claimed 1, attempt a1
        ");
    check(
        &claimed()
            .at(900)
            .looked_last(899)
            .looked(nothing())
            .existing(7)
            .inspection(Inspection::Missing(7)),
        "
        BindByHand: Nothing, wake 4500s
        OrderNotFound: Placed=Unknown Ready=False since 0s Reconciling=False Stalled=True
        says spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        waits for Owner, generation 2, claimed 1, attempt a1
        failure Held OrderNotFound x0 at 900s, retry 4500s, of generation 2 and v1: spec.existingOrderID: order 7 is not visible to this API key; correct the number, or use the account that owns it
        ",
    );
}

#[test]
fn an_account_lost_in_each_state() {
    check(&claimed().at(90).looked_last(89).unreachable(), "
        Open: Nothing
        Resolving: Placed=Unknown Ready=False since 0s Reconciling=True since 0s Stalled=False since 0s
        says the order was claimed by attempt a1 and its outcome is not known yet; it is looked up, and not placed again
        waits for Operator since 0s, generation 1, claimed 1, attempt a1
        ");
    check(
        &claimed().closed(PurchaseReason::Absent).unreachable(),
        "
        Repair: Repair(Status)
        Queued: Placed=False Ready=False Reconciling=True Stalled=False
        says the last attempt ended without an order
        waits for Operator, generation 1
        ",
    );
    check(
        &claimed().closed(PurchaseReason::Absent).unreachable().after(),
        "
        GateClosed: Nothing
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says no answer
        waits for Operator, generation 1
        ",
    );
    check(
        &claimed().bought(ORDER).unreachable(),
        "
        BoughtNotInStatus: Repair(Status)
        Placed: Placed=True Ready=False Reconciling=True Stalled=False
        says the order is placed; its status was not read yet
        waits for DigiCert, generation 1, claimed 1, attempt a1, order 112233
        ",
    );
}
