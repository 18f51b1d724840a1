//! What is refused.

use serde_json::{Value, json};

use super::{Change, csr};

/// A manifest that is wrong in one place.
pub struct Wrong {
    /// What is wrong.
    pub name: &'static str,
    /// What makes it wrong.
    pub changes: Vec<Change>,
    /// The field that the refusal names.
    pub field: &'static str,
    /// A part of the message.
    pub message: &'static str,
}

/// All that is refused.
pub fn wrong() -> Vec<Wrong> {
    let mut all = wrong_combinations();
    all.extend(wrong_values());
    all
}

fn case(name: &'static str, changes: Vec<Change>, field: &'static str, message: &'static str) -> Wrong {
    Wrong {
        name,
        changes,
        field,
        message,
    }
}

fn wrong_combinations() -> Vec<Wrong> {
    let email = || ("/spec/order/csProvisioningMethod", json!("email"));
    let from = || json!({"secretRef": {"name": "source"}});
    let address = || {
        json!({"name": "Zebulon Quux", "addr1": "1 Hidden Road", "city": "Lehi", "state": "ut", "zip": "84043",
            "country": "us", "method": "STANDARD"})
    };
    let card = || ("/spec/order/paymentMethod", json!("card"));
    let billing = || {
        (
            "/spec/order/billingAddress",
            json!({"address": "1 Hidden Road", "city": "Lehi", "country": "us"}),
        )
    };
    let card_from = || ("/spec/order/creditCardFrom", from());
    vec![
        case(
            "nothing to order",
            vec![("/spec/order", Value::Null)],
            "spec.order",
            "set order",
        ),
        case(
            "email without CSR",
            vec![email()],
            "spec.order.certificate.csr",
            "needs the CSR",
        ),
        case(
            "a CSR by another method",
            vec![("/spec/order/certificate", json!({"csr": csr()}))],
            "spec.order.certificate.csr",
            "only csProvisioningMethod email",
        ),
        case(
            "two CSRs",
            vec![
                email(),
                (
                    "/spec/order/certificate",
                    json!({"csr": csr(), "csrFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}),
                ),
            ],
            "spec.order.certificate.csrFrom",
            "not both",
        ),
        case(
            "a CSR from nowhere",
            vec![email(), ("/spec/order/certificate", json!({"csrFrom": {}}))],
            "spec.order.certificate.csrFrom",
            "exactly one of configMapKeyRef and secretKeyRef",
        ),
        case(
            "a token without address",
            vec![("/spec/order/csProvisioningMethod", json!("ship_token"))],
            "spec.order.shipInfo",
            "needs an address",
        ),
        case(
            "an address without token",
            vec![("/spec/order/shipInfo", address())],
            "spec.order.shipInfo",
            "only csProvisioningMethod ship_token",
        ),
        case(
            "two addresses",
            vec![
                ("/spec/order/csProvisioningMethod", json!("ship_token")),
                ("/spec/order/shipInfo", address()),
                ("/spec/order/shipInfoFrom", from()),
            ],
            "spec.order.shipInfoFrom",
            "not both",
        ),
        case(
            "nobody",
            vec![("/spec/order/individual", Value::Null)],
            "spec.order.individual",
            "who the certificate is for",
        ),
        case(
            "two people",
            vec![("/spec/order/individualFrom", from())],
            "spec.order.individualFrom",
            "not both",
        ),
        case(
            "two orders to renew",
            vec![
                ("/spec/order/renewalOf", json!({"name": "a"})),
                ("/spec/order/renewalOfOrderId", json!(1)),
            ],
            "spec.order.renewalOf",
            "not both",
        ),
        case(
            "a card from nowhere",
            vec![card(), billing()],
            "spec.order.creditCardFrom",
            "paymentMethod card needs",
        ),
        case(
            "a card without billing address",
            vec![card(), card_from()],
            "spec.order.billingAddress",
            "needs billingAddress",
        ),
        case(
            "a card that is not charged",
            vec![card_from()],
            "spec.order.creditCardFrom",
            "only paymentMethod card",
        ),
        case(
            "a card in the manifest",
            vec![("/spec/order/creditCard", json!({"number": "4111111111111111"}))],
            "spec.order.creditCard",
            "treat this card as exposed",
        ),
        case(
            "two validities",
            vec![("/spec/order/orderValidity", json!({"years": 1, "days": 30}))],
            "spec.order.orderValidity",
            "exactly one of years",
        ),
        case(
            "no validity",
            vec![("/spec/order/orderValidity", json!({}))],
            "spec.order.orderValidity",
            "exactly one of years",
        ),
        case(
            "another CSR without one",
            vec![("/spec/replacementCSR", json!(csr()))],
            "spec.replacementCSR",
            "only an order with csProvisioningMethod email",
        ),
        case(
            "two other CSRs",
            vec![
                email(),
                ("/spec/order/certificate", json!({"csr": csr()})),
                ("/spec/replacementCSR", json!(csr())),
                (
                    "/spec/replacementCSRFrom",
                    json!({"configMapKeyRef": {"name": "a", "key": "b"}}),
                ),
            ],
            "spec.replacementCSRFrom",
            "not both",
        ),
        case(
            "a curve of no size",
            vec![("/spec/order/certificate", json!({"csrKeyType": "ecc"}))],
            "spec.order.certificate.keySize",
            "needs keySize",
        ),
    ]
}

fn wrong_values() -> Vec<Wrong> {
    let person = |key: &'static str, value: Value| vec![(key, value)];
    let email = || ("/spec/order/csProvisioningMethod", json!("email"));
    let sized = |certificate: Value| vec![("/spec/order/certificate", certificate)];
    vec![
        case(
            "a size that is none",
            sized(json!({"keySize": 1024})),
            "spec.order.certificate.keySize",
            "write 2048, 3072 or 4096",
        ),
        case(
            "a size of the other type",
            sized(json!({"keySize": 3072, "csrKeyType": "ecc"})),
            "spec.order.certificate.keySize",
            "p-256 or p-384 for csrKeyType ecc",
        ),
        case(
            "a use twice",
            sized(
                json!({"usageDesignation": {"additionalUsages": ["document_signing", "document_signing"]}}),
            ),
            "spec.order.certificate.usageDesignation.additionalUsages",
            "each use once",
        ),
        case(
            "a private key",
            vec![
                email(),
                (
                    "/spec/order/certificate",
                    json!({"csr": format!("{}-----BEGIN PRIVATE KEY-----\nSECRETKEY\n-----END PRIVATE KEY-----", csr().trim())}),
                ),
            ],
            "spec.order.certificate.csr",
            "this is a private key",
        ),
        case(
            "no PEM",
            vec![
                email(),
                ("/spec/order/certificate", json!({"csr": "MIIBpersonal"})),
            ],
            "spec.order.certificate.csr",
            "write the CSR or public key in PEM",
        ),
        case(
            "a token in comments",
            vec![(
                "/spec/order/comments",
                json!("Hidden dso-abcdefghijklmnopqrstuvwxyz"),
            )],
            "spec.order.comments",
            "looks like an order key",
        ),
        case(
            "an address that is none",
            vec![(
                "/spec/order/additionalEmails",
                json!(["a@example.com", "zebulon"]),
            )],
            "spec.order.additionalEmails",
            "each entry must be one e-mail address",
        ),
        case(
            "a shouted payment method",
            vec![("/spec/order/paymentMethod", json!("BALANCE"))],
            "spec.order.paymentMethod",
            "in small letters",
        ),
        case(
            "a date upside down",
            vec![(
                "/spec/order/orderValidity",
                json!({"customExpirationDate": "09-06-2027"}),
            )],
            "spec.order.orderValidity.customExpirationDate",
            "YYYY-MM-DD",
        ),
        case(
            "a mail address that is none",
            person("/spec/order/individual/email", json!("zebulon at home")),
            "spec.order.individual.email",
            "write one e-mail address",
        ),
        case(
            "a mail address with a line break",
            person("/spec/order/individual/email", json!("zebulon@example.com\n")),
            "spec.order.individual.email",
            "write one e-mail address",
        ),
        case(
            "a telephone without country",
            person("/spec/order/individual/telephone", json!("555-777-8888")),
            "spec.order.individual.telephone",
            "with country code in quotes",
        ),
        case(
            "a country in full",
            person("/spec/order/individual/country", json!("Hidden")),
            "spec.order.individual.country",
            "two-letter country code",
        ),
    ]
}
