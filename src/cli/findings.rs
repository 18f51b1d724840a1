//! What is wrong with a manifest, as far as it can be said without a cluster.

use std::collections::HashMap;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::documents::{Document, Place};
use super::shape;
use super::stand_in;
use crate::api::{AdmissionRules, DocumentSigningOrder, GROUP, VERSION, crds};
use crate::domain::csr::Csr;
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::domain::private_key;
use crate::domain::request::{Finding, Marks, Severity, order_request};

/// One thing to do about a manifest. It quotes nothing of what the manifest holds but names of fields.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The file; `-` is standard input.
    pub file: String,
    /// Which document of the file, counted from 1.
    pub document: usize,
    /// metadata.name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The path of the field.
    pub field: String,
    /// What to do.
    pub message: String,
    /// The order can be placed all the same.
    pub warning: bool,
}

impl Found {
    /// A finding at this place.
    pub fn error(place: &Place, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: place.file.clone(),
            document: place.document,
            name: place.name.clone(),
            field: field.into(),
            message: message.into(),
            warning: false,
        }
    }

    /// Where it is, as lines begin.
    pub fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            document: self.document,
            name: self.name.clone(),
        }
    }
}

/// The rules of all kinds.
pub struct Rules {
    kinds: HashMap<String, (Value, AdmissionRules)>,
}

/// What a manifest turned out to be.
pub struct Judged {
    /// What is to do about it.
    pub found: Vec<Found>,
    /// The order that it asks for, where it can be read as one.
    pub order: Option<DocumentSigningOrder>,
    /// Whether the API server would refuse it by its schema and rules.
    pub inadmissible: bool,
}

impl Judged {
    /// Whether the API server or the operator would refuse it.
    pub fn is_wrong(&self) -> bool {
        self.found.iter().any(|found| !found.warning)
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::new()
    }
}

impl Rules {
    /// The rules of this version's CustomResourceDefinitions.
    pub fn new() -> Self {
        let kinds = crds().into_iter().filter_map(|crd| {
            let kind = crd.spec.names.kind;
            let schema = crd.spec.versions.into_iter().next()?.schema?.open_api_v3_schema?;
            let rules = AdmissionRules::of(&kind)?;
            Some((kind, (serde_json::to_value(schema).ok()?, rules)))
        });
        Self {
            kinds: kinds.collect(),
        }
    }

    /// Judges a manifest as it would be judged on `today`.
    pub fn judge(&self, document: &Document, today: Date) -> Judged {
        let mut judged = Judged {
            found: Vec::new(),
            order: None,
            inadmissible: false,
        };
        let place = &document.place;
        let kind = document
            .value
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some((schema, rules)) = self.kinds.get(kind) else {
            let mut kinds: Vec<_> = self.kinds.keys().map(String::as_str).collect();
            kinds.sort_unstable();
            let message = format!("write one of {}", kinds.join(", "));
            judged.found.push(Found::error(place, "kind", message));
            return judged;
        };
        if document.value.get("apiVersion").and_then(Value::as_str) != Some(&format!("{GROUP}/{VERSION}")) {
            let message = format!("write {GROUP}/{VERSION}");
            judged.found.push(Found::error(place, "apiVersion", message));
        }
        if place.name.is_none() && document.value.pointer("/metadata/generateName").is_none() {
            let message = "write a name of lower-case letters, digits, hyphens and dots";
            judged.found.push(Found::error(place, "metadata.name", message));
        }
        if let Some(spec) = document.value.get("spec") {
            private_key::find(spec, "spec", shape::below, &mut |field| {
                judged
                    .found
                    .push(Found::error(place, field, private_key::IN_A_MANIFEST));
            });
        }
        let (meant, misfits) = shape::compare(schema, &document.value);
        let readable = misfits.iter().all(|misfit| misfit.unknown);
        judged.inadmissible = !misfits.is_empty();
        let misfits = misfits.into_iter().map(|misfit| (misfit.field, misfit.message));
        judged.add(place, misfits);
        if !readable {
            // As the API server: rules between fields are judged once each field is one.
            return judged;
        }
        let violations = rules.violations(&meant, None);
        judged.inadmissible |= !violations.is_empty();
        judged.add(
            place,
            violations.into_iter().map(|found| (found.field, found.message)),
        );
        if kind == "DocumentSigningOrder"
            && let Ok(order) = serde_json::from_value::<DocumentSigningOrder>(meant)
        {
            judged.order(place, &order, today);
            judged.order = Some(order);
        }
        judged
    }
}

impl Judged {
    /// Adds what is to do, one line a field: the first to speak of it says the most.
    fn add(&mut self, place: &Place, found: impl Iterator<Item = (String, String)>) {
        for (field, message) in found {
            if !self.found.iter().any(|known| known.field == field) {
                self.found.push(Found::error(place, field, message));
            }
        }
    }

    /// What no schema can see: the CSR, dates, and what does not go together.
    fn order(&mut self, place: &Place, order: &DocumentSigningOrder, today: Date) {
        if let Some(Err(error)) = order.spec.replacement_csr.as_deref().map(Csr::parse) {
            let finding = ("spec.replacementCSR".to_owned(), error.to_string());
            self.add(place, std::iter::once(finding));
        }
        let Some(wanted) = &order.spec.order else { return };
        let (wanted, sources) = stand_in::sources_for(wanted);
        let Ok(cluster) = ClusterName::parse("check") else {
            return;
        };
        let name = place.name.clone().unwrap_or_default();
        let token = OrderKey::new(cluster, "check", name, order.spec.revision).token();
        let marks = Marks {
            token: &token,
            alternative_order_id: true,
        };
        let findings = match order_request(&wanted, &sources, marks, today) {
            Ok(request) => request.warnings().to_vec(),
            Err(findings) => findings,
        };
        for Finding {
            field,
            message,
            severity,
        } in findings
        {
            if !self.found.iter().any(|known| known.field == field) {
                self.found.push(Found {
                    warning: severity == Severity::Warning,
                    ..Found::error(place, field, message)
                });
            }
        }
    }
}
