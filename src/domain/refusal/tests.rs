//! Every row of the table: its code, and all that follows from it.

use super::*;

/// A code as CertCentral sends it, and what follows.
type Case = (
    &'static str,
    Turn,
    Again,
    Consequence,
    Option<&'static str>,
    &'static str,
);

const CASES: &[Case] = &[
    (
        "duplicate|alternative_order_id",
        Turn::Operator,
        Again::Slowly,
        Consequence::None,
        None,
        "an order with this alternative order ID exists: it is looked up and bound",
    ),
    (
        "alternative_order_id_exists",
        Turn::Operator,
        Again::Slowly,
        Consequence::None,
        None,
        "an order with this alternative order ID exists: it is looked up and bound",
    ),
    (
        "invalid_param:alternative_order_id",
        Turn::Operator,
        Again::Slowly,
        Consequence::TokenNotTaken,
        None,
        "this CertCentral account takes no alternative order IDs: the order is sent again without one",
    ),
    (
        "request_limit_exceeded",
        Turn::Operator,
        Again::Slowly,
        Consequence::KeyPaused,
        None,
        "too many calls with this API key: CertCentral blocks it for some minutes. If others use the key too, lower spec.rateLimit of the account",
    ),
    (
        "access_denied|access_denied_invalid_key",
        Turn::Administrator,
        Again::Slowly,
        Consequence::KeyRejected,
        None,
        "CertCentral does not accept the API key: put a valid one into the account's Secret, and check that spec.region is the key's region",
    ),
    (
        "access_denied|invalid_approver",
        Turn::Administrator,
        Again::Slowly,
        Consequence::None,
        Some("spec.order.skipApproval"),
        "the user of the API key may not approve: give it that right in CertCentral, or let skipApproval be false",
    ),
    (
        "access_denied|missing_permission",
        Turn::Administrator,
        Again::Slowly,
        Consequence::None,
        None,
        "the API key may not do this: give it access to orders, requests and certificates, and its user the product and the container (division), in CertCentral",
    ),
    (
        "not_found|route",
        Turn::Administrator,
        Again::Slowly,
        Consequence::NoSuchRoute,
        None,
        "the address is not that of CertCentral's API: correct spec.region or spec.endpoint of the account; an endpoint ends in /services/v2",
    ),
    (
        "not_found|product",
        Turn::Administrator,
        Again::Slowly,
        Consequence::None,
        None,
        "the product ds_individual can't be ordered with this API key: have DigiCert switch it on for the account",
    ),
    (
        "not_found|order",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.renewalOfOrderId"),
        "the API key sees no such order to renew: correct the number, or buy on the account that owns it",
    ),
    (
        "not_found",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        None,
        "CertCentral does not know something that the order names: check its numbers (containerId, userIdAssignments, customFields, certificate.caCertId)",
    ),
    (
        "insufficient_subscription",
        Turn::Administrator,
        Again::Slowly,
        Consequence::None,
        None,
        "the subscription of the CertCentral account has no certificate left: add to it, or free one",
    ),
    (
        "insufficient_funds",
        Turn::Administrator,
        Again::Slowly,
        Consequence::None,
        Some("spec.order.paymentMethod"),
        "the CertCentral account can't pay: deposit funds there, or choose another payment method",
    ),
    (
        "required_param:individual.first_name",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.individual.firstName"),
        "CertCentral needs a value here: add it",
    ),
    (
        "csr_invalid_cannot_parse",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.certificate.csr"),
        "CertCentral can't read the CSR: make a new one, and try it with docsign check",
    ),
    (
        "csr_key_too_small",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.certificate.csr"),
        "CertCentral does not take this CSR: make another one",
    ),
    (
        "cert_validity_exceeds_order_validity",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.orderValidity"),
        "the certificate would outlive its order: ask for a shorter time",
    ),
    (
        "invalid_custom_field_value",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.customFields"),
        "the CertCentral account does not take this value for its custom field: correct it",
    ),
    (
        "invalid_param:ship_info.country",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        Some("spec.order.shipInfo.country"),
        "CertCentral does not take this value: correct it",
    ),
    (
        "ambiguous_product",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        None,
        "CertCentral can't tell which product is meant, which no manifest can cause: please report it",
    ),
    (
        "time_frame_too_long",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        None,
        "CertCentral was asked about too long a time, which no manifest can cause: please report it",
    ),
    (
        "bad_request_format",
        Turn::Owner,
        Again::WhenChanged,
        Consequence::None,
        None,
        "CertCentral could not read the request, which no manifest can cause: please report it",
    ),
];

#[test]
fn every_row_says_whose_turn_it_is_whether_it_is_tried_again_and_what_to_do() {
    for (row, (code, turn, again, consequence, field, advice)) in CASES.iter().enumerate() {
        assert_eq!(entry(code), CATALOGUE.get(row), "{code}");
        // Whatever the status: a code that is known says more.
        for status in [None, Some(400), Some(403), Some(429)] {
            let expected = Meaning {
                turn: *turn,
                again: *again,
                consequence: *consequence,
                field: field.map(str::to_owned),
                advice: Some(*advice),
            };
            assert_eq!(meaning(code, status), expected, "{code}");
        }
    }
    assert_eq!(CASES.len(), CATALOGUE.len(), "a row without a case");
}

#[test]
fn an_unknown_code_is_what_its_status_says() {
    let said = |status| {
        let meaning = meaning("out_of_cheese", status);
        assert_eq!((meaning.field, meaning.advice), (None, None));
        (meaning.turn, meaning.again, meaning.consequence)
    };
    let owner = (Turn::Owner, Again::WhenChanged, Consequence::None);
    for status in [
        None,
        Some(400),
        Some(402),
        Some(404),
        Some(409),
        Some(422),
        Some(499),
    ] {
        assert_eq!(said(status), owner, "{status:?}");
    }
    assert_eq!(
        said(Some(401)),
        (Turn::Administrator, Again::Slowly, Consequence::KeyRejected)
    );
    assert_eq!(
        said(Some(403)),
        (Turn::Administrator, Again::WhenChanged, Consequence::None)
    );
    assert_eq!(
        said(Some(429)),
        (Turn::Operator, Again::Slowly, Consequence::KeyPaused)
    );
}

#[test]
fn a_field_is_named_only_where_the_manifest_has_it() {
    for code in [
        "required_param:organization.id",
        "required_param",
        "invalid_param:\u{1b}[31m",
    ] {
        assert_eq!(meaning(code, Some(400)).field, None, "{code:?}");
    }
}

#[test]
fn advice_can_stand_within_a_message() {
    for entry in CATALOGUE {
        assert!(!entry.advice.ends_with(['.', ' ', ':']), "{}", entry.advice);
    }
}
