//! One pass over one order key: observe, plan, act, record, until there is nothing left to do.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::ResourceExt;

use super::connection::{Connection, Turn};
use super::context::Context;
use super::error::Error;
use super::sources::CardSecret;
use super::ticket::Ticket;
use super::{act, ledger, observe, record};
use crate::api::{
    ConditionType, DocumentSigningOrder, DocumentSigningOrderStatus, Purchase, PurchaseReason, PurchaseSpec,
    PurchaseState, Reason,
};
use crate::domain::order_key::OrderKey;
use crate::domain::request::OrderRequest;
use crate::plan::{self, Action, Inspection, LookUp, Observed, Plan, RemoteFailure, Request, Wake, plan};

/// More steps than any way through the table has; a pass that needs more starts over later.
const STEPS: usize = 24;

/// How long the word of another writer stands, where it is not what this process showed last: another operator, whose
/// clock is not ours, would write his again at once, and so on.
const CONTRADICTED: Duration = Duration::from_mins(5);
/// How long after an attempt's deadline the showing of its order is held up by what goes with it.
const GIVEN_UP: SignedDuration = SignedDuration::from_mins(10);

/// What a pass has learned so far.
pub(super) struct Pass<'a> {
    pub context: &'a Context,
    pub key: OrderKey,
    /// The manifest, where it asks for this key, or for a later revision that waits for it.
    pub order: Option<Arc<DocumentSigningOrder>>,
    pub namespace_uid: Option<String>,
    pub purchase: Option<Purchase>,
    pub account: plan::Account,
    pub connection: Option<Arc<Connection>>,
    pub prepared: Option<OrderRequest>,
    pub request: Request,
    /// The Secret that goes once the order exists.
    pub card_secret: Option<CardSecret>,
    pub ticket: Option<Ticket>,
    pub turn: Option<Turn>,
    pub look_up: LookUp,
    /// When the look-up began, by the monotonic clock.
    pub look_up_began: Option<Duration>,
    /// Who was asked.
    pub asked: Option<Arc<Connection>>,
    pub inspection: Inspection,
    /// In words that can be stored.
    pub failed: Option<RemoteFailure>,
}

/// Makes a pass over a key. Returns when to make the next one at the latest.
pub(super) async fn run(
    context: &Context,
    key: OrderKey,
    order: Option<Arc<DocumentSigningOrder>>,
) -> Result<Wake, Error> {
    let mut pass = observe::begin(context, key, order).await?;
    let ended = Box::pin(steps(&mut pass)).await;
    if pass.turn.take().is_some()
        && let Some(order) = &pass.order
    {
        context.wake_waiting(&order.spec.account_ref.name, &[Reason::Queued]);
    }
    ended
}

async fn steps(pass: &mut Pass<'_>) -> Result<Wake, Error> {
    for _ in 0..STEPS {
        let seen = pass.observed();
        let plan = plan(&seen);
        tracing::debug!(key = %pass.key, row = ?plan.row, "planned");
        if plan.action == Action::Nothing {
            return show(pass, &plan).await;
        }
        if !matches!(
            plan.action,
            Action::LookUp | Action::Inspect(_) | Action::Refresh(_)
        ) {
            // What is written from here on is our own.
            pass.context
                .memory
                .change(&pass.key, |memory| memory.shown = None);
        }
        if let Err(error) = act::act(pass, &seen, plan).await {
            give_back(pass).await?;
            return Err(error);
        }
    }
    give_back(pass).await?;
    tracing::warn!(key = %pass.key, "a pass did not end; starting over");
    Ok(Wake::At(
        pass.context
            .clock
            .now()
            .checked_add(SignedDuration::from_secs(5))
            .unwrap_or(Timestamp::MAX),
    ))
}

/// A ticket that is not used is closed, never dropped: its purchase would stay open for an order nobody sent.
async fn give_back(pass: &mut Pass<'_>) -> Result<(), Error> {
    let Some(ticket) = pass.ticket.take() else {
        return Ok(());
    };
    let attempt = ticket.attempt().to_owned();
    drop(ticket);
    ledger::close_patiently(pass.context, &pass.key, &attempt, PurchaseReason::NotSent).await?;
    Ok(())
}

/// Writes the planned status, if it says anything new. Returns when to make the next pass at the latest.
pub(super) async fn show(pass: &mut Pass<'_>, plan: &Plan) -> Result<Wake, Error> {
    let (Some(order), Some(status)) = (&pass.order, &plan.status) else {
        return Ok(plan.wake);
    };
    if order.status.as_ref() == Some(status) {
        return Ok(plan.wake);
    }
    let context = pass.context;
    let new = word(status);
    let theirs = order.status.as_ref().and_then(word);
    let shown = context.memory.of(&pass.key).shown;
    // What this pass has learned is written in any case.
    let learned =
        pass.look_up != LookUp::NotAsked || pass.inspection != Inspection::NotAsked || pass.failed.is_some();
    if let Some((ours, at)) = shown
        && !learned
        && Some(ours) == new
        && theirs.is_some_and(|theirs| theirs != ours)
    {
        let left = CONTRADICTED.saturating_sub(context.clock.monotonic().saturating_sub(at));
        if !left.is_zero() {
            let again = context.clock.now().checked_add(left).unwrap_or(Timestamp::MAX);
            return Ok(match plan.wake {
                Wake::At(time) => Wake::At(time.min(again)),
                Wake::OnChange => Wake::At(again),
            });
        }
    }
    // Should the answer be lost, what stands there may be ours.
    context.memory.change(&pass.key, |memory| memory.shown = None);
    pass.order = Some(record::status(context, order, status.clone()).await?);
    let shown = new.map(|word| (word, context.clock.monotonic()));
    context.memory.change(&pass.key, |memory| memory.shown = shown);
    Ok(plan.wake)
}

/// What a status says by its condition Ready, in short.
fn word(status: &DocumentSigningOrderStatus) -> Option<u64> {
    let ready = status
        .conditions
        .iter()
        .find(|condition| condition.type_ == ConditionType::Ready.as_str())?;
    let mut hasher = DefaultHasher::new();
    (&ready.reason, &ready.message).hash(&mut hasher);
    Some(hasher.finish())
}

impl Pass<'_> {
    /// What is known, as plain data.
    pub(super) fn observed(&self) -> Observed {
        let context = self.context;
        let memory = context.memory.of(&self.key);
        let measured = self.look_up_began.unwrap_or_else(|| context.clock.monotonic());
        let known = memory.attempt.as_ref().filter(|known| {
            let purchase = self.purchase.as_ref();
            purchase.is_some_and(|purchase| ledger::is_attempt(&purchase.spec, &known.id))
        });
        let known_for = known.map_or(Duration::ZERO, |known| measured.saturating_sub(known.since));
        Observed {
            now: context.clock.now(),
            seed: seed(&self.key),
            next_attempt: uuid::Uuid::new_v4().to_string(),
            times: self
                .connection
                .as_ref()
                .map(|connection| connection.times)
                .unwrap_or_default()
                .protocol,
            key: self.key.clone(),
            order: self
                .order
                .as_ref()
                .map(|order| observe::order_view(order, self.namespace_uid.clone())),
            purchase: self.purchase.as_ref().map(|purchase| purchase.spec.clone()),
            account: self.account.clone(),
            request: self.request.clone(),
            card_secret: self.card_secret.as_ref().map(|card| card.created),
            ticket: self.ticket.as_ref().map(|ticket| plan::Ticket {
                attempt: ticket.attempt().to_owned(),
                in_time: ticket.in_time(),
            }),
            look_up: self.look_up.clone(),
            inspection: self.inspection.clone(),
            failed: self.failed.clone(),
            memory: plan::Memory {
                attempt_known_for: SignedDuration::try_from(known_for).unwrap_or(SignedDuration::ZERO),
                looked_up: memory.looked_up,
                look_due: memory.look_due || self.refresh_asked(memory.refreshed.as_deref()),
                look_not_before: memory.look_not_before,
            },
        }
    }

    /// It is bought, and so long ago that what still fails about it has to be given up.
    pub(super) fn is_over_since_long(&self) -> bool {
        let attempt = self.bought().and_then(|purchase| purchase.attempt.as_ref());
        attempt.is_some_and(|attempt| {
            self.context.clock.now().duration_since(attempt.deadline_time.0) > GIVEN_UP
        })
    }

    /// The purchase, where it says that an order exists.
    pub(super) fn bought(&self) -> Option<&PurchaseSpec> {
        let purchase = self.purchase.as_ref().map(|purchase| &purchase.spec);
        purchase.filter(|purchase| purchase.state == PurchaseState::Bought)
    }

    /// The manifest, where there is one, asks for this very key, and not for a later revision.
    pub(super) fn is_present(&self) -> bool {
        let order = self.order.as_ref();
        order.is_none_or(|order| order.spec.revision == self.key.revision())
    }

    /// Takes note of the purchase as it is now.
    pub(super) fn hold_purchase(&mut self, purchase: Option<Purchase>) {
        if let Some(purchase) = &purchase
            && purchase.spec.state == PurchaseState::Open
            && let Some(attempt) = &purchase.spec.attempt
        {
            let context = self.context;
            context
                .memory
                .learn(&self.key, &attempt.id, context.clock.monotonic());
        }
        if !self.is_present() {
            self.context.memory.read(&self.key, purchase.as_ref());
        }
        self.purchase = purchase;
    }

    /// The value of the refresh annotation, where it was not answered yet.
    fn refresh_asked(&self, answered: Option<&str>) -> bool {
        let asked = self
            .order
            .as_ref()
            .and_then(|order| order.annotations().get(crate::api::ANNOTATION_REFRESH));
        asked.is_some_and(|asked| answered != Some(asked))
    }
}

/// Spreads the retries of different keys.
fn seed(key: &OrderKey) -> u64 {
    key.token().as_str().bytes().fold(7, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    })
}
