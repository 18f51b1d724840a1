//! What becomes of the Secret that holds a card, once the order it paid for exists.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{DeleteParams, Preconditions};
use kube::{Api, Client};

use super::error::{Error, answered};
use super::pass::Pass;
use super::record;
use super::sources::CardSecret;
use crate::api::EventReason;

const DOING: &str = "deleting the Secret with the card";

/// Deletes the Secret, in the version that was read. Where that can't be done it is said, and the pass goes on: the
/// order's ID is not held up by it.
///
/// # Errors
///
/// The API server failed and the order is young, or the Secret has changed since: what stands there now is read first.
pub(super) async fn delete_secret(pass: &mut Pass<'_>) -> Result<(), Error> {
    let Some(card) = pass.card_secret.take() else {
        return Ok(());
    };
    let error = match delete(pass.context.client.clone(), pass.key.namespace(), &card).await {
        Ok(()) => {
            tracing::info!(key = %pass.key, secret = card.name, "the Secret with the card is deleted");
            return Ok(());
        }
        Err(error) => error,
    };
    let status = pass.order.as_ref().and_then(|order| order.status.as_ref());
    // Both ledgers agree then, and nobody looks at the sources again.
    let last_chance = status.is_some_and(|status| status.order_id.is_some());
    if !error.is_refused() && !last_chance && !pass.is_over_since_long() {
        return Err(error);
    }
    tracing::warn!(key = %pass.key, secret = card.name, error = &error as &dyn std::error::Error, "the Secret with the card stays");
    if let Some(order) = &pass.order {
        let note = format!(
            "Secret {} holds the card that the order was paid with, and could not be deleted: delete it. Where the operator may not, policies/card-role.yaml says what it needs",
            card.name
        );
        record::warn(pass.context, order, EventReason::CardSecretKept, note).await;
    }
    Ok(())
}

async fn delete(client: Client, namespace: &str, card: &CardSecret) -> Result<(), Error> {
    let secrets: Api<Secret> = Api::namespaced(client, namespace);
    let parameters = DeleteParams {
        preconditions: Some(Preconditions {
            uid: card.uid.clone(),
            resource_version: card.resource_version.clone(),
        }),
        ..DeleteParams::default()
    };
    match answered(DOING, secrets.delete(&card.name, &parameters)).await {
        Err(error) if error.is_not_found() => Ok(()),
        answer => answer.map(drop),
    }
}
