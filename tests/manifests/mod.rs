//! Manifests that the admission rules refuse, each wrong in one place, and their right neighbours.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unused_imports, reason = "each test file uses its part")]

mod edits;
mod wrong;

use serde_json::{Value, json};

pub use edits::{Edit, edits, revision};
pub use wrong::{Wrong, wrong};

/// What must never come back in a message: all personal data of the manifests here, and every wrong value.
pub const PERSONAL: [&str; 8] = [
    "Zebulon",
    "Quux",
    "zebulon",
    "777-8888",
    "Hidden",
    "4111",
    "MIIBpersonal",
    "SECRETKEY",
];

/// No message quotes what a manifest says about a person.
pub fn assert_nothing_personal(text: &str, name: &str) {
    for personal in PERSONAL {
        assert!(!text.contains(personal), "{name}: {personal} in {text}");
    }
}

/// A change to a manifest: where, and to what; null takes away.
pub type Change = (&'static str, Value);

/// A manifest that is accepted: an order by client_app with the fewest fields there can be.
pub fn client_app() -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1",
        "kind": "DocumentSigningOrder",
        "metadata": {"name": "order"},
        "spec": {
            "accountRef": {"name": "main"},
            "order": {
                "csProvisioningMethod": "client_app",
                "orderValidity": {"years": 1},
                "individual": {"firstName": "Zebulon", "lastName": "Quux", "email": "zebulon@example.com",
                    "telephone": "+1-555-777-8888", "country": "us"},
                "paymentMethod": "balance",
            },
        },
    })
}

/// `value` with changes.
pub fn with(mut value: Value, changes: &[Change]) -> Value {
    for (pointer, change) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if change.is_null() {
            parent.remove(key);
        } else {
            parent.insert(key.to_owned(), change.clone());
        }
    }
    value
}

/// Changes of the small manifest that are accepted, by what they show.
pub fn right() -> Vec<(&'static str, Vec<Change>)> {
    let email = || ("/spec/order/csProvisioningMethod", json!("email"));
    let from = || json!({"secretRef": {"name": "source"}});
    vec![
        ("as it is", vec![]),
        (
            "email with a CSR",
            vec![email(), ("/spec/order/certificate", json!({"csr": csr()}))],
        ),
        (
            "a public key on one line",
            vec![
                email(),
                (
                    "/spec/order/certificate",
                    json!({"csr": "-----BEGIN PUBLIC KEY-----MIIB-----END PUBLIC KEY-----"}),
                ),
            ],
        ),
        (
            "a CSR from a ConfigMap",
            vec![
                email(),
                (
                    "/spec/order/certificate",
                    json!({"csrFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}, "csrKeyType": "ecc"}),
                ),
            ],
        ),
        (
            "a size as a number",
            vec![("/spec/order/certificate", json!({"keySize": 3072}))],
        ),
        (
            "a size as a string",
            vec![(
                "/spec/order/certificate",
                json!({"keySize": "4096", "csrKeyType": "rsa"}),
            )],
        ),
        (
            "a curve",
            vec![(
                "/spec/order/certificate",
                json!({"keySize": "p-384", "csrKeyType": "ecc"}),
            )],
        ),
        (
            "an address from a Secret",
            vec![
                ("/spec/order/csProvisioningMethod", json!("ship_token")),
                ("/spec/order/shipInfoFrom", from()),
            ],
        ),
        (
            "a person from a Secret",
            vec![
                ("/spec/order/individual", Value::Null),
                ("/spec/order/individualFrom", from()),
            ],
        ),
        (
            "a card from a Secret",
            vec![
                ("/spec/order/paymentMethod", json!("card")),
                (
                    "/spec/order/creditCardFrom",
                    json!({"secretRef": {"name": "card"}, "saveCreditCard": null}),
                ),
                (
                    "/spec/order/billingAddress",
                    json!({"address": "1 Hidden Road", "city": "Lehi", "country": "us"}),
                ),
            ],
        ),
        (
            "a date",
            vec![(
                "/spec/order/orderValidity",
                json!({"customExpirationDate": "2027-06-09"}),
            )],
        ),
        (
            "no order but an existing one",
            vec![
                ("/spec/order", Value::Null),
                ("/spec/existingOrderID", json!(112_233)),
            ],
        ),
        ("an explicit nothing", vec![("/spec/order/shipInfo", json!(null))]),
    ]
}

fn csr() -> &'static str {
    "\n  -----BEGIN CERTIFICATE REQUEST-----\nMIIBpersonal\n-----END CERTIFICATE REQUEST-----\n"
}
