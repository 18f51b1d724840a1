//! One plan, from the beginning of its world to its end, and what to make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use docsign::simulator::Journal;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::answers::ANSWERS;
use crate::paused::{in_paused_time, pass};
use crate::plan::Plan;
use crate::scripts::{BEYOND, script};
use crate::stage::HELD;
use crate::world::World;

/// How long a world goes on after its script has ended: nothing more may happen.
const SETTLE: Duration = Duration::from_secs(130);
/// Within this time after its start, an order is this attempt's: the next begins after the quiet period.
const ONE_ATTEMPT: SignedDuration = SignedDuration::from_mins(30);
/// More writes than one thing that goes wrong can cause.
const WRITES_EACH: usize = 14;

/// What came of a plan.
pub struct Run {
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// The end, without what differs from run to run.
    pub end: Value,
    /// Look-ups by token are known to work, at the end.
    exact: bool,
    /// The keys of which it was once proven that no order exists.
    absent: Vec<String>,
    /// Every call to the API server and to CertCentral.
    pub effects: Vec<String>,
    /// The calls after the last thing that went wrong, by their numbers.
    pub afterwards: Vec<(usize, String)>,
    /// The versions of the cluster between the beginning of the script and its end.
    pub versions: std::ops::Range<u64>,
    /// Simulated time.
    pub age: Duration,
}

impl Run {
    /// How many writes there were to the API server.
    pub fn writes(&self) -> usize {
        let write = |effect: &&String| {
            let read = effect.starts_with("GET ") || effect.contains(" /services/v2/");
            !read && !effect.contains("/events")
        };
        self.effects.iter().filter(write).count()
    }

    /// Compares it with the run of the same script in which nothing went wrong.
    pub fn compare(&mut self, plan: &Plan, undisturbed: &Self) {
        let most = undisturbed.writes() + WRITES_EACH * (plan.disturbances.len() + 1);
        if self.writes() > most {
            self.wrong
                .push(format!("{} writes, more than {most}", self.writes()));
        }
        if self.end != undisturbed.end && !self.may_differ(plan) {
            self.wrong.push(format!(
                "another end:\n  here  {}\n  there {}",
                self.end, undisturbed.end
            ));
        }
    }
}

impl Run {
    /// Whether this end, other than the undisturbed one, is one that the promise allows.
    fn may_differ(&self, plan: &Plan) -> bool {
        let mut reasons = Vec::new();
        for order in self.end["orders"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(_, order)| order)
        {
            let ready = order["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|condition| condition.as_str()?.strip_prefix("Ready "))
                .find_map(|condition| condition.rsplit(' ').next());
            let key = order["key"].as_str().unwrap_or_default();
            let nothing_bought = self.end["purchases"][key]["ids"] == 0;
            reasons.push((ready.unwrap_or_default(), key, nothing_bought));
        }
        // A person has to say that an order does not exist: where look-ups prove nothing, and where they have proven
        // it once before.
        let held = |(reason, key, nothing_bought): &(&str, &str, bool)| {
            // Nor does anything prove it for an attempt that was put back (nobody knows when it was sent), while
            // look-ups fail, or between a look-up that was slept over and the next, an hour later.
            let dated = !matches!(plan.script, "purchase-deleted" | "blind") && !plan.sleeps();
            let proves = dated && self.exact && !self.absent.iter().any(|absent| absent == key);
            *reason == "OutcomeUnknown" && *nothing_bought && !proves
        };
        if reasons.iter().any(held) {
            return reasons
                .iter()
                .all(|of_order| held(of_order) || matches!(of_order.0, "Issued" | "Queued"));
        }
        match plan.script {
            // What was bought for a namespace that is gone is not inherited; what was not can be bought anew.
            "namespace" => matches!(reasons.as_slice(), [("Issued" | "OrderChanged", ..)]),
            // Claimed on the word of an old cache, and given back.
            "deleting" => self.end["bought"] == json!({}),
            // Whoever looks only after the definition was put right finds nothing amiss.
            "pruned-purchase" => matches!(reasons.as_slice(), [("Issued", ..)]),
            // A refusal that was received stands.
            "answer" => matches!(reasons.as_slice(), [("Refused", _, true)]),
            // The same; an account that was checked anew since lets it be tried again.
            "rivals-refused" => matches!(reasons.as_slice(), [("Refused" | "Retrying", _, true)]),
            _ => false,
        }
    }
}

/// Runs a plan.
pub fn run(plan: &Plan) -> Run {
    in_paused_time(async {
        let world = World::new(plan);
        let script = script(plan.script);
        if let Some(answer) = plan.answer {
            for effect in &ANSWERS[answer].effects() {
                world.first_post(effect.clone());
            }
        }
        world.furnish(script.exact, script.policy).await.unwrap();
        let begin = world.cluster.version();
        let life = async {
            // The operator is there first: what follows reaches it as events.
            pass(Duration::from_secs(1)).await;
            let ended = (script.live)(&world).await;
            pass(SETTLE).await;
            ended
        };
        let ended = tokio::select! {
            biased;
            ended = life => ended,
            () = world.operate(plan, script.operators) => Err("the operator ended".to_owned()),
        };
        if let Err(error) = ended
            && error != HELD
        {
            world.blame(error);
        }
        if world.fate.in_circles() {
            world.blame("goes round in circles".to_owned());
        }
        paid_once(&world, plan);
        ids_stay(&world);
        if plan.script != BEYOND.name {
            absent_is_absent(&world);
        }
        if script.policy == "Hold" {
            people_decide(&world);
        }
        Run {
            wrong: world.wrong.lock().unwrap().clone(),
            end: end(&world),
            exact: world
                .cluster
                .objects("clustercertcentralaccounts")
                .iter()
                .all(|account| account["status"]["correlation"]["method"] == "Exact"),
            absent: world
                .cluster
                .objects("purchases")
                .iter()
                .filter(|purchase| purchase["spec"]["absences"].as_i64() > Some(0))
                .filter_map(|purchase| purchase["spec"]["orderKey"].as_str().map(str::to_owned))
                .collect(),
            effects: world.fate.effects(),
            afterwards: world.fate.numbered(plan.disturbances.len()),
            versions: begin..world.cluster.version(),
            age: world.age(),
        }
    })
}

/// No key has been paid for twice, and what was bought is in the ledgers.
fn paid_once(world: &World, plan: &Plan) {
    let by_hand = world.by_hand.lock().unwrap().clone();
    for (token, orders) in bought(&world.remote.journal()) {
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

/// The token of a request: an account that does not take the field has it in the comments.
pub fn token(body: &Value) -> Option<String> {
    let token = body["alternative_order_id"]
        .as_str()
        .or_else(|| body["comments"].as_str());
    token.map(str::to_owned)
}

fn bought(journal: &Journal) -> BTreeMap<String, Vec<(u64, Value)>> {
    let mut bought: BTreeMap<String, Vec<(u64, Value)>> = BTreeMap::new();
    for order in &journal.orders {
        if let Some(token) = token(&order.request) {
            let body = (order.order_id, order.request.clone());
            bought.entry(token).or_default().push(body);
        }
    }
    bought
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

/// No attempt was ever closed for proven absence, or on somebody's word, whose order exists.
fn absent_is_absent(world: &World) {
    let by_hand = world.by_hand.lock().unwrap().clone();
    let placed = world.remote.journal().orders;
    for change in world.cluster.log() {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            continue;
        };
        let (before, after) = (&before["spec"], &after["spec"]);
        if after["reason"] != "Absent" || after["state"] != "Closed" || before["state"] == "Closed" {
            continue;
        }
        let start: Timestamp = after["attempt"]["startTime"].as_str().unwrap().parse().unwrap();
        let of_attempt = placed.iter().find(|order| {
            token(&order.request).as_deref() == Some(change.place.name.as_str())
                && !by_hand.contains(&order.order_id)
                && order.time >= start
                && order.time.duration_since(start) < ONE_ATTEMPT
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

/// The end of a world, without times, versions and names that differ from run to run.
fn end(world: &World) -> Value {
    let orders: BTreeMap<String, Value> = world
        .cluster
        .objects("documentsigningorders")
        .iter()
        .map(|order| {
            let status = &order["status"];
            let conditions: Vec<String> = status["conditions"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|condition| {
                    let text = |field: &str| condition[field].as_str().unwrap_or_default().to_owned();
                    format!("{} {} {}", text("type"), text("status"), text("reason"))
                })
                .collect();
            // What else went wrong on the way is history.
            let refused = conditions.iter().any(|condition| condition.ends_with(" Refused"));
            let shown = json!({
                "conditions": conditions, "order": status["orderStatus"], "request": status["requestStatus"],
                "waitingFor": status["waitingFor"], "revision": status["claimedRevision"], "key": status["orderKey"],
                "history": status["history"].as_array().map_or(0, Vec::len), "bound": !status["orderID"].is_null(),
                "failure": refused.then(|| status["failure"]["code"].clone()),
            });
            (order["metadata"]["name"].as_str().unwrap().to_owned(), shown)
        })
        .collect();
    let purchases: BTreeMap<String, Value> = world
        .cluster
        .objects("purchases")
        .iter()
        .map(|purchase| {
            let spec = &purchase["spec"];
            let ids = spec["orderIDs"].as_array().map_or(0, Vec::len);
            (
                spec["orderKey"].as_str().unwrap().to_owned(),
                json!({"state": spec["state"], "ids": ids}),
            )
        })
        .collect();
    let bought: BTreeMap<String, Vec<Value>> = bought(&world.remote.journal())
        .into_iter()
        .map(|(token, orders)| {
            let bodies = orders.into_iter().map(|(_, mut body)| {
                // What a refusal had to have corrected.
                body["individual"]["telephone"] = Value::Null;
                // What an account had to be spared.
                body["alternative_order_id"] = Value::Null;
                body
            });
            (token, bodies.collect())
        })
        .collect();
    let secrets: Vec<Value> = world
        .cluster
        .objects("secrets")
        .iter()
        .map(|secret| secret["metadata"]["name"].clone())
        .collect();
    json!({"orders": orders, "purchases": purchases, "bought": bought, "secrets": secrets})
}
