//! Changes of what is stored: in every state that a rule tells apart, and of every field once the order is claimed.

use std::collections::BTreeSet;

use docsign::api::AdmissionRules;
use docsign::cli::Rules;
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::cases::{changed, words};
use super::judge::{AT_A_TIME, CHECK, SERVER, Tally, by_rules, check, without_nulls};
use super::manifests;
use super::page::Page;
use super::schema::{Kind, Rule, pointer};
use super::server::{Server, Verdict};
use super::values::{Defect, tries};

/// A change of a stored object.
struct Change {
    path: String,
    name: String,
    old: Value,
    new: Value,
    /// Whether it is a change by the operator, of the status.
    of_status: bool,
    /// Whether the order is claimed, and under the same revision.
    claimed: bool,
}

/// A place, and what is put there; none takes it away.
type Edit = (&'static str, Option<Value>);

/// Puts all changes of a kind to the two doors that know what was there before.
pub async fn judge(kind: &Kind, bases: &[Value], server: &Server, page: &Page, tally: &mut Tally) {
    let mut changes = Vec::new();
    if kind.name == "DocumentSigningOrder" {
        changes.extend(in_every_state(kind, &bases[0], server).await);
        changes.extend(once_claimed(kind, bases, server).await);
        changes.extend(by_hand(kind, server).await);
    } else {
        for (position, base) in bases.iter().enumerate() {
            let stored = server
                .store(kind, &named(base.clone(), &format!("base-{position}")))
                .await;
            for (path, value) in fields(kind, base).into_iter().chain([other_address(base)]) {
                let new = changed(stored.clone(), &pointer(&path, base), value.clone());
                let name = value.map_or_else(|| "taken away".to_owned(), |value| value.to_string());
                changes.push(Change {
                    path,
                    name,
                    old: stored.clone(),
                    new,
                    of_status: false,
                    claimed: false,
                });
            }
        }
    }
    tally.cases += changes.len();
    let rules = kind.rules();
    let shapes = Rules::new();
    let offline = AdmissionRules::of(&kind.name).unwrap();
    let mut verdicts = futures::stream::iter(&changes)
        .map(|change| async move {
            let name = change.old["metadata"]["name"].as_str().unwrap();
            let verdict = if change.of_status {
                server.replace_status(kind, name, &change.new).await
            } else {
                server.replace(kind, name, &change.new).await
            };
            (change, verdict)
        })
        .buffer_unordered(AT_A_TIME);
    while let Some((change, verdict)) = verdicts.next().await {
        let at = (change.path.as_str(), change.name.as_str());
        let violations = offline.violations(&without_nulls(change.new.clone()), Some(&change.old));
        let fine = violations.is_empty() && check(&shapes, &change.new, page).admissible;
        let accepted = verdict.accepted().is_some();
        tally.count(SERVER, accepted);
        tally.count(CHECK, fine);
        if accepted != fine {
            tally.differ(
                at.0,
                at.1,
                format!("changed: server {verdict:?}, offline {violations:?}"),
            );
        }
        match verdict {
            Verdict::Refused(complaints) if by_rules(&rules, &complaints) => {
                tally.rules(&rules, &complaints, &violations, at);
            }
            Verdict::Refused(_) => {}
            Verdict::Accepted(stored) => {
                tally
                    .kept
                    .extend(rules.iter().filter(|rule| asked(rule, change)).cloned());
                if change.claimed && bought(&stored) != bought(&change.old) {
                    tally.differ(at.0, at.1, "changed after the claim");
                }
            }
        }
    }
}

/// What is frozen from the claim on.
fn bought(object: &Value) -> [Option<&Value>; 2] {
    ["/spec/order", "/spec/accountRef"].map(|place| object.pointer(place))
}

fn asked(rule: &Rule, change: &Change) -> bool {
    let place = |object: &Value| pointer(&rule.node, object);
    let there = |object: &Value| rule.node.is_empty() || object.pointer(&place(object)).is_some();
    rule.text.contains("oldSelf") && there(&change.old) && there(&change.new)
}

fn named(object: Value, name: &str) -> Value {
    changed(object, "/metadata/name", Some(json!(name)))
}

/// The states that the rules over the root tell apart, by the fields of the status and the words in the rules.
async fn in_every_state(kind: &Kind, base: &Value, server: &Server) -> Vec<Change> {
    let mut statuses = BTreeSet::new();
    let said: BTreeSet<_> = kind
        .rules()
        .iter()
        .filter(|rule| rule.node.is_empty())
        .flat_map(|rule| words(&rule.text))
        .collect();
    let order_statuses = said
        .iter()
        .map(String::as_str)
        .chain(["pending", "a word of tomorrow"])
        .map(|word| json!(word));
    for claimed in [Value::Null, json!(1)] {
        for order_id in [Value::Null, json!(112_233)] {
            for order_status in order_statuses.clone().chain([Value::Null]) {
                for request_status in [Value::Null, json!("pending"), json!("rejected")] {
                    let status = json!({"claimedRevision": claimed, "orderID": order_id, "orderStatus": order_status,
                        "requestStatus": request_status, "orderKey": "doors/signing/case/1"});
                    statuses.insert(without_nulls(status).to_string());
                }
            }
        }
    }
    let other_order = ("/spec/order/paymentMethod", Some(json!("card")));
    let another = ("/spec/order/promoCode", Some(json!("OTHER")));
    let account = ("/spec/accountRef/name", Some(json!("other")));
    let rise = ("/spec/revision", Some(json!(2)));
    let bind = |id: i64| ("/spec/existingOrderID", Some(json!(id)));
    let edits: Vec<(&str, Vec<Edit>)> = vec![
        ("spec", vec![]),
        ("spec.order", vec![another.clone()]),
        ("spec.order", vec![other_order]),
        ("spec.order", vec![("/spec/order", None), bind(112_233)]),
        ("spec.accountRef", vec![account.clone()]),
        ("spec.existingOrderID", vec![bind(112_233)]),
        ("spec.existingOrderID", vec![bind(5)]),
        ("spec.revision", vec![rise.clone()]),
        ("spec.revision", vec![another, account, rise.clone()]),
        ("spec.revision", vec![bind(5), rise]),
        ("spec.revision", vec![("/spec/revision", Some(json!(0)))]),
        ("spec.suspend", vec![("/spec/suspend", Some(json!(true)))]),
    ];
    let mut changes = Vec::new();
    for (position, status) in statuses.into_iter().enumerate() {
        let mut object = named(base.clone(), &format!("state-{position}"));
        object["status"] = serde_json::from_str(&status).unwrap();
        let stored = server.store(kind, &object).await;
        for (path, edit) in &edits {
            let new = edit.iter().fold(stored.clone(), |object, (place, value)| {
                changed(object, place, value.clone())
            });
            changes.push(Change {
                path: (*path).to_owned(),
                name: format!("{edit:?} in {status}"),
                old: stored.clone(),
                new,
                of_status: false,
                claimed: false,
            });
        }
    }
    changes
}

/// Every field of every good manifest changed, taken away and added: before the claim, after it, and with the revision
/// raised.
async fn once_claimed(kind: &Kind, bases: &[Value], server: &Server) -> Vec<Change> {
    let mut changes = Vec::new();
    let claimed = json!({"claimedRevision": 1, "orderKey": "doors/signing/case/1"});
    for (position, base) in bases.iter().enumerate() {
        for (state, status) in [
            ("fresh", json!({"observedGeneration": 1})),
            ("claimed", claimed.clone()),
        ] {
            let mut object = named(base.clone(), &format!("{state}-{position}"));
            object["status"] = status;
            let stored = server.store(kind, &object).await;
            for (path, value) in fields(kind, base) {
                let new = changed(stored.clone(), &pointer(&path, base), value.clone());
                let claimed = state == "claimed";
                let name = format!(
                    "{} when {state}",
                    value.map_or_else(|| "taken away".to_owned(), |value| value.to_string())
                );
                changes.push(Change {
                    path,
                    name,
                    old: stored.clone(),
                    new,
                    of_status: false,
                    claimed,
                });
            }
        }
    }
    changes
}

/// For each field of a manifest: it is taken away, and it gets two other values that the schema allows.
fn fields(kind: &Kind, base: &Value) -> Vec<(String, Option<Value>)> {
    let mut fields = Vec::new();
    for node in kind.nodes().into_iter().filter(|node| node.path != "spec") {
        let Some(now) = base.pointer(&node.pointer(base)) else {
            continue;
        };
        let others = tries(&node, now)
            .into_iter()
            .filter_map(|(defect, value)| value.filter(|value| defect == Defect::None && value != now));
        let taken = (!node.required).then_some(None);
        let few = others.take(2).map(Some).chain(taken);
        fields.extend(few.map(|value| (node.path.clone(), value)));
    }
    fields
}

/// The region where there was an endpoint, or the other way round.
fn other_address(base: &Value) -> (String, Option<Value>) {
    if base.pointer("/spec/region").is_some() {
        ("spec.region".to_owned(), Some(json!("EU")))
    } else {
        (
            "spec.endpoint".to_owned(),
            Some(json!("https://other.example.com/services/v2")),
        )
    }
}

/// The changes that were written by hand, and those of the operator's own status.
async fn by_hand(kind: &Kind, server: &Server) -> Vec<Change> {
    let mut changes = Vec::new();
    for (state, status, edits) in manifests::edits() {
        let mut object = named(manifests::client_app(), &format!("by-hand-{state}"));
        object["status"] = status;
        let stored = server.store(kind, &object).await;
        for (edit, _) in edits {
            changes.push(Change {
                path: "spec".to_owned(),
                name: format!("{edit:?} when {state}"),
                old: stored.clone(),
                new: manifests::with(stored.clone(), &edit),
                of_status: false,
                claimed: false,
            });
        }
    }
    let mut bought = named(manifests::client_app(), "bought");
    bought["status"] = json!({"orderKey": "doors/signing/case/1", "orderID": 5});
    bought["spec"]["revision"] = json!(2);
    let stored = server.store(kind, &bought).await;
    for order_id in [None, Some(json!(5)), Some(json!(6))] {
        for key in [
            None,
            Some(json!("doors/signing/case/1")),
            Some(json!("doors/signing/case/2")),
        ] {
            let new = changed(stored.clone(), "/status/orderID", order_id.clone());
            let new = changed(new, "/status/orderKey", key.clone());
            let name = format!("{order_id:?} under {key:?}");
            changes.push(Change {
                path: "status.orderID".to_owned(),
                name,
                old: stored.clone(),
                new,
                of_status: true,
                claimed: false,
            });
        }
    }
    let lower = changed(stored.clone(), "/spec/revision", Some(json!(1)));
    changes.push(Change {
        path: "spec.revision".to_owned(),
        name: "lower".to_owned(),
        old: stored,
        new: lower,
        of_status: false,
        claimed: false,
    });
    changes
}
