//! A whole plan as a few lines of text: nothing is left out, and what is as it always is takes no room.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::fixtures::{at, key};
use crate::api::{DocumentSigningOrderStatus, Failure};
use crate::plan::{Observed, Plan, Wake, plan};

/// Compares the whole plan with its text.
pub fn check(seen: &Observed, expected: &str) {
    let text = render(seen, &plan(seen));
    let dedent = |text: &str| {
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        lines.join("\n")
    };
    assert_eq!(dedent(&text), dedent(expected), "\n<<<{text}>>>");
}

/// The plan as text; times in seconds after the attempt of the fixtures began.
pub fn render(seen: &Observed, plan: &Plan) -> String {
    let Plan {
        row,
        action,
        status,
        wake,
    } = plan;
    let wake = match wake {
        Wake::OnChange => String::new(),
        Wake::At(time) => format!(", wake {}", seconds(*time)),
    };
    let mut lines = vec![format!("{row:?}: {action:?}{wake}")];
    match status {
        None => lines.push("keeps the status".to_owned()),
        Some(status) => lines.extend(status_lines(seen, status)),
    }
    lines.join("\n")
}

fn status_lines(seen: &Observed, status: &DocumentSigningOrderStatus) -> Vec<String> {
    let DocumentSigningOrderStatus {
        observed_generation,
        claimed_revision,
        attempt,
        order_key,
        purchase,
        order_id,
        request_id,
        request_status,
        order_status,
        certificate_id,
        waiting_for,
        waiting_since,
        next_check_time,
        failure,
        certificate,
        history,
        conditions,
    } = status;
    let mut lines = vec![conditions_line(seen, conditions)];
    let usual_key = *order_key == Some(key(1).to_string()) && *purchase == Some(key(1).token().to_string());
    let message = conditions
        .iter()
        .find(|condition| condition.type_ == "Ready")
        .map(|ready| ready.message.clone());
    lines.push(format!("says {}", message.unwrap_or_default()));
    let mut facts = vec![format!(
        "waits for {}{}",
        waiting_for.as_deref().unwrap_or("?"),
        since(seen, waiting_since.as_ref())
    )];
    let mut fact = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push(format!("{name} {value}"));
        }
    };
    fact("generation", observed_generation.map(|n| n.to_string()));
    fact("claimed", claimed_revision.map(|n| n.to_string()));
    fact("attempt", attempt.clone());
    fact("order", order_id.map(|n| n.to_string()));
    fact("status", order_status.clone());
    fact("request", request_id.map(|n| n.to_string()));
    fact("request status", request_status.clone());
    fact("certificate", certificate_id.map(|n| n.to_string()));
    fact("facts", certificate.as_ref().map(|facts| format!("{facts:?}")));
    fact("next check", next_check_time.as_ref().map(|time| seconds(time.0)));
    fact(
        "key",
        (!usual_key).then(|| format!("{order_key:?} purchase {purchase:?}")),
    );
    lines.push(facts.join(", "));
    lines.extend(failure.as_ref().map(failure_line));
    lines.extend(history.iter().map(|past| format!("history {past:?}")));
    lines
}

fn failure_line(failure: &Failure) -> String {
    let Failure {
        count,
        last_time,
        outcome,
        code,
        http_status,
        message,
        retry_time,
        generation,
        inputs,
    } = failure;
    let time = |time: &Option<Time>| time.as_ref().map_or("never".to_owned(), |time| seconds(time.0));
    format!(
        "failure {} {}{} x{} at {}, retry {}, of generation {} and {}: {}",
        outcome.as_deref().unwrap_or("?"),
        code.as_deref().unwrap_or("?"),
        http_status.map_or(String::new(), |status| format!(" ({status})")),
        count.unwrap_or(0),
        time(last_time),
        time(retry_time),
        generation.unwrap_or(0),
        inputs.as_deref().unwrap_or("nothing"),
        message.as_deref().unwrap_or("-"),
    )
}

/// The four conditions: reasons, messages and generations are printed where they do not follow from the reason
/// and message of Ready as they should.
fn conditions_line(seen: &Observed, conditions: &[Condition]) -> String {
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready");
    let generation = seen.order.as_ref().map(|order| order.generation);
    let one = |condition: &Condition| {
        let (reason, message) = match (condition.type_.as_str(), condition.status.as_str()) {
            ("Placed", "True") => ("Placed", ""),
            ("Reconciling" | "Stalled", "False") => ("Settled", ""),
            _ => ready.map_or(("?", "?"), |ready| {
                (ready.reason.as_str(), ready.message.as_str())
            }),
        };
        let mut text = format!("{}={}", condition.type_, condition.status);
        text += &since(seen, Some(&condition.last_transition_time));
        if condition.reason != reason || condition.message != message {
            text += " (";
            text += &condition.reason;
            text += ": ";
            text += &condition.message;
            text += ")";
        }
        if condition.observed_generation != generation {
            let of = condition.observed_generation;
            text += &of.map_or_else(
                || " of no generation".to_owned(),
                |n| format!(" of generation {n}"),
            );
        }
        text
    };
    let all: Vec<String> = conditions.iter().map(one).collect();
    let reason = ready.map_or("?", |ready| ready.reason.as_str());
    format!("{reason}: {}", all.join(" "))
}

fn since(seen: &Observed, time: Option<&Time>) -> String {
    match time {
        Some(time) if time.0 == seen.now => String::new(),
        Some(time) => format!(" since {}", seconds(time.0)),
        None => " since ?".to_owned(),
    }
}

fn seconds(time: Timestamp) -> String {
    format!("{}s", time.duration_since(at(0)).as_secs())
}
