//! What an order says of a refusal: whose turn it is, which field is meant, and what to do.

use jiff::SignedDuration;

use super::fixtures::*;
use super::render::check;
use super::situations::claimed;
use crate::api::PurchaseReason;
use crate::plan::{FailedOutcome, Observed, RemoteFailure, Wake, plan};

fn refused(outcome: FailedOutcome, status: u16, code: &str, message: &str) -> Observed {
    claimed().closed(PurchaseReason::Refused).failed(RemoteFailure {
        code: code.to_owned(),
        message: message.to_owned(),
        status: Some(status),
        ..failure(outcome)
    })
}

#[test]
fn what_the_owner_can_put_right_is_stalled_and_names_the_field() {
    check(
        &refused(FailedOutcome::Refused, 400, "required_param:individual.state", "Missing required parameter."),
        "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: spec.order.individual.state: CertCentral needs a value here: add it, here or in the Secret of spec.order.individualFrom (required_param:individual.state: Missing required parameter). Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner, generation 1
        failure Refused required_param:individual.state (400) x1 at 0s, retry never, of generation 1 and v1: Missing required parameter.
        ",
    );
    check(
        &refused(FailedOutcome::Refused, 400, "csr_invalid_cannot_parse", ""),
        "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: spec.order.certificate.csr: CertCentral can't read the CSR: make a new one, and try it with docsign check (csr_invalid_cannot_parse). Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner, generation 1
        failure Refused csr_invalid_cannot_parse (400) x1 at 0s, retry never, of generation 1 and v1:
        ",
    );
}

#[test]
fn what_the_administrator_can_put_right_is_his_turn_and_is_tried_again_slowly() {
    check(
        &refused(FailedOutcome::RefusedForNow, 400, "insufficient_subscription", "None left."),
        "
        Repair: Repair(Status)
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says CertCentral refused the order for now, nothing was bought: the subscription of the CertCentral account has no certificate left: add to it, or free one (insufficient_subscription: None left). Next try after 2027-01-15T08:05:00Z
        waits for Administrator, generation 1
        failure Refused insufficient_subscription (400) x1 at 0s, retry 300s, of generation 1 and v1: None left.
        ",
    );
}

#[test]
fn what_an_unknown_code_wants_is_what_its_status_says() {
    check(
        &refused(FailedOutcome::Refused, 403, "no_such_luck", "Not you."),
        "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: no_such_luck: Not you. Change the account or its key, or set the annotation docsign.dev/retry to a new value
        waits for Administrator, generation 1
        failure Refused no_such_luck (403) x1 at 0s, retry never, of generation 1 and v1: Not you.
        ",
    );
    check(
        &refused(FailedOutcome::Refused, 409, "no_such_luck", "Not now."),
        "
        Repair: Repair(Status)
        Refused: Placed=False Ready=False Reconciling=False Stalled=True
        says CertCentral refused the order, nothing was bought: no_such_luck: Not now. Change what it names, or set the annotation docsign.dev/retry to a new value
        waits for Owner, generation 1
        failure Refused no_such_luck (409) x1 at 0s, retry never, of generation 1 and v1: Not now.
        ",
    );
}

#[test]
fn what_heals_by_itself_is_the_operators_turn() {
    check(
        &refused(FailedOutcome::RefusedForNow, 429, "request_limit_exceeded", "Too many."),
        "
        Repair: Repair(Status)
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says CertCentral refused the order for now, nothing was bought: too many calls with this API key: CertCentral blocks it for some minutes. If others use the key too, lower spec.rateLimit of the account (request_limit_exceeded: Too many). Next try after 2027-01-15T08:05:00Z
        waits for Operator, generation 1
        failure Refused request_limit_exceeded (429) x1 at 0s, retry 300s, of generation 1 and v1: Too many.
        ",
    );
}

#[test]
fn a_look_that_the_key_may_not_take_is_the_administrators_turn() {
    check(
        &fresh().look_incomplete().failed(RemoteFailure {
            code: "access_denied|missing_permission".to_owned(),
            status: Some(403),
            ..failure(FailedOutcome::Unavailable)
        }),
        "
        GateClosed: Nothing, wake 5s
        Retrying: Placed=False Ready=False Reconciling=True Stalled=False
        says the API key may not do this: give it access to orders, requests and certificates, and its user the product and the container (division), in CertCentral (access_denied|missing_permission: what was said). Next try after 2027-01-15T08:00:05Z
        waits for Administrator, generation 1
        failure Unavailable access_denied|missing_permission (403) x1 at 0s, retry 5s, of generation 1 and v1: what was said
        ",
    );
}

#[test]
fn who_asks_to_wait_for_years_is_waited_for_a_day() {
    let asks = |hours| {
        fresh().look_incomplete().failed(RemoteFailure {
            retry_after: Some(SignedDuration::from_hours(hours)),
            ..failure(FailedOutcome::Unavailable)
        })
    };
    for (hours, heeded) in [(3, 3 * 3600), (24, DAY), (24 * 400, DAY)] {
        assert_eq!(plan(&asks(hours)).wake, Wake::At(at(heeded)), "{hours} hours");
    }
}
