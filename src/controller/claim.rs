//! Taking a key: the purchase is created or re-opened, then the manifest's status is marked. Both are conditional,
//! and only both together give the ticket.

use jiff::SignedDuration;
use kube::{Api, ResourceExt};

use super::account_view::email;
use super::act::{account_record, inputs};
use super::connection::Turn;
use super::error::{Error, answered};
use super::ledger::{self, Claim};
use super::limit;
use super::pass::Pass;
use super::record;
use super::ticket::{Room, Ticket};
use crate::api::{DocumentSigningOrder, DocumentSigningOrderStatus, PurchaseReason};
use crate::domain::request::OrderRequest;
use crate::plan::{Correlation, LookUp, Observed, Plan, Request};

/// Claims the key, marks the status, and puts the ticket into the pass.
pub(super) async fn claim(pass: &mut Pass<'_>, seen: &Observed, plan: Plan) -> Result<(), Error> {
    let context = pass.context;
    let (Some(order), Some(connection), Some(mark)) =
        (pass.order.clone(), pass.connection.clone(), plan.status)
    else {
        return Err(Error::Conflict("claiming the key"));
    };
    let (LookUp::Complete(found), Some(monotonic_start)) = (&seen.look_up, pass.look_up_began) else {
        return Err(Error::Conflict("claiming the key"));
    };
    let start = found.asked;
    // Room for the POST comes first: an attempt that has to wait for it would only grow old.
    let Some(room) = Room::reserve(&connection) else {
        return Err(Error::Conflict("claiming the key"));
    };
    if connection.correlation() != Correlation::Exact
        && let Some(email) = email(&order)
    {
        let Some(turn) = Turn::take(&connection, &email, &pass.key) else {
            return Err(Error::Conflict("claiming the key"));
        };
        pass.turn = Some(turn);
    }
    let deadline = start.checked_add(seen.times.deadline).unwrap_or(start);
    let lifetime = std::time::Duration::try_from(seen.times.deadline).unwrap_or_default();
    let attempt = seen.next_attempt.clone();
    let claim = Claim {
        attempt: attempt.clone(),
        start,
        deadline,
        remote_time: found.began.and_then(|began| {
            // Two seconds up: the look-up began within the second before, and times are stored in whole seconds. Of
            // the clocks here the monotonic one counts: the other may have been set back meanwhile.
            let since = context
                .clock
                .monotonic()
                .saturating_sub(monotonic_start)
                .as_secs();
            let since = SignedDuration::from_secs(i64::try_from(since).ok()?.checked_add(2)?);
            began.checked_add(since).ok()
        }),
        alternative_order_id: pass
            .prepared
            .as_ref()
            .is_some_and(OrderRequest::has_alternative_order_id),
        order: ledger::order_reference(&pass.key, pass.namespace_uid.clone(), Some(&order)),
        account: account_record(pass),
        inputs: inputs(pass),
    };
    if pass.purchase.is_some() && marked_meanwhile(pass, &order).await? {
        return Err(Error::Conflict("claiming the key"));
    }
    if super::order::earlier_is_open(pass, &order).await? {
        return Err(Error::Conflict("claiming the key"));
    }
    let Some(room_for_one) = limit::room(pass, &connection).await? else {
        // Reached meanwhile: the next plan sees it.
        return Ok(());
    };
    let Some(purchase) = ledger::claim(context, &pass.key, pass.purchase.as_ref(), claim).await? else {
        // Somebody else was faster: see what he did.
        return Err(Error::Conflict("claiming the key"));
    };
    pass.hold_purchase(Some(purchase));
    if !room_for_one.was_enough(pass, &connection, &attempt).await? {
        return Ok(());
    }
    if let Request::Usable { as_bought, .. } = &mut pass.request {
        // What the purchase recorded of an earlier attempt is replaced by what is claimed now.
        *as_bought = Some(true);
    }
    match record::status(context, &order, mark).await {
        Ok(marked) => {
            tracing::info!(key = %pass.key, attempt, "claimed and marked");
            pass.order = Some(marked);
            pass.ticket = Some(Ticket::new(attempt, deadline, monotonic_start + lifetime, room));
            Ok(())
        }
        Err(error) => {
            // Without the mark there is no ticket, so nothing was or will be sent for this attempt.
            let closed =
                ledger::close_patiently(context, &pass.key, &attempt, PurchaseReason::NotSent).await?;
            pass.hold_purchase(closed);
            Err(error)
        }
    }
}

/// Whether the manifest names an attempt by now, or is another one. A claim that re-opens a purchase replaces the
/// record of how the last attempt ended: not before every status has let go of that attempt, or it would be taken
/// for one that nobody knows the end of.
async fn marked_meanwhile(pass: &Pass<'_>, order: &DocumentSigningOrder) -> Result<bool, Error> {
    let orders: Api<DocumentSigningOrder> =
        Api::namespaced(pass.context.client.clone(), pass.key.namespace());
    let fresh = answered("reading the order", orders.get_opt(&order.name_any())).await?;
    let key = pass.key.to_string();
    Ok(fresh.is_none_or(|fresh| {
        let marked = |status: DocumentSigningOrderStatus| {
            status.attempt.is_some() && status.order_key.is_none_or(|of| of == key)
        };
        fresh.uid() != order.uid() || fresh.status.is_some_and(marked)
    }))
}
