//! The kinds: every field, its rule, its default and its name at CertCentral.

use std::fmt::Write as _;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps,
};

use super::markdown::{GENERATED, cell, code, table};
use super::schema::{self, Property};
use super::wire_names::WireNames;
use crate::api::{ANNOTATIONS, crds};

/// `orders.md`
pub fn orders() -> String {
    let mut text = head("DocumentSigningOrder");
    text.push_str(
        "`spec.order` is the order: its fields are the parameters of CertCentral's page, whose names stand beside them. \
What is not set is not sent, except for the defaults named here.\n",
    );
    let root = root("DocumentSigningOrder");
    let properties = Property::of(&root);
    let wire = WireNames::of(&order_fields());
    for name in ["spec", "status"] {
        text.push_str(&section(&properties, name, Some(&wire)));
    }
    text.push_str("\n## Rules between spec and status\n\n");
    for rule in schema::rules(&root, "") {
        let _ = writeln!(text, "- {rule}");
    }
    text.push_str("\n## Keys of the Secret of creditCardFrom\n\n");
    let rows: Vec<_> = wire
        .card_keys
        .iter()
        .map(|(key, name, shape)| vec![code(key), code(name), format!("{shape}; **required**")])
        .collect();
    text.push_str(&table(&["key", "at CertCentral", "value"], &rows));
    text.push_str("\nThe Secrets of individualFrom and shipInfoFrom have the names of the fields of individual and shipInfo as keys.\n");
    text.push_str("\n## What the operator adds\n\n");
    for name in &wire.added {
        let _ = writeln!(
            text,
            "- {}: the token of the order key, by which the order is found again. It is also the first line of {}, unless the approval is skipped.",
            code(name),
            code("comments")
        );
    }
    text.push_str("\n## Annotations\n\n");
    let rows: Vec<_> = ANNOTATIONS
        .iter()
        .map(|(name, about)| vec![code(name), cell(about)])
        .collect();
    text.push_str(&table(&["annotation", "meaning"], &rows));
    text
}

/// `accounts.md`
pub fn accounts() -> String {
    let mut text = head("CertCentralAccount");
    let properties = Property::of(&root("CertCentralAccount"));
    for name in ["spec", "status"] {
        text.push_str(&section(&properties, name, None));
    }
    text.push_str(&head("ClusterCertCentralAccount").replace(GENERATED, "\n"));
    text.push_str("It has all the fields above, its Secret and ConfigMap are in the operator's namespace, and it has these fields of its own.\n");
    let mut own = root("ClusterCertCentralAccount");
    let shared = fields_of(&properties, "spec");
    if let Some(spec) = own.properties.as_mut().and_then(|all| all.get_mut("spec")) {
        spec.description = None;
        spec.x_kubernetes_validations = None;
        if let Some(fields) = &mut spec.properties {
            fields.retain(|name, _| !shared.contains(name));
        }
    }
    text.push_str(&section(&Property::of(&own), "spec", None));
    text
}

/// `purchases.md`
pub fn purchases() -> String {
    let mut text = head("Purchase");
    text.push_str(&section(&Property::of(&root("Purchase")), "spec", None));
    text
}

/// The fields of `spec.order`.
pub fn order_fields() -> Vec<Property> {
    let root = Property::of(&root("DocumentSigningOrder"));
    let spec = root.into_iter().find(|property| property.name == "spec");
    let order = spec.and_then(|spec| {
        spec.children
            .into_iter()
            .find(|property| property.name == "order")
    });
    order.map(|order| order.children).unwrap_or_default()
}

fn definition(kind: &str) -> Option<CustomResourceDefinition> {
    crds().into_iter().find(|crd| crd.spec.names.kind == kind)
}

fn root(kind: &str) -> JSONSchemaProps {
    definition(kind).as_ref().map(schema::root).unwrap_or_default()
}

fn section(properties: &[Property], name: &str, wire: Option<&WireNames>) -> String {
    let found = properties.iter().find(|property| property.name == name);
    found.map_or_else(String::new, |property| {
        schema::sections(
            name,
            &property.schema,
            &property.children,
            wire.map(|wire| &wire.fields),
        )
    })
}

fn fields_of(properties: &[Property], name: &str) -> Vec<String> {
    let objects = properties.iter().filter(|property| property.name == name);
    objects
        .flat_map(|property| property.children.iter().map(|child| child.name.clone()))
        .collect()
}

/// Title, names and columns of a kind.
fn head(kind: &str) -> String {
    let Some(crd) = definition(kind) else {
        return String::new();
    };
    let names = &crd.spec.names;
    let mut called = vec![code(&names.plural)];
    called.extend(names.short_names.iter().flatten().map(|name| code(name)));
    let about = schema::root(&crd).description.unwrap_or_default();
    let mut text = format!(
        "{GENERATED}\n# {kind}\n\n{} {} For kubectl: {}. API version {}.\n\n",
        cell(&about),
        match crd.spec.scope.as_str() {
            "Namespaced" => "Lives in a namespace.",
            _ => "Belongs to the whole cluster.",
        },
        called.join(", "),
        code(&format!(
            "{}/{}",
            crd.spec.group,
            crd.spec
                .versions
                .first()
                .map_or("", |version| version.name.as_str())
        )),
    );
    let columns = crd
        .spec
        .versions
        .iter()
        .flat_map(|version| version.additional_printer_columns.iter().flatten());
    let rows: Vec<_> = columns
        .map(|column| {
            let wide = if column.priority.unwrap_or(0) > 0 {
                " (`-o wide`)"
            } else {
                ""
            };
            let about = column.description.as_deref().unwrap_or_default();
            vec![
                format!("{}{wide}", column.name),
                code(&column.json_path),
                cell(about),
            ]
        })
        .collect();
    text.push_str(&table(&["column of `kubectl get`", "field", "meaning"], &rows));
    text.push('\n');
    text
}
