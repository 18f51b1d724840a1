//! The statuses of the small world by number, and the plans that were made in it.

use std::collections::HashMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::fixtures::at;
use super::world::{Operator, World};
use crate::api::DocumentSigningOrderStatus;
use crate::plan::{Plan, plan};

/// All statuses that were ever written, without the times that no decision reads.
#[derive(Default)]
pub struct Statuses {
    list: Vec<DocumentSigningOrderStatus>,
    index: HashMap<String, u16>,
    /// Plans that were made before: many worlds look the same to an operator.
    plans: HashMap<(Operator, u8, u8), Plan>,
}

impl Statuses {
    pub fn read(&self, number: u16) -> &DocumentSigningOrderStatus {
        &self.list[usize::from(number)]
    }

    pub fn planned(&mut self, world: &World, who: usize) -> Plan {
        let view = (world.operators[who].clone(), world.tick, world.attempts);
        if let Some(planned) = self.plans.get(&view) {
            return planned.clone();
        }
        let planned = plan(&world.observed(who, self));
        self.plans.insert(view, planned.clone());
        planned
    }

    pub fn number(&mut self, mut status: DocumentSigningOrderStatus) -> u16 {
        for condition in &mut status.conditions {
            condition.last_transition_time = Time(at(0));
        }
        status.waiting_since = None;
        let text = serde_json::to_string(&status).unwrap();
        let next = u16::try_from(self.list.len()).unwrap();
        let list = &mut self.list;
        *self.index.entry(text).or_insert_with(|| {
            list.push(status);
            next
        })
    }
}
