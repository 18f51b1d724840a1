//! The plan of an order in the cluster: what the operator would do next, and why.

use serde_json::{Value, json};

use super::{account, offline, seen, sources, words};
use crate::api::{ConditionType, DocumentSigningOrderStatus, PurchaseSpec, PurchaseState};
use crate::cli::cluster::{self, Cluster};
use crate::cli::output::{Colour, Ending, Failure, Output};
use crate::domain::order_key::ClusterName;
use crate::plan::{Account, Correlation, Observed, Plan, Row, Wake, plan};
use crate::serve::clock::Clock;

/// Prints the plan of one order.
pub async fn run(
    output: &Output,
    cluster: &Cluster,
    name: &str,
    cluster_name: Option<ClusterName>,
    clock: &Clock,
) -> Result<Ending, Failure> {
    let now = clock.now();
    let (_, order) = cluster::order(cluster, name).await?;
    let mut notes = Vec::new();
    let key = seen::key(cluster, &order, cluster_name, &mut notes).await?;
    let purchase = seen::purchase(cluster, &order, &key, &mut notes).await?;
    let account = account::view(cluster, &order, purchase.as_ref(), now, &mut notes).await?;
    let keeps_tokens = match &account {
        Account::Ready(account) => account.correlation != Correlation::NotSupported,
        Account::Pending | Account::Missing(_) | Account::NotReady(..) => true,
    };
    let prepared = sources::prepare(
        cluster,
        &order,
        &key,
        keeps_tokens,
        purchase.as_ref(),
        now,
        &mut notes,
    )
    .await?;
    let bought = line_on(purchase.as_ref());
    let unbought = purchase
        .as_ref()
        .is_none_or(|purchase| purchase.state == PurchaseState::Closed);
    let mut seen = seen::observed(&order, &key, purchase, account, prepared.request, now);
    let decided = plan(&seen);
    let shown = shown(&mut seen, &decided);
    let body = prepared
        .body
        .filter(|_| unbought && order.spec.existing_order_id.is_none());
    print(output, &decided, shown.as_ref());
    output.line(format_args!("purchase   {bought}"));
    if unbought {
        offline::print(output, &key, body.as_ref());
    } else {
        output.line(format_args!("order key  {key}"));
        output.line(format_args!("token      {}", key.token()));
    }
    for note in &notes {
        output.line(format_args!("note       {note}"));
    }
    output.json(&json!({
        "row": format!("{:?}", decided.row),
        "next": words::next(&decided.action),
        "why": words::why(decided.row),
        "after": words::after(decided.row),
        "wake": wake(&decided),
        "orderKey": key.to_string(),
        "token": key.token().as_str(),
        "purchase": bought,
        "shows": shown,
        "body": body,
        "notes": notes,
    }));
    Ok(Ending::Fine)
}

/// What the status says once that is done. Between two look-ups of an open attempt it goes on saying what it says:
/// the operator alone knows since when it knows the attempt.
fn shown(seen: &mut Observed, decided: &Plan) -> Option<DocumentSigningOrderStatus> {
    let order = seen.order.as_ref()?;
    let current = order.status.observed_generation == Some(order.generation);
    let written = order.status.clone();
    if decided.row == Row::LookUpOpen && !(current && written.attempt.is_some()) {
        seen.memory.looked_up = Some(seen.now);
        return plan(seen).status;
    }
    decided.status.clone().or(Some(written))
}

fn print(output: &Output, decided: &Plan, shown: Option<&DocumentSigningOrderStatus>) {
    let next = output.paint(Colour::Strong, &words::next(&decided.action));
    output.line(format_args!("next       {next}"));
    output.line(format_args!(
        "because    {} (row {:?})",
        words::why(decided.row),
        decided.row
    ));
    if let Some(after) = words::after(decided.row) {
        output.line(format_args!("then       {after}"));
    }
    if let Wake::At(time) = decided.wake {
        output.line(format_args!("until      {time} at the latest"));
    }
    let ready = shown.and_then(|status| {
        let conditions = &status.conditions;
        conditions
            .iter()
            .find(|condition| condition.type_ == ConditionType::Ready.as_str())
    });
    if let (Some(status), Some(ready)) = (shown, ready) {
        output.line(format_args!("shows      {}: {}", ready.reason, ready.message));
        if let Some(who) = &status.waiting_for {
            output.line(format_args!("waits for  {who}"));
        }
    }
}

fn wake(decided: &Plan) -> Value {
    match decided.wake {
        Wake::OnChange => Value::Null,
        Wake::At(time) => json!(time.to_string()),
    }
}

fn line_on(purchase: Option<&PurchaseSpec>) -> String {
    let Some(purchase) = purchase else {
        return "none".to_owned();
    };
    let attempt = purchase.attempt.as_ref().map_or_else(String::new, |attempt| {
        let began = attempt.start_time.0;
        if began == jiff::Timestamp::UNIX_EPOCH {
            // Concluded from the status, which does not say when.
            format!(", attempt {}", attempt.id)
        } else {
            format!(", attempt {} of {began}", attempt.id)
        }
    });
    match purchase.state {
        PurchaseState::Open => format!("open{attempt}"),
        PurchaseState::Closed => format!("closed, nothing was bought{attempt}"),
        PurchaseState::Bought => {
            let ids: Vec<_> = purchase.order_ids.iter().map(ToString::to_string).collect();
            format!("bought, order {}{attempt}", ids.join(", "))
        }
    }
}
