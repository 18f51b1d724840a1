//! The writes to a manifest's status, and the events that go with them.

use std::sync::Arc;
use std::time::Duration;

use kube::api::PostParams;
use kube::runtime::events::{Event, EventType};
use kube::{Api, Resource, ResourceExt};

use super::context::Context;
use super::error::{Error, answered};
use crate::api::{
    ConditionType, DocumentSigningOrder, DocumentSigningOrderStatus, EventReason, FIELD_MANAGER, Reason,
};
use crate::serve::metrics::State;

/// How long one write may take before it is read back.
const WRITE: Duration = Duration::from_secs(10);

/// Writes a status, on the very version of the object that was planned from. The returned object holds it.
pub(super) async fn status(
    context: &Context,
    planned_from: &DocumentSigningOrder,
    status: DocumentSigningOrderStatus,
) -> Result<Arc<DocumentSigningOrder>, Error> {
    const DOING: &str = "writing the order's status";
    let namespace = planned_from.namespace().unwrap_or_default();
    let name = planned_from.name_any();
    let orders: Api<DocumentSigningOrder> = Api::namespaced(context.client.clone(), &namespace);
    let mut object = planned_from.clone();
    object.status = Some(status);
    let parameters = PostParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PostParams::default()
    };
    let request = orders.replace_status(&name, &parameters, &object);
    let (written, answered_so) = match tokio::time::timeout(WRITE, request).await {
        Ok(Ok(written)) => (written, true),
        Ok(Err(kube::Error::Api(answer))) if (400..500).contains(&answer.code) && answer.code != 408 => {
            return Err(Error::kube(DOING, kube::Error::Api(answer)));
        }
        // No answer, or one that proves nothing: read back what stands there.
        Ok(Err(_)) | Err(_) => (answered(DOING, orders.get(&name)).await?, false),
    };
    if written.uid() != object.uid() {
        return Err(Error::Conflict(DOING));
    }
    if written.status != object.status {
        let same_attempt = written.status.as_ref().map(|status| &status.attempt)
            == object.status.as_ref().map(|status| &status.attempt);
        // What was read back may be somebody else's write; what the write itself returned is not.
        return Err(if answered_so || same_attempt {
            Error::Pruned(DOING)
        } else {
            Error::Conflict(DOING)
        });
    }
    tell(context, planned_from, &written).await;
    Ok(context.remember(written))
}

/// Tells people, by an event, when an order begins to wait for its owner. The happy path needs no events: the
/// conditions tell it.
async fn tell(context: &Context, before: &DocumentSigningOrder, after: &DocumentSigningOrder) {
    let stalled = |order: &DocumentSigningOrder| {
        order.status.as_ref().and_then(|status| {
            status
                .conditions
                .iter()
                .find(|condition| {
                    condition.type_ == ConditionType::Stalled.as_str() && condition.status == "True"
                })
                .map(|condition| (condition.reason.clone(), condition.message.clone()))
        })
    };
    let Some((reason, message)) = stalled(after) else {
        return;
    };
    if stalled(before).is_some_and(|(said, _)| said == reason) {
        return;
    }
    if let Some(known) = Reason::ALL.iter().find(|known| known.as_str() == reason) {
        context
            .metrics
            .holds
            .get_or_create(&State {
                reason: known.as_str(),
            })
            .inc();
    }
    publish(context, after, reason, &message, "WaitingForOwner").await;
}

/// Tells the owner of a manifest, by an event, what its conditions do not say.
pub(super) async fn warn(context: &Context, order: &DocumentSigningOrder, reason: EventReason, note: String) {
    publish(context, order, reason.as_str().to_owned(), &note, reason.action()).await;
}

async fn publish(context: &Context, order: &DocumentSigningOrder, reason: String, note: &str, action: &str) {
    let event = Event {
        type_: EventType::Warning,
        reason,
        note: Some(note.chars().take(1000).collect()),
        action: action.to_owned(),
        secondary: None,
    };
    if let Err(error) = context.recorder.publish(&event, &order.object_ref(&())).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "an event was not written"
        );
    }
}
