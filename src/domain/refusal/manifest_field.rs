//! From a parameter's name at CertCentral to the field of the manifest that it comes from.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSONSchemaProps, JSONSchemaPropsOrArray,
};

use crate::api::crds;

/// Parameters that the page's table puts beside `certificate`, or that an error names without it.
const OF_THE_CERTIFICATE: [&str; 4] = ["csr", "key_size", "csr_key_type", "signature_hash"];

/// The field of the manifest that a parameter comes from: `individual.first_name` from
/// `spec.order.individual.firstName`. `None`: no field of the manifest leads to such a parameter.
///
/// The manifest has the page's names in camelCase, with two exceptions: the container, and the card, which is read
/// from a Secret.
pub fn manifest_field(parameter: &str) -> Option<String> {
    let parts: Vec<&str> = parameter.split('.').collect();
    let path = match parts.as_slice() {
        ["container" | "container_id", ..] => "containerId".to_owned(),
        ["credit_card", option @ ("save_credit_card" | "set_as_default")] => {
            format!("creditCardFrom.{}", camel_case(option))
        }
        ["credit_card", ..] => "creditCardFrom".to_owned(),
        [leaf] if OF_THE_CERTIFICATE.contains(leaf) => format!("certificate.{}", camel_case(leaf)),
        parts => {
            let names = parts.iter().filter(|part| !is_index(part));
            names.map(|part| camel_case(part)).collect::<Vec<_>>().join(".")
        }
    };
    FIELDS.contains(&path).then(|| format!("spec.order.{path}"))
}

/// The field that names a Secret to read this one from instead, where there is one.
pub fn secret_field(field: &str) -> Option<&'static str> {
    const SECRETS: [(&str, &str); 2] = [
        ("spec.order.individual.", "spec.order.individualFrom"),
        ("spec.order.shipInfo.", "spec.order.shipInfoFrom"),
    ];
    let found = SECRETS.iter().find(|(object, _)| field.starts_with(object));
    found.map(|(_, secret)| *secret)
}

/// An error may name one entry of a list.
fn is_index(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |mut name, word| {
        let mut letters = word.chars();
        name.extend(letters.next().map(|letter| letter.to_ascii_uppercase()));
        name.extend(letters);
        name
    })
}

/// All fields below spec.order, as paths.
static FIELDS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut fields = BTreeSet::new();
    let order = crds()
        .into_iter()
        .filter(|crd| crd.spec.names.kind == "DocumentSigningOrder")
        .flat_map(|crd| crd.spec.versions)
        .filter_map(|version| version.schema?.open_api_v3_schema?.properties)
        .filter_map(|mut root| root.remove("spec")?.properties?.remove("order"));
    for order in order {
        collect(&order, "", &mut fields);
    }
    fields
});

fn collect(schema: &JSONSchemaProps, path: &str, fields: &mut BTreeSet<String>) {
    for (name, property) in schema.properties.iter().flatten() {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        collect(property, &path, fields);
        if let Some(JSONSchemaPropsOrArray::Schema(items)) = &property.items {
            collect(items, &path, fields);
        }
        fields.insert(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_leads_to_the_field_it_comes_from() {
        for (parameter, field) in [
            ("individual.first_name", Some("individual.firstName")),
            ("ship_info.addr1", Some("shipInfo.addr1")),
            (
                "certificate.usage_designation.primary_usage",
                Some("certificate.usageDesignation.primaryUsage"),
            ),
            ("additional_emails.0", Some("additionalEmails")),
            ("custom_fields.3.metadata_id", Some("customFields.metadataId")),
            ("container.id", Some("containerId")),
            ("credit_card.cvv", Some("creditCardFrom")),
            (
                "credit_card.save_credit_card",
                Some("creditCardFrom.saveCreditCard"),
            ),
            ("csr", Some("certificate.csr")),
            ("payment_method", Some("paymentMethod")),
            ("renewal_of_order_id", Some("renewalOfOrderId")),
            ("alternative_order_id", None),
            ("organization.id", None),
            ("individual.firstname\u{7}", None),
            ("", None),
        ] {
            let field = field.map(|field| format!("spec.order.{field}"));
            assert_eq!(manifest_field(parameter), field, "{parameter}");
        }
    }
}
