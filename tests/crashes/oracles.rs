//! What must hold of every world, whatever went wrong in it: of CertCentral's journal, and of every version of the
//! cluster.

use std::collections::{BTreeMap, BTreeSet};

use docsign::simulator::Placed;
use serde_json::Value;

use crate::plan::Plan;
use crate::scripts::{BEYOND, SHOWN_ONCE, script};
use crate::world::World;

/// Blames the world for everything that does not hold.
pub fn judge(world: &World, plan: &Plan) {
    paid_once(world, plan);
    ids_stay(world);
    purchases_outlive(world);
    if plan.script != BEYOND.name {
        absent_is_absent(world);
    }
    if script(plan.script).policy == "Hold" {
        people_decide(world);
    }
    attempts_are_let_go_of(world);
    if *plan == Plan::undisturbed("queue") {
        one_at_a_time(world);
    }
}

/// The token of a request: an account that does not take the field has it in the comments.
pub fn token(body: &Value) -> Option<String> {
    let token = body["alternative_order_id"]
        .as_str()
        .or_else(|| body["comments"].as_str());
    token.map(str::to_owned)
}

/// The requests of all orders that exist, with their ids, by token.
pub fn bought(placed: &[Placed]) -> BTreeMap<String, Vec<(u64, Value)>> {
    let mut bought: BTreeMap<String, Vec<(u64, Value)>> = BTreeMap::new();
    for order in placed {
        if let Some(token) = token(&order.request) {
            let body = (order.order_id, order.request.clone());
            bought.entry(token).or_default().push(body);
        }
    }
    bought
}

/// No key has been paid for twice, and what was bought is in the ledgers.
fn paid_once(world: &World, plan: &Plan) {
    // There somebody orders under the manifest's own key.
    if plan.script == SHOWN_ONCE.name {
        return;
    }
    let by_hand = world.by_hand.lock().unwrap().clone();
    for (token, orders) in bought(&world.placed()) {
        let ids: Vec<u64> = orders.iter().map(|(id, _)| *id).collect();
        let ours: Vec<u64> = ids.iter().copied().filter(|id| !by_hand.contains(id)).collect();
        if ours.len() > 1 || (!ours.is_empty() && ours != ids) {
            world.blame(format!("{token} was bought {} times", ids.len()));
        }
        for purchase in world.cluster.objects("purchases") {
            let recorded = &purchase["spec"]["orderIDs"];
            let mut known: Vec<u64> = recorded
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_u64)
                .collect();
            known.sort_unstable();
            if purchase["metadata"]["name"] != token.as_str() || known == ours || ours.is_empty() {
                continue;
            }
            // Whoever knew the number died with it, and no look-up shows the order: a person has to find it.
            let lost = plan.script == "unseen" && plan.loses_the_answer() && recorded.is_null();
            if !lost {
                let state = &purchase["spec"]["state"];
                world.blame(format!(
                    "{token} was bought as {ours:?}, and its purchase is {state} with {recorded}"
                ));
            }
        }
    }
}

/// No id that was written anywhere is ever dropped or replaced, and no purchase disappears or is unbought.
fn ids_stay(world: &World) {
    let mut deleted = *world.deleted.lock().unwrap();
    for change in world.cluster.log() {
        let Some(before) = &change.before else { continue };
        match (change.place.kind.plural.as_str(), &change.after) {
            ("purchases", None) if deleted > 0 => deleted -= 1,
            ("purchases", None) => world.blame("a purchase was deleted".to_owned()),
            ("purchases", Some(after)) => {
                let ids = |object: &Value| object["spec"]["orderIDs"].as_array().cloned().unwrap_or_default();
                if !ids(before).iter().all(|id| ids(after).contains(id)) {
                    world.blame("a purchase lost an id".to_owned());
                }
                if before["spec"]["state"] == "Bought" && after["spec"]["state"] != "Bought" {
                    world.blame("a purchase was unbought".to_owned());
                }
            }
            ("documentsigningorders", Some(after)) => {
                let (before, after) = (&before["status"], &after["status"]);
                let same_key = before["orderKey"] == after["orderKey"];
                if !before["orderID"].is_null() && same_key && before["orderID"] != after["orderID"] {
                    world.blame("a status lost its id".to_owned());
                }
            }
            _ => {}
        }
    }
}

/// No purchase ever belonged to anything that it would go with, or waited for a word of ours to go.
fn purchases_outlive(world: &World) {
    for change in world.cluster.log() {
        let Some(after) = change.after.filter(|_| change.place.kind.plural == "purchases") else {
            continue;
        };
        for field in ["ownerReferences", "finalizers"] {
            let tied = after["metadata"][field].as_array();
            if tied.is_some_and(|tied| !tied.is_empty()) {
                world.blame(format!("a purchase has {field}"));
            }
        }
    }
}

/// No attempt was ever closed for proven absence, or on somebody's word, whose order exists.
fn absent_is_absent(world: &World) {
    let by_hand = world.by_hand.lock().unwrap().clone();
    let placed = world.placed();
    for change in world.cluster.log() {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            continue;
        };
        let (before, after) = (&before["spec"], &after["spec"]);
        if after["reason"] != "Absent" || after["state"] != "Closed" || before["state"] == "Closed" {
            continue;
        }
        let of_attempt = placed.iter().find(|order| {
            token(&order.request).as_deref() == Some(change.place.name.as_str())
                && !by_hand.contains(&order.order_id)
                && order.time < change.time
        });
        if let Some(order) = of_attempt {
            world.blame(format!(
                "order {} exists, and was closed as absent",
                order.order_id
            ));
        }
    }
}

/// Where the account says so, no attempt was ever closed as absent before a person named it.
fn people_decide(world: &World) {
    let mut named = BTreeSet::new();
    for change in world.cluster.log() {
        let Some(after) = &change.after else { continue };
        if let Some(attempt) = after["metadata"]["annotations"]["docsign.dev/order-anew"].as_str() {
            named.insert(attempt.to_owned());
        }
        let closed = after["spec"]["state"] == "Closed" && after["spec"]["reason"] == "Absent";
        let attempt = after["spec"]["attempt"]["id"].as_str().unwrap_or_default();
        if closed && !named.contains(attempt) {
            world.blame(format!("{attempt} was closed as absent, and nobody said so"));
        }
    }
}

/// No two attempts for one person were ever open, where nothing tells their orders apart. It keeps what people have to tell
/// apart small, and no order from being bought: an operator that knows less than there is may break it.
fn one_at_a_time(world: &World) {
    let mut open = BTreeSet::new();
    for change in world.cluster.log() {
        let Some(after) = change.after.filter(|_| change.place.kind.plural == "purchases") else {
            continue;
        };
        if after["spec"]["state"] == "Open" {
            open.insert(change.place.name.clone());
        } else {
            open.remove(&change.place.name);
        }
        if open.len() > 1 {
            world.blame("two attempts for one person were open at a time".to_owned());
        }
    }
}

/// No closed purchase was ever claimed anew while a status named an attempt of it: whoever repairs the ledgers would take that one
/// for an attempt nobody knows the end of.
fn attempts_are_let_go_of(world: &World) {
    let mut marked: BTreeMap<String, (Value, Value)> = BTreeMap::new();
    for change in world.cluster.log() {
        match (change.place.kind.plural.as_str(), &change.after) {
            ("documentsigningorders", None) => {
                marked.remove(&change.place.name);
            }
            ("documentsigningorders", Some(after)) => {
                let status = &after["status"];
                let mark = (status["orderKey"].clone(), status["attempt"].clone());
                marked.insert(change.place.name.clone(), mark);
            }
            ("purchases", Some(after)) => {
                let (before, after) = (change.before.as_ref(), &after["spec"]);
                let reopened = after["state"] == "Open"
                    && before.is_some_and(|before| before["spec"]["state"] == "Closed");
                let key = &after["orderKey"];
                let names_another = |(of, attempt): &(Value, Value)| {
                    of == key && !attempt.is_null() && *attempt != after["attempt"]["id"]
                };
                if reopened && marked.values().any(names_another) {
                    world.blame(format!(
                        "{key} was claimed anew while a status named its last attempt"
                    ));
                }
            }
            _ => {}
        }
    }
}
