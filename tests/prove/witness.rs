//! Watches the statuses of all orders of a site all the time, past every fault: an order id once shown stays.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use docsign::api::DocumentSigningOrder;
use futures::StreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, ResourceExt as _};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::world::order_id;

/// Watches until dropped.
pub struct Witness {
    seen: Arc<Mutex<Seen>>,
    _stop: DropGuard,
}

#[derive(Default)]
struct Seen {
    ids: BTreeMap<String, i64>,
    wrong: Vec<String>,
}

impl Witness {
    /// Begins to watch.
    pub fn of(orders: Api<DocumentSigningOrder>) -> Self {
        let (seen, stop) = (Arc::<Mutex<Seen>>::default(), CancellationToken::new());
        let (noted, stopped) = (Arc::clone(&seen), stop.clone());
        tokio::spawn(async move {
            let mut events = watcher(orders, watcher::Config::default()).boxed();
            loop {
                let event = tokio::select! {
                    () = stopped.cancelled() => return,
                    event = events.next() => event,
                };
                // The watch begins anew by itself where it breaks.
                if let Some(Ok(Event::Apply(order) | Event::InitApply(order))) = event {
                    noted.lock().unwrap_or_else(PoisonError::into_inner).note(&order);
                }
            }
        });
        Self {
            seen,
            _stop: stop.drop_guard(),
        }
    }

    /// What was wrong so far.
    pub fn wrong(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.wrong.clone()
    }
}

impl Seen {
    fn note(&mut self, order: &DocumentSigningOrder) {
        let (name, id) = (order.name_any(), order_id(order));
        match (self.ids.get(&name), id) {
            (None, Some(id)) => {
                self.ids.insert(name, id);
            }
            (Some(before), id) if id != Some(*before) => {
                self.wrong
                    .push(format!("{name} named order {before}, and then {id:?}"));
            }
            (Some(_) | None, _) => {}
        }
    }
}
