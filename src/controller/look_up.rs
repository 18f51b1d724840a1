//! Asking CertCentral whether an order with a key exists, and comparing what is found.

use std::collections::HashSet;
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};
use kube::Api;
use kube::api::ListParams;

use super::connection::Connection;
use super::context::Context;
use super::error::{Error, answered};
use super::unlike::{other, unlike};
use crate::api::{AccountRecord, CorrelationMethod, Purchase, PurchaseSpec};
use crate::certcentral::{Class, Order, OrderFilter, PRODUCT};
use crate::domain::budget::Lane;
use crate::domain::order_key::{OrderKey, Token};
use crate::domain::request::OrderRequest;
use crate::plan::{Correlation, FailedOutcome, Found, FoundOrder, RemoteFacts, RemoteFailure, is_final};

/// How many orders without a token are opened one by one; where there are more, all count as perhaps ours.
const OPENED: usize = 20;

/// A question about one key.
pub(super) struct Question<'a> {
    pub context: &'a Context,
    pub connection: &'a Connection,
    pub key: &'a OrderKey,
    /// What the manifest asks for, to compare with; `None`: only the product is compared.
    pub request: Option<&'a OrderRequest>,
    /// The e-mail address of the individual, where it is known.
    pub email: Option<&'a str>,
    /// When the purchase's open attempt began.
    pub attempt_start: Option<Timestamp>,
    /// It was sent with the key's token, as far as there is one: whoever was not can't be found by it.
    pub traced: bool,
    /// The account as the key's purchase records it.
    pub record: Option<&'a AccountRecord>,
    pub lane: Lane,
}

/// Why a look-up or a look is not complete.
pub(super) enum Incomplete {
    /// CertCentral's fault, or the budget's.
    Remote(RemoteFailure),
    /// The API server's.
    Kube(Error),
}

impl From<RemoteFailure> for Incomplete {
    fn from(failure: RemoteFailure) -> Self {
        Self::Remote(failure)
    }
}

impl Question<'_> {
    /// Looks the key up: by its token and, where the account is not known to keep tokens, through the orders
    /// that may be it.
    pub(super) async fn look_up(&self) -> Result<Found, Incomplete> {
        let token = self.key.token();
        let asked = self.context.clock.now();
        let began = self.context.clock.monotonic();
        self.connection.take(self.lane)?;
        let answer = self
            .connection
            .client
            .orders_by_alternative_id(token.as_str())
            .await;
        self.context.called("orders by alternative id", answer.is_ok());
        let answer = answer.map_err(|error| self.connection.failed(&error))?;
        let took = SignedDuration::try_from(self.context.clock.monotonic().saturating_sub(began))
            .unwrap_or(SignedDuration::MAX);
        // The answer is dated when it was written; the look-up began so much earlier at the latest.
        let began = answer.date.and_then(|date| {
            date.checked_sub(took)
                .ok()?
                .checked_sub(SignedDuration::from_secs(1))
                .ok()
        });
        let mut found = Found {
            orders: Vec::new(),
            maybe: Vec::new(),
            asked,
            began: began.map(floor_to_second),
        };
        for summary in answer.value {
            found.orders.push(match self.read(summary.order_id).await? {
                Some(order) if is_of_others(&order, &token) => return Err(answers_another_question().into()),
                Some(order) => FoundOrder {
                    ours: true,
                    ..self.compare(&order)
                },
                // Listed and not readable: it exists all the same.
                None => FoundOrder {
                    id: summary.order_id,
                    ours: true,
                    ..FoundOrder::default()
                },
            });
        }
        if !found.orders.is_empty() {
            // Found by its token alone: this account keeps tokens, and this key sees what was bought with that one.
            self.connection.correlate(CorrelationMethod::Exact);
            if let Some(record) = self.record {
                self.connection.covers(record);
            }
        } else if self.connection.correlation() != Correlation::Exact || !self.traced {
            self.candidates(&token, &mut found).await?;
        }
        Ok(found)
    }

    /// Reads one order and compares it. `None`: this key sees no such order.
    pub(super) async fn look(&self, id: i64) -> Result<Option<FoundOrder>, Incomplete> {
        Ok(self.read(id).await?.map(|order| self.compare(&order)))
    }

    async fn read(&self, id: i64) -> Result<Option<Order>, Incomplete> {
        self.connection.take(self.lane)?;
        let answer = self.connection.client.order(id).await;
        self.context.called("order", answer.is_ok());
        match answer {
            Ok(answer) => Ok(Some(answer.value)),
            Err(error) if *error.kind() == Class::NotFound => Ok(None),
            Err(error) => Err(self.connection.failed(&error).into()),
        }
    }

    /// Orders of the product that no purchase owns. Those that carry the token are this one, however far they have
    /// come; those that are open and carry none may be.
    async fn candidates(&self, token: &Token, found: &mut Found) -> Result<(), Incomplete> {
        let filter_works = *self
            .connection
            .filter_works
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        // An empty list proves nothing before the filter has once found an order that is there.
        let email = self.email.filter(|_| filter_works).map(str::to_owned);
        self.connection.take(self.lane)?;
        let filter = OrderFilter {
            product: Some(PRODUCT.to_owned()),
            email,
            created_between: None,
        };
        let listed = self.connection.client.list_orders(&filter).await;
        self.context.called("list orders", listed.is_ok());
        let listed = listed.map_err(|error| self.connection.failed(&error))?.value;
        if listed.is_empty() {
            return Ok(());
        }
        // Ids are never dropped, so whatever the cache says is owned is owned; it may lag about the rest alone.
        let mut owned = self.cached_owned();
        if listed.iter().any(|order| !owned.contains(&order.id)) {
            owned = self::owned(self.context, &self.connection.endpoint)
                .await
                .map_err(Incomplete::Kube)?;
        }
        let (closed, open): (Vec<_>, Vec<_>) = listed
            .iter()
            .filter(|order| !owned.contains(&order.id))
            .partition(|order| {
                order
                    .status
                    .as_deref()
                    .is_some_and(|status| is_final(status) || status == "issued")
            });
        self.closed(closed.into_iter().map(|order| order.id).collect(), token, found)
            .await?;
        for (position, id) in open.into_iter().map(|order| order.id).enumerate() {
            if position >= OPENED {
                found.maybe.push(id);
                continue;
            }
            let Some(order) = self.read(id).await? else {
                // Listed and not readable: it exists all the same.
                found.maybe.push(id);
                continue;
            };
            let tokens = tokens(&order);
            if tokens.contains(token) {
                found.orders.push(FoundOrder {
                    ours: true,
                    ..self.compare(&order)
                });
            } else if tokens.is_empty() && other(&order, self.request).is_none() {
                found.maybe.push(id);
            }
        }
        Ok(())
    }

    /// Of these orders, all issued or over, those that carry the token are this one: a manifest may be applied long
    /// after its order was bought. None is left unread: where the request budget is used up, the look-up is not complete,
    /// and the next one goes on where it ended.
    async fn closed(&self, mut ids: Vec<i64>, token: &Token, found: &mut Found) -> Result<(), Incomplete> {
        ids.sort_unstable_by(|one, other| other.cmp(one));
        ids.retain(|id| !self.connection.carries_others(*id, token));
        for id in ids {
            let Some(order) = self.read(id).await? else {
                found.maybe.push(id);
                continue;
            };
            let tokens = tokens(&order);
            if tokens.contains(token) {
                found.orders.push(self.compare(&order));
            }
            self.connection.opened(id, tokens);
        }
        Ok(())
    }

    /// All order ids that the cached purchases of other keys record of this endpoint. This key's own may be gone by now,
    /// with all that was known of its order.
    fn cached_owned(&self) -> HashSet<i64> {
        let purchases = self.context.purchases.state();
        let key = self.key.to_string();
        let specs = purchases.iter().map(|purchase| &purchase.spec);
        let specs = specs.filter(|spec| spec.order_key != key);
        owned_of(specs, &self.connection.endpoint)
    }

    fn compare(&self, order: &Order) -> FoundOrder {
        let ours = tokens(order).contains(&self.key.token());
        FoundOrder {
            id: order.id,
            ours,
            // What carries the key was asked for under it, however CertCentral puts it now.
            unlike: if ours {
                other(order, self.request)
            } else {
                unlike(order, self.request)
            },
            owned: false,
            // Whoever can't say what was asked for can't say that this is it.
            after_attempt: self
                .attempt_start
                .filter(|_| self.request.is_some())
                .zip(order.date_created)
                .is_some_and(|(start, created)| created >= start),
            facts: facts(order),
        }
    }
}

/// All order ids that any purchase records of this endpoint, read from the API server itself. Another endpoint counts
/// its orders by itself; a purchase that names none counts here.
pub(super) async fn owned(context: &Context, endpoint: &str) -> Result<HashSet<i64>, Error> {
    let purchases: Api<Purchase> = Api::all(context.client.clone());
    let listed = answered("listing purchases", purchases.list(&ListParams::default())).await?;
    let specs = listed.items.iter().map(|purchase| &purchase.spec);
    Ok(owned_of(specs, endpoint))
}

fn owned_of<'a>(purchases: impl Iterator<Item = &'a PurchaseSpec>, endpoint: &str) -> HashSet<i64> {
    purchases
        .filter(|purchase| {
            let of = purchase.account.endpoint.as_deref();
            of.is_none_or(|of| of == endpoint)
        })
        .flat_map(|purchase| purchase.order_ids.iter().copied())
        .collect()
}

/// What an order says of itself, as far as the status shows it.
pub(super) fn facts(order: &Order) -> RemoteFacts {
    let request = order.new_request();
    RemoteFacts {
        order_status: order.status.clone(),
        request_id: request.and_then(|request| request.id),
        request_status: request.and_then(|request| request.status.clone()),
        certificate_id: order.certificate.id,
        serial_number: order.certificate.serial_number.clone(),
        thumbprint: order.certificate.thumbprint.clone(),
        not_before: order.certificate.valid_from.map(|date| date.to_string()),
        not_after: order.certificate.valid_till.map(|date| date.to_string()),
    }
}

/// The tokens that an order carries, in its alternative id and in the comments of its requests.
fn tokens(order: &Order) -> Vec<Token> {
    let comments = order
        .requests
        .iter()
        .filter_map(|request| request.comments.as_deref());
    order
        .alternative_order_id
        .as_deref()
        .into_iter()
        .chain(comments)
        .flat_map(Token::find_all)
        .collect()
}

/// It carries tokens, and not this one.
fn is_of_others(order: &Order, token: &Token) -> bool {
    let tokens = tokens(order);
    !tokens.is_empty() && !tokens.contains(token)
}

fn answers_another_question() -> RemoteFailure {
    RemoteFailure {
        outcome: FailedOutcome::Unavailable,
        code: "Unreadable".to_owned(),
        message: "CertCentral was asked for the orders of one alternative order ID, and named one of another"
            .to_owned(),
        status: None,
        retry_after: None,
    }
}

fn floor_to_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
