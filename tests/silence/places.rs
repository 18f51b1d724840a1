//! All places where something is shown, and the search in them.

use std::collections::BTreeMap;

use docsign::api::{CertCentralAccount, DocumentSigningOrder};
use k8s_openapi::api::core::v1::Event;
use kube::Api;
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::canaries::Haystack;
use crate::harness::{Child, Result, admin_address, get};
use crate::world::World;

/// What was shown, by where.
#[derive(Default)]
pub struct Places(BTreeMap<String, String>);

impl Places {
    /// Notes what was shown somewhere; the last time counts.
    pub fn add(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.insert(place.into(), text.into());
    }

    /// Logs, metrics and the other admin endpoints.
    pub async fn of_the_operator(&mut self, operator: &Child) -> Result<()> {
        let address = admin_address(operator).await?;
        for path in ["/metrics", "/livez", "/readyz", "/anything?else=1"] {
            let (status, _, body) = get(&address, path).await?;
            self.add(path, format!("{status} {body}"));
        }
        self.add("standard error", operator.stderr());
        self.add("standard output", operator.stdout());
        Ok(())
    }

    /// Events, statuses and purchases. What a manifest says in its spec, it says itself.
    pub async fn of_the_cluster(&mut self, world: &World) -> Result<()> {
        let all = ListParams::default();
        let events: Api<Event> = Api::namespaced(world.client.clone(), &world.namespace);
        let events: Vec<Value> = events
            .list(&all)
            .await
            .unwrap()
            .items
            .into_iter()
            .map(|event| json!(event))
            .collect();
        self.add("events", json!(events).to_string());
        let orders: Api<DocumentSigningOrder> = world.orders();
        for order in orders.list(&all).await.unwrap() {
            let name = order.metadata.name.clone().unwrap();
            self.add(format!("status of {name}"), json!(order.status).to_string());
        }
        let accounts: Api<CertCentralAccount> = Api::namespaced(world.client.clone(), &world.namespace);
        for account in accounts.list(&all).await.unwrap() {
            let name = account.metadata.name.clone().unwrap();
            self.add(
                format!("status of account {name}"),
                json!(account.status).to_string(),
            );
        }
        self.add("purchases", json!(world.own_purchases().await).to_string());
        Ok(())
    }

    /// The search is worth something: each place shows what it is for.
    pub fn hold_what_is_no_secret(&self, orders: &[String]) {
        let shows = |place: &str, text: &str| {
            let shown = &self.0[place];
            assert!(shown.contains(text), "{place} does not show {text}: {shown}");
        };
        for name in orders {
            shows("standard error", name);
            shows(&format!("status of {name}"), "Ready");
        }
        for text in [
            "hyper",
            "kube",
            "planned",
            "order refused",
            "order placed",
            "TRACE",
        ] {
            shows("standard error", text);
        }
        shows("/metrics", "docsign_orders_posted_total");
        shows("/livez", "200 ok");
        shows("/readyz", "200 ok");
        shows("/anything?else=1", "404");
        shows("events", "Refused");
        shows("events", "[...]");
        shows("purchases", "orderKey");
        // The words around a value are what helps its owner.
        shows("status of quoted-inline-00", "The values '[...]', '[...]'");
        shows("status of quoted-hidden-00", "The values '[...]', '[...]'");
        shows("status of broken-person", "the value of the key telephone");
        shows("status of binary-person", "the key firstName");
        shows(
            "status of pasted-comments",
            "spec.order.comments: this is a private key",
        );
        shows("status of account broken-key", "can't be an API key");
    }

    /// Which canaries are shown where.
    pub fn leaks(&self, canaries: &[(String, String)]) -> Vec<String> {
        let mut leaks = Vec::new();
        for (place, text) in &self.0 {
            let haystack = Haystack::new(text);
            for (field, value) in canaries {
                if haystack.holds(value) {
                    leaks.push(format!("{place} shows {field} ({value})"));
                }
            }
        }
        leaks
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// How much was searched.
    pub fn bytes(&self) -> usize {
        self.0.values().map(String::len).sum()
    }
}
