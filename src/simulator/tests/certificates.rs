//! Issued certificates, read with another library than the one that made them.

use data_encoding::HEXUPPER;
use jiff::Timestamp;
use serde_json::{Value, json};
use x509_parser::{
    certificate::X509Certificate,
    certification_request::X509CertificationRequest,
    pem::{Pem, parse_x509_pem},
    prelude::FromDer as _,
};

use super::*;
use crate::simulator::state::Decision;

/// Places an order, has it issued, and downloads its chain.
fn chain_of(world: &mut World, order: &Value) -> (u64, Vec<Pem>) {
    let id = world.place(order)["id"].as_u64().unwrap();
    for decision in [Decision::Approve, Decision::Validate, Decision::Issue] {
        world.state.decide(id, &decision, world.now).unwrap();
    }
    let path = format!("/certificate/download/order/{id}/format/pem_all");
    let pem = world.call("GET", &path, &Value::Null).unwrap().body;
    assert!(pem.contains("\r\n"));
    (
        id,
        Pem::iter_from_buffer(pem.as_bytes())
            .map(Result::unwrap)
            .collect(),
    )
}

#[test]
fn the_certificate_is_for_the_key_of_the_csr_and_chains_to_the_root() {
    for (csr, kind) in [(RSA_3072, "rsa"), (RSA_4096, "rsa"), (P_384, "ecc")] {
        let mut world = World::new(People::Manual);
        let mut order = email_order();
        order["certificate"]["csr"] = json!(one_line(csr));
        order["certificate"]["csr_key_type"] = json!(kind);
        order["certificate"]["key_size"] = if kind == "rsa" {
            json!(3072)
        } else {
            json!("p-384")
        };
        let (_, chain) = chain_of(&mut world, &order);
        let chain: Vec<X509Certificate<'_>> = chain.iter().map(|pem| pem.parse_x509().unwrap()).collect();
        let [leaf, intermediate, root] = chain.as_slice() else {
            panic!("{} certificates", chain.len())
        };

        let (_, pem) = parse_x509_pem(csr.as_bytes()).unwrap();
        let (_, request) = X509CertificationRequest::from_der(&pem.contents).unwrap();
        assert_eq!(
            leaf.public_key().raw,
            request.certification_request_info.subject_pki.raw
        );
        leaf.verify_signature(Some(intermediate.public_key())).unwrap();
        intermediate.verify_signature(Some(root.public_key())).unwrap();
        root.verify_signature(None).unwrap();
        assert!(!leaf.is_ca() && intermediate.is_ca() && root.is_ca());
    }
}

#[test]
fn the_certificate_says_what_was_ordered() {
    let mut world = World::new(People::Manual);
    let mut order = client_app_order();
    order["order_validity"] = json!({"years": 2});
    order["certificate"]["usage_designation"]["additional_usages"] =
        json!(["document_signing", "adobe_authentic_documents_trust"]);
    let (id, chain) = chain_of(&mut world, &order);
    let leaf = chain[0].parse_x509().unwrap();

    assert_eq!(leaf.subject().to_string(), "C=US, CN=Jonh Doe");
    let until: Timestamp = "2028-11-22T12:00:00Z".parse().unwrap();
    assert_eq!(leaf.validity().not_before.timestamp(), world.now.as_second());
    assert_eq!(leaf.validity().not_after.timestamp(), until.as_second());
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert_eq!(usage.flags, 0b11, "digital signature and non-repudiation alone");
    let extended = leaf.extended_key_usage().unwrap().unwrap().value;
    let oids: Vec<String> = extended.other.iter().map(ToString::to_string).collect();
    assert_eq!(oids, ["1.2.840.113583.1.1.5", "1.3.6.1.5.5.7.3.36"]);

    let info = world.read(&format!("/order/certificate/{id}"));
    assert_eq!(info["certificate"]["valid_till"], "2028-11-22");
    assert_eq!(
        info["certificate"]["serial_number"],
        json!(HEXUPPER.encode(leaf.raw_serial()))
    );
}

#[test]
fn there_is_nothing_to_download_before_issuance_but_a_certificate_id() {
    let mut world = World::new(People::Manual);
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    world.state.decide(id, &Decision::Approve, world.now).unwrap();
    let certificate = world.read(&format!("/order/certificate/{id}"))["certificate"]["id"]
        .as_u64()
        .unwrap();
    assert!(certificate > u64::from(u32::MAX));
    let path = format!("/certificate/{certificate}/download/format/pem_all");
    assert_eq!(
        world.code("GET", &path, &Value::Null),
        (404, vec!["not_found|certificate".to_owned()])
    );
}

#[test]
fn a_replaced_csr_is_the_one_that_is_answered() {
    let mut world = World::new(People::Manual);
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    let path = format!("/order/certificate/{id}/csr");
    let replacement = json!({ "csr": one_line(RSA_3072) });
    assert_eq!(
        world.code("POST", &path, &replacement),
        (400, vec!["invalid_order_status".to_owned()])
    );
    world.state.decide(id, &Decision::Approve, world.now).unwrap();
    assert_eq!(world.call("POST", &path, &replacement).unwrap().status, 204);
    let bad = json!({ "csr": "x" });
    assert_eq!(
        world.code("POST", &path, &bad),
        (400, vec!["csr_invalid_cannot_parse".to_owned()])
    );
    assert_eq!(
        world.read(&format!("/order/certificate/{id}"))["certificate"]["csr"],
        one_line(RSA_3072)
    );
}
