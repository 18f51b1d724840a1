//! What a request may say.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::simulator::order_check::{Validity, check};

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// Sets, or with no value removes, what a dotted path names.
fn with(mut order: Value, path: &str, value: Option<Value>) -> Value {
    let mut parts: Vec<&str> = path.split('.').collect();
    let last = parts.pop().unwrap();
    let parent = parts.iter().fold(&mut order, |at, part| &mut at[*part]);
    match value {
        Some(value) => parent[last] = value,
        None => {
            parent.as_object_mut().unwrap().remove(last);
        }
    }
    order
}

fn codes(order: &Value) -> Vec<String> {
    match check(order, now()) {
        Ok(_) => Vec::new(),
        Err(refusal) => refusal.errors.into_iter().map(|finding| finding.code).collect(),
    }
}

fn paid_by_card() -> Value {
    let mut order = email_order();
    order["payment_method"] = json!("card");
    order["credit_card"] = json!({
        "number": "4111111111111111", "expiration_month": "01", "expiration_year": "2027", "cvv": "333",
        "cardholder_name": "John Doe", "save_credit_card": null, "set_as_default": "0",
    });
    order["billing_address"] =
        json!({"address": "360 Taylor Street", "city": "Richmond", "country": "us", "zip": "69662"});
    order
}

#[test]
fn the_three_examples_of_the_page_are_accepted() {
    for order in [ship_token_order(), client_app_order(), email_order()] {
        assert_eq!(codes(&order), Vec::<String>::new(), "{order}");
    }
}

#[test]
fn every_documented_parameter_is_accepted() {
    let mut order = paid_by_card();
    order["certificate"]["server_platform"] = json!({"id": -1});
    order["certificate"]["ca_cert_id"] = json!("f7slk4shv9s2wr3");
    order["ship_info"] = ship_token_order()["ship_info"].clone();
    order["ship_info"]["addr2"] = json!("");
    order["comments"] = json!("");
    order["user_id_assignments"] = json!([1, 2]);
    order["renewal_of_order_id"] = json!(5_000_000_000_u64);
    order["csa_agreed_to"] = json!(true);
    order["promo_code"] = json!("P");
    order["order_validity"] = json!({"days": 1095, "years": 1, "custom_expiration_date": "09 JUN 2027"});
    order["individual"]["state"] = json!("va");
    order["individual"]["city"] = json!("Richmond");
    order["individual"]["zip"] = json!("69662");
    order["skip_approval"] = json!(false);
    order["alternative_order_id"] = json!("dso-abc");
    order["container"] = json!({"id": 5});
    order["custom_fields"] = json!([{"metadata_id": 12, "value": "x"}]);
    assert_eq!(codes(&order), Vec::<String>::new());
}

#[test]
fn each_required_parameter_is_asked_for_by_its_path() {
    for path in [
        "certificate",
        "certificate.usage_designation",
        "certificate.usage_designation.primary_usage",
        "cs_provisioning_method",
        "order_validity",
        "individual",
        "individual.first_name",
        "individual.last_name",
        "individual.email",
        "individual.telephone",
        "individual.country",
        "payment_method",
        "ship_info.name",
        "ship_info.addr1",
        "ship_info.addr2",
        "ship_info.city",
        "ship_info.state",
        "ship_info.zip",
        "ship_info.country",
        "ship_info.method",
    ] {
        assert_eq!(
            codes(&with(ship_token_order(), path, None)),
            [format!("required_param:{path}")]
        );
    }
    for path in [
        "credit_card",
        "credit_card.number",
        "credit_card.expiration_month",
        "credit_card.expiration_year",
        "credit_card.cvv",
        "credit_card.cardholder_name",
        "credit_card.set_as_default",
        "billing_address",
        "billing_address.address",
        "billing_address.city",
        "billing_address.country",
    ] {
        assert_eq!(
            codes(&with(paid_by_card(), path, None)),
            [format!("required_param:{path}")]
        );
    }
    assert_eq!(
        codes(&with(email_order(), "certificate.csr", None)),
        ["required_param:certificate.csr"]
    );
    assert_eq!(
        codes(&with(email_order(), "order_validity", Some(json!({})))),
        ["required_param:order_validity.years"]
    );
    assert_eq!(
        codes(&with(email_order(), "individual.first_name", Some(json!("")))),
        ["required_param:individual.first_name"]
    );
}

#[test]
fn a_value_outside_the_documented_ones_is_refused_by_its_path() {
    for (path, value) in [
        ("certificate", json!([])),
        ("certificate.server_platform", json!({"id": "-1"})),
        ("certificate.ca_cert_id", json!(7)),
        ("certificate.usage_designation.primary_usage", json!("encryption")),
        (
            "certificate.usage_designation.additional_usages",
            json!("document_signing"),
        ),
        ("certificate.csr", json!(true)),
        ("certificate.key_size", json!(1024)),
        ("certificate.key_size", json!("2048")),
        ("certificate.key_size", json!("p-256")),
        ("certificate.csr_key_type", json!("RSA")),
        ("certificate.signature_hash", json!("sha-256")),
        ("cs_provisioning_method", json!("none")),
        ("ship_info", json!("home")),
        ("ship_info.method", json!("standard")),
        ("ship_info.zip", json!(69662)),
        ("comments", json!(null)),
        ("renewal_of_order_id", json!("112233")),
        ("additional_emails", json!("a@example.com")),
        ("user_id_assignments", json!({})),
        ("csa_agreed_to", json!("true")),
        ("order_validity.years", json!(4)),
        ("order_validity.years", json!("1")),
        ("order_validity.days", json!(1096)),
        ("order_validity.custom_expiration_date", json!("2027-06-09")),
        ("order_validity.custom_expiration_date", json!("9 JUN 2027")),
        ("order_validity.custom_expiration_date", json!("09 jun 2027")),
        ("order_validity.custom_expiration_date", json!("31 FEB 2027")),
        ("order_validity.custom_expiration_date", json!("21 NOV 2026")),
        ("order_validity.custom_expiration_date", json!("24 NOV 2029")),
        ("individual.email", json!("g")),
        ("individual.telephone", json!("11234567890")),
        ("individual.country", json!("usa")),
        ("individual.state", json!(1)),
        ("payment_method", json!("cash")),
        ("skip_approval", json!(1)),
        ("container", json!(5)),
        ("alternative_order_id", json!("")),
        ("alternative_order", json!("dso-abc")),
        ("organization", json!({"id": 1})),
        ("individual.title", json!("Dr.")),
    ] {
        let order = with(
            with(ship_token_order(), "certificate.csr_key_type", Some(json!("rsa"))),
            path,
            Some(value),
        );
        let found = codes(&order);
        let of_path = |code: &String| code.starts_with(&format!("invalid_param:{path}"));
        assert!(found.iter().any(of_path), "{path}: {found:?}");
    }
}

#[test]
fn only_the_two_documented_curves_are_accepted_for_ecc() {
    let ecc = |size: Value| {
        let order = with(email_order(), "certificate.csr_key_type", Some(json!("ecc")));
        codes(&with(order, "certificate.key_size", Some(size)))
    };
    assert_eq!(ecc(json!("p-256")), Vec::<String>::new());
    assert_eq!(ecc(json!("p-384")), Vec::<String>::new());
    assert_eq!(ecc(json!("p-354")), ["invalid_param:certificate.key_size"]);
    assert_eq!(ecc(json!(3072)), ["invalid_param:certificate.key_size"]);
}

#[test]
fn all_findings_of_a_request_come_together_and_items_of_lists_are_numbered() {
    let order = with(
        email_order(),
        "additional_emails",
        Some(json!(["a@example.com", "b"])),
    );
    let order = with(order, "payment_method", None);
    assert_eq!(
        codes(&order),
        [
            "invalid_param:additional_emails.1",
            "required_param:payment_method"
        ]
    );
}

#[test]
fn a_csr_has_to_be_readable_signed_and_of_an_allowed_key() {
    let with_csr = |csr: &str| codes(&with(email_order(), "certificate.csr", Some(json!(csr))));
    let good = one_line(RSA_3072);
    for readable in [
        good.as_str(),
        RSA_3072,
        P_384,
        include_str!("../fixtures/p-384.pub.pem"),
    ] {
        assert_eq!(with_csr(readable), Vec::<String>::new());
    }
    let armour = "-----BEGIN CERTIFICATE REQUEST-----";
    let tampered = good.replacen("MII", "MIJ", 1);
    let (body, end) = good.split_at(good.len() - 60);
    let forged = format!("{body}{}", end.replacen(|c: char| c.is_ascii_lowercase(), "A", 1));
    for unreadable in [
        tampered,
        forged,
        good.replace(armour, ""),
        good.replace('/', "\\/"),
        "x".to_owned(),
    ] {
        assert_eq!(with_csr(&unreadable), ["csr_invalid_cannot_parse"]);
    }
    assert_eq!(
        with_csr(include_str!("../fixtures/rsa-1024.csr")),
        ["invalid_csr_key"]
    );
}

#[test]
fn a_date_overrides_days_and_days_override_years() {
    let validity = |value: Value| {
        check(&with(email_order(), "order_validity", Some(value)), now())
            .unwrap()
            .validity
    };
    assert_eq!(validity(json!({"years": 3})), Validity::Years(3));
    assert_eq!(validity(json!({"years": 3, "days": 10})), Validity::Days(10));
    let until = validity(json!({"years": 3, "days": 10, "custom_expiration_date": "09 JUN 2027"}));
    assert_eq!(until.end(now()), "2027-06-09T23:59:59Z".parse().unwrap());
}
