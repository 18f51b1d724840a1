//! One plan, from the beginning of its world to its end, and what to make of it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::answers::ANSWERS;
use crate::oracles::{bought, judge};
use crate::paused::{in_paused_time, pass};
use crate::plan::Plan;
use crate::scripts::script;
use crate::stage::HELD;
use crate::world::World;

/// How long a world goes on after its script has ended: nothing more may happen.
const SETTLE: Duration = Duration::from_secs(130);
/// Within this time an order is looked for again that was lost from sight.
const IN_SIGHT: Duration = Duration::from_mins(65);
/// More writes than one thing that goes wrong can cause.
const WRITES_EACH: usize = 14;
/// More writes than two operators make who contradict each other because their clocks are two hours apart.
const WRITES_APART: usize = 50;

/// What came of a plan.
pub struct Run {
    /// What is wrong with it.
    pub wrong: Vec<String>,
    /// The end, without what differs from run to run.
    pub end: Value,
    /// Look-ups by token are known to work, at the end.
    exact: bool,
    /// A person was told to delete the Secret with a card.
    card_kept: bool,
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
        let script = script(plan.script);
        let apart = if script.operators > 1 && plan.moves_clocks() {
            WRITES_APART
        } else {
            0
        };
        let most = undisturbed.writes() + WRITES_EACH * (plan.disturbances.len() + 1) + apart;
        if self.writes() > most {
            self.wrong
                .push(format!("{} writes, more than {most}", self.writes()));
        }
        let mut expected = undisturbed.end.clone();
        if plan.script == "card" && (plan.moves_clocks() || self.card_kept) {
            // A card that seems to have been written down since the attempt stays; so does one that may not be deleted,
            // and that is told.
            expected["secrets"] = self.end["secrets"].clone();
        }
        if self.end != expected && !self.may_differ(plan) {
            self.wrong.push(format!(
                "another end:\n  here  {}\n  there {}",
                self.end, expected
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
            let dated =
                !matches!(plan.script, "purchase-deleted" | "blind" | "key-replaced") && !plan.sleeps();
            let proves = dated && self.exact && !self.absent.iter().any(|absent| absent == key);
            *reason == "OutcomeUnknown" && *nothing_bought && !proves
        };
        if reasons.iter().any(held) {
            let goes_on = |reason| matches!(reason, "Issued" | "Queued" | "OrderLimit" | "OrderNotVisible");
            return reasons
                .iter()
                .all(|of_order| held(of_order) || goes_on(of_order.0));
        }
        match plan.script {
            // What was bought for a namespace that is gone is not inherited; what was not can be bought anew.
            "namespace" => matches!(reasons.as_slice(), [("Issued" | "OrderChanged", ..)]),
            // What was bought with the key that was replaced is out of sight again.
            "key-replaced" => reasons
                .iter()
                .all(|(reason, ..)| matches!(*reason, "Issued" | "OrderNotVisible")),
            // Two operators, of which one does not know yet that the account takes no tokens, or whose clocks are
            // apart, say in turn that it is looked up and that a person has to look.
            "untraced" if matches!(reasons.as_slice(), [("Resolving", _, true)]) => true,
            // What was not bought on the one account can be bought on the other.
            "other-account" => matches!(reasons.as_slice(), [("Issued" | "OrderChanged", ..)]),
            // An order that never left leaves room for the one that a person names.
            "named-early" => {
                matches!(reasons.as_slice(), [("Issued", _, _)]) && self.end["bought"] == json!({})
            }
            // Claimed on the word of an old cache, and given back.
            "deleting" => self.end["bought"] == json!({}),
            // Whoever looks only after the definition was put right finds nothing amiss.
            "pruned-purchase" => matches!(reasons.as_slice(), [("Issued", ..)]),
            // Whether the first revision was bought, or proven not to be, depends on whether its POST ever left.
            "revisions-hidden" => matches!(reasons.as_slice(), [("Issued", key, _)] if key.ends_with("/2")),
            // A refusal that was received stands.
            "answer" => matches!(reasons.as_slice(), [("Refused", _, true)]),
            // The same; an account that was checked anew since lets it be tried again.
            "rivals-refused" | "untraced" => {
                matches!(reasons.as_slice(), [("Refused" | "Retrying", _, true)])
            }
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
        world.furnish(script).await.unwrap();
        if let Some(limit) = script.limit {
            world.limit(limit).await.unwrap();
        }
        let begin = world.cluster.version();
        let life = async {
            // The operator is there first: what follows reaches it as events.
            pass(Duration::from_secs(1)).await;
            let ended = (script.live)(&world).await;
            if plan.loses_sight() {
                pass(IN_SIGHT).await;
            }
            // Whoever slept all along finds the world without him, with his right to send still in his hands.
            world.fate.all_awake().await;
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
        judge(&world, plan);
        Run {
            wrong: world.wrong.lock().unwrap().clone(),
            end: end(&world),
            exact: world
                .cluster
                .objects("clustercertcentralaccounts")
                .iter()
                .all(|account| account["status"]["correlation"]["method"] == "Exact"),
            card_kept: world
                .cluster
                .objects("events")
                .iter()
                .any(|event| event["reason"] == "CardSecretKept"),
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
    let bought: BTreeMap<String, Vec<Value>> = bought(&world.placed())
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
