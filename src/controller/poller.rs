//! One poll serves all orders of an account: what changed is read, what did not is not.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use kube::ResourceExt;
use kube::runtime::reflector::ObjectRef;
use tokio_util::sync::CancellationToken;

use super::account::AccountName;
use super::account_status::show_correlation;
use super::account_view::email;
use super::connection::Connection;
use super::context::Context;
use crate::api::{AccountRecord, CorrelationMethod, DocumentSigningOrder, PurchaseState};
use crate::certcentral::{Class, LONGEST_WINDOW, OrderFilter, PRODUCT};
use crate::domain::budget::Lane;
use crate::domain::order_key::OrderKey;
use crate::plan::{Correlation, is_final, is_open};

/// How soon the poller looks at what has changed: what was written has come back to the caches by then.
const SOON: Duration = Duration::from_secs(3);
/// How often it looks in any case: what other operators write it hears of from the caches alone.
const SELDOM: Duration = Duration::from_secs(30);
/// How often all orders are compared with CertCentral's list, whatever the polls said.
const SWEEP: Duration = Duration::from_hours(6);
/// How much slower an account is polled whose orders are all issued: they can only be revoked or expire.
const SETTLED: u32 = 10;
/// How soon look-ups by token are tried out again after the first time; doubles.
const CORRELATE: Duration = Duration::from_secs(5);

/// When an account was asked last, by the monotonic clock.
#[derive(Clone, Copy, Default)]
struct Asked {
    polled: Option<Duration>,
    swept: Option<Duration>,
    tried: Option<Duration>,
    /// When look-ups by token are tried out next, and how long after that again.
    correlated: Duration,
    correlate_wait: Duration,
}

/// Polls every account that has orders which can still change, until the process ends.
pub(super) async fn run(context: Arc<Context>, shutdown: CancellationToken) {
    let mut asked: HashMap<AccountName, Asked> = HashMap::new();
    let mut wait = SOON;
    loop {
        let changed = async {
            context.wake_poller.notified().await;
            context.clock.sleep(SOON).await;
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = context.clock.sleep(wait) => {}
            () = changed => {}
        }
        let mut due = context.clock.monotonic() + SELDOM;
        let connections = context.accounts.connections();
        asked.retain(|name, _| connections.iter().any(|(known, _)| known == name));
        for (name, connection) in connections {
            let of_account = asked.entry(name.clone()).or_default();
            let orders = changeable(&context, &name);
            let now = context.clock.monotonic();
            if orders.is_empty() {
                continue;
            }
            if of_account.tried.is_none() && orders.iter().all(|followed| followed.status().is_none()) {
                // All of them were placed just now: there is nothing to catch up with.
                *of_account = Asked {
                    polled: Some(now),
                    swept: Some(now),
                    tried: Some(now),
                    ..*of_account
                };
            }
            let uncovered = uncovered(&context, &connection);
            if connection.correlation() == Correlation::Unverified || !uncovered.is_empty() {
                if now >= of_account.correlated {
                    of_account.correlate_wait = (of_account.correlate_wait * 2).clamp(CORRELATE, SWEEP);
                    of_account.correlated = now + of_account.correlate_wait;
                    correlate(&context, &name, &connection, &orders, &uncovered).await;
                }
                due = due.min(of_account.correlated);
            } else {
                of_account.correlate_wait = Duration::ZERO;
                of_account.correlated = now;
            }
            let every = interval(&connection, &orders);
            let mut next_poll = of_account.tried.map_or(now, |tried| tried + every);
            if now >= next_poll {
                of_account.tried = Some(now);
                poll(&context, &name, &connection, &orders, of_account).await;
                next_poll = now + every;
            }
            due = due.min(next_poll);
        }
        wait = due.saturating_sub(context.clock.monotonic()).max(SOON);
    }
}

/// An order that can still change.
struct Followed {
    id: i64,
    order: Arc<DocumentSigningOrder>,
    key: OrderKey,
}

impl Followed {
    fn status(&self) -> Option<&str> {
        self.order.status.as_ref()?.order_status.as_deref()
    }
}

fn changeable(context: &Context, name: &AccountName) -> Vec<Followed> {
    let followed = |order: Arc<DocumentSigningOrder>| {
        let namespace = order.namespace().unwrap_or_default();
        if AccountName::of(&order.spec.account_ref, &namespace) != *name {
            return None;
        }
        let status = order.status.as_ref()?;
        let id = status.order_id?;
        if status.order_status.as_deref().is_some_and(is_final) {
            return None;
        }
        let key = OrderKey::parse(status.order_key.as_deref()?)?;
        Some(Followed {
            id,
            order: Arc::clone(&order),
            key,
        })
    };
    context.all_orders().into_iter().filter_map(followed).collect()
}

/// How long after one poll of an account the next is due.
fn interval(connection: &Connection, orders: &[Followed]) -> Duration {
    let any_open = orders.iter().any(|followed| is_open(followed.status()));
    let interval = poll_interval(connection);
    if any_open { interval } else { interval * SETTLED }
}

fn poll_interval(connection: &Connection) -> Duration {
    let seconds = u64::try_from(connection.settings.poll_interval_seconds);
    Duration::from_secs(seconds.unwrap_or(60).max(10))
}

/// Asks what changed since the last poll; after a gap, and now and then, compares everything.
async fn poll(
    context: &Context,
    name: &AccountName,
    connection: &Connection,
    orders: &[Followed],
    asked: &mut Asked,
) {
    let now = context.clock.monotonic();
    let interval = poll_interval(connection);
    let since = asked.polled.map(|polled| now.saturating_sub(polled));
    // Twice the gap and some more: CertCentral's clock, and what it shows late, are not ours to know.
    let window = since
        .map(|since| since * 2 + interval + Duration::from_mins(5))
        .filter(|window| *window <= LONGEST_WINDOW);
    let swept_lately = asked.swept.is_some_and(|swept| now.saturating_sub(swept) < SWEEP);
    if connection.take(Lane::Poll).is_err() {
        return;
    }
    let by_id: HashMap<i64, &Followed> = orders.iter().map(|followed| (followed.id, followed)).collect();
    let answer = if let Some(window) = window.filter(|_| swept_lately) {
        let answer = connection.client.status_changes(window).await;
        context.called("status changes", answer.is_ok());
        answer.map(|answer| {
            answer
                .value
                .into_iter()
                .map(|change| (change.order_id, change.status))
                .collect::<Vec<_>>()
        })
    } else {
        let filter = OrderFilter {
            product: Some(PRODUCT.to_owned()),
            ..OrderFilter::default()
        };
        let answer = connection.client.list_orders(&filter).await;
        context.called("list orders", answer.is_ok());
        answer.map(|answer| {
            asked.swept = Some(now);
            answer
                .value
                .into_iter()
                .map(|order| (order.id, order.status))
                .collect()
        })
    };
    match answer {
        Ok(said) => {
            asked.polled = Some(now);
            for (id, status) in said {
                if let Some(followed) = by_id.get(&id)
                    && status.as_deref() != followed.status()
                {
                    look(context, followed);
                }
            }
        }
        Err(error) => {
            tracing::warn!(account = %name, error = %error, "a poll failed");
            connection.failed(&error);
            if matches!(error.kind(), Class::Unauthorized | Class::Unreachable(_)) {
                context.doubt_account(name);
            }
        }
    }
}

fn look(context: &Context, followed: &Followed) {
    context
        .memory
        .change(&followed.key, |memory| memory.look_due = true);
    let reference = ObjectRef::from_obj(followed.order.as_ref());
    let _ = context.wake_order.unbounded_send(reference);
}

fn same_secret(one: &AccountRecord, other: &AccountRecord) -> bool {
    (&one.secret_uid, &one.secret_resource_version) == (&other.secret_uid, &other.secret_resource_version)
}

/// The accounts as open attempts record them, where their Secret is another by now, and the new key was not seen to show
/// what was bought with the old one.
fn uncovered(context: &Context, connection: &Connection) -> Vec<AccountRecord> {
    let purchases = context.purchases.state();
    let open = purchases.iter().map(|purchase| &purchase.spec).filter(|spec| {
        spec.state == PurchaseState::Open && spec.account.uid.as_deref() == Some(connection.uid.as_str())
    });
    open.map(|spec| &spec.account)
        .filter(|record| !connection.is_covered(record))
        .cloned()
        .collect()
}

/// Finds out whether the account lets us look orders up by their token, and whether its key shows what was bought with an
/// earlier one: looks for an order that is known to exist. An empty answer proves nothing; it is asked again, ever more
/// slowly.
async fn correlate(
    context: &Context,
    name: &AccountName,
    connection: &Connection,
    orders: &[Followed],
    uncovered: &[AccountRecord],
) {
    let placed = orders.iter().filter_map(|followed| {
        let purchase = context
            .purchases
            .get(&ObjectRef::new(followed.key.token().as_str()))?;
        let here = purchase.spec.state == PurchaseState::Bought
            && purchase.spec.reason == Some(crate::api::PurchaseReason::Placed)
            && purchase.spec.account.uid.as_deref() == Some(connection.uid.as_str());
        here.then(|| (followed, purchase.spec.account.clone()))
    });
    let tells = |(_, record): &(&Followed, AccountRecord)| {
        uncovered.is_empty() || uncovered.iter().any(|open| same_secret(open, record))
    };
    let placed: Vec<_> = placed.collect();
    let any = placed
        .first()
        .filter(|_| connection.correlation() == Correlation::Unverified);
    let Some((known, record)) = placed.iter().find(|known| tells(known)).or(any) else {
        return;
    };
    if connection.take(Lane::Poll).is_err() {
        return;
    }
    let token = known.key.token();
    let answer = connection.client.orders_by_alternative_id(token.as_str()).await;
    context.called("orders by alternative id", answer.is_ok());
    if answer.is_ok_and(|answer| answer.value.iter().any(|order| order.order_id == known.id)) {
        connection.covers(record);
        if connection.correlation() != Correlation::Unverified {
            return;
        }
        connection.correlate(CorrelationMethod::Exact);
        tracing::info!(account = %name, "orders can be looked up by their token");
        let written = show_correlation(
            context,
            name,
            &connection.secret,
            &connection.endpoint,
            CorrelationMethod::Exact,
        )
        .await;
        if let Err(error) = written {
            tracing::warn!(account = %name, error = &error as &dyn std::error::Error, "the correlation was not written");
        }
        context.wake_unplaced(name);
        return;
    }
    let Some(email) = email(&known.order) else { return };
    if *connection
        .filter_works
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        || connection.take(Lane::Poll).is_err()
    {
        return;
    }
    let filter = OrderFilter {
        product: Some(PRODUCT.to_owned()),
        email: Some(email),
        created_between: None,
    };
    let listed = connection.client.list_orders(&filter).await;
    context.called("list orders", listed.is_ok());
    if listed.is_ok_and(|listed| listed.value.iter().any(|order| order.id == known.id)) {
        *connection
            .filter_works
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
    }
}
