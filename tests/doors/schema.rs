//! What there is to test, read out of the CustomResourceDefinitions: every field, and every rule between fields.

use docsign::api::crds;
use serde_json::Value;

/// A kind and its schema.
pub struct Kind {
    /// Such as DocumentSigningOrder.
    pub name: String,
    /// Such as documentsigningorders.
    pub plural: String,
    pub namespaced: bool,
    /// The schema of the whole object.
    pub schema: Value,
}

/// One place of a schema.
#[derive(Clone)]
pub struct Node {
    /// Such as `spec.order.customFields[].value`; a value of a map is `spec.a{}`.
    pub path: String,
    pub schema: Value,
    /// Whether what it belongs to must have it.
    pub required: bool,
}

/// One CEL rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Rule {
    /// The field that a refusal names.
    pub field: String,
    /// What a refusal says.
    pub message: String,
    /// Where it stands.
    pub node: String,
    pub text: String,
}

/// The three kinds that people write.
pub fn kinds() -> Vec<Kind> {
    let written = crds().into_iter().filter(|crd| crd.spec.names.kind != "Purchase");
    written
        .map(|crd| {
            let schema = serde_json::to_value(&crd.spec.versions[0].schema).unwrap();
            Kind {
                name: crd.spec.names.kind,
                plural: crd.spec.names.plural,
                namespaced: crd.spec.scope == "Namespaced",
                schema: schema["openAPIV3Schema"].clone(),
            }
        })
        .collect()
}

impl Kind {
    /// Every place below `spec`, the parents before their fields.
    pub fn nodes(&self) -> Vec<Node> {
        let mut nodes = Vec::new();
        let spec = &self.schema["properties"]["spec"];
        walk("spec", spec, true, &mut |node| nodes.push(node));
        nodes
    }

    /// Every rule of the kind, the operator's own over its status too.
    pub fn rules(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        walk("", &self.schema, true, &mut |node| {
            let here = node.schema["x-kubernetes-validations"].as_array();
            rules.extend(here.into_iter().flatten().map(|rule| {
                let below = rule["fieldPath"].as_str().unwrap_or_default();
                Rule {
                    field: format!("{}{below}", node.path).trim_start_matches('.').to_owned(),
                    message: rule["message"].as_str().unwrap_or_default().to_owned(),
                    node: node.path.clone(),
                    text: rule["rule"].as_str().unwrap_or_default().to_owned(),
                }
            }));
        });
        rules
    }
}

impl Node {
    /// Whether nothing is below it.
    pub fn is_leaf(&self) -> bool {
        let none = |key: &str| self.schema.get(key).is_none();
        none("properties") && none("items") && none("additionalProperties")
    }

    /// Where it is in a manifest: of a list and of a map the first entry.
    pub fn pointer(&self, manifest: &Value) -> String {
        pointer(&self.path, manifest)
    }
}

/// The JSON pointer of a path, in a manifest whose lists and maps decide what the first entry is.
pub fn pointer(path: &str, manifest: &Value) -> String {
    let mut pointer = String::new();
    for part in path.split('.') {
        let name = part.trim_end_matches("[]").trim_end_matches("{}");
        pointer = format!("{pointer}/{name}");
        if part.ends_with("[]") {
            pointer.push_str("/0");
        } else if part.ends_with("{}") {
            let map = manifest.pointer(&pointer).and_then(Value::as_object);
            let first = map.and_then(|map| map.keys().next()).cloned();
            pointer = format!("{pointer}/{}", first.unwrap_or_else(|| "key".to_owned()));
        }
    }
    pointer
}

fn walk(path: &str, schema: &Value, required: bool, visit: &mut impl FnMut(Node)) {
    visit(Node {
        path: path.to_owned(),
        schema: schema.clone(),
        required,
    });
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if path.is_empty() && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
            continue;
        }
        let at = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let needed = schema["required"]
            .as_array()
            .is_some_and(|all| all.contains(&Value::from(name.as_str())));
        walk(&at, field, needed && field.get("default").is_none(), visit);
    }
    if let Some(items) = schema.get("items") {
        walk(&format!("{path}[]"), items, false, visit);
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|values| values.is_object())
    {
        walk(&format!("{path}{{}}"), values, false, visit);
    }
}
