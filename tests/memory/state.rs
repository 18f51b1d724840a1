//! Objects, the one counter of versions, and the log of all that happened.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Cluster;
use super::kinds::{self, DEFINITIONS, Kind};

/// Where an object stands. Ordered as lists are: by kind, namespace, name.
#[derive(Clone, Debug)]
pub struct Place {
    pub kind: &'static Kind,
    pub namespace: String,
    pub name: String,
}

impl Place {
    fn order(&self) -> (&str, &str, &str, &str) {
        (&self.kind.group, &self.kind.plural, &self.namespace, &self.name)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// One write.
#[derive(Clone, Debug)]
pub struct Change {
    /// The version that it made.
    pub version: u64,
    /// When it was made.
    pub time: Timestamp,
    /// Of what.
    pub place: Place,
    /// The object before; none was created.
    pub before: Option<Arc<Value>>,
    /// The object after; none was deleted.
    pub after: Option<Arc<Value>>,
}

/// Everything a cluster holds.
#[derive(Default)]
pub struct State {
    /// The time, when it was last taken in hand.
    pub time: Timestamp,
    pub objects: BTreeMap<Place, Arc<Value>>,
    pub version: u64,
    pub log: Vec<Change>,
    /// Watches can begin here and later.
    pub floor: u64,
    /// Fields that an older definition does not know: the plural of the kind, and a JSON pointer.
    pub forgotten: Vec<(&'static str, &'static str)>,
    uids: u64,
}

impl State {
    /// The next UID: UIDs are counted, so that a run is the same each time.
    pub fn next_uid(&mut self) -> String {
        self.uids += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.uids)
    }

    /// Writes an object, or removes it, under the next version.
    pub fn commit(&mut self, place: &Place, object: Option<Value>) -> Option<Arc<Value>> {
        self.version += 1;
        let before = self.objects.get(place).cloned();
        let after = object.map(|mut object| {
            object["metadata"]["resourceVersion"] = json!(self.version.to_string());
            Arc::new(object)
        });
        match &after {
            Some(after) => self.objects.insert(place.clone(), Arc::clone(after)),
            None => self.objects.remove(place),
        };
        self.log.push(Change {
            version: self.version,
            time: self.time,
            place: place.clone(),
            before,
            after: after.clone(),
        });
        after
    }

    /// Takes out of an object what an older definition does not know.
    pub fn forget_in(&self, kind: &Kind, object: &mut Value) {
        for (plural, field) in &self.forgotten {
            if kind.plural == *plural
                && let Some((parent, name)) = field.rsplit_once('/')
                && let Some(parent) = object.pointer_mut(parent).and_then(Value::as_object_mut)
            {
                parent.remove(name);
            }
        }
    }

    /// All objects as they were at a version.
    pub fn at(&self, version: u64) -> BTreeMap<Place, Arc<Value>> {
        let mut objects = self.objects.clone();
        let later = self
            .log
            .iter()
            .rev()
            .take_while(|change| change.version > version);
        for change in later {
            match &change.before {
                Some(before) => objects.insert(change.place.clone(), Arc::clone(before)),
                None => objects.remove(&change.place),
            };
        }
        objects
    }
}

impl Cluster {
    /// What is there from the start.
    pub(super) fn install(&self) {
        let now = self.now().to_string();
        let mut state = self.state();
        for definition in DEFINITIONS.iter() {
            let place = Place {
                kind: kinds::find("apiextensions.k8s.io", "v1", "customresourcedefinitions").unwrap(),
                namespace: String::new(),
                name: definition["metadata"]["name"].as_str().unwrap().to_owned(),
            };
            state.version += 1;
            state.objects.insert(place, Arc::clone(definition));
        }
        // What was there from the start did not come about here.
        state.floor = state.version;
        for name in ["default", "kube-system"] {
            let uid = state.next_uid();
            let place = Place {
                kind: kinds::find("", "v1", "namespaces").unwrap(),
                namespace: String::new(),
                name: name.to_owned(),
            };
            let object = json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "uid": uid, "creationTimestamp": now, "labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            });
            state.commit(&place, Some(object));
        }
        drop(state);
        self.publish();
    }
}
