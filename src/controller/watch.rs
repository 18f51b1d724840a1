//! Watches that survive bad objects and keep no more than is needed.

use std::fmt::Debug;
use std::hash::Hash;

use futures::{Stream, StreamExt, TryStreamExt};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::{self, Store};
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch};
use kube::{Api, Resource, ResourceExt};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

/// The annotation in which kubectl keeps a second copy of the whole manifest, personal data and all.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Watches all objects of an API: a store of them, a stream of those that changed or went, and a token that is
/// cancelled once the store holds the first list. (The store's own wait wakes only the last of those who wait, and
/// its controller is one of them.)
///
/// An object that can't be decoded is passed over, by name and without its content: it must not stop the others.
pub(super) fn objects<K>(
    api: Api<DeserializeGuard<K>>,
) -> (
    Store<K>,
    CancellationToken,
    impl Stream<Item = Result<K, watcher::Error>> + Send + 'static,
)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    K::DynamicType: Default + Eq + Hash + Clone,
{
    let (store, writer) = reflector::store();
    let listed = CancellationToken::new();
    let first_list = listed.clone();
    let changed = watch(api, watcher::Config::default())
        .filter_map(async |event| match event {
            Ok(event) => decoded(event).map(Ok),
            Err(error) => Some(Err(error)),
        })
        .default_backoff()
        .modify(strip)
        .reflect(writer)
        .inspect_ok(move |event| {
            if matches!(event, Event::InitDone) {
                first_list.cancel();
            }
        })
        .touched_objects();
    (store, listed, changed)
}

fn decoded<K: Resource<DynamicType = ()>>(event: Event<DeserializeGuard<K>>) -> Option<Event<K>> {
    let object = |guard: DeserializeGuard<K>| match guard.0 {
        Ok(object) => Some(object),
        Err(invalid) => {
            let name = invalid.metadata.name.unwrap_or_default();
            let namespace = invalid.metadata.namespace.unwrap_or_default();
            let kind = K::kind(&());
            tracing::error!(%kind, namespace, name, "an object can't be decoded; it is passed over until it changes");
            None
        }
    };
    match event {
        Event::Apply(guard) => object(guard).map(Event::Apply),
        Event::Delete(guard) => object(guard).map(Event::Delete),
        Event::InitApply(guard) => object(guard).map(Event::InitApply),
        Event::Init => Some(Event::Init),
        Event::InitDone => Some(Event::InitDone),
    }
}

/// Drops what nobody here reads: it is most of an object's size, and the last copy of it that holds personal data
/// for no reason.
fn strip<K: Resource>(object: &mut K) {
    object.managed_fields_mut().clear();
    object.annotations_mut().remove(LAST_APPLIED);
}
