//! The admission rules offline: the same table as on the real API server (crd.rs), without one.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the tables of a test are well formed, or the test fails"
)]

mod manifests;

use docsign::api::{AdmissionRules, crds};
use manifests::{assert_nothing_personal, client_app, edits, right, with, wrong};
use serde_json::Value;

const EXAMPLES: [(&str, &str); 3] = [
    ("ship-token", include_str!("../examples/ship-token.yaml")),
    ("client-app", include_str!("../examples/client-app.yaml")),
    ("email", include_str!("../examples/email.yaml")),
];

/// The rules of orders.
fn rules() -> AdmissionRules {
    AdmissionRules::of("DocumentSigningOrder").unwrap()
}

#[test]
fn accept_what_is_right_and_name_the_field_of_what_is_wrong() {
    for (name, changes) in right() {
        assert_eq!(
            rules().violations(&with(client_app(), &changes), None),
            [],
            "{name}"
        );
    }
    for case in wrong() {
        let violations = rules().violations(&with(client_app(), &case.changes), None);
        let [violation] = violations.as_slice() else {
            panic!("{}: {violations:?}", case.name)
        };
        assert_eq!(violation.field, case.field, "{}", case.name);
        assert!(
            violation.message.contains(case.message),
            "{}: {}",
            case.name,
            violation.message
        );
        assert_nothing_personal(&violation.message, case.name);
    }
}

#[test]
fn accept_the_examples() {
    for (name, text) in EXAMPLES {
        let example: Value = serde_saphyr::from_str(text).unwrap();
        assert_eq!(rules().violations(&example, None), [], "{name}");
    }
}

#[test]
fn they_freeze_as_the_server_does() {
    for (name, status, edits) in edits() {
        let mut old = with(client_app(), &[("/status", status.clone())]);
        for (changes, refusal) in edits {
            let new = with(with(client_app(), &changes), &[("/status", status.clone())]);
            let violations = rules().violations(&new, Some(&old));
            match refusal {
                None => {
                    assert_eq!(violations, [], "{name}, {changes:?}");
                    old = new;
                }
                Some((field, message)) => assert!(
                    violations
                        .iter()
                        .any(|found| found.field == field && found.message.contains(message)),
                    "{name}, {changes:?}: {violations:?}"
                ),
            }
        }
    }
}

#[test]
fn every_field_of_a_manifest_is_described_and_bounded() {
    fn walk(path: &str, schema: &Value, faults: &mut Vec<String>) {
        let kind = schema["type"].as_str().unwrap_or_default();
        if kind == "string" && schema.get("enum").is_none() && schema.get("maxLength").is_none() {
            faults.push(format!("{path}: no maxLength"));
        }
        if kind == "array" {
            if schema.get("maxItems").is_none() {
                faults.push(format!("{path}: no maxItems"));
            }
            if schema["x-kubernetes-list-type"] != "atomic" {
                faults.push(format!("{path}: not atomic"));
            }
            walk(&format!("{path}[]"), &schema["items"], faults);
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            if property["description"].as_str().is_none_or(|text| text.len() < 9) {
                faults.push(format!("{path}: no description"));
            }
            if property.get("pattern").is_some() {
                faults.push(format!("{path}: a pattern echoes the value"));
            }
            walk(&path, property, faults);
        }
    }
    let mut faults = Vec::new();
    for crd in crds().iter().filter(|crd| crd.spec.names.kind != "Purchase") {
        let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
        walk(
            &crd.spec.names.kind,
            &schema["openAPIV3Schema"]["properties"]["spec"],
            &mut faults,
        );
    }
    // A label selector is Kubernetes' own type.
    faults.retain(|fault| !fault.contains("allowedNamespaces.selector"));
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn no_rule_keeps_the_operator_from_writing_what_certcentral_says() {
    fn walk(path: &str, schema: &Value, faults: &mut Vec<String>) {
        for bound in [
            "enum",
            "pattern",
            "maxLength",
            "maxItems",
            "maximum",
            "minimum",
            "required",
        ] {
            if schema.get(bound).is_some() {
                faults.push(format!("{path}: {bound}"));
            }
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            walk(&format!("{path}.{name}"), property, faults);
        }
        if let Some(items) = schema.get("items") {
            walk(&format!("{path}[]"), items, faults);
        }
    }
    let order = crds().remove(0);
    let schema = serde_json::to_value(&order.spec.versions[0].schema).unwrap();
    let mut faults = Vec::new();
    walk(
        "status",
        &schema["openAPIV3Schema"]["properties"]["status"],
        &mut faults,
    );
    // A condition is Kubernetes' own type; nothing in it repeats CertCentral.
    assert_eq!(faults, ["status.conditions[]: required"]);
}
