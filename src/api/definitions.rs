//! The CustomResourceDefinitions, as they are installed: what the types say, and what a derive can't say.

use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceColumnDefinition, CustomResourceDefinition, JSON, JSONSchemaProps, JSONSchemaPropsOrArray,
    JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use super::{CertCentralAccount, ClusterCertCentralAccount, DocumentSigningOrder, Purchase};

/// A column of `kubectl get`: name, type, path, description.
type Column = (&'static str, &'static str, &'static str, &'static str);

const READY: &str = ".status.conditions[?(@.type=='Ready')].status";
const REASON: &str = ".status.conditions[?(@.type=='Ready')].reason";
const AGE: Column = (
    "AGE",
    "date",
    ".metadata.creationTimestamp",
    "The age of the object.",
);

const ORDER_COLUMNS: &[Column] = &[
    ("ORDER", "integer", ".status.orderID", "The CertCentral order ID."),
    (
        "REQUEST",
        "string",
        ".status.requestStatus",
        "The status of the approval request.",
    ),
    (
        "STATUS",
        "string",
        ".status.orderStatus",
        "The status of the order.",
    ),
    (
        "CERTIFICATE",
        "integer",
        ".status.certificateID",
        "The certificate ID.",
    ),
    (
        "WAITING FOR",
        "string",
        ".status.waitingFor",
        "Who has to act next.",
    ),
    ("READY", "string", READY, "Whether the certificate is issued."),
    AGE,
];
const ORDER_WIDE_COLUMNS: &[Column] = &[
    ("REASON", "string", REASON, "Why it is ready or not."),
    (
        "EXPIRES",
        "string",
        ".status.certificate.notAfter",
        "The last day of the certificate.",
    ),
    (
        "KEY",
        "string",
        ".status.orderKey",
        "The name under which it is bought at most once.",
    ),
];
const ACCOUNT_COLUMNS: &[Column] = &[
    ("READY", "string", READY, "Whether orders can be placed."),
    ("REASON", "string", REASON, "Why it is ready or not."),
    ("REGION", "string", ".spec.region", "The region of CertCentral."),
    AGE,
];
const ACCOUNT_WIDE_COLUMNS: &[Column] = &[
    (
        "ENDPOINT",
        "string",
        ".spec.endpoint",
        "The address of the API, where no region is set.",
    ),
    (
        "CORRELATION",
        "string",
        ".status.correlation.method",
        "How well orders can be found again.",
    ),
];
const PURCHASE_COLUMNS: &[Column] = &[
    (
        "ORDER KEY",
        "string",
        ".spec.orderKey",
        "The name under which it is bought at most once.",
    ),
    ("STATE", "string", ".spec.state", "Whether it was bought."),
    ("REASON", "string", ".spec.reason", "Why the state is what it is."),
    ("ORDERS", "string", ".spec.orderIDs", "The CertCentral order IDs."),
    AGE,
];
const PURCHASE_WIDE_COLUMNS: &[Column] = &[
    (
        "ACCOUNT",
        "string",
        ".spec.account.name",
        "The account on which it was bought.",
    ),
    (
        "ATTEMPT",
        "string",
        ".spec.attempt.id",
        "The id of the attempt that may have bought.",
    ),
];

/// All CustomResourceDefinitions of the group, always in the same order.
pub fn crds() -> Vec<CustomResourceDefinition> {
    // Made once: the start of the operator asks again and again while it waits for them.
    static DEFINITIONS: LazyLock<Vec<CustomResourceDefinition>> = LazyLock::new(definitions);
    DEFINITIONS.clone()
}

fn definitions() -> Vec<CustomResourceDefinition> {
    let mut order = finished(DocumentSigningOrder::crd(), ORDER_COLUMNS, ORDER_WIDE_COLUMNS);
    for version in &mut order.spec.versions {
        let root = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut());
        if let Some(status) = root
            .and_then(|root| root.properties.as_mut())
            .and_then(|all| all.get_mut("status"))
        {
            // Without it a fresh object counts as Current for kstatus until the operator wrote for the first time.
            status.default = Some(JSON(serde_json::json!({ "observedGeneration": 0 })));
        }
    }
    vec![
        order,
        finished(CertCentralAccount::crd(), ACCOUNT_COLUMNS, ACCOUNT_WIDE_COLUMNS),
        finished(
            ClusterCertCentralAccount::crd(),
            ACCOUNT_COLUMNS,
            ACCOUNT_WIDE_COLUMNS,
        ),
        finished(Purchase::crd(), PURCHASE_COLUMNS, PURCHASE_WIDE_COLUMNS),
    ]
}

/// A CustomResourceDefinition as a YAML document, ending in a line break.
#[expect(
    clippy::expect_used,
    reason = "a definition holds strings, numbers, lists and maps with string keys only"
)]
pub fn crd_yaml(crd: &CustomResourceDefinition) -> String {
    // By way of a JSON value: its maps are sorted, so the text is stable.
    let value = serde_json::to_value(crd).expect("a definition is plain data");
    let mut text = serde_saphyr::to_string(&value).expect("a definition is plain data");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn finished(
    mut crd: CustomResourceDefinition,
    narrow: &[Column],
    wide: &[Column],
) -> CustomResourceDefinition {
    for version in &mut crd.spec.versions {
        let columns = narrow
            .iter()
            .map(|column| (column, None))
            .chain(wide.iter().map(|column| (column, Some(1))));
        version.additional_printer_columns = Some(
            columns
                .map(|(column, priority)| printed(*column, priority))
                .collect(),
        );
        if let Some(root) = version
            .schema
            .as_mut()
            .and_then(|schema| schema.open_api_v3_schema.as_mut())
        {
            finish(root);
        }
    }
    crd
}

fn printed((name, kind, path, description): Column, priority: Option<i32>) -> CustomResourceColumnDefinition {
    CustomResourceColumnDefinition {
        name: name.to_owned(),
        type_: kind.to_owned(),
        json_path: path.to_owned(),
        description: Some(description.to_owned()),
        priority,
        ..CustomResourceColumnDefinition::default()
    }
}

/// Finishes a schema and all schemas in it.
fn finish(schema: &mut JSONSchemaProps) {
    // The API server drops a null where a field is not nullable: a null then means the same as nothing, and
    // no rule has to know of it.
    schema.nullable = None;
    if let Some(description) = &mut schema.description {
        *description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    if schema.type_.as_deref() == Some("array") && schema.x_kubernetes_list_type.is_none() {
        // Lists that merge would buy a mixture of what two appliers asked for.
        schema.x_kubernetes_list_type = Some("atomic".to_owned());
    }
    for property in schema
        .properties
        .iter_mut()
        .flat_map(|properties| properties.values_mut())
    {
        finish(property);
    }
    match &mut schema.items {
        Some(JSONSchemaPropsOrArray::Schema(items)) => finish(items),
        Some(JSONSchemaPropsOrArray::Schemas(all)) => all.iter_mut().for_each(finish),
        None => {}
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        finish(values);
    }
}
