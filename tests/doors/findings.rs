//! What no schema can see in a CSR is a finding at its field, before anything is sent: wherever the CSR stands.

use docsign::api::DocumentSigningOrder;
use docsign::cli::Rules;
use docsign::domain::request::{Confidential, Severity, Sources};
use docsign::simulator::Clock;
use serde_json::{Value, json};

use super::cases::changed;
use super::judge::check;
use super::page::{self, Page};
use super::requests::{self, Request};
use super::samples;

#[test]
fn what_can_not_be_ordered_for_is_found_at_its_field_wherever_it_stands() {
    let page = Page::at(Clock::real().now());
    let rules = Rules::new();
    let bases = samples::orders("2027-06-09");
    let requests = requests::all();
    for Request {
        name,
        text,
        orderable,
    } in &requests
    {
        let expected = |field: &str| {
            if *orderable {
                vec![]
            } else {
                vec![field.to_owned()]
            }
        };
        for (field, place) in [
            ("spec.order.certificate.csr", "/spec/order/certificate/csr"),
            ("spec.replacementCSR", "/spec/replacementCSR"),
        ] {
            let checked = check(
                &rules,
                &changed(bases[1].clone(), place, Some(json!(text))),
                &page,
            );
            assert_eq!(checked.fields, expected(field), "{name}");
            let said = checked.said.to_string();
            assert!(
                !said.contains("Zebulon") && !said.contains("MII"),
                "{name}: {said}"
            );
        }
        // What is read from elsewhere loses the mark or blank that some editors write before it.
        if !name.starts_with("behind") {
            let field = "spec.order.certificate.csrFrom";
            assert_eq!(by_reference(&bases[2], text, &page), expected(field), "{name}");
        }
    }
    let refused = requests.iter().filter(|request| !request.orderable).count();
    println!(
        "{} texts in the place of a CSR, {refused} of them found at their field",
        requests.len()
    );
}

/// The fields that the operator names where the order's CSR comes from a ConfigMap with this text.
fn by_reference(manifest: &Value, text: &str, page: &Page) -> Vec<String> {
    let object: DocumentSigningOrder = serde_json::from_value(manifest.clone()).unwrap();
    let mut order = object.spec.order.unwrap();
    order.order_validity = serde_json::from_value(json!({"years": 1})).unwrap();
    let sources = Sources {
        csr: Some(Confidential::new(text)),
        ..page::sources(&order)
    };
    let findings = page::render(&order, &sources, page.today)
        .err()
        .unwrap_or_default();
    let errors = findings
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.field).collect()
}
