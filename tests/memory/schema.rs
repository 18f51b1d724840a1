//! What a definition's schema does to an object: unknown fields and nulls go, defaults come, wrong types and values
//! are refused.

use serde_json::{Map, Value};

/// Prunes and defaults everything but apiVersion, kind and metadata.
pub fn apply(schema: &Value, object: &mut Value) {
    let metadata = object.get_mut("metadata").map(Value::take);
    prune(schema, object, true);
    default(schema, object);
    if let (Some(metadata), Some(object)) = (metadata, object.as_object_mut()) {
        object.insert("metadata".to_owned(), metadata);
    }
}

/// What the schema refuses: `(field, message)`.
pub fn violations(schema: &Value, object: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    check(schema, object, "", &mut found);
    found
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

fn preserves(schema: &Value) -> bool {
    schema
        .get("x-kubernetes-preserve-unknown-fields")
        .is_some_and(|preserves| preserves == true)
}

fn prune(schema: &Value, value: &mut Value, root: bool) {
    match value {
        Value::Object(fields) => {
            let known = properties(schema);
            let others = schema.get("additionalProperties");
            fields.retain(|name, value| {
                if root && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    return true;
                }
                let of_field = known.and_then(|known| known.get(name)).or(others);
                match of_field {
                    Some(of_field) => {
                        if value.is_null() && of_field.get("nullable").is_none() {
                            return false;
                        }
                        prune(of_field, value, false);
                        true
                    }
                    None => preserves(schema),
                }
            });
        }
        Value::Array(items) => {
            if let Some(of_item) = schema.get("items") {
                for item in items {
                    prune(of_item, item, false);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn default(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, of_field) in properties(schema).into_iter().flatten() {
                if let Some(default) = of_field.get("default")
                    && !fields.contains_key(name)
                {
                    fields.insert(name.clone(), default.clone());
                }
                if let Some(value) = fields.get_mut(name) {
                    default(of_field, value);
                }
            }
        }
        Value::Array(items) => {
            if let Some(of_item) = schema.get("items") {
                for item in items {
                    default(of_item, item);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    let mut wrong = |what: String| found.push((path.trim_start_matches('.').to_owned(), what));
    if schema.get("x-kubernetes-int-or-string").is_none()
        && let Some(wanted) = schema.get("type").and_then(Value::as_str)
        && !is(wanted, value)
    {
        wrong(format!("must be of type {wanted}"));
        return;
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        wrong("Unsupported value".to_owned());
    }
    if let Some(number) = value.as_f64() {
        let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
        if bound("minimum").is_some_and(|least| number < least)
            || bound("maximum").is_some_and(|most| number > most)
        {
            wrong("out of range".to_owned());
        }
    }
    let count = |name: &str| schema.get(name).and_then(Value::as_u64);
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        if count("minLength").is_some_and(|least| length < least)
            || count("maxLength").is_some_and(|most| length > most)
        {
            wrong("of the wrong length".to_owned());
        }
    }
    if let Some(items) = value.as_array() {
        let length = items.len() as u64;
        if count("minItems").is_some_and(|least| length < least)
            || count("maxItems").is_some_and(|most| length > most)
        {
            wrong("of the wrong length".to_owned());
        }
        if let Some(of_item) = schema.get("items") {
            for (position, item) in items.iter().enumerate() {
                check(of_item, item, &format!("{path}[{position}]"), found);
            }
        }
    }
    if let Some(fields) = value.as_object() {
        for name in schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let name = name.as_str().unwrap_or_default();
            if !fields.contains_key(name) {
                let field = format!("{path}.{name}");
                found.push((
                    field.trim_start_matches('.').to_owned(),
                    "Required value".to_owned(),
                ));
            }
        }
        for (name, of_field) in properties(schema).into_iter().flatten() {
            if let Some(value) = fields.get(name) {
                check(of_field, value, &format!("{path}.{name}"), found);
            }
        }
    }
}

fn is(wanted: &str, value: &Value) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("a schema of type {other}"),
    }
}
