//! What every part of the shell shares.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::channel::mpsc;
use jiff::Timestamp;
use kube::runtime::events::Recorder;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::{Client, Resource, ResourceExt};
use tokio::sync::Notify;

use super::Connect;
use super::account::{AccountName, Accounts};
use super::limit::Turnstiles;
use crate::api::{
    AccountKind, AccountRef, CertCentralAccount, ClusterCertCentralAccount, DocumentSigningOrder, Purchase,
    Reason,
};
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::plan::status::shown_reason;
use crate::serve::clock::Clock;
use crate::serve::metrics::{Call, Metrics};
use crate::settings::Settings;

/// What every part of the shell shares.
pub(super) struct Context {
    /// The API server, without retries: each answer is the answer to one request.
    pub client: Client,
    /// Sets up the clients of accounts.
    pub connect: Connect,
    pub clock: Clock,
    pub settings: Settings,
    /// The UID of the namespace kube-system.
    pub cluster_uid: Option<String>,
    /// The manifests as last seen; one store a watched namespace.
    pub orders: Vec<Store<DocumentSigningOrder>>,
    /// The purchases as last seen.
    pub purchases: Store<Purchase>,
    pub accounts: Accounts,
    /// Who may claim on an account with an order limit.
    pub turnstiles: Turnstiles,
    pub metrics: Arc<Metrics>,
    pub recorder: Recorder,
    pub memory: Memory,
    /// Asks for a pass over an order.
    pub wake_order: mpsc::UnboundedSender<ObjectRef<DocumentSigningOrder>>,
    /// Asks for a look after a purchase.
    pub wake_purchase: mpsc::UnboundedSender<ObjectRef<Purchase>>,
    /// Asks for a check of an account of each kind.
    pub wake_account: mpsc::UnboundedSender<ObjectRef<CertCentralAccount>>,
    pub wake_cluster_account: mpsc::UnboundedSender<ObjectRef<ClusterCertCentralAccount>>,
    /// Tells the poller that there may be something new to follow: an order's status or an account has changed.
    pub wake_poller: Notify,
}

impl Context {
    /// The order key of a manifest's present revision.
    pub(super) fn present_key(&self, order: &DocumentSigningOrder) -> OrderKey {
        let cluster: ClusterName = self.settings.cluster_name.clone();
        OrderKey::new(
            cluster,
            order.namespace().unwrap_or_default(),
            order.name_any(),
            order.spec.revision,
        )
    }

    /// The newest version of a manifest that this process has seen: the cache may lag behind its own writes.
    pub(super) fn newest(&self, cached: &Arc<DocumentSigningOrder>) -> Arc<DocumentSigningOrder> {
        let Some(uid) = cached.uid() else {
            return Arc::clone(cached);
        };
        let mut memories = self.memory.lock();
        match memories.written.get(&uid) {
            Some(written) if version(written.as_ref()) > version(cached.as_ref()) => Arc::clone(written),
            Some(_) | None => {
                // The cache has caught up: one copy is enough.
                memories.written.remove(&uid);
                Arc::clone(cached)
            }
        }
    }

    /// Remembers a manifest as the API server returned it: the poller may have something new to follow.
    pub(super) fn remember(&self, order: DocumentSigningOrder) -> Arc<DocumentSigningOrder> {
        self.wake_poller.notify_one();
        let order = Arc::new(order);
        if let Some(uid) = order.uid() {
            self.memory.lock().written.insert(uid, Arc::clone(&order));
        }
        order
    }

    /// All purchases as last seen: what this process has itself read of earlier revisions may be newer than the cache.
    pub(super) fn newest_purchases(&self) -> Vec<Arc<Purchase>> {
        let cached = self.purchases.state();
        let read = &mut self.memory.lock().purchases;
        if read.is_empty() {
            return cached;
        }
        let cached = cached.into_iter().map(|cached| (cached.name_any(), cached));
        let mut newest: HashMap<String, Arc<Purchase>> = cached.collect();
        read.retain(|name, read| {
            newest
                .get(name)
                .is_none_or(|cached| version(cached.as_ref()) < version(read.as_ref()))
        });
        newest.extend(read.iter().map(|(name, read)| (name.clone(), Arc::clone(read))));
        newest.into_values().collect()
    }

    /// All manifests in the caches.
    pub(super) fn all_orders(&self) -> Vec<Arc<DocumentSigningOrder>> {
        self.orders.iter().flat_map(Store::state).collect()
    }

    /// The cached manifest of this name.
    pub(super) fn cached_order(&self, namespace: &str, name: &str) -> Option<Arc<DocumentSigningOrder>> {
        let reference = ObjectRef::new(name).within(namespace);
        self.orders.iter().find_map(|store| store.get(&reference))
    }

    /// Asks for a pass over an order.
    pub(super) fn wake(&self, namespace: &str, name: &str) {
        let reference = ObjectRef::new(name).within(namespace);
        // The receiver is gone only while the process ends.
        let _ = self.wake_order.unbounded_send(reference);
    }

    /// Asks for a pass over every order of an account that is not placed yet.
    pub(super) fn wake_unplaced(&self, account: &AccountName) {
        for order in self.all_orders() {
            let namespace = order.namespace().unwrap_or_default();
            let placed = order
                .status
                .as_ref()
                .is_some_and(|status| status.order_id.is_some());
            if !placed && AccountName::of(&order.spec.account_ref, &namespace) == *account {
                self.wake(&namespace, &order.name_any());
            }
        }
    }

    /// Asks for a pass over the orders that wait on accounts of this name for one of these reasons.
    pub(super) fn wake_waiting(&self, account: &str, reasons: &[Reason]) {
        let waits = |order: &DocumentSigningOrder| {
            let status = order.status.as_ref();
            order.spec.account_ref.name == account
                && status
                    .and_then(shown_reason)
                    .is_some_and(|reason| reasons.contains(&reason))
                && status.is_some_and(|status| status.order_id.is_none())
        };
        for order in self.all_orders().into_iter().filter(|order| waits(order)) {
            self.wake(&order.namespace().unwrap_or_default(), &order.name_any());
        }
    }

    /// An answer puts an account in doubt: it is checked again at once.
    pub(super) fn doubt(&self, account: &AccountRef, namespace: &str) {
        self.doubt_account(&AccountName::of(account, namespace));
    }

    /// An answer puts an account in doubt: it is checked again at once.
    pub(super) fn doubt_account(&self, account: &AccountName) {
        self.accounts.doubt(account);
        match (account.kind, &account.namespace) {
            (AccountKind::CertCentralAccount, Some(namespace)) => {
                let _ = self
                    .wake_account
                    .unbounded_send(ObjectRef::new(&account.name).within(namespace));
            }
            (AccountKind::CertCentralAccount, None) => {}
            (AccountKind::ClusterCertCentralAccount, _) => {
                let _ = self
                    .wake_cluster_account
                    .unbounded_send(ObjectRef::new(&account.name));
            }
        }
    }

    /// Counts a call to CertCentral.
    pub(super) fn called(&self, endpoint: &'static str, answered: bool) {
        let outcome = if answered { "answered" } else { "failed" };
        self.metrics
            .calls
            .get_or_create(&Call { endpoint, outcome })
            .inc();
    }
}

/// What this process remembers of order keys. Losing it costs a look, never an order.
#[derive(Default)]
pub(super) struct Memory(Mutex<Memories>);

#[derive(Default)]
pub(super) struct Memories {
    /// What is remembered of each key.
    pub keys: HashMap<OrderKey, KeyMemory>,
    /// Manifests as the API server returned them from a write, by UID.
    pub written: HashMap<String, Arc<DocumentSigningOrder>>,
    /// Purchases of revisions that a later one waits for, as they were read, by name.
    pub purchases: HashMap<String, Arc<Purchase>>,
}

/// An attempt, and since when this process knows it.
#[derive(Clone, Debug)]
pub(super) struct KnownAttempt {
    pub id: String,
    /// By the monotonic clock.
    pub since: Duration,
}

/// What is remembered of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyMemory {
    /// The open attempt.
    pub attempt: Option<KnownAttempt>,
    /// What this process showed last, in short, and when, by the monotonic clock.
    pub shown: Option<(u64, Duration)>,
    /// The last look-up.
    pub looked_up: Option<Timestamp>,
    /// A look at the order is asked for.
    pub look_due: bool,
    /// The value of the refresh annotation that was answered last.
    pub refreshed: Option<String>,
    /// Failed looks in a row.
    pub failed_looks: i32,
    /// A failed look is not repeated before.
    pub look_not_before: Option<Timestamp>,
}

impl Memory {
    /// Held for moments only, never across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, Memories> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of a key.
    pub(super) fn of(&self, key: &OrderKey) -> KeyMemory {
        self.lock().keys.get(key).cloned().unwrap_or_default()
    }

    /// Changes what is remembered of a key.
    pub(super) fn change(&self, key: &OrderKey, change: impl FnOnce(&mut KeyMemory)) {
        change(self.lock().keys.entry(key.clone()).or_default());
    }

    /// Takes note of an attempt. It is known from now on, if it was not.
    pub(super) fn learn(&self, key: &OrderKey, attempt: &str, now: Duration) {
        let mut memories = self.lock();
        let memory = memories.keys.entry(key.clone()).or_default();
        if memory.attempt.as_ref().is_none_or(|known| known.id != attempt) {
            memory.attempt = Some(KnownAttempt {
                id: attempt.to_owned(),
                since: now,
            });
            memory.looked_up = None;
        }
    }

    /// Takes note of the purchase of a revision that a later one waits for; `None`: there is none.
    pub(super) fn read(&self, key: &OrderKey, purchase: Option<&Purchase>) {
        let name = key.token().to_string();
        let read = &mut self.lock().purchases;
        match purchase {
            Some(purchase) => read.insert(name, Arc::new(purchase.clone())),
            None => read.remove(&name),
        };
    }

    /// Forgets a manifest that is gone. Since when an open attempt is known stays: its purchase is not gone.
    pub(super) fn forget(&self, namespace: &str, name: &str) {
        let mut memories = self.lock();
        memories.written.retain(|_, order| {
            order.metadata.namespace.as_deref() != Some(namespace)
                || order.metadata.name.as_deref() != Some(name)
        });
        for (_, memory) in memories
            .keys
            .iter_mut()
            .filter(|(key, _)| key.namespace() == namespace && key.name() == name)
        {
            memory.look_due = false;
            memory.refreshed = None;
        }
    }
}

/// The resource version as a number, to tell which of two copies is newer. A wrong answer costs a conflict.
pub(super) fn version<K: Resource>(object: &K) -> u64 {
    object
        .meta()
        .resource_version
        .as_deref()
        .and_then(|version| version.parse().ok())
        .unwrap_or(0)
}
