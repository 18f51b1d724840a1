//! Get, list and selectors.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kinds::Kind;
use super::lens::Lens;
use super::service::{Failure, Query};
use super::state::{Place, State};

/// What a list or a watch is about.
#[derive(Clone, Debug)]
pub struct Scope {
    pub kind: &'static Kind,
    pub namespace: Option<String>,
    /// Paths that must have these values.
    pub fields: Vec<(String, String, bool)>,
    pub labels: Vec<(String, String)>,
}

impl Scope {
    pub fn new(kind: &'static Kind, namespace: Option<String>, query: &Query) -> Result<Self, Failure> {
        let mut fields = Vec::new();
        for part in query
            .get("fieldSelector")
            .into_iter()
            .flat_map(|all| all.split(','))
        {
            let Some((path, equal, value)) = requirement(part) else {
                return Err(Failure::bad_request(format!("invalid field selector {part:?}")));
            };
            let known = matches!(path, "metadata.name" | "metadata.namespace")
                || kind.selectable.iter().any(|field| field == path);
            if !known {
                return Err(Failure::bad_request(format!("field label not supported: {path}")));
            }
            fields.push((path.to_owned(), value.to_owned(), equal));
        }
        let labels = query
            .get("labelSelector")
            .into_iter()
            .flat_map(|all| all.split(','))
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_start_matches('=').to_owned()))
            .collect();
        Ok(Self {
            kind,
            namespace,
            fields,
            labels,
        })
    }

    /// Whether an object at this place belongs to it.
    pub fn holds(&self, place: &Place, object: &Value) -> bool {
        let value = |path: &str| {
            let pointer = format!("/{}", path.replace('.', "/"));
            object
                .pointer(&pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        place.kind.resource() == self.kind.resource()
            && self
                .namespace
                .as_ref()
                .is_none_or(|wanted| *wanted == place.namespace)
            && self
                .fields
                .iter()
                .all(|(path, wanted, equal)| (value(path) == wanted) == *equal)
            && self
                .labels
                .iter()
                .all(|(name, wanted)| object["metadata"]["labels"][name].as_str() == Some(wanted))
    }
}

fn requirement(part: &str) -> Option<(&str, bool, &str)> {
    if let Some((path, value)) = part.split_once("!=") {
        return Some((path, false, value));
    }
    let (path, value) = part.split_once('=')?;
    Some((path, true, value.trim_start_matches('=')))
}

/// One object.
pub fn get(state: &State, place: &Place) -> Result<Arc<Value>, Failure> {
    state
        .objects
        .get(place)
        .cloned()
        .ok_or_else(|| Failure::not_found(place.kind, &place.name))
}

/// A list. One page is enough for everything here. Lists in pages fill caches, so these may be old.
pub fn list(state: &State, scope: &Scope, query: &Query, lens: &Lens) -> Value {
    let fills_cache = query.get("limit").is_some();
    let frozen = lens
        .frozen
        .filter(|_| fills_cache)
        .map(|frozen| frozen.version.min(state.version));
    let version = frozen.unwrap_or(state.version);
    let earlier = frozen.map(|version| state.at(version));
    let items: Vec<&Value> = earlier
        .as_ref()
        .unwrap_or(&state.objects)
        .iter()
        .filter(|(place, object)| scope.holds(place, object))
        .map(|(_, object)| object.as_ref())
        .collect();
    json!({
        "apiVersion": scope.kind.api_version(),
        "kind": format!("{}List", scope.kind.word),
        "metadata": {"resourceVersion": version.to_string()},
        "items": items,
    })
}
