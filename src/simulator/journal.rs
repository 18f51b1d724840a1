//! What happened: every order that was accepted, and every call that was made. The tests' witness of how often was paid.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::endpoint::Endpoint;

/// Everything since the start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    /// Every accepted order, oldest first: each is one that was paid for.
    pub orders: Vec<Placed>,
    /// How often each endpoint was called, by how the calls ended.
    pub calls: BTreeMap<Endpoint, Count>,
}

/// An accepted order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// Its number.
    pub order_id: u64,
    /// The `alternative_order_id` that was sent, whether or not it was kept.
    pub alternative_order_id: Option<String>,
    /// The first line of the comments that were sent.
    pub comments_first_line: Option<String>,
    /// When, by the simulator's clock.
    pub time: Timestamp,
    /// The request as it was sent.
    pub request: Value,
    /// The TCP connection it came on, counted from 1.
    pub connection: u64,
    /// What became of the answer.
    pub ended: Ended,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Not yet answered.
    Open,
    /// Answered with a 2xx.
    Answered,
    /// Answered with anything else.
    Refused,
    /// The connection was closed without an answer, or with a part of one, or never answered.
    Dropped,
}

/// How many calls of an endpoint ended in which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// All of them.
    pub total: u64,
    /// Answered with a 2xx.
    pub answered: u64,
    /// Answered with anything else.
    pub refused: u64,
    /// Not answered, or not completely.
    pub dropped: u64,
}

impl Journal {
    /// How often an endpoint was called.
    pub fn count(&self, endpoint: Endpoint) -> Count {
        self.calls.get(&endpoint).copied().unwrap_or_default()
    }

    /// The orders that were bought under one token.
    pub fn orders_of(&self, alternative_order_id: &str) -> Vec<&Placed> {
        self.orders
            .iter()
            .filter(|order| order.alternative_order_id.as_deref() == Some(alternative_order_id))
            .collect()
    }

    /// Notes a call that has arrived.
    pub(super) fn begin(&mut self, endpoint: Endpoint) {
        self.calls.entry(endpoint).or_default().total += 1;
    }

    /// Notes how a call ended, and which order it placed.
    pub(super) fn end(&mut self, endpoint: Endpoint, placed: Option<u64>, ended: Ended) {
        let count = self.calls.entry(endpoint).or_default();
        match ended {
            Ended::Open => {}
            Ended::Answered => count.answered += 1,
            Ended::Refused => count.refused += 1,
            Ended::Dropped => count.dropped += 1,
        }
        for order in self
            .orders
            .iter_mut()
            .filter(|order| Some(order.order_id) == placed)
        {
            order.ended = ended;
        }
    }
}
