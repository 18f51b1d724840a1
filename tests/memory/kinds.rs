//! Which kinds there are, and what differs between them.

use std::sync::{Arc, LazyLock};

use docsign::api::crds;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::{Value, json};

/// A kind of object.
#[derive(Debug)]
pub struct Kind {
    pub group: String,
    pub version: String,
    pub word: String,
    pub plural: String,
    pub namespaced: bool,
    /// The status is written apart from the rest.
    pub status: bool,
    /// metadata.generation counts changes of what is asked for.
    pub generation: bool,
    /// The schema, where the kind is one of ours.
    pub schema: Option<Value>,
    /// The fields that a field selector may name, besides name and namespace.
    pub selectable: Vec<String>,
}

impl Kind {
    /// `group/version`, or just the version.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The name of the resource in messages: `purchases.docsign.dev`.
    pub fn resource(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

/// The definitions, as they are served: the same in every cluster, so that they are made once.
pub static DEFINITIONS: LazyLock<Vec<Arc<Value>>> = LazyLock::new(|| {
    crds()
        .into_iter()
        .enumerate()
        .map(|(position, definition)| {
            let mut served = serde_json::to_value(definition).unwrap();
            let number = position + 1;
            served["metadata"]["uid"] = json!(format!("00000000-0000-4000-9000-{number:012x}"));
            served["metadata"]["creationTimestamp"] = json!("2026-01-01T00:00:00Z");
            served["metadata"]["generation"] = json!(1);
            served["metadata"]["resourceVersion"] = json!(number.to_string());
            served["status"] = json!({
                "conditions": [
                    {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
                    {"type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"},
                ],
                "storedVersions": ["v1alpha1"],
            });
            Arc::new(served)
        })
        .collect()
});

/// All kinds.
pub static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let mut kinds = vec![
        built_in("", "Namespace", "namespaces", false, true),
        built_in("", "Secret", "secrets", true, false),
        built_in("", "ConfigMap", "configmaps", true, false),
        built_in("events.k8s.io", "Event", "events", true, false),
        Kind {
            generation: true,
            ..built_in(
                "apiextensions.k8s.io",
                "CustomResourceDefinition",
                "customresourcedefinitions",
                false,
                true,
            )
        },
    ];
    kinds.extend(crds().iter().map(custom));
    kinds
});

/// The kind at a path.
pub fn find(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.group == group && kind.version == version && kind.plural == plural)
}

fn built_in(group: &str, kind: &str, plural: &str, namespaced: bool, status: bool) -> Kind {
    Kind {
        group: group.to_owned(),
        version: "v1".to_owned(),
        word: kind.to_owned(),
        plural: plural.to_owned(),
        namespaced,
        status,
        generation: false,
        schema: None,
        selectable: Vec::new(),
    }
}

fn custom(definition: &CustomResourceDefinition) -> Kind {
    let spec = &definition.spec;
    let version = &spec.versions[0];
    let schema = version.schema.as_ref().unwrap().open_api_v3_schema.as_ref();
    Kind {
        group: spec.group.clone(),
        version: version.name.clone(),
        word: spec.names.kind.clone(),
        plural: spec.names.plural.clone(),
        namespaced: spec.scope == "Namespaced",
        status: version
            .subresources
            .as_ref()
            .is_some_and(|subresources| subresources.status.is_some()),
        generation: true,
        schema: schema.map(|schema| serde_json::to_value(schema).unwrap()),
        selectable: version
            .selectable_fields
            .iter()
            .flatten()
            .map(|field| field.json_path.trim_start_matches('.').to_owned())
            .collect(),
    }
}
