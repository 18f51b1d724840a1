//! The one place where plans become effects: one arm per action.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use super::account::AccountName;
use super::account_status::show_correlation;
use super::connection::{Connection, REQUEST_BUDGET};
use super::error::{Error, answered};
use super::look_up::{Incomplete, Question};
use super::pass::{Pass, show};
use super::{account_view, card, claim, ledger, observe, place};
use crate::api::{
    ANNOTATION_REFRESH, AccountRecord, Attempt, CorrelationMethod, DocumentSigningOrder, FIELD_MANAGER,
    FINALIZER, PurchaseReason, PurchaseSpec, PurchaseState,
};
use crate::domain::budget::Lane;
use crate::plan::{
    Action, Correlation, FoundOrder, Inspection, LONGEST_ASKED, LookUp, Observed, Plan, Repair,
};

/// Carries one action out, and takes what came of it into the pass.
pub(super) async fn act(pass: &mut Pass<'_>, seen: &Observed, plan: Plan) -> Result<(), Error> {
    match &plan.action {
        Action::Nothing => {}
        Action::Place => place::place(pass).await,
        Action::Claim => claim::claim(pass, seen, plan).await?,
        Action::Close { attempt, reason } => {
            pass.ticket = None;
            let closed = match reason {
                // A ticket that is not used: nobody else knows that nothing was sent.
                PurchaseReason::NotSent => {
                    ledger::close_patiently(pass.context, &pass.key, attempt, *reason).await?
                }
                PurchaseReason::Refused
                | PurchaseReason::Absent
                | PurchaseReason::Placed
                | PurchaseReason::Adopted => ledger::close(pass.context, &pass.key, attempt, *reason).await?,
            };
            tracing::info!(key = %pass.key, attempt, ?reason, "attempt closed");
            pass.hold_purchase(closed);
            // What was looked up belongs to the attempt that ended.
            pass.look_up = LookUp::NotAsked;
        }
        Action::Repair(Repair::Status) => {
            show(pass, &plan).await?;
            pass.failed = None;
        }
        Action::Repair(Repair::AddOrderId(id)) => adopt(pass, *id, PurchaseReason::Placed).await?,
        Action::Repair(Repair::ReopenPurchase { attempt }) => reopen(pass, attempt).await?,
        Action::Repair(Repair::NoteShown { attempt, ids }) => {
            let noted = ledger::note_shown(pass.context, &pass.key, attempt, ids).await?;
            pass.hold_purchase(Some(noted));
        }
        Action::Adopt(id) => adopt(pass, *id, PurchaseReason::Adopted).await?,
        Action::LookUp => look_up(pass, seen).await?,
        Action::Inspect(id) => inspect(pass, *id, Lane::Resolve).await?,
        Action::Refresh(id) => refresh(pass, *id).await?,
        Action::DeleteCardSecret => card::delete_secret(pass).await?,
        Action::Release => release(pass).await?,
    }
    observe::account(pass).await
}

async fn look_up(pass: &mut Pass<'_>, seen: &Observed) -> Result<(), Error> {
    let Some(connection) = pass.connection.clone() else {
        pass.look_up = LookUp::Incomplete;
        return Ok(());
    };
    let open = seen
        .purchase
        .as_ref()
        .filter(|purchase| purchase.state == PurchaseState::Open);
    let lane = if open.is_some() {
        Lane::Resolve
    } else {
        Lane::Place
    };
    let context = pass.context;
    pass.look_up_began = Some(context.clock.monotonic());
    pass.asked = Some(Arc::clone(&connection));
    // A later revision may be for somebody else.
    let order = pass.order.as_deref().filter(|_| pass.is_present());
    let email = order.and_then(account_view::email);
    let question = Question {
        context,
        connection: &connection,
        key: &pass.key,
        request: pass.prepared.as_ref(),
        email: email.as_deref(),
        attempt_start: attempt_start(pass),
        traced: open_attempt(pass).is_none_or(|attempt| attempt.alternative_order_id),
        record: pass.purchase.as_ref().map(|purchase| &purchase.spec.account),
        lane,
    };
    let before = connection.correlation();
    let answer = question.look_up().await;
    if before != Correlation::Exact && connection.correlation() == Correlation::Exact {
        show_exact(pass, &connection).await?;
    }
    context
        .memory
        .change(&pass.key, |memory| memory.looked_up = Some(context.clock.now()));
    match answer {
        Ok(found) => {
            tracing::debug!(key = %pass.key, orders = found.orders.len(), maybe = found.maybe.len(), "looked up");
            pass.look_up = LookUp::Complete(found);
        }
        Err(Incomplete::Kube(error)) => return Err(error),
        Err(Incomplete::Remote(failure)) if failure.code == REQUEST_BUDGET => {
            // Somebody was faster; the account's view says from when on there is room again.
        }
        Err(Incomplete::Remote(failure)) => {
            pass.look_up = LookUp::Incomplete;
            doubt(pass, &failure.code);
            // An open attempt has its own rhythm; before a claim the failure is what holds the order up.
            pass.failed = open.is_none().then(|| pass.discreet_failure(failure));
        }
    }
    Ok(())
}

/// Orders can be looked up by their token: worth remembering longer than this process lives.
async fn show_exact(pass: &Pass<'_>, connection: &Connection) -> Result<(), Error> {
    let Some(order) = &pass.order else { return Ok(()) };
    let name = AccountName::of(&order.spec.account_ref, pass.key.namespace());
    let method = CorrelationMethod::Exact;
    show_correlation(
        pass.context,
        &name,
        &connection.secret,
        &connection.endpoint,
        method,
    )
    .await
}

async fn inspect(pass: &mut Pass<'_>, id: i64, lane: Lane) -> Result<(), Error> {
    let Some(connection) = pass.connection.clone() else {
        pass.inspection = Inspection::Failed;
        return Ok(());
    };
    let question = Question {
        context: pass.context,
        connection: &connection,
        key: &pass.key,
        request: pass.prepared.as_ref(),
        email: None,
        attempt_start: attempt_start(pass),
        traced: true,
        record: None,
        lane,
    };
    match question.look(id).await {
        Ok(Some(order)) => {
            let owned = !order.ours
                && super::look_up::owned(pass.context, &connection.endpoint)
                    .await?
                    .contains(&id);
            pass.inspection = Inspection::Found(FoundOrder { owned, ..order });
        }
        Ok(None) => pass.inspection = Inspection::Missing(id),
        Err(Incomplete::Kube(error)) => return Err(error),
        Err(Incomplete::Remote(failure)) => {
            pass.inspection = Inspection::Failed;
            doubt(pass, &failure.code);
            pass.failed = Some(pass.discreet_failure(failure));
        }
    }
    Ok(())
}

async fn refresh(pass: &mut Pass<'_>, id: i64) -> Result<(), Error> {
    let Some(connection) = pass.connection.clone() else {
        pass.inspection = Inspection::Failed;
        return Ok(());
    };
    let question = Question {
        context: pass.context,
        connection: &connection,
        key: &pass.key,
        // Known orders are followed whatever they ask for.
        request: None,
        email: None,
        attempt_start: None,
        traced: true,
        record: None,
        lane: Lane::Refresh,
    };
    let answer = question.look(id).await;
    let now = pass.context.clock.now();
    let answered = pass
        .order
        .as_ref()
        .and_then(|order| order.annotations().get(ANNOTATION_REFRESH).cloned());
    match answer {
        Ok(found) => {
            pass.context.memory.change(&pass.key, |memory| {
                memory.look_due = false;
                memory.failed_looks = 0;
                memory.look_not_before = None;
                memory.refreshed = answered;
            });
            pass.inspection = found.map_or(Inspection::Missing(id), Inspection::Found);
        }
        Err(Incomplete::Kube(error)) => return Err(error),
        Err(Incomplete::Remote(failure)) => {
            pass.inspection = Inspection::Failed;
            doubt(pass, &failure.code);
            pass.context.memory.change(&pass.key, |memory| {
                memory.failed_looks = memory.failed_looks.saturating_add(1);
                let doublings = u32::try_from(memory.failed_looks).unwrap_or(0).min(7);
                let wait = SignedDuration::from_secs(5).saturating_mul(2_i32.saturating_pow(doublings));
                let asked = failure.retry_after.map(|asked| asked.min(LONGEST_ASKED));
                let wait = asked.map_or(wait, |asked| asked.max(wait));
                memory.look_not_before = now.checked_add(wait).ok();
            });
        }
    }
    Ok(())
}

/// Records an order that exists, for this key.
async fn adopt(pass: &mut Pass<'_>, id: i64, reason: PurchaseReason) -> Result<(), Error> {
    let blank = blank_purchase(pass);
    let bought = ledger::bought(pass.context, &pass.key, id, reason, || blank).await?;
    tracing::info!(key = %pass.key, order = id, ?reason, "order recorded");
    pass.hold_purchase(Some(bought));
    Ok(())
}

/// Puts an attempt back that only the status knows: not on the word of a cache, which may be older than the
/// end of that attempt.
async fn reopen(pass: &mut Pass<'_>, attempt: &str) -> Result<(), Error> {
    let Some(order) = pass.order.clone() else {
        return Ok(());
    };
    let orders: Api<DocumentSigningOrder> =
        Api::namespaced(pass.context.client.clone(), pass.key.namespace());
    let fresh = answered("reading the order", orders.get_opt(&order.name_any())).await?;
    let still = fresh.as_ref().is_some_and(|fresh| {
        fresh.uid() == order.uid()
            && fresh.status.as_ref().and_then(|status| status.attempt.as_deref()) == Some(attempt)
    });
    if !still {
        return Err(Error::Conflict("putting the attempt back"));
    }
    let blank = blank_purchase(pass);
    let open = ledger::reopen(pass.context, &pass.key, attempt, || blank).await?;
    tracing::warn!(key = %pass.key, attempt, "the purchase of a marked attempt was missing; put back as open");
    pass.hold_purchase(Some(open));
    Ok(())
}

async fn release(pass: &mut Pass<'_>) -> Result<(), Error> {
    let Some(order) = pass.order.clone() else {
        return Ok(());
    };
    tracing::info!(key = %pass.key, order = order.status.as_ref().and_then(|status| status.order_id), "released");
    let finalizers: Vec<&String> = order
        .finalizers()
        .iter()
        .filter(|finalizer| *finalizer != FINALIZER)
        .collect();
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": order.resource_version()}});
    let orders: Api<DocumentSigningOrder> =
        Api::namespaced(pass.context.client.clone(), pass.key.namespace());
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let released = answered(
        "releasing the order",
        orders.patch(&order.name_any(), &parameters, &Patch::Merge(&patch)),
    )
    .await?;
    pass.order = Some(pass.context.remember(released));
    Ok(())
}

/// CertCentral's answer puts the whole account in doubt: its check finds out.
fn doubt(pass: &Pass<'_>, code: &str) {
    if matches!(code, "KeyRejected" | "Unreachable")
        && let Some(order) = &pass.order
    {
        pass.context.doubt(&order.spec.account_ref, pass.key.namespace());
    }
}

/// What a purchase says of a key whose purchase is gone, or never was.
fn blank_purchase(pass: &Pass<'_>) -> PurchaseSpec {
    let now = pass.context.clock.now();
    let attempt = pass
        .order
        .as_ref()
        .and_then(|order| order.status.as_ref()?.attempt.clone());
    PurchaseSpec {
        order_key: pass.key.to_string(),
        order_ref: ledger::order_reference(&pass.key, pass.namespace_uid.clone(), pass.order.as_deref()),
        account: account_record(pass),
        cluster_uid: pass.context.cluster_uid.clone(),
        inputs: inputs(pass),
        attempt: attempt.map(|id| Attempt {
            id,
            number: 1,
            start_time: Time(now),
            deadline_time: Time(now),
            remote_time: None,
            alternative_order_id: false,
            shown_order_ids: Vec::new(),
        }),
        state: PurchaseState::Closed,
        reason: None,
        absences: 0,
        order_ids: Vec::new(),
    }
}

/// The account as it is now.
pub(super) fn account_record(pass: &Pass<'_>) -> AccountRecord {
    let reference = pass
        .order
        .as_ref()
        .map(|order| AccountName::of(&order.spec.account_ref, pass.key.namespace()));
    let connection = pass.connection.as_deref();
    AccountRecord {
        kind: reference
            .as_ref()
            .map(|name| name.kind.as_str().to_owned())
            .unwrap_or_default(),
        namespace: reference.as_ref().and_then(|name| name.namespace.clone()),
        name: reference.map(|name| name.name).unwrap_or_default(),
        uid: connection.map(|connection| connection.uid.clone()),
        endpoint: connection.map(|connection| connection.endpoint.clone()),
        secret_uid: connection.map(|connection| connection.secret.0.clone()),
        secret_resource_version: connection.map(|connection| connection.secret.1.clone()),
    }
}

/// A salted digest of what is ordered now.
pub(super) fn inputs(pass: &Pass<'_>) -> Option<String> {
    let (order, request) = (pass.order.as_ref()?, pass.prepared.as_ref()?);
    let salt = uuid::Uuid::new_v4().simple().to_string();
    Some(request.inputs_digest(&salt, &observe::account_reference(order)))
}

fn attempt_start(pass: &Pass<'_>) -> Option<Timestamp> {
    Some(open_attempt(pass)?.start_time.0)
}

fn open_attempt<'a>(pass: &'a Pass<'_>) -> Option<&'a Attempt> {
    let purchase = &pass.purchase.as_ref()?.spec;
    purchase
        .attempt
        .as_ref()
        .filter(|_| purchase.state == PurchaseState::Open)
}
