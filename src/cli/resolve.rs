//! `docsign resolve`: a person settles an order that holds for him.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use clap::Args;
use jiff::Timestamp;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use super::cluster::{self, Cluster, ClusterArgs, Readable};
use super::output::{self, Colour, EXIT_CODES, Ending, Failure, Output, OutputArgs};
use crate::api::{
    ANNOTATION_ORDER_ANEW, ConditionType, DocumentSigningOrder, Purchase, PurchaseState, Reason,
};
use crate::domain::order_key::OrderKey;
use crate::plan::status::shown_reason;
use crate::serve::clock::Clock;

/// Settle an order that holds for a person
///
/// Shows what is held and why, and where to look in CertCentral. Then either binds an order that exists (--adopt
/// sets spec.existingOrderID), or says that none exists and that it may be ordered anew (--order-anew sets the
/// annotation docsign.dev/order-anew to the attempt, or to the orders that are not this one). Of an attempt of unknown
/// outcome the operator believes it once it has known the attempt for 15 minutes.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  docsign resolve jane-doe -n signing --adopt 112233\n  docsign resolve jane-doe -n signing --order-anew\n\n{EXIT_CODES}"))]
pub struct Resolve {
    /// The DocumentSigningOrder
    name: String,
    #[command(flatten)]
    answer: Answer,
    /// Don't ask. Like the answer itself it is said each time: it has no environment variable
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// What the person found.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct Answer {
    /// The order exists: bind the CertCentral order with this number
    #[arg(long, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    adopt: Option<i64>,
    /// No such order exists: let it be ordered anew
    #[arg(long)]
    order_anew: bool,
}

/// What is held.
struct Hold {
    key: Option<OrderKey>,
    reason: Option<Reason>,
    message: String,
    attempt: Option<String>,
    /// When the attempt began, and after when it sent nothing any more.
    times: Option<(Timestamp, Timestamp)>,
    /// The orders that were bought under this key.
    bought: Vec<i64>,
}

/// Shows the hold, asks, and writes the answer down.
pub async fn run(arguments: Resolve, clock: Clock) -> Result<Ending, Failure> {
    let output = Output::new(arguments.output);
    let cluster = arguments.cluster.connect().await?;
    let (orders, order) = cluster::order(&cluster, &arguments.name).await?;
    let Some(hold) = hold(&cluster, &order).await? else {
        let shown = ready_message(&order).unwrap_or("the operator has not looked at it yet");
        output.line(format_args!("{} holds for nobody: {shown}", arguments.name));
        output.json(&json!({"held": false, "message": shown}));
        return Ok(Ending::Finding);
    };
    show(&output, &arguments.name, &hold);
    let change = change(&arguments.answer, &order, &hold, clock.now());
    let (change, what) = match change {
        Ok(change) => change,
        Err(why) => {
            output.line(format_args!("refused    {why}"));
            output.json(&json!({"held": true, "settled": false, "message": why}));
            return Ok(Ending::Finding);
        }
    };
    if !arguments.yes && !confirmed(&what)? {
        output::note("nothing was changed");
        return Ok(Ending::Finding);
    }
    let written = orders
        .patch(&arguments.name, &PatchParams::default(), &Patch::Merge(&change))
        .await;
    match written {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 409 => {
            return Err(Failure::new(
                "the order has changed in the meantime, so nothing was written: look at it again",
            ));
        }
        Err(error) => return Err(cluster::failed("the order can't be changed", error)),
    }
    output.line(format_args!("done       {what}"));
    output.json(&json!({"held": true, "settled": true, "message": what}));
    Ok(Ending::Fine)
}

/// What is held, if anything is: an attempt of unknown outcome, or what the operator says that it holds.
async fn hold(cluster: &Cluster, order: &DocumentSigningOrder) -> Result<Option<Hold>, Failure> {
    let Some(status) = &order.status else {
        return Ok(None);
    };
    let key = status.order_key.as_deref().and_then(OrderKey::parse);
    let purchases: Api<Purchase> = Api::all(cluster.client.clone());
    let purchase = match &key {
        None => None,
        Some(key) => match cluster::read(&purchases, "Purchase", key.token().as_str()).await? {
            Readable::Found(purchase) => Some(purchase.spec),
            // The status names the attempt too, and whoever owns the manifest may not see purchases.
            Readable::Missing | Readable::Forbidden => None,
        },
    };
    let open = purchase.as_ref().map_or_else(
        || status.attempt.is_some() && status.order_id.is_none(),
        |purchase| purchase.state == PurchaseState::Open,
    );
    let reason = shown_reason(status);
    let held = matches!(
        reason,
        Some(
            Reason::OutcomeUnknown
                | Reason::DuplicateOrders
                | Reason::PossibleDuplicate
                | Reason::OrderChanged
                | Reason::OrderMismatch
        )
    );
    if !open && !held {
        return Ok(None);
    }
    let recorded = purchase
        .as_ref()
        .filter(|_| open)
        .and_then(|purchase| purchase.attempt.as_ref());
    Ok(Some(Hold {
        key,
        reason,
        message: ready_message(order).unwrap_or_default().to_owned(),
        attempt: recorded
            .map(|attempt| attempt.id.clone())
            .or_else(|| status.attempt.clone().filter(|_| open)),
        times: recorded.map(|attempt| (attempt.start_time.0, attempt.deadline_time.0)),
        bought: purchase.map(|purchase| purchase.order_ids).unwrap_or_default(),
    }))
}

fn show(output: &Output, name: &str, hold: &Hold) {
    let reason = hold.reason.map_or("an open attempt", Reason::as_str);
    output.line(format_args!("{}: {reason}", output.paint(Colour::Strong, name)));
    output.line(format_args!("why        {}", hold.message));
    if let Some(attempt) = &hold.attempt {
        let began = hold.times.map_or_else(String::new, |(began, deadline)| {
            format!(", began {began}, sent nothing after {deadline}")
        });
        output.line(format_args!("attempt    {attempt}{began}"));
    }
    if let Some(key) = &hold.key {
        output.line(format_args!("order key  {key}"));
        output.line(format_args!("look for   {}", key.token()));
        output.line(
            "where      CertCentral: Certificates > Orders, search for it as alternative order ID; it is also the first line of the order's comments",
        );
    }
}

/// The change that writes the answer down, and what it means; or why this answer can't be right.
fn change(
    answer: &Answer,
    order: &DocumentSigningOrder,
    hold: &Hold,
    now: Timestamp,
) -> Result<(Value, String), String> {
    let version = order.resource_version();
    if let Some(id) = answer.adopt {
        if !hold.bought.is_empty() && !hold.bought.contains(&id) {
            let bought: Vec<_> = hold.bought.iter().map(ToString::to_string).collect();
            return Err(format!(
                "order {} was bought under this key, so {id} can't be bound to it: bind what was bought, or raise spec.revision to bind another",
                bought.join(", ")
            ));
        }
        let earlier = hold.key.as_ref().map(OrderKey::revision);
        if let Some(earlier) = earlier.filter(|earlier| *earlier != order.spec.revision) {
            return Err(format!(
                "what is held is revision {earlier}, and spec.existingOrderID would speak of revision {present}: to bind {id} to revision {earlier}, delete the manifest and apply it with spec.revision: {earlier} and spec.existingOrderID: {id}",
                present = order.spec.revision
            ));
        }
        let change = json!({"metadata": {"resourceVersion": version}, "spec": {"existingOrderID": id}});
        return Ok((
            change,
            format!("spec.existingOrderID: {id}, the operator binds this order"),
        ));
    }
    let named = match (hold.reason, &hold.attempt) {
        (Some(Reason::PossibleDuplicate), _) => candidates(&hold.message)
            .ok_or("the status names no orders any more: wait for the next look-up")?,
        (Some(Reason::DuplicateOrders | Reason::OrderMismatch | Reason::OrderChanged), _) => {
            return Err(
                "an order of this key exists, so another one is not what settles it: bind it with --adopt, or raise spec.revision to buy another"
                    .to_owned(),
            );
        }
        (_, Some(attempt)) => attempt.clone(),
        (_, None) => return Err("no attempt is open: there is nothing that could be ordered anew".to_owned()),
    };
    if let Some((_, deadline)) = hold.times.filter(|(_, deadline)| now <= *deadline) {
        return Err(format!(
            "the order is being placed right now; nobody can know before {deadline} that it does not exist"
        ));
    }
    let annotations = json!({ ANNOTATION_ORDER_ANEW: named });
    let change = json!({"metadata": {"resourceVersion": version, "annotations": annotations}});
    Ok((
        change,
        format!("{ANNOTATION_ORDER_ANEW}: {named}, the operator may place another order"),
    ))
}

/// The orders that a PossibleDuplicate names, as the annotation wants them.
fn candidates(message: &str) -> Option<String> {
    let listed = message.strip_prefix("orders ")?.split(' ').next()?;
    let numbers = listed.split(',').all(|id| id.parse::<i64>().is_ok());
    numbers.then(|| listed.to_owned())
}

fn confirmed(what: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            "there is no terminal to ask on: look at it, then add --yes",
        ));
    }
    let _ = write!(io::stderr(), "write {what}? Type yes: ").and_then(|()| io::stderr().flush());
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::of("standard input can't be read", error))?;
    Ok(answer.trim().eq_ignore_ascii_case("yes"))
}

fn ready_message(order: &DocumentSigningOrder) -> Option<&str> {
    let conditions = &order.status.as_ref()?.conditions;
    conditions
        .iter()
        .find(|condition| condition.type_ == ConditionType::Ready.as_str())
        .map(|condition| condition.message.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: &str = "2026-11-22T12:01:00Z";

    fn hold(reason: Reason, message: &str, attempt: Option<&str>) -> Hold {
        Hold {
            key: None,
            reason: Some(reason),
            message: message.to_owned(),
            attempt: attempt.map(str::to_owned),
            times: attempt.map(|_| ("2026-11-22T12:00:00Z".parse().unwrap(), DEADLINE.parse().unwrap())),
            bought: Vec::new(),
        }
    }

    fn settled(hold: &Hold, adopt: Option<i64>, now: &str) -> Result<Value, String> {
        let mut order = DocumentSigningOrder::new(
            "jane",
            serde_json::from_value(json!({"accountRef": {"name": "main"}})).unwrap(),
        );
        order.metadata.resource_version = Some("7".to_owned());
        let answer = Answer {
            adopt,
            order_anew: adopt.is_none(),
        };
        change(&answer, &order, hold, now.parse().unwrap()).map(|(change, _)| change)
    }

    #[test]
    fn each_hold_is_settled_in_its_own_way_and_never_by_a_second_order_where_one_exists() {
        let later = "2026-11-22T12:01:01Z";
        let anew = |named: &str| json!({"metadata": {"resourceVersion": "7", "annotations": {ANNOTATION_ORDER_ANEW: named}}});
        let adopted = json!({"metadata": {"resourceVersion": "7"}, "spec": {"existingOrderID": 11}});
        let unknown = hold(Reason::OutcomeUnknown, "", Some("a1"));
        assert_eq!(settled(&unknown, None, later), Ok(anew("a1")));
        assert!(settled(&unknown, None, DEADLINE).is_err(), "it is being sent");
        assert_eq!(settled(&unknown, Some(11), DEADLINE), Ok(adopted.clone()));
        let possible = hold(
            Reason::PossibleDuplicate,
            "orders 11,12 may be this one: look",
            None,
        );
        assert_eq!(settled(&possible, None, later), Ok(anew("11,12")));
        assert_eq!(settled(&possible, Some(11), later), Ok(adopted.clone()));
        for reason in [
            Reason::DuplicateOrders,
            Reason::OrderMismatch,
            Reason::OrderChanged,
        ] {
            let exists = hold(reason, "", Some("a1"));
            assert!(settled(&exists, None, later).is_err(), "{reason}");
            assert_eq!(settled(&exists, Some(11), later), Ok(adopted.clone()), "{reason}");
        }
        let bought = Hold {
            bought: vec![12],
            ..hold(Reason::OrderChanged, "", None)
        };
        assert!(settled(&bought, Some(11), later).is_err(), "12 was bought");
    }

    #[test]
    fn of_an_earlier_revision_it_can_be_said_that_nothing_exists_and_no_order_is_bound_by_mistake() {
        let later = "2026-11-22T12:01:01Z";
        let of_revision = |revision| Hold {
            key: OrderKey::parse(&format!("prod/signing/jane/{revision}")),
            ..hold(Reason::OutcomeUnknown, "", Some("a1"))
        };
        assert!(settled(&of_revision(1), Some(11), later).is_ok());
        // The manifest asks for revision 1, so that of these two it is not the one that is held.
        assert!(settled(&of_revision(2), Some(11), later).is_err());
        assert!(settled(&of_revision(2), None, later).is_ok());
    }

    #[test]
    fn the_orders_that_may_be_it_are_read_from_what_the_operator_says() {
        assert_eq!(
            candidates("orders 11,12 may be this one: they are open").as_deref(),
            Some("11,12")
        );
        assert_eq!(candidates("orders may be this one"), None);
        assert_eq!(candidates("waits"), None);
    }
}
