//! What is sent for which manifest, against CertCentral's page.

mod discretion;
mod round_trip;

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::*;
use crate::api::DocumentSigningOrder;
use crate::domain::order_key::{ClusterName, OrderKey};

const TODAY: Date = date(2026, 6, 9);

fn token() -> Token {
    OrderKey::new(ClusterName::parse("prod").unwrap(), "signing", "jane-doe", 1).token()
}

fn request(order: &Order, sources: &Sources) -> Result<OrderRequest, Vec<Finding>> {
    order_request(
        order,
        sources,
        Marks {
            token: &token(),
            alternative_order_id: true,
        },
        TODAY,
    )
}

fn sent(order: &Order) -> Value {
    serde_json::to_value(request(order, &Sources::default()).unwrap()).unwrap()
}

fn order(value: Value) -> Order {
    serde_json::from_value(value).unwrap()
}

fn client_app() -> Value {
    json!({
        "csProvisioningMethod": "client_app",
        "orderValidity": {"years": 1},
        "individual": {"firstName": "Jane", "lastName": "Doe", "email": "jane@example.com",
            "telephone": "+1-555-555-5555", "country": "us", "state": "ut"},
        "paymentMethod": "balance",
    })
}

/// The manifest with one change: a value at a place, or null to take it away.
fn with(mut value: Value, changes: &[(&str, Value)]) -> Order {
    for (pointer, change) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        if change.is_null() {
            parent.remove(key);
        } else {
            parent.insert(key.to_owned(), change.clone());
        }
    }
    order(value)
}

fn manifest(text: &str) -> Order {
    serde_saphyr::from_str::<DocumentSigningOrder>(text)
        .unwrap()
        .spec
        .order
        .unwrap()
}

const CSR_PEM: &str = include_str!("../../../examples/own-token.csr.pem");

/// What the page's three requests have in common, as valid JSON.
fn page(method: &str) -> Value {
    json!({
        "certificate": {
            "signature_hash": "sha256",
            "usage_designation": {
                "primary_usage": "signing",
                "additional_usages":
                    ["adobe_authentic_documents_trust", "ms_document_signing", "document_signing"],
            },
        },
        "cs_provisioning_method": method,
        "custom_renewal_message": "Renew me",
        "additional_emails": ["jill.valentine@example.com", "leon.kennedy@example.com"],
        "order_validity": {"years": 1},
        "individual": {"first_name": "Jonh", "last_name": "Doe", "email": "g@g.com",
            "telephone": "+11234567890", "country": "us", "job_title": "Analyst"},
        "payment_method": "balance",
        // documented additions
        "alternative_order_id": token().as_str(),
        "comments": token().as_str(),
        "csa_agreed_to": true,
    })
}

#[test]
fn the_first_request_of_the_page_is_sent_field_by_field() {
    let mut expected = page("ship_token");
    expected["ship_info"] = json!({"name": "John Doe", "addr1": "360 Taylor Street", "addr2": "Floor 74",
        "city": "Richmond", "state": "va", "zip": "69662", "country": "us", "method": "EXPEDITED"});
    assert_eq!(
        sent(&manifest(include_str!("../../../examples/ship-token.yaml"))),
        expected
    );
}

#[test]
fn the_second_request_of_the_page_is_sent_field_by_field() {
    assert_eq!(
        sent(&manifest(include_str!("../../../examples/client-app.yaml"))),
        page("client_app")
    );
}

#[test]
fn the_third_request_of_the_page_is_sent_field_by_field_with_a_csr_of_our_own() {
    let mut expected = page("email");
    expected["certificate"]["csr"] = CSR_PEM.replace('\n', "").into();
    // The page says 2048 beside a CSR with another key.
    expected["certificate"]["key_size"] = 3072.into();
    expected["certificate"]["csr_key_type"] = "rsa".into();
    assert_eq!(
        sent(&manifest(include_str!("../../../examples/email.yaml"))),
        expected
    );
}

#[test]
fn the_keys_travel_in_the_order_of_the_page() {
    let text = serde_json::to_string(
        &request(
            &manifest(include_str!("../../../examples/ship-token.yaml")),
            &Sources::default(),
        )
        .unwrap(),
    )
    .unwrap();
    let keys = [
        "certificate",
        "cs_provisioning_method",
        "ship_info",
        "comments",
        "custom_renewal_message",
        "additional_emails",
        "csa_agreed_to",
        "order_validity",
        "individual",
        "payment_method",
        "alternative_order_id",
    ];
    let places: Vec<_> = keys
        .iter()
        .map(|key| text.find(&format!("\"{key}\":")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn the_token_travels_where_it_may() {
    let commented = with(client_app(), &[("/comments", json!("please be quick"))]);
    assert_eq!(
        sent(&commented)["comments"],
        json!(format!("{}\nplease be quick", token()))
    );
    let skipping = with(
        client_app(),
        &[("/skipApproval", json!(true)), ("/comments", json!("kept"))],
    );
    assert_eq!(
        (&sent(&skipping)["comments"], &sent(&skipping)["skip_approval"]),
        (&json!("kept"), &json!(true))
    );
    let marks = Marks {
        token: &token(),
        alternative_order_id: false,
    };
    let plain = order_request(&order(client_app()), &Sources::default(), marks, TODAY).unwrap();
    assert_eq!(
        serde_json::to_value(plain).unwrap().get("alternative_order_id"),
        None
    );
}

#[test]
fn key_type_and_size_come_from_the_csr_and_are_a_string_for_a_curve() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let email = with(
        client_app(),
        &[
            ("/csProvisioningMethod", json!("email")),
            ("/certificate", json!({"csr": key.public_key_pem()})),
        ],
    );
    let certificate = &sent(&email)["certificate"];
    assert_eq!(
        (&certificate["key_size"], &certificate["csr_key_type"]),
        (&json!("p-384"), &json!("ecc"))
    );
}

#[test]
fn a_custom_date_is_spelt_as_on_the_page_and_lies_within_three_years() {
    let dated = |text: &str| {
        with(
            client_app(),
            &[("/orderValidity", json!({"customExpirationDate": text}))],
        )
    };
    assert_eq!(
        sent(&dated("2027-06-09"))["order_validity"],
        json!({"custom_expiration_date": "09 JUN 2027"})
    );
    assert_eq!(
        sent(&dated("2029-06-09"))["order_validity"],
        json!({"custom_expiration_date": "09 JUN 2029"})
    );
    for (text, message) in [
        (
            "2029-06-10",
            "the date must lie within three years from the day of the order",
        ),
        ("2026-06-09", "the date must lie in the future"),
        ("2027-02-30", "this date does not exist; write it as YYYY-MM-DD"),
    ] {
        let findings = request(&dated(text), &Sources::default()).unwrap_err();
        assert_eq!(
            findings,
            [Finding::error(
                "spec.order.orderValidity.customExpirationDate",
                message
            )]
        );
    }
}

#[test]
fn what_is_missing_or_too_much_is_found_at_its_field() {
    let person = json!({"secretRef": {"name": "person"}});
    let cases: [(&[(&str, Value)], &str); 14] = [
        (
            &[("/csProvisioningMethod", json!("email"))],
            "spec.order.certificate.csr",
        ),
        (
            &[("/certificate", json!({"csr": CSR_PEM}))],
            "spec.order.certificate.csr",
        ),
        (
            &[("/certificate", json!({"keySize": 1024}))],
            "spec.order.certificate.keySize",
        ),
        (
            &[
                ("/csProvisioningMethod", json!("email")),
                ("/certificate", json!({"csr": CSR_PEM, "csrKeyType": "ecc"})),
            ],
            "spec.order.certificate.csrKeyType",
        ),
        (
            &[("/csProvisioningMethod", json!("ship_token"))],
            "spec.order.shipInfo",
        ),
        (&[("/shipInfoFrom", person.clone())], "spec.order.shipInfoFrom"),
        (
            &[(
                "/certificate",
                json!({"csrFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}),
            )],
            "spec.order.certificate.csrFrom",
        ),
        (&[("/individual", Value::Null)], "spec.order.individual"),
        (
            &[("/individualFrom", person.clone())],
            "spec.order.individualFrom",
        ),
        (
            &[("/individual", Value::Null), ("/individualFrom", person)],
            "spec.order.individualFrom",
        ),
        (
            &[("/renewalOf", json!({"name": "earlier"}))],
            "spec.order.renewalOf",
        ),
        (
            &[("/comments", json!(format!("see {}", token())))],
            "spec.order.comments",
        ),
        (
            &[("/orderValidity", json!({"years": 1, "days": 3}))],
            "spec.order.orderValidity",
        ),
        (
            &[
                ("/paymentMethod", json!("card")),
                (
                    "/billingAddress",
                    json!({"address": "a", "city": "b", "country": "us"}),
                ),
            ],
            "spec.order.creditCardFrom",
        ),
    ];
    for (changes, field) in cases {
        let result = request(&with(client_app(), changes), &Sources::default());
        let fields: Vec<_> = result
            .err()
            .into_iter()
            .flatten()
            .map(|finding| finding.field)
            .collect();
        assert_eq!(fields, [field], "{changes:?}");
    }
}

#[test]
fn what_may_not_be_meant_is_a_warning() {
    let odd = with(
        client_app(),
        &[
            ("/csProvisioningMethod", json!("email")),
            ("/certificate", json!({"csr": CSR_PEM, "keySize": "2048"})),
            ("/individual/state", Value::Null),
        ],
    );
    let request = request(&odd, &Sources::default()).unwrap();
    let fields: Vec<_> = request
        .warnings()
        .iter()
        .map(|finding| finding.field.as_str())
        .collect();
    assert_eq!(
        fields,
        ["spec.order.certificate.keySize", "spec.order.individual.state"]
    );
    assert_eq!(
        serde_json::to_value(&request).unwrap()["certificate"]["key_size"],
        json!(2048)
    );
}

#[test]
fn the_digest_follows_what_is_ordered_and_nothing_else() {
    let digest = |order: &Order, sources: &Sources| {
        request(order, sources)
            .unwrap()
            .inputs_digest("salt", "CertCentralAccount/main")
    };
    let none = Sources::default();
    let plain = digest(&order(client_app()), &none);
    assert!(
        plain.starts_with("v1.salt.") && plain.len() == "v1.salt.".len() + 64,
        "{plain}"
    );
    let other = OrderKey::new(ClusterName::parse("prod").unwrap(), "signing", "other", 2).token();
    let marks = Marks {
        token: &other,
        alternative_order_id: false,
    };
    let under_another_key = order_request(&order(client_app()), &none, marks, TODAY).unwrap();
    assert_eq!(
        under_another_key.inputs_digest("salt", "CertCentralAccount/main"),
        plain
    );
    assert_ne!(
        under_another_key.inputs_digest("salt", "CertCentralAccount/other"),
        plain
    );
    assert_ne!(
        under_another_key.inputs_digest("pepper", "CertCentralAccount/main"),
        plain
    );
    assert_ne!(
        digest(
            &with(client_app(), &[("/orderValidity", json!({"years": 2}))]),
            &none
        ),
        plain
    );

    let by_secret = |name: &str| {
        with(
            client_app(),
            &[
                ("/individual", Value::Null),
                ("/individualFrom", json!({"secretRef": {"name": name}})),
            ],
        )
    };
    let person = |first_name: &str| {
        let text = json!({"firstName": first_name, "lastName": "Doe", "email": "j@example.com",
            "telephone": "+1-555-555-5555", "country": "us"});
        let data = text.as_object().unwrap().iter();
        let data = data.map(|(key, value)| (key.clone(), value.as_str().unwrap().as_bytes().to_vec()));
        Sources {
            individual: Some(Individual::parse(&data.collect()).unwrap()),
            ..Sources::default()
        }
    };
    let jane = digest(&by_secret("person"), &person("Jane"));
    assert_eq!(
        digest(&by_secret("person"), &person("Joan")),
        jane,
        "no hash of what a Secret holds"
    );
    assert_ne!(digest(&by_secret("somebody-else"), &person("Jane")), jane);
}

#[test]
fn nothing_personal_is_printed() {
    let mut email = manifest(include_str!("../../../examples/email.yaml"));
    email.comments = Some("for Jonh".to_owned());
    email.custom_renewal_message = Some("Jonh, your certificate expires".to_owned());
    let email = request(&email, &Sources::default()).unwrap();
    let ship = manifest(include_str!("../../../examples/ship-token.yaml"));
    let ship_request = request(&ship, &Sources::default()).unwrap();
    let printed = format!(
        "{email:?} {} {ship_request:?} {} {ship:?}",
        email.masked(),
        ship_request.masked()
    );
    for personal in [
        "Jonh",
        "Doe",
        "g@g.com",
        "1234567890",
        "valentine",
        "Taylor",
        "Richmond",
        "69662",
        "MIID",
    ] {
        assert!(!printed.contains(personal), "{personal}: {printed}");
    }
    assert_eq!(email.masked()["comments"], json!(format!("{}\n***", token())));
    assert_eq!(email.masked()["order_validity"], json!({"years": 1}));
    let says =
        "rsa, sha256: no Jonh Doe at G@G.COM (telephone +1 123 456 7890), and 'Your certificate expires'";
    assert_eq!(
        email.redact(says),
        "rsa, sha256: no [...] [...] at [...] (telephone +[...]), and 'Your certificate expires'"
    );
    assert_eq!(email.redact_code("invalid_Jonh"), "invalid_[...]");
}
