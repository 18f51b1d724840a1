//! The person who owns the manifests. When the operator asks for somebody to look, he looks in CertCentral's journal, and
//! says what he saw in the way the message tells him.

use std::time::Duration;

use docsign::api::{ANNOTATION_ORDER_ANEW, ANNOTATION_RETRY, DocumentSigningOrder};
use kube::ResourceExt;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::site::Site;
use crate::tally::Tally;
use crate::time::after;
use crate::world::ready_reason;

/// What he does is counted as this.
pub const PLACE: &str = "person";

/// Looks after the orders of a site, until dropped.
pub async fn look_after(site: &Site, tally: &Tally) {
    loop {
        for order in site.all_orders().await.unwrap_or_default() {
            if let Some(patch) = answer(site, &order, tally) {
                // If it does not arrive, he looks again.
                let _ = site
                    .orders()
                    .patch(&order.name_any(), &PatchParams::default(), &Patch::Merge(&patch))
                    .await;
            }
        }
        after(Duration::from_millis(700)).await;
    }
}

/// What he changes about a manifest, if it asks for him.
fn answer(site: &Site, order: &DocumentSigningOrder, tally: &Tally) -> Option<Value> {
    let status = order.status.as_ref()?;
    let reason = ready_reason(order)?;
    if reason == "OutcomeUnknown" {
        let paid = site.paid(status.purchase.as_deref()?);
        if let Some(paid) = paid.first() {
            let known = order.spec.existing_order_id.is_some();
            return (!known).then(|| {
                tally.fault(PLACE, "named the order that exists");
                json!({"spec": {"existingOrderID": paid.order_id}})
            });
        }
        let attempt = named_attempt(order)?;
        let said = order.annotations().get(ANNOTATION_ORDER_ANEW) == Some(&attempt);
        return (!said).then(|| {
            tally.fault(PLACE, "said that no order exists");
            json!({"metadata": {"annotations": {ANNOTATION_ORDER_ANEW: attempt}}})
        });
    }
    // Nobody has to act on these; he is impatient.
    let failed = status.failure.as_ref()?.last_time.as_ref()?.0.to_string();
    let waits = matches!(reason, "Retrying" | "Refused");
    let asked = order.annotations().get(ANNOTATION_RETRY) == Some(&failed);
    (waits && !asked).then(|| {
        tally.fault(PLACE, "asked for another try");
        json!({"metadata": {"annotations": {ANNOTATION_RETRY: failed}}})
    })
}

/// The attempt that the message asks about.
fn named_attempt(order: &DocumentSigningOrder) -> Option<String> {
    let conditions = &order.status.as_ref()?.conditions;
    let ready = conditions.iter().find(|condition| condition.type_ == "Ready")?;
    let (_, attempt) = ready.message.rsplit_once("docsign.dev/order-anew: ")?;
    Some(attempt.trim_end_matches('.').to_owned())
}
