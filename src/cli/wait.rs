//! `docsign wait`: follows an order, and says who has to act.

use std::time::Duration;

use clap::{Args, ValueEnum};
use futures::StreamExt as _;
use jiff::SignedDuration;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Api;
use kube::runtime::watcher;
use serde_json::json;

use super::cluster::{self, ClusterArgs};
use super::output::{self, Colour, EXIT_CODES, Ending, Failure, Output, OutputArgs};
use crate::api::{ConditionType, DocumentSigningOrder, WaitingFor};
use crate::serve::clock::Clock;

/// Wait until an order is placed or its certificate is issued
///
/// Prints every change: who has to act, and what he has to do. Ends with 1 when the order is Stalled or over (then
/// nothing comes by itself), when it is deleted, and when the time is up. Validating a person takes days. With
/// -o json each change is one JSON object on a line.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  docsign wait jane-doe -n signing --until placed --timeout 2m\n  docsign wait jane-doe -n signing --until issued\n\n{EXIT_CODES}"))]
pub struct Wait {
    /// The DocumentSigningOrder
    name: String,
    /// What to wait for
    #[arg(long, value_enum, env = "DOCSIGN_UNTIL")]
    until: Until,
    /// How long at most, such as 90s, 10m or 3d; default: as long as it takes
    #[arg(long, env = "DOCSIGN_TIMEOUT", value_parser = duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Until {
    /// An order exists at CertCentral
    Placed,
    /// The certificate is issued
    Issued,
}

/// How an order stands, as far as waiting goes.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Standing {
    Reached,
    Stalled,
    Over,
    Waiting,
}

/// Follows the order.
pub async fn run(arguments: Wait, clock: Clock) -> Result<Ending, Failure> {
    let output = Output::new(arguments.output);
    let cluster = arguments.cluster.connect().await?;
    // A name that is wrong is told at once, and not waited for.
    let (orders, _) = cluster::order(&cluster, &arguments.name).await?;
    let following = follow(&output, orders, &arguments, &clock);
    let Some(timeout) = arguments.timeout else {
        return following.await;
    };
    tokio::time::timeout(timeout, following)
        .await
        .unwrap_or_else(|_| {
            output::note("the time is up");
            Ok(Ending::Finding)
        })
}

async fn follow(
    output: &Output,
    orders: Api<DocumentSigningOrder>,
    arguments: &Wait,
    clock: &Clock,
) -> Result<Ending, Failure> {
    let mut changes = std::pin::pin!(watcher::watch_object(orders, &arguments.name));
    let mut said = None;
    while let Some(change) = changes.next().await {
        let order = match change {
            Ok(Some(order)) => order,
            Ok(None) => {
                output::note("the order is gone");
                return Ok(Ending::Finding);
            }
            // The watch goes on by itself; what can't heal is said.
            Err(
                watcher::Error::InitialListFailed(kube::Error::Api(status))
                | watcher::Error::WatchStartFailed(kube::Error::Api(status)),
            ) if status.code == 403 => {
                return Err(Failure::new("you may not watch this order"));
            }
            Err(_) => {
                clock.sleep(Duration::from_secs(1)).await;
                continue;
            }
        };
        let standing = standing(&order, arguments.until);
        let line = words(&order);
        if said.as_ref() != Some(&line) {
            let colour = match standing {
                Standing::Reached => Colour::Good,
                Standing::Stalled | Standing::Over => Colour::Bad,
                Standing::Waiting => Colour::Strong,
            };
            let (reason, text) = &line;
            output.line(format_args!(
                "{}  {}: {text}",
                clock.now(),
                output.paint(colour, reason)
            ));
            output.json_line(&json!({
                "time": clock.now().to_string(),
                "reason": reason,
                "message": text,
                "waitingFor": order.status.as_ref().and_then(|status| status.waiting_for.as_ref()),
            }));
            said = Some(line);
        }
        match standing {
            Standing::Reached => return Ok(Ending::Fine),
            Standing::Stalled | Standing::Over => return Ok(Ending::Finding),
            Standing::Waiting => {}
        }
    }
    Err(Failure::new("the watch ended"))
}

/// The reason, and in words who has to act.
fn words(order: &DocumentSigningOrder) -> (String, String) {
    let Some(ready) = condition(order, ConditionType::Ready) else {
        return (
            "New".to_owned(),
            "the operator has not looked at it yet".to_owned(),
        );
    };
    let waiting_for = order
        .status
        .as_ref()
        .and_then(|status| status.waiting_for.as_deref());
    let who = WaitingFor::ALL
        .iter()
        .find(|who| waiting_for == Some(who.as_str()))
        .map(|who| match who {
            WaitingFor::Operator => "the operator is at it",
            WaitingFor::Owner => "the owner of the manifest has to act",
            WaitingFor::Administrator => "the administrator of the CertCentral account has to act",
            WaitingFor::Approver => "the approver has to act",
            WaitingFor::Validation => "DigiCert validates the person",
            WaitingFor::Applicant => "the person has to act",
            WaitingFor::DigiCert => "DigiCert has to act",
            WaitingFor::Nobody => "nobody has to act",
        });
    let text = match who {
        Some(who) if ready.message.is_empty() => who.to_owned(),
        Some(who) => format!("{who}: {}", ready.message),
        None => ready.message.clone(),
    };
    (ready.reason.clone(), text)
}

fn standing(order: &DocumentSigningOrder, until: Until) -> Standing {
    let wanted = match until {
        Until::Placed => ConditionType::Placed,
        Until::Issued => ConditionType::Ready,
    };
    // What was said of an earlier generation may be what the change has put right.
    let current = |type_| {
        condition(order, type_)
            .filter(|condition| condition.observed_generation == order.metadata.generation)
            .map(|condition| condition.status.as_str())
    };
    if condition(order, wanted).is_some_and(|condition| condition.status == "True") {
        Standing::Reached
    } else if current(ConditionType::Stalled) == Some("True") {
        Standing::Stalled
    } else if current(ConditionType::Reconciling) == Some("False") {
        Standing::Over
    } else {
        Standing::Waiting
    }
}

fn condition(order: &DocumentSigningOrder, type_: ConditionType) -> Option<&Condition> {
    let conditions = &order.status.as_ref()?.conditions;
    conditions
        .iter()
        .find(|condition| condition.type_ == type_.as_str())
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a time such as 90s, 10m or 3d".to_owned();
    let time: SignedDuration = match text.strip_suffix('d') {
        Some(days) => SignedDuration::from_hours(days.parse::<u16>().map_err(|_| wrong())?.into()) * 24,
        None => text.parse().map_err(|_| wrong())?,
    };
    Duration::try_from(time).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(placed: &str, ready: &str, reconciling: &str, stalled: &str) -> DocumentSigningOrder {
        let condition = |type_: &str, status: &str| {
            json!({"type": type_, "status": status, "reason": "X", "message": "", "observedGeneration": 2,
                "lastTransitionTime": "2026-11-22T12:00:00Z"})
        };
        serde_json::from_value(json!({
            "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder",
            "metadata": {"name": "jane", "generation": 2},
            "spec": {"accountRef": {"name": "main"}},
            "status": {"conditions": [condition("Placed", placed), condition("Ready", ready),
                condition("Reconciling", reconciling), condition("Stalled", stalled)]},
        }))
        .unwrap()
    }

    #[test]
    fn waiting_ends_when_nothing_comes_by_itself() {
        for (order, placed, issued) in [
            (
                ("False", "False", "True", "False"),
                Standing::Waiting,
                Standing::Waiting,
            ),
            (
                ("Unknown", "False", "False", "True"),
                Standing::Stalled,
                Standing::Stalled,
            ),
            (
                ("True", "False", "True", "False"),
                Standing::Reached,
                Standing::Waiting,
            ),
            (
                ("True", "False", "False", "True"),
                Standing::Reached,
                Standing::Stalled,
            ),
            (
                ("True", "False", "False", "False"),
                Standing::Reached,
                Standing::Over,
            ),
            (
                ("True", "True", "False", "False"),
                Standing::Reached,
                Standing::Reached,
            ),
        ] {
            let (placed_is, ready, reconciling, stalled) = order;
            let shown = shown(placed_is, ready, reconciling, stalled);
            assert_eq!(standing(&shown, Until::Placed), placed, "{order:?}");
            assert_eq!(standing(&shown, Until::Issued), issued, "{order:?}");
        }
    }

    #[test]
    fn what_was_said_of_an_earlier_generation_ends_no_waiting() {
        let mut order = shown("False", "False", "False", "True");
        order.metadata.generation = Some(3);
        assert_eq!(standing(&order, Until::Placed), Standing::Waiting);
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [("90s", 90), ("10m", 600), ("1h 30m", 5400), ("3d", 259_200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "5", "-1s", "d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
