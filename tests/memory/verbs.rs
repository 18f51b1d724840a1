//! Create, replace, patch, delete; metadata; namespaces that end.

use std::cell::RefCell;
use std::collections::HashMap;

use docsign::api::AdmissionRules;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::kinds::{self, Kind};
use super::reads;
use super::schema;
use super::service::Failure;
use super::state::{Place, State};

/// What the server itself writes into metadata.
const OWN: [&str; 5] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
];

pub fn create(
    state: &mut State,
    kind: &'static Kind,
    namespace: &str,
    mut object: Value,
    now: Timestamp,
) -> Result<Value, Failure> {
    identify(kind, &mut object)?;
    let metadata = &mut object["metadata"];
    let name = match (metadata["name"].as_str(), metadata["generateName"].as_str()) {
        (Some(name), _) => name.to_owned(),
        (None, Some(prefix)) => format!("{prefix}{:05x}", state.version),
        (None, None) => {
            let why = "metadata.name: Required value: name or generateName is required".to_owned();
            return Err(Failure::invalid(kind, "", &[why]));
        }
    };
    if metadata.get("namespace").is_some_and(|named| *named != namespace) {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Failure::bad_request(message.to_owned()));
    }
    for own in OWN {
        metadata.as_object_mut().unwrap().remove(own);
    }
    metadata["name"] = json!(name);
    metadata["uid"] = json!(state.next_uid());
    metadata["creationTimestamp"] = json!(second(now));
    if kind.generation {
        metadata["generation"] = json!(1);
    }
    let place = Place {
        kind,
        namespace: namespace.to_owned(),
        name: name.clone(),
    };
    if kind.namespaced {
        metadata["namespace"] = json!(namespace);
        let home = namespace_place(namespace);
        let found = reads::get(state, &home)?;
        if found["metadata"].get("deletionTimestamp").is_some() {
            let why = format!(
                "unable to create new content in namespace {namespace} because it is being terminated"
            );
            return Err(Failure::forbidden(kind, &name, &why));
        }
    }
    if kind.status {
        object.as_object_mut().unwrap().remove("status");
    }
    if kind.plural == "namespaces" {
        object["spec"] = json!({"finalizers": ["kubernetes"]});
        object["status"] = json!({"phase": "Active"});
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = json!(name);
    }
    state.forget_in(kind, &mut object);
    admit(kind, &name, &mut object, None)?;
    if state.objects.contains_key(&place) {
        return Err(Failure::already_exists(kind, &name));
    }
    let created = state.commit(&place, Some(object)).unwrap();
    Ok(created.as_ref().clone())
}

pub fn replace(
    state: &mut State,
    place: &Place,
    mut object: Value,
    status_only: bool,
) -> Result<Value, Failure> {
    let kind = place.kind;
    identify(kind, &mut object)?;
    let metadata = &object["metadata"];
    if metadata["name"] != place.name {
        let message = "the name of the object does not match the name on the URL";
        return Err(Failure::bad_request(message.to_owned()));
    }
    let before = reads::get(state, place)?.as_ref().clone();
    if let Some(uid) = metadata
        .get("uid")
        .filter(|uid| **uid != before["metadata"]["uid"])
    {
        let why = format!(
            "Precondition failed: UID in precondition: {}, UID in object meta: {}",
            uid.as_str().unwrap_or_default(),
            before["metadata"]["uid"].as_str().unwrap_or_default()
        );
        return Err(Failure::conflict(kind, &place.name, &why));
    }
    match metadata.get("resourceVersion").and_then(Value::as_str) {
        Some(version) if before["metadata"]["resourceVersion"] != version => {
            return Err(stale(place));
        }
        None | Some("") if kind.schema.is_some() => {
            let why =
                "metadata.resourceVersion: Invalid value: 0: must be specified for an update".to_owned();
            return Err(Failure::invalid(kind, &place.name, &[why]));
        }
        Some(_) | None => {}
    }
    store(state, place, before, object, status_only)
}

pub fn patch(state: &mut State, place: &Place, patch: &Value, status_only: bool) -> Result<Value, Failure> {
    let before = reads::get(state, place)?.as_ref().clone();
    let mut object = before.clone();
    merge(&mut object, patch);
    identify(place.kind, &mut object)?;
    if object["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"] {
        return Err(stale(place));
    }
    store(state, place, before, object, status_only)
}

pub fn delete(state: &mut State, place: &Place, options: &Value, now: Timestamp) -> Result<Value, Failure> {
    let before = reads::get(state, place)?.as_ref().clone();
    let metadata = &before["metadata"];
    for field in ["uid", "resourceVersion"] {
        if let Some(wanted) = options["preconditions"].get(field)
            && *wanted != metadata[field]
        {
            return Err(Failure::conflict(place.kind, &place.name, "Precondition failed"));
        }
    }
    let is_namespace = place.kind.plural == "namespaces";
    let held = is_namespace
        || metadata["finalizers"]
            .as_array()
            .is_some_and(|all| !all.is_empty());
    if !held {
        state.commit(place, None);
        end_namespaces(state);
        let mut details = json!({"name": place.name, "kind": place.kind.plural, "uid": metadata["uid"]});
        if !place.kind.group.is_empty() {
            details["group"] = json!(place.kind.group);
        }
        return Ok(
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}),
        );
    }
    if metadata.get("deletionTimestamp").is_some() {
        return Ok(before);
    }
    let mut object = before.clone();
    object["metadata"]["deletionTimestamp"] = json!(second(now));
    if is_namespace {
        object["status"]["phase"] = json!("Terminating");
    } else {
        object["metadata"]["deletionGracePeriodSeconds"] = json!(0);
        bump(place.kind, &mut object);
    }
    let deleting = state.commit(place, Some(object)).unwrap().as_ref().clone();
    if is_namespace {
        let content: Vec<Place> = state
            .objects
            .keys()
            .filter(|held| held.namespace == place.name)
            .cloned()
            .collect();
        for held in content {
            delete(state, &held, &json!({}), now)?;
        }
        end_namespaces(state);
    }
    Ok(deleting)
}

/// Writes the new object, as far as this kind of write may change it.
fn store(
    state: &mut State,
    place: &Place,
    before: Value,
    mut object: Value,
    status_only: bool,
) -> Result<Value, Failure> {
    let kind = place.kind;
    if status_only {
        let status = object.get("status").cloned();
        object = before.clone();
        object.as_object_mut().unwrap().remove("status");
        if let Some(status) = status {
            object["status"] = status;
        }
    } else if kind.status {
        object.as_object_mut().unwrap().remove("status");
        if let Some(status) = before.get("status") {
            object["status"] = status.clone();
        }
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    for own in OWN.iter().chain(&["namespace", "name", "resourceVersion"]) {
        metadata.remove(*own);
        if let Some(value) = before["metadata"].get(*own) {
            metadata.insert((*own).to_owned(), value.clone());
        }
    }
    tidy(metadata);
    let deleting = metadata.contains_key("deletionTimestamp");
    let finalizers = metadata.get("finalizers").cloned().unwrap_or_else(|| json!([]));
    if deleting {
        let had = before["metadata"]["finalizers"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        if finalizers
            .as_array()
            .into_iter()
            .flatten()
            .any(|finalizer| !had.contains(finalizer))
        {
            let why = "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted";
            return Err(Failure::invalid(kind, &place.name, &[why.to_owned()]));
        }
    }
    state.forget_in(kind, &mut object);
    admit(kind, &place.name, &mut object, Some(&before))?;
    if !status_only && kind.generation && asked(kind, &object) != asked(kind, &before) {
        bump(kind, &mut object);
    }
    if deleting && kind.plural != "namespaces" && finalizers.as_array().is_none_or(Vec::is_empty) {
        state.commit(place, None);
        end_namespaces(state);
        return Ok(object);
    }
    if object == before {
        return Ok(before);
    }
    let written = state.commit(place, Some(object)).unwrap();
    Ok(written.as_ref().clone())
}

/// Ends the namespaces that are empty by now.
fn end_namespaces(state: &mut State) {
    let ending: Vec<Place> = state
        .objects
        .iter()
        .filter(|(place, object)| {
            place.kind.plural == "namespaces" && object["metadata"].get("deletionTimestamp").is_some()
        })
        .map(|(place, _)| place.clone())
        .filter(|ending| !state.objects.keys().any(|held| held.namespace == ending.name))
        .collect();
    for place in ending {
        state.commit(&place, None);
    }
}

/// Checks kind and apiVersion, and makes secrets what they are stored as.
fn identify(kind: &Kind, object: &mut Value) -> Result<(), Failure> {
    for (field, wanted) in [("kind", &kind.word), ("apiVersion", &kind.api_version())] {
        match object.get(field) {
            Some(value) if value == wanted => {}
            Some(_) if kind.schema.is_none() => {
                let message = format!("the {field} of the object is not that of the request");
                return Err(Failure::bad_request(message));
            }
            Some(_) => {
                let name = object["metadata"]["name"].as_str().unwrap_or_default();
                return Err(Failure::invalid(kind, name, &[format!("{field}: Invalid value")]));
            }
            None if kind.schema.is_some() => {
                return Err(Failure::bad_request(format!("Object '{field}' is missing")));
            }
            None => {}
        }
    }
    object["apiVersion"] = json!(kind.api_version());
    object["kind"] = json!(kind.word);
    if object.get("metadata").is_none() {
        object["metadata"] = json!({});
    }
    if kind.plural == "secrets" {
        let text = object.as_object_mut().unwrap().remove("stringData");
        for (name, value) in text.iter().filter_map(Value::as_object).flatten() {
            let value = data_encoding::BASE64.encode(value.as_str().unwrap_or_default().as_bytes());
            object["data"][name] = json!(value);
        }
        if object.get("type").is_none() {
            object["type"] = json!("Opaque");
        }
    }
    Ok(())
}

/// Prunes, defaults and validates an object of our own kinds.
fn admit(kind: &Kind, name: &str, object: &mut Value, before: Option<&Value>) -> Result<(), Failure> {
    thread_local! {
        static RULES: RefCell<HashMap<String, Option<AdmissionRules>>> = RefCell::default();
    }
    tidy(object["metadata"].as_object_mut().unwrap());
    let Some(schema) = &kind.schema else {
        return Ok(());
    };
    schema::apply(schema, object);
    let mut wrong: Vec<String> = schema::violations(schema, object)
        .into_iter()
        .map(|(field, message)| format!("{field}: {message}"))
        .collect();
    if wrong.is_empty() {
        RULES.with_borrow_mut(|rules| {
            let rules = rules
                .entry(kind.word.clone())
                .or_insert_with(|| AdmissionRules::of(&kind.word));
            let broken = rules.as_ref().map(|rules| rules.violations(object, before));
            wrong.extend(
                broken
                    .into_iter()
                    .flatten()
                    .map(|broken| format!("{}: {}", broken.field, broken.message)),
            );
        });
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Failure::invalid(kind, name, &wrong))
    }
}

/// What counts for the generation.
fn asked(kind: &Kind, object: &Value) -> Value {
    let mut asked = object.clone();
    let fields = asked.as_object_mut().unwrap();
    fields.remove("metadata");
    if kind.status {
        fields.remove("status");
    }
    asked
}

fn bump(kind: &Kind, object: &mut Value) {
    if kind.generation {
        let generation = object["metadata"]["generation"].as_i64().unwrap_or(0);
        object["metadata"]["generation"] = json!(generation + 1);
    }
}

/// Nothing and empty are the same in metadata.
fn tidy(metadata: &mut serde_json::Map<String, Value>) {
    metadata.remove("managedFields");
    metadata.retain(|_, value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    });
}

/// A JSON merge patch (RFC 7396).
fn merge(object: &mut Value, patch: &Value) {
    let Some(fields) = patch.as_object() else {
        *object = patch.clone();
        return;
    };
    if !object.is_object() {
        *object = json!({});
    }
    for (name, value) in fields {
        if value.is_null() {
            object.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut object[name], value);
        }
    }
}

fn namespace_place(name: &str) -> Place {
    Place {
        kind: kinds::find("", "v1", "namespaces").unwrap(),
        namespace: String::new(),
        name: name.to_owned(),
    }
}

fn stale(place: &Place) -> Failure {
    let why = "the object has been modified; please apply your changes to the latest version and try again";
    Failure::conflict(place.kind, &place.name, why)
}

fn second(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap().to_string()
}
