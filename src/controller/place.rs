//! Where money is spent: one POST for one ticket, and the recording of what came of it.

use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;

use super::account::AccountName;
use super::account_status::show_correlation;
use super::connection::Connection;
use super::error::Error;
use super::ledger;
use super::pass::Pass;
use super::record;
use crate::api::{CorrelationMethod, PurchaseReason};
use crate::certcentral::{NotSentReason, PlaceOutcome, Placed, Refusal};
use crate::domain::refusal::{Again, Consequence, Meaning, meaning};
use crate::plan::{FailedOutcome, FoundOrder, Inspection, RemoteFacts, RemoteFailure};
use crate::serve::metrics::Outcome;

/// **Spends the ticket: the one call in the operator that costs money.** What came of it is recorded before
/// anything else happens.
pub(super) async fn place(pass: &mut Pass<'_>) {
    let Some(ticket) = pass.ticket.take() else { return };
    let attempt = ticket.attempt().to_owned();
    let connection = ticket.connection();
    let outcome = match pass.prepared.as_ref().map(serde_json::to_vec) {
        Some(Ok(body)) => connection.client.place(Bytes::from(body), ticket).await,
        // Can't be: the claim needed the request. The ticket is closed all the same, as every ticket is.
        Some(Err(_)) | None => PlaceOutcome::NotSent(NotSentReason::GateClosed),
    };
    let word = match &outcome {
        PlaceOutcome::Accepted(_) => "accepted",
        PlaceOutcome::Refused(_) => "refused",
        PlaceOutcome::NotSent(_) => "not sent",
        PlaceOutcome::Unknown(_) => "unknown",
    };
    pass.context
        .metrics
        .placed
        .get_or_create(&Outcome { outcome: word })
        .inc();
    match outcome {
        PlaceOutcome::Accepted(placed) => accepted(pass, placed).await,
        PlaceOutcome::Refused(refusal) => {
            let refusal = pass.discreet(refusal);
            tracing::warn!(key = %pass.key, attempt, status = refusal.status, code = refusal.code, "order refused");
            let meaning = meaning(&refusal.code, Some(refusal.status));
            match meaning.consequence {
                Consequence::KeyPaused => connection.throttled(refusal.retry_after),
                // This account does not take the field: it is left out from now on.
                Consequence::TokenNotTaken => not_supported(pass, &connection).await,
                Consequence::KeyRejected => {
                    if let Some(order) = &pass.order {
                        pass.context.doubt(&order.spec.account_ref, pass.key.namespace());
                    }
                }
                Consequence::NoSuchRoute | Consequence::None => {}
            }
            close(pass, &attempt, PurchaseReason::Refused).await;
            pass.failed = Some(refused(&refusal, &meaning));
        }
        PlaceOutcome::NotSent(reason) => {
            tracing::warn!(key = %pass.key, attempt, ?reason, "order not sent");
            close(pass, &attempt, PurchaseReason::NotSent).await;
            pass.failed = Some(RemoteFailure {
                outcome: FailedOutcome::NotSent,
                code: "NotSent".to_owned(),
                message: not_sent(reason),
                status: None,
                retry_after: None,
            });
        }
        PlaceOutcome::Unknown(reason) => {
            tracing::warn!(key = %pass.key, attempt, ?reason, "outcome of the order unknown; it will be looked up");
            pass.look_up = crate::plan::LookUp::NotAsked;
        }
    }
}

/// The order exists. Its id is never dropped: it is logged first, then recorded until that has worked, for as long
/// as the process lives; an ending process waits for it.
async fn accepted(pass: &mut Pass<'_>, placed: Placed) {
    tracing::info!(key = %pass.key, order = placed.id, "order placed");
    let mut wait = Duration::from_millis(200);
    let before = pass.purchase.as_ref().map(|purchase| purchase.spec.clone());
    loop {
        let otherwise = || {
            #[expect(
                clippy::expect_used,
                reason = "a ticket is given only with the purchase in hand"
            )]
            before.clone().expect("the claimed purchase")
        };
        match ledger::bought(
            pass.context,
            &pass.key,
            placed.id,
            PurchaseReason::Placed,
            otherwise,
        )
        .await
        {
            Ok(purchase) => {
                pass.hold_purchase(Some(purchase));
                break;
            }
            Err(error) => {
                tracing::error!(key = %pass.key, order = placed.id, error = &error as &dyn std::error::Error, "the order is placed and not recorded yet; trying again");
                record_in_status(pass, placed.id).await;
                pass.context.clock.sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(30));
            }
        }
    }
    let request = placed.requests.iter().max_by_key(|request| request.id);
    pass.inspection = Inspection::Found(FoundOrder {
        id: placed.id,
        ours: true,
        facts: RemoteFacts {
            request_id: request.map(|request| request.id),
            request_status: request.and_then(|request| request.status.clone()),
            certificate_id: placed.certificate_id,
            ..RemoteFacts::default()
        },
        ..FoundOrder::default()
    });
}

/// The purchase can't be written: the other ledger takes the id, if it can.
async fn record_in_status(pass: &mut Pass<'_>, id: i64) {
    let Some(order) = pass.order.clone() else { return };
    let mut status = order.status.clone().unwrap_or_default();
    if status.order_id.is_some() {
        return;
    }
    status.order_id = Some(id);
    if let Ok(written) = record::status(pass.context, &order, status).await {
        pass.order = Some(written);
    }
}

/// The account does not take the token. Should this not be written down, the next process finds it out again.
async fn not_supported(pass: &Pass<'_>, connection: &Connection) {
    const METHOD: CorrelationMethod = CorrelationMethod::NotSupported;
    connection.correlate(METHOD);
    let Some(order) = &pass.order else { return };
    let name = AccountName::of(&order.spec.account_ref, pass.key.namespace());
    let (secret, endpoint) = (&connection.secret, &connection.endpoint);
    if let Err(error) = show_correlation(pass.context, &name, secret, endpoint, METHOD).await {
        tracing::warn!(account = %name, error = &error as &dyn std::error::Error, "the correlation was not written");
    }
}

async fn close(pass: &mut Pass<'_>, attempt: &str, reason: PurchaseReason) {
    match ledger::close_patiently(pass.context, &pass.key, attempt, reason).await {
        Ok(purchase) => pass.hold_purchase(purchase),
        // It stays open, and is resolved by looking, like any attempt whose end nobody knows.
        Err(error) => warn(pass, &error),
    }
}

fn warn(pass: &Pass<'_>, error: &Error) {
    tracing::warn!(key = %pass.key, error = error as &dyn std::error::Error, "the attempt ended and could not be closed");
}

fn refused(refusal: &Refusal, meaning: &Meaning) -> RemoteFailure {
    RemoteFailure {
        outcome: match meaning.again {
            Again::Slowly => FailedOutcome::RefusedForNow,
            Again::WhenChanged => FailedOutcome::Refused,
        },
        code: refusal.code.clone(),
        message: refusal.message.clone(),
        status: Some(refusal.status),
        retry_after: refusal
            .retry_after
            .and_then(|wait| SignedDuration::try_from(wait).ok()),
    }
}

fn not_sent(reason: NotSentReason) -> String {
    match reason {
        NotSentReason::GateClosed => "the attempt was too old when the connection stood".to_owned(),
        NotSentReason::Unreachable(unreachable) => unreachable.to_string(),
        NotSentReason::AnsweredEarly => "the connection was answered before the order was sent".to_owned(),
    }
}
