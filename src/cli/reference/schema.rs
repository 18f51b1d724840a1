//! A kind's schema as tables: one section per object, one row per field, and the rules below.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use serde_json::Value;

use super::markdown::{cell, code};

/// Objects with at most so many fields are told within the table of the object that holds them.
const SMALL: usize = 4;

/// A field of a kind.
#[derive(Clone, Debug)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its schema.
    pub schema: JSONSchemaProps,
    /// Its object needs it.
    pub required: bool,
    /// It is a list.
    pub list: bool,
    /// The fields of the object, or of the objects in the list.
    pub children: Vec<Self>,
    /// What may stand in a list of words.
    pub items_enum: Vec<Value>,
}

impl Property {
    /// The fields of an object.
    pub fn of(schema: &JSONSchemaProps) -> Vec<Self> {
        let required = schema.required.clone().unwrap_or_default();
        let fields = schema.properties.iter().flatten();
        fields
            .map(|(name, schema)| {
                let items = match &schema.items {
                    Some(JSONSchemaPropsOrArray::Schema(items)) => Some(items.as_ref()),
                    Some(JSONSchemaPropsOrArray::Schemas(_)) | None => None,
                };
                let words = items.and_then(|items| items.enum_.as_ref());
                Self {
                    name: name.clone(),
                    required: required.contains(name),
                    list: items.is_some(),
                    children: Self::of(items.unwrap_or(schema)),
                    items_enum: words.into_iter().flatten().map(|word| word.0.clone()).collect(),
                    schema: schema.clone(),
                }
            })
            .collect()
    }

    /// What stands before the names of the fields in it.
    pub fn path_below(&self, path: &str) -> String {
        format!("{path}{}{}", self.name, if self.list { "[]." } else { "." })
    }

    fn fields(&self) -> usize {
        self.children.iter().map(|child| 1 + child.fields()).sum()
    }

    fn has_section(&self) -> bool {
        self.fields() > SMALL
    }

    /// The schema whose rules hold for the object, or for each in the list.
    fn object(&self) -> &JSONSchemaProps {
        match &self.schema.items {
            Some(JSONSchemaPropsOrArray::Schema(items)) => items,
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => &self.schema,
        }
    }
}

/// The schema of a kind, and its fields.
pub fn root(crd: &CustomResourceDefinition) -> JSONSchemaProps {
    let versions = crd.spec.versions.iter();
    let mut schemas = versions.filter_map(|version| version.schema.as_ref()?.open_api_v3_schema.clone());
    schemas.next().unwrap_or_default()
}

/// The section of an object at `path` (without a dot at its end), and the sections of the objects in it.
pub fn sections(
    path: &str,
    schema: &JSONSchemaProps,
    properties: &[Property],
    wire: Option<&BTreeMap<String, String>>,
) -> String {
    let mut text = format!("\n## {path}\n\n");
    if let Some(about) = &schema.description {
        let _ = writeln!(text, "{}\n", cell(about));
    }
    // Parameters of CertCentral's page are below spec.order alone.
    let of_order = (path == "spec.order" || path.starts_with("spec.order."))
        .then_some(wire)
        .flatten();
    text.push_str(match of_order {
        Some(_) => "| field | at CertCentral | value | meaning |\n|---|---|---|---|\n",
        None => "| field | value | meaning |\n|---|---|---|\n",
    });
    let mut rules = rules(schema, "");
    let mut below = Vec::new();
    let mut table = Table {
        path: format!("{path}."),
        wire: of_order,
        text: &mut text,
        rules: &mut rules,
        below: &mut below,
    };
    table.rows(properties, "");
    if !rules.is_empty() {
        text.push_str("\nRules:\n\n");
        for rule in rules {
            let _ = writeln!(text, "- {rule}");
        }
    }
    for (path, property) in below {
        text.push_str(&sections(&path, property.object(), &property.children, wire));
    }
    text
}

struct Table<'a, 'p> {
    path: String,
    wire: Option<&'a BTreeMap<String, String>>,
    text: &'a mut String,
    rules: &'a mut Vec<String>,
    below: &'a mut Vec<(String, &'p Property)>,
}

impl<'p> Table<'_, 'p> {
    fn rows(&mut self, properties: &'p [Property], prefix: &str) {
        for property in properties {
            let name = format!("{prefix}{}", property.name);
            let whole = format!("{}{name}", self.path);
            let meaning = property.schema.description.as_deref().unwrap_or_default();
            let section = property
                .has_section()
                .then(|| format!("{whole}{}", if property.list { "[]" } else { "" }));
            let value = value(property, section.as_deref());
            let _ = match self.wire {
                None => writeln!(self.text, "| {} | {value} | {} |", code(&name), cell(meaning)),
                Some(wire) => {
                    let field = whole.trim_start_matches("spec.order.");
                    let parameter = wire.get(field).map_or_else(|| "–".to_owned(), |name| code(name));
                    writeln!(
                        self.text,
                        "| {} | {parameter} | {value} | {} |",
                        code(&name),
                        cell(meaning)
                    )
                }
            };
            if let Some(section) = section {
                self.below.push((section, property));
                continue;
            }
            self.rules.extend(rules(&property.schema, &name));
            if property.list {
                self.rules.extend(rules(property.object(), &name));
            }
            self.rows(&property.children, &property.path_below(prefix));
        }
    }
}

/// What may stand in a field: type, bounds, words, default, and whether it has to be there.
fn value(property: &Property, section: Option<&str>) -> String {
    let schema = &property.schema;
    let mut said = vec![match section {
        Some(section) => {
            let anchor: String = section.chars().filter(char::is_ascii_alphanumeric).collect();
            let link = format!("[{section}](#{})", anchor.to_lowercase());
            if property.list {
                format!("list of objects, {link}")
            } else {
                format!("object, {link}")
            }
        }
        None => kind(schema, &property.items_enum),
    }];
    said.extend(bounds("characters", schema.min_length, schema.max_length));
    said.extend(bounds("entries", schema.min_items, schema.max_items));
    said.extend(range(schema));
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &schema.items {
        let each = bounds("characters each", items.min_length, items.max_length);
        said.extend(
            each.into_iter()
                .chain(range(items).map(|range| format!("each {range}"))),
        );
    }
    match &schema.default {
        Some(default) if section.is_none() && property.children.is_empty() => {
            said.push(format!(
                "default {}",
                code(&default.0.to_string().replace('"', ""))
            ));
        }
        None if property.required => said.push("**required**".to_owned()),
        Some(_) | None => {}
    }
    said.join(", ")
}

fn kind(schema: &JSONSchemaProps, items_enum: &[Value]) -> String {
    if schema.x_kubernetes_int_or_string == Some(true) {
        return "number or text".to_owned();
    }
    let words = |words: &mut dyn Iterator<Item = &Value>| {
        let words: Vec<String> = words
            .map(|word| code(&word.to_string().replace('"', "")))
            .collect();
        words.join(", ")
    };
    if let Some(allowed) = &schema.enum_ {
        return words(&mut allowed.iter().map(|word| &word.0));
    }
    match schema.type_.as_deref() {
        Some("string") if schema.format.as_deref() == Some("date-time") => "time".to_owned(),
        Some("string") => "text".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") if !items_enum.is_empty() => format!("list of {}", words(&mut items_enum.iter())),
        Some("array") => match &schema.items {
            Some(JSONSchemaPropsOrArray::Schema(items)) => match items.type_.as_deref() {
                Some("integer") => "list of numbers".to_owned(),
                Some("object") => "list of objects".to_owned(),
                Some(_) | None => "list of texts".to_owned(),
            },
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => "list".to_owned(),
        },
        Some("object") => match &schema.additional_properties {
            Some(JSONSchemaPropsOrBool::Schema(_)) => "map of texts".to_owned(),
            Some(JSONSchemaPropsOrBool::Bool(_)) | None => "object".to_owned(),
        },
        Some(_) | None => "any".to_owned(),
    }
}

fn bounds(what: &str, least: Option<i64>, most: Option<i64>) -> Option<String> {
    match (least.filter(|least| *least > 0), most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most} {what}")),
        (Some(least), None) => Some(format!("at least {least} {what}")),
        (None, Some(most)) => Some(format!("at most {most} {what}")),
        (None, None) => None,
    }
}

fn range(schema: &JSONSchemaProps) -> Option<String> {
    match (schema.minimum, schema.maximum) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

/// The rules of a schema in words, for the field of this name.
pub fn rules(schema: &JSONSchemaProps, name: &str) -> Vec<String> {
    let rules = schema.x_kubernetes_validations.iter().flatten();
    rules
        .map(|rule| {
            let below = rule.field_path.as_deref().unwrap_or_default();
            let field = format!("{name}{below}");
            let field = field.trim_start_matches('.');
            let message = cell(rule.message.as_deref().unwrap_or(&rule.rule));
            if field.is_empty() {
                message
            } else {
                format!("{}: {message}", code(field))
            }
        })
        .collect()
}
