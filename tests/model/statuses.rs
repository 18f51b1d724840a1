//! The statuses of the model by number, without what no decision reads.

use std::collections::HashMap;

use docsign::api::{DocumentSigningOrderStatus, Reason, WaitingFor};
use docsign::domain::order_key::OrderKey;
use docsign::plan::status::shown_reason;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::seen::{number, order_of, tick_up, wall};

/// All statuses that were ever written. Number 0 is the one that nobody wrote yet.
pub struct Statuses {
    list: Vec<(DocumentSigningOrderStatus, Shown)>,
    numbers: HashMap<String, u16>,
}

/// What the model itself reads of a status.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shown {
    /// The key it speaks of; none before the first write.
    pub key: Option<u8>,
    /// 0: none.
    pub attempt: u8,
    /// 0: none.
    pub order: u8,
    /// 0: none.
    pub claimed_revision: u8,
    /// The order is over, so that another may be asked for.
    pub over: bool,
    /// The owner of the manifest has to act.
    pub owner: bool,
    /// Another order's attempt has to end first.
    pub queued: bool,
    /// Nobody has to act any more.
    pub nobody: bool,
}

impl Default for Statuses {
    fn default() -> Self {
        let mut statuses = Self {
            list: Vec::new(),
            numbers: HashMap::new(),
        };
        statuses.number(DocumentSigningOrderStatus {
            observed_generation: Some(0),
            ..DocumentSigningOrderStatus::default()
        });
        statuses
    }
}

impl Statuses {
    pub fn read(&self, number: u16) -> &DocumentSigningOrderStatus {
        &self.list[usize::from(number)].0
    }

    pub fn shown(&self, number: u16) -> Shown {
        self.list[usize::from(number)].1
    }

    /// The number of a status. Messages, and times that no decision reads, are left out; times that decisions
    /// compare are rounded up to the tick; a failure that was seen twice was seen often.
    pub fn number(&mut self, mut status: DocumentSigningOrderStatus) -> u16 {
        for condition in &mut status.conditions {
            condition.last_transition_time = Time(wall(0));
            condition.message = String::new();
        }
        status.waiting_since = None;
        status.next_check_time = status.next_check_time.map(|time| Time(round(time.0)));
        if let Some(failure) = &mut status.failure {
            failure.last_time = None;
            failure.message = None;
            failure.count = failure.count.map(|count| count.min(2));
            failure.retry_time = failure.retry_time.take().map(|time| Time(round(time.0)));
        }
        let text = serde_json::to_string(&status).unwrap();
        let next = u16::try_from(self.list.len()).unwrap();
        let list = &mut self.list;
        *self.numbers.entry(text).or_insert_with(|| {
            let shown = shown(&status);
            list.push((status, shown));
            next
        })
    }
}

/// Times beyond the end of any search are one time.
fn round(time: jiff::Timestamp) -> jiff::Timestamp {
    wall(i8::try_from(tick_up(time)).map_or(100, |tick| if tick > 40 { 100 } else { tick }))
}

fn shown(status: &DocumentSigningOrderStatus) -> Shown {
    let key = status.order_key.as_deref().and_then(OrderKey::parse);
    let waits_for = |who: WaitingFor| status.waiting_for.as_deref() == Some(who.as_str());
    Shown {
        key: key.map(|key| {
            let manifest = usize::from(key.name() != "jane-doe");
            super::world::key_of(manifest, u8::try_from(key.revision()).unwrap())
        }),
        attempt: status.attempt.as_deref().map_or(0, number),
        order: status.order_id.map_or(0, order_of),
        claimed_revision: status
            .claimed_revision
            .map_or(0, |revision| u8::try_from(revision).unwrap()),
        over: status.order_status.as_deref() == Some("issued"),
        owner: waits_for(WaitingFor::Owner),
        queued: shown_reason(status) == Some(Reason::Queued),
        nobody: waits_for(WaitingFor::Nobody),
    }
}
