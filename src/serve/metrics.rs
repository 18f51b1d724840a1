//! The metrics of the process. Labels are closed lists; names of objects never are labels.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// All metrics, and the registry that prints them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Passes over an order key, by how they ended.
    pub passes: Family<Outcome, Counter>,
    /// POSTs of orders, by outcome.
    pub placed: Family<Outcome, Counter>,
    /// Calls to CertCentral, by what for.
    pub calls: Family<Call, Counter>,
    /// Orders in the cache, by the reason of their condition Ready.
    pub orders: Family<State, Gauge>,
    /// Purchases that are open: outcomes not known yet.
    pub open_purchases: Gauge,
    /// Events that ask for a person, by reason.
    pub holds: Family<State, Counter>,
}

/// How something ended.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct Outcome {
    /// The word.
    pub outcome: &'static str,
}

/// What a call was for.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct Call {
    /// The endpoint, in words.
    pub endpoint: &'static str,
    /// How it ended: answered or failed.
    pub outcome: &'static str,
}

/// In which state orders are.
#[derive(Clone, Debug, EncodeLabelSet, Eq, Hash, PartialEq)]
pub struct State {
    /// The reason.
    pub reason: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("docsign");
        let metrics = Self {
            passes: Family::default(),
            placed: Family::default(),
            calls: Family::default(),
            orders: Family::default(),
            open_purchases: Gauge::default(),
            holds: Family::default(),
            registry: Registry::default(),
        };
        registry.register(
            "passes",
            "Passes over an order key, by how they ended",
            metrics.passes.clone(),
        );
        registry.register(
            "orders_posted",
            "POSTs of orders to CertCentral, by outcome",
            metrics.placed.clone(),
        );
        registry.register(
            "certcentral_calls",
            "Calls to CertCentral, by endpoint and outcome",
            metrics.calls.clone(),
        );
        registry.register(
            "orders",
            "DocumentSigningOrders, by the reason of their condition Ready",
            metrics.orders.clone(),
        );
        registry.register(
            "open_purchases",
            "Purchases whose outcome is not known yet",
            metrics.open_purchases.clone(),
        );
        registry.register(
            "holds",
            "Times an order began to wait for a person, by reason",
            metrics.holds.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// The metrics as OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing into a String can't fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
