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

/// Deletes the Secret, in the version that was read. An operator that may not delete it says so, and goes on: the
/// order's ID is not held up by it.
///
/// # Errors
///
/// The API server failed, or the Secret has changed since: what stands there now is read first.
pub(super) async fn delete_secret(pass: &mut Pass<'_>) -> Result<(), Error> {
    let Some(card) = pass.card_secret.take() else {
        return Ok(());
    };
    match delete(pass.context.client.clone(), pass.key.namespace(), &card).await {
        Ok(()) => {
            tracing::info!(key = %pass.key, secret = card.name, "the Secret with the card is deleted");
            Ok(())
        }
        Err(error) if error.is_refused() => {
            tracing::warn!(key = %pass.key, secret = card.name, error = &error as &dyn std::error::Error, "the Secret with the card stays");
            if let Some(order) = &pass.order {
                let note = format!(
                    "the operator was not allowed to delete Secret {}, which holds the card: delete it, or let the operator delete Secrets in this namespace",
                    card.name
                );
                record::warn(pass.context, order, EventReason::CardSecretKept, note).await;
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
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
