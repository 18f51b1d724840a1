//! The reference says what the code does, all of it, and nothing else.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::kinds::order_fields;
use super::schema::Property;
use super::wire_names::WireNames;
use super::*;
use crate::domain::refusal::manifest_field;

/// Fields that are for the operator alone: CertCentral is told nothing of them.
const NOT_SENT: [&str; 3] = [
    "creditCard",
    "creditCardFrom.afterOrder",
    "creditCardFrom.secretRef",
];

fn all() -> Vec<(&'static str, String)> {
    files(crate::cli::command())
}

#[test]
fn committed_reference_is_that_of_the_code() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for (name, text) in all() {
        let committed = std::fs::read_to_string(directory.join(name)).unwrap_or_default();
        assert!(
            committed == text,
            "docs/reference/{name} is stale; run: make docs"
        );
    }
    let committed = std::fs::read_dir(&directory).unwrap().count();
    assert_eq!(
        committed,
        all().len(),
        "docs/reference holds a file that nothing writes"
    );
}

/// The simulator has CertCentral's page as a table of its own, written independently of the manifest.
#[test]
fn every_parameter_of_the_page_stands_in_the_reference_beside_the_field_it_comes_from() {
    let names = WireNames::of(&order_fields());
    let from_manifest: BTreeSet<&str> = names
        .fields
        .values()
        .map(String::as_str)
        .chain(names.card_keys.iter().map(|(_, name, _)| name.as_str()))
        .chain(names.added.iter().map(String::as_str))
        .collect();
    let page = crate::simulator::parameters();
    let is_object = |name: &str| page.iter().any(|other| other.starts_with(&format!("{name}.")));
    let leaves: BTreeSet<&str> = page
        .iter()
        .map(String::as_str)
        .filter(|name| !is_object(name))
        .collect();
    let sent: BTreeSet<&str> = from_manifest
        .iter()
        .copied()
        .filter(|name| !is_object(name))
        .collect();
    assert_eq!(sent, leaves, "what is sent, and what the page has");
    let (_, orders) = all().swap_remove(0);
    let missing: Vec<_> = page
        .iter()
        .filter(|name| name.as_str() != "container" && !orders.contains(&format!("| `{name}` |")))
        .filter(|name| !orders.contains(&format!("- `{name}`: ")))
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert_eq!(page.len(), 65);
}

#[test]
fn every_field_of_the_order_is_sent_or_known_not_to_be() {
    let names = WireNames::of(&order_fields());
    let mut silent = Vec::new();
    leaves(&order_fields(), "", &mut silent);
    silent.retain(|field| !names.fields.contains_key(field));
    // A name of a Secret, ConfigMap or order is no parameter; what is behind it is.
    silent.retain(|field| !field.contains("From.") && !field.starts_with("renewalOf."));
    silent.retain(|field| !NOT_SENT.contains(&field.as_str()));
    assert_eq!(silent, Vec::<String>::new());
}

/// An error of CertCentral's names a parameter; the operator names the field it comes from.
#[test]
fn the_way_back_from_a_parameter_leads_to_its_field() {
    let names = WireNames::of(&order_fields());
    for (field, name) in &names.fields {
        // What comes from elsewhere has the name of what could stand in the manifest.
        if field.ends_with("From") || field == "renewalOf" {
            continue;
        }
        let field = format!("spec.order.{}", field.replace("[]", ""));
        assert_eq!(manifest_field(name), Some(field), "{name}");
    }
    for (_, name, _) in &names.card_keys {
        assert_eq!(
            manifest_field(name).as_deref(),
            Some("spec.order.creditCardFrom"),
            "{name}"
        );
    }
    for name in &names.added {
        assert_eq!(manifest_field(name), None, "{name}");
    }
}

fn leaves(properties: &[Property], path: &str, found: &mut Vec<String>) {
    for property in properties {
        if property.children.is_empty() {
            found.push(format!("{path}{}", property.name));
        } else {
            leaves(&property.children, &property.path_below(path), found);
        }
    }
}
