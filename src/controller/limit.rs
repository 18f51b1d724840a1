//! The account's order limit (spec.orderLimit), counted where it counts: at the claim.
//!
//! What a pass saw of the limit is as old as its look-up, and other passes and other operators claim meanwhile. So within
//! a process one claim at a time is made on an account that has a limit, after a count of its own; and whoever has claimed
//! counts once more, against what all operators have written. An account without a limit costs nothing of this.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use super::connection::Connection;
use super::context::{Context, version};
use super::error::{Error, answered};
use super::ledger;
use super::pass::Pass;
use crate::api::{OrderLimit, Purchase, PurchaseReason, PurchaseState};
use crate::plan::LookUp;

const DAY: SignedDuration = SignedDuration::from_hours(24);
const MONTH: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Who may claim on the accounts with a limit, by the UID of the account.
#[derive(Default)]
pub(super) struct Turnstiles(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

impl Turnstiles {
    async fn enter(&self, account: &str) -> OwnedMutexGuard<()> {
        let turnstile = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(account.to_owned()).or_default())
        };
        turnstile.lock_owned().await
    }
}

/// Room for one more order under the limit, found by counting. While it is held nobody else of this process claims on
/// the account.
pub(super) struct Room(Option<(OrderLimit, OwnedMutexGuard<()>)>);

/// Looks for room just before a claim. `None`: the limit has been reached since the pass looked.
pub(super) async fn room(pass: &mut Pass<'_>, connection: &Connection) -> Result<Option<Room>, Error> {
    let Some(limit) = connection.settings.order_limit else {
        return Ok(Some(Room(None)));
    };
    let alone = pass.context.turnstiles.enter(&connection.uid).await;
    if reached_until(pass.context, connection).await?.is_some() {
        pass.turn = None;
        return Ok(None);
    }
    Ok(Some(Room(Some((limit, alone)))))
}

impl Room {
    /// Whether there was room for what was claimed just now, whatever other operators claimed meanwhile. If not, the
    /// attempt is closed: nothing was sent for it.
    pub(super) async fn was_enough(
        self,
        pass: &mut Pass<'_>,
        connection: &Connection,
        attempt: &str,
    ) -> Result<bool, Error> {
        let Some((limit, alone)) = self.0 else {
            return Ok(true);
        };
        let over = over(pass, connection, limit).await;
        drop(alone);
        if matches!(over, Ok(false)) {
            return Ok(true);
        }
        let closed =
            ledger::close_patiently(pass.context, &pass.key, attempt, PurchaseReason::NotSent).await?;
        tracing::info!(key = %pass.key, attempt, "the account's order limit was reached meanwhile; attempt closed");
        pass.hold_purchase(closed);
        pass.turn = None;
        // What was looked up belongs to the attempt that ended.
        pass.look_up = LookUp::NotAsked;
        over.map(|_| false)
    }
}

/// Until when the account's order limit is reached, counted from the purchases themselves.
pub(super) async fn reached_until(
    context: &Context,
    connection: &Connection,
) -> Result<Option<Timestamp>, Error> {
    let Some(limit) = connection.settings.order_limit else {
        return Ok(None);
    };
    let purchases = listed(context).await?;
    Ok(limit_reached_until(
        limit,
        &purchases,
        &connection.uid,
        context.clock.now(),
    ))
}

/// Whether those that came before what this pass has claimed fill the limit.
async fn over(pass: &Pass<'_>, connection: &Connection, limit: OrderLimit) -> Result<bool, Error> {
    let ours = pass
        .purchase
        .as_ref()
        .ok_or(Error::Conflict("counting the orders"))?;
    let before: Vec<Purchase> = listed(pass.context)
        .await?
        .into_iter()
        .filter(|other| comes_before(other, ours))
        .collect();
    let now = pass.context.clock.now();
    Ok(limit_reached_until(limit, &before, &connection.uid, now).is_some())
}

/// Whether one purchase counts against the other, which has just been claimed: it is bought, or was claimed earlier. Of
/// several that are claimed at the same time at least one goes on, and the last to be written sees all others.
fn comes_before(other: &Purchase, ours: &Purchase) -> bool {
    other.name_any() != ours.name_any()
        && (other.spec.state == PurchaseState::Bought || version(other) <= version(ours))
}

async fn listed(context: &Context) -> Result<Vec<Purchase>, Error> {
    let purchases: Api<Purchase> = Api::all(context.client.clone());
    let listed = answered("listing purchases", purchases.list(&ListParams::default())).await?;
    Ok(listed.items)
}

/// Until when the order limit of the account with this UID is reached, `now`; `None`: it is not.
pub(crate) fn limit_reached_until(
    limit: OrderLimit,
    purchases: &[Purchase],
    account_uid: &str,
    now: Timestamp,
) -> Option<Timestamp> {
    let mut bought: Vec<Timestamp> = purchases
        .iter()
        .filter(|purchase| purchase.spec.account.uid.as_deref() == Some(account_uid))
        .filter(|purchase| purchase.spec.state != PurchaseState::Closed)
        .filter_map(|purchase| purchase.spec.attempt.as_ref().map(|attempt| attempt.start_time.0))
        .collect();
    bought.sort_unstable();
    let until = |limit: Option<i64>, window: SignedDuration| {
        let limit = usize::try_from(limit?).ok()?;
        let within: Vec<_> = bought
            .iter()
            .filter(|time| now.duration_since(**time) < window)
            .collect();
        let over = within.len().checked_sub(limit)?;
        match within.get(over) {
            Some(oldest) => oldest.checked_add(window).ok(),
            None => now.checked_add(window).ok(),
        }
    };
    until(limit.per_day, DAY).max(until(limit.per_month, MONTH))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn purchase(name: &str, version: &str, state: &str) -> Purchase {
        serde_json::from_value(json!({
            "apiVersion": "docsign.dev/v1alpha1", "kind": "Purchase",
            "metadata": {"name": name, "resourceVersion": version},
            "spec": {
                "orderKey": format!("test/signing/{name}/1"), "orderRef": {"namespace": "signing", "name": name},
                "account": {"kind": "ClusterCertCentralAccount", "name": "main", "uid": "account-1"}, "state": state,
                "attempt": {"id": "a1", "startTime": "2027-01-15T08:00:00Z", "deadlineTime": "2027-01-15T08:01:00Z"},
            },
        }))
        .unwrap()
    }

    #[test]
    fn of_claims_at_the_same_time_the_first_goes_on_and_the_last_sees_the_others() {
        let ours = purchase("jane", "10", "Open");
        let cases = [
            ("jane", "10", "Open", false),
            ("joan", "9", "Open", true),
            ("joan", "11", "Open", false),
            // Written again when it was bought: it may have been claimed earlier.
            ("joan", "12", "Bought", true),
            // Whose versions are no numbers, nobody can tell which came first.
            ("joan", "x", "Open", true),
        ];
        for (name, version, state, expected) in cases {
            let other = purchase(name, version, state);
            assert_eq!(comes_before(&other, &ours), expected, "{name} {version} {state}");
        }
    }

    #[test]
    fn an_order_counts_for_its_window_and_a_closed_attempt_not_at_all() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let limit = |per_day, per_month| OrderLimit { per_day, per_month };
        let both = [
            purchase("jane", "1", "Bought"),
            purchase("joan", "2", "Open"),
            purchase("jack", "3", "Closed"),
        ];
        let until = |limit, now| limit_reached_until(limit, &both, "account-1", at(now));
        let (soon, late) = ("2027-01-15T09:00:00Z", "2027-01-16T08:00:00Z");
        assert_eq!(until(limit(Some(2), None), soon), Some(at(late)));
        assert_eq!(until(limit(Some(3), None), soon), None);
        assert_eq!(until(limit(Some(2), None), late), None);
        assert_eq!(
            until(limit(Some(9), Some(2)), late),
            Some(at("2027-02-14T08:00:00Z"))
        );
        assert_eq!(
            limit_reached_until(limit(Some(1), None), &both, "account-2", at(soon)),
            None
        );
    }
}
