//! Holds a manifest against the schema of its kind, and names the field that was meant by a misspelt one.

use serde_json::{Map, Value};

/// One thing that does not fit. It never quotes a value, and of names only those that can be names of fields.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Misfit {
    /// The path of the field, such as spec.order.individual.firstName.
    pub field: String,
    /// What to do.
    pub message: String,
    /// The field is not known; the rest can be judged as if it had its right name or were not there.
    pub unknown: bool,
}

/// Compares `object` with the schema of its kind. Gives back the object as it was meant: with the right names in
/// the place of misspelt ones, and without what nobody knows.
pub fn compare(schema: &Value, object: &Value) -> (Value, Vec<Misfit>) {
    let mut comparison = Comparison {
        root: schema,
        misfits: Vec::new(),
    };
    let mut schema = schema.clone();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for known in ["apiVersion", "kind", "metadata", "status"] {
            // Not ours to judge: names and labels are the API server's, and it drops a status.
            let anything = serde_json::json!({"x-kubernetes-preserve-unknown-fields": true});
            properties.insert(known.to_owned(), anything);
        }
    }
    let meant = comparison.meant(&schema, object, "");
    (meant.unwrap_or_default(), comparison.misfits)
}

const EMPTY: &str = "this is empty: write a value, or remove the field";

struct Comparison<'a> {
    root: &'a Value,
    misfits: Vec<Misfit>,
}

impl Comparison<'_> {
    /// The value as it was meant; `None` where it can't be.
    fn meant(&mut self, schema: &Value, value: &Value, path: &str) -> Option<Value> {
        if is_true(schema, "x-kubernetes-int-or-string") {
            return match value {
                Value::String(_) => self.allowed(schema, value, path),
                Value::Number(said) if said.is_i64() => self.allowed(schema, value, path),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    self.wrong(path, "write a whole number or text")
                }
            };
        }
        let wanted = text(schema, "type").unwrap_or_default();
        match (wanted, value) {
            (_, Value::Null) if !wanted.is_empty() => self.wrong(path, EMPTY),
            ("object", Value::Object(fields)) => Some(Value::Object(self.object(schema, fields, path))),
            ("array", Value::Array(items)) => Some(self.array(schema, items, path)),
            ("string", Value::String(said)) => {
                let length = said.chars().count() as u64;
                if number(schema, "maxLength").is_some_and(|most| length > most) {
                    let most = number(schema, "maxLength").unwrap_or_default();
                    self.add(path, format!("this is too long: at most {most} characters"));
                } else if number(schema, "minLength").is_some_and(|least| length < least) {
                    self.add(
                        path,
                        "this is empty: write a value, or remove the field".to_owned(),
                    );
                }
                self.allowed(schema, value, path)
            }
            ("integer", Value::Number(said)) => match said.as_i64() {
                Some(said) => {
                    self.bounds(schema, said, path);
                    Some(value.clone())
                }
                // The API server takes 1.0 for 1, but not where a rule reads it.
                None => self.wrong(path, "write a whole number, without a point and not as large"),
            },
            ("", _) | ("boolean", Value::Bool(_)) | ("number", Value::Number(_)) => Some(value.clone()),
            ("string", Value::Number(_) | Value::Bool(_)) => self.wrong(
                path,
                "YAML reads this as a number or as true or false: put it in quotes",
            ),
            ("string", _) => self.wrong(path, "write text here"),
            ("boolean", _) => self.wrong(path, "write true or false, without quotes"),
            ("integer", _) => self.wrong(path, "write a whole number, without quotes"),
            ("object", _) => self.wrong(path, "fields belong here, indented below this one"),
            ("array", _) => self.wrong(path, "write a list: one item a line, each behind a hyphen"),
            (_, _) => self.wrong(path, "this is of the wrong type"),
        }
    }

    fn object(&mut self, schema: &Value, fields: &Map<String, Value>, path: &str) -> Map<String, Value> {
        let Some(known) = schema.get("properties").and_then(Value::as_object) else {
            return self.map(schema, fields, path);
        };
        let mut meant = Map::new();
        // kubectl apply takes an empty field for one that is not there.
        for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
            let at = below(path, name);
            if let Some(schema) = known.get(name) {
                if let Some(value) = self.meant(schema, value, &at) {
                    meant.insert(name.clone(), value);
                }
            } else if is_true(schema, "x-kubernetes-preserve-unknown-fields") {
                meant.insert(name.clone(), value.clone());
            } else {
                let right = nearest(name, known.keys()).filter(|right| !fields.contains_key(*right));
                let message = match right {
                    Some(right) => format!("there is no such field; did you mean {right}?"),
                    None => match elsewhere(self.root, name) {
                        Some(place) => format!("there is no such field here; it belongs to {place}"),
                        None => "there is no such field; remove it".to_owned(),
                    },
                };
                self.misfits.push(Misfit {
                    field: at.clone(),
                    message,
                    unknown: true,
                });
                if let Some((right, schema)) = right.and_then(|right| Some((right, known.get(right)?)))
                    && let Some(value) = self.meant(schema, value, &at)
                {
                    meant.insert(right.clone(), value);
                }
            }
        }
        for name in strings(schema, "required") {
            let given = meant.contains_key(name) || fields.get(name).is_some_and(|value| !value.is_null());
            let field = known.get(name);
            let default = field.is_some_and(|field| field.get("default").is_some());
            // A name that is missing is told where names are judged.
            let elsewhere = path.is_empty() && name == "metadata";
            if !(given || default || elsewhere) {
                let about = field
                    .and_then(|field| text(field, "description"))
                    .map(first_sentence);
                let message = about.map_or_else(
                    || "this is missing; add it".to_owned(),
                    |about| format!("this is missing; add it ({about})"),
                );
                self.add(&below(path, name), message);
            }
        }
        meant
    }

    /// An object with names of its user's choice.
    fn map(&mut self, schema: &Value, fields: &Map<String, Value>, path: &str) -> Map<String, Value> {
        let Some(values) = schema
            .get("additionalProperties")
            .filter(|values| values.is_object())
        else {
            return fields.clone();
        };
        fields
            .iter()
            .filter(|(_, value)| !value.is_null())
            .filter_map(|(name, value)| {
                let value = self.meant(values, value, &below(path, name))?;
                Some((name.clone(), value))
            })
            .collect()
    }

    fn array(&mut self, schema: &Value, items: &[Value], path: &str) -> Value {
        let length = items.len() as u64;
        if let Some(most) = number(schema, "maxItems").filter(|most| length > *most) {
            self.add(path, format!("these are too many: at most {most}"));
        } else if let Some(least) = number(schema, "minItems").filter(|least| length < *least) {
            self.add(path, format!("these are too few: at least {least}"));
        }
        let anything = Value::Null;
        let schema = schema.get("items").unwrap_or(&anything);
        items
            .iter()
            .enumerate()
            .filter_map(|(position, item)| self.meant(schema, item, &format!("{path}[{position}]")))
            .collect()
    }

    fn allowed(&mut self, schema: &Value, value: &Value, path: &str) -> Option<Value> {
        let Some(allowed) = schema.get("enum").and_then(Value::as_array) else {
            return Some(value.clone());
        };
        if allowed.contains(value) {
            return Some(value.clone());
        }
        let words: Vec<String> = allowed
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let near = value.as_str().and_then(|said| nearest(said, words.iter()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        self.wrong(path, &format!("write one of {}{near}", words.join(", ")))
    }

    fn bounds(&mut self, schema: &Value, said: i64, path: &str) {
        let bound = |key| schema.get(key).and_then(Value::as_f64);
        #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
        let said = said as f64;
        if let Some(least) = bound("minimum").filter(|least| said < *least) {
            self.add(path, format!("write at least {least}"));
        } else if let Some(most) = bound("maximum").filter(|most| said > *most) {
            self.add(path, format!("write at most {most}"));
        }
    }

    fn wrong(&mut self, path: &str, message: &str) -> Option<Value> {
        self.add(path, message.to_owned());
        None
    }

    fn add(&mut self, path: &str, message: String) {
        self.misfits.push(Misfit {
            field: path.to_owned(),
            message,
            unknown: false,
        });
    }
}

/// The word that was meant: the same but for case, `_` and `-`; or the only one nearest by a few slips.
fn nearest<'a>(said: &str, words: impl Iterator<Item = &'a String> + Clone) -> Option<&'a String> {
    let plain = |word: &str| word.replace(['_', '-'], "").to_lowercase();
    let said = plain(said);
    if let Some(same) = words.clone().find(|word| plain(word) == said) {
        return Some(same);
    }
    let slips = (said.chars().count() / 3).min(2);
    let mut near: Vec<_> = words
        .map(|word| (strsim::osa_distance(&plain(word), &said), word))
        .filter(|(distance, _)| *distance <= slips)
        .collect();
    near.sort();
    match near.as_slice() {
        [(_, word)] => Some(word),
        [(least, word), (next, _), ..] if least < next => Some(word),
        _ => None,
    }
}

/// The only place in the whole schema where a field of this name stands.
fn elsewhere(schema: &Value, name: &str) -> Option<String> {
    fn walk(schema: &Value, path: &str, name: &str, places: &mut Vec<String>) {
        for (field, schema) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if path.is_empty() && field != "spec" {
                continue;
            }
            if field
                .replace('_', "")
                .eq_ignore_ascii_case(&name.replace(['_', '-'], ""))
            {
                places.push(if path.is_empty() {
                    field.clone()
                } else {
                    path.to_owned()
                });
            }
            walk(schema, &below(path, field), name, places);
        }
    }
    let mut places = Vec::new();
    walk(schema, "", name, &mut places);
    let [place] = places.as_slice() else { return None };
    Some(place.clone())
}

/// The path of a field. What can't be the name of a field is not repeated: it may be a value in the wrong place.
pub fn below(path: &str, name: &str) -> String {
    let is_name = (1..=40).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'));
    let name = if is_name { name } else { "(not a name of a field)" };
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn first_sentence(text: &str) -> String {
    let end = text.find(". ").unwrap_or(text.len());
    let sentence = text.get(..end).unwrap_or(text).trim_end_matches('.');
    sentence.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text<'a>(schema: &'a Value, key: &str) -> Option<&'a str> {
    schema.get(key).and_then(Value::as_str)
}

fn number(schema: &Value, key: &str) -> Option<u64> {
    schema.get(key).and_then(Value::as_u64)
}

fn is_true(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool) == Some(true)
}

fn strings<'a>(schema: &'a Value, key: &str) -> impl Iterator<Item = &'a str> {
    schema
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_field_that_was_meant_is_named_and_no_far_one() {
        let known = words(&[
            "firstName",
            "lastName",
            "zip",
            "addr1",
            "addr2",
            "renewalOfOrderId",
        ]);
        for (said, meant) in [
            ("first_name", Some("firstName")),
            ("firstname", Some("firstName")),
            ("fristName", Some("firstName")),
            ("renewal_of_order_id", Some("renewalOfOrderId")),
            ("zpi", Some("zip")),
            ("addr", None),
            ("name", None),
            ("x", None),
        ] {
            assert_eq!(nearest(said, known.iter()).map(String::as_str), meant, "{said}");
        }
    }

    #[test]
    fn what_is_no_name_is_not_repeated() {
        assert_eq!(below("spec", "Jane Doe"), "spec.(not a name of a field)");
        assert_eq!(below("", "spec"), "spec");
    }
}
