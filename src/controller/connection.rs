//! An account that answers: the client, its request budget, and calls that are counted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::api::{AccountRecord, AccountSettings, CorrelationMethod};
use crate::certcentral::{Class, Client, Error};
use crate::domain::budget::{Budget, Lane, Limits};
use crate::domain::order_key::{OrderKey, Token};
use crate::plan::{Correlation, FailedOutcome, RemoteFailure};
use crate::serve::clock::Clock;
use crate::settings::EndpointTimes;

/// The budget of one API key, shared by all accounts that use the key.
pub(super) type SharedBudget = Arc<Mutex<Budget>>;

/// Our word for a call that the request budget had no room for.
pub(super) const REQUEST_BUDGET: &str = "RequestBudget";

/// An account that was checked and can be used.
pub(super) struct Connection {
    /// metadata.uid of the account.
    pub uid: String,
    /// Its spec.
    pub settings: AccountSettings,
    /// The kind is cluster-scoped.
    pub shared: bool,
    /// The API endpoint.
    pub endpoint: String,
    /// The protocol times that hold for this endpoint.
    pub times: EndpointTimes,
    /// UID and resource version of the Secret.
    pub secret: (String, String),
    /// How orders are looked up, with this key on this endpoint.
    pub correlation: Mutex<CorrelationMethod>,
    /// Versions of Secrets under which orders were bought that this connection has found by their tokens.
    pub covered: Mutex<HashSet<(String, String)>>,
    /// The tokens of orders that are issued or over, and owned by nobody: what was read once does not change.
    pub opened: Mutex<HashMap<i64, Vec<Token>>>,
    /// The e-mail filter of lists has once found an order known to be there.
    pub filter_works: Mutex<bool>,
    /// Whose turn it is for an e-mail address, while orders can't be told apart by their tokens.
    pub turns: Mutex<HashMap<String, OrderKey>>,
    pub client: Client,
    pub budget: SharedBudget,
    pub clock: Clock,
}

impl Connection {
    /// Takes one call from the budget, waiting a little if need be; longer waits are the plan's.
    pub(super) fn take(&self, lane: Lane) -> Result<(), RemoteFailure> {
        self.budget()
            .take(lane, self.clock.monotonic())
            .map_err(|wait| RemoteFailure {
                outcome: FailedOutcome::Unavailable,
                code: REQUEST_BUDGET.to_owned(),
                message: "the request budget of the API key is used up for now".to_owned(),
                status: None,
                retry_after: SignedDuration::try_from(wait).ok(),
            })
    }

    /// When the lane is free, where it is not now.
    pub(super) fn free_at(&self, lane: Lane) -> Option<Timestamp> {
        let wait = self.budget().wait(lane, self.clock.monotonic())?;
        // Rounded up: a wake-up just before the time would be in vain.
        let wait = Duration::from_secs(wait.as_secs() + 1);
        self.clock
            .now()
            .checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
            .ok()
    }

    pub(super) fn budget(&self) -> MutexGuard<'_, Budget> {
        lock(&self.budget)
    }

    /// The other is this account, on this endpoint, with this key.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.uid == other.uid && self.endpoint == other.endpoint && self.secret == other.secret
    }

    /// How orders can be looked up now.
    pub(super) fn correlation(&self) -> Correlation {
        match *lock(&self.correlation) {
            CorrelationMethod::Exact => Correlation::Exact,
            CorrelationMethod::Unverified => Correlation::Unverified,
            CorrelationMethod::NotSupported => Correlation::NotSupported,
        }
    }

    /// Notes what was found out about look-ups.
    ///
    /// That orders of old are found by their tokens says nothing about those that are sent without one from now on.
    pub(super) fn correlate(&self, method: CorrelationMethod) {
        let mut known = lock(&self.correlation);
        if *known != CorrelationMethod::NotSupported {
            *known = method;
        }
    }

    /// An order that was bought as this record says was found by its token: this key sees what that one bought.
    pub(super) fn covers(&self, record: &AccountRecord) {
        if let Some(secret) = self.secret_of(record) {
            lock(&self.covered).insert(secret);
        }
    }

    /// Whether look-ups on this connection show what was bought as this record says: on the same account, and with its
    /// very Secret, or one that has since found an order bought with it.
    pub(super) fn is_covered(&self, record: &AccountRecord) -> bool {
        self.secret_of(record)
            .is_some_and(|secret| secret == self.secret || lock(&self.covered).contains(&secret))
    }

    /// The order was read, and carries tokens of other keys alone, or none.
    pub(super) fn carries_others(&self, id: i64, token: &Token) -> bool {
        lock(&self.opened)
            .get(&id)
            .is_some_and(|tokens| !tokens.contains(token))
    }

    /// An order that is issued or over was read, and carries these tokens.
    pub(super) fn opened(&self, id: i64, tokens: Vec<Token>) {
        lock(&self.opened).insert(id, tokens);
    }

    /// The Secret of a record of this very account and endpoint.
    fn secret_of(&self, record: &AccountRecord) -> Option<(String, String)> {
        let here = record.uid.as_deref() == Some(self.uid.as_str())
            && record.endpoint.as_deref() == Some(self.endpoint.as_str());
        let secret = (
            record.secret_uid.clone()?,
            record.secret_resource_version.clone()?,
        );
        here.then_some(secret)
    }

    /// What a failed read means, and what it means for the whole key.
    pub(super) fn failed(&self, error: &Error) -> RemoteFailure {
        if let Class::Throttled { retry_after } = error.kind() {
            self.throttled(*retry_after);
        }
        failure(error)
    }

    /// CertCentral answered 429: it does so to every call of the key.
    pub(super) fn throttled(&self, retry_after: Option<Duration>) {
        let pause = retry_after
            .unwrap_or(Duration::from_secs(5))
            .clamp(Duration::from_secs(1), Duration::from_mins(10));
        let until = self.clock.monotonic() + pause;
        self.budget().pause(until);
    }
}

/// The turn of one key for an e-mail address; dropping it ends the turn.
pub(super) struct Turn {
    connection: Arc<Connection>,
    email: String,
    key: OrderKey,
}

impl Turn {
    /// Takes the turn, if no other key has it.
    pub(super) fn take(connection: &Arc<Connection>, email: &str, key: &OrderKey) -> Option<Self> {
        let email = email.to_lowercase();
        let mut turns = lock(&connection.turns);
        let holder = turns.entry(email.clone()).or_insert_with(|| key.clone());
        let ours = holder == key;
        drop(turns);
        ours.then(|| Self {
            connection: Arc::clone(connection),
            email,
            key: key.clone(),
        })
    }

    /// Who has the turn.
    pub(super) fn holder(connection: &Connection, email: &str) -> Option<OrderKey> {
        let turns = lock(&connection.turns);
        turns.get(&email.to_lowercase()).cloned()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = lock(&self.connection.turns);
        if turns.get(&self.email) == Some(&self.key) {
            turns.remove(&self.email);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a failed read means.
pub(super) fn failure(error: &Error) -> RemoteFailure {
    let (code, message, retry_after) = match error.kind() {
        Class::Unauthorized => (
            "KeyRejected".to_owned(),
            "CertCentral does not accept the API key".to_owned(),
            None,
        ),
        Class::Forbidden(refusal) | Class::Refused(refusal) => {
            (refusal.code.clone(), refusal.message.clone(), refusal.retry_after)
        }
        Class::NotFound => (
            "not_found".to_owned(),
            "CertCentral does not know it".to_owned(),
            None,
        ),
        Class::Throttled { retry_after } => (
            "request_limit_exceeded".to_owned(),
            error.to_string(),
            *retry_after,
        ),
        Class::Unavailable { retry_after, .. } => ("Unavailable".to_owned(), error.to_string(), *retry_after),
        Class::Unreachable(_) => ("Unreachable".to_owned(), error.to_string(), None),
        Class::Unreadable(_) => ("Unreadable".to_owned(), error.to_string(), None),
    };
    let status = match error.kind() {
        Class::Forbidden(refusal) | Class::Refused(refusal) => Some(refusal.status),
        Class::Unauthorized
        | Class::NotFound
        | Class::Throttled { .. }
        | Class::Unavailable { .. }
        | Class::Unreachable(_)
        | Class::Unreadable(_) => None,
    };
    RemoteFailure {
        outcome: FailedOutcome::Unavailable,
        code,
        message,
        status,
        retry_after: retry_after.and_then(|wait| SignedDuration::try_from(wait).ok()),
    }
}

/// The budgets of all API keys in use.
#[derive(Default)]
pub(super) struct Budgets(Mutex<HashMap<[u8; 32], SharedBudget>>);

impl Budgets {
    /// The budget of a key; limits of accounts that share it add up to the strictest.
    ///
    /// CertCentral counts by key, however an account spells the way there.
    pub(super) fn of(&self, key: &SecretString, limits: Limits) -> SharedBudget {
        // Lives in memory only, and is never printed.
        let digest = Sha256::digest(key.expose_secret());
        let mut budgets = lock(&self.0);
        let budget = budgets
            .entry(digest.into())
            .or_insert_with(|| Arc::new(Mutex::new(Budget::new(limits))));
        lock(budget).restrict(limits);
        Arc::clone(budget)
    }
}
