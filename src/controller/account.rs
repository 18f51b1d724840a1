//! Accounts: is the key accepted, can the product be ordered? Checked when something changes, and while something
//! is wrong; an account that is fine costs no call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::DynamicObject;
use kube::runtime::controller::Action;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};
use secrecy::SecretString;

use super::account_status::{self, AnyAccount, Health, Question};
use super::connection::{Budgets, Connection};
use super::context::Context;
use super::endpoint::{endpoint, is_simulated, proxy};
use super::error::{Error, answered};
use crate::api::{AccountKind, AccountReason, AccountRef, CorrelationMethod};
use crate::certcentral::{Class, ClientSettings, Timeouts};
use crate::domain::budget::{Lane, Limits};

/// How often an account that is fine has its Secret read again.
const SETTLED: Duration = Duration::from_mins(5);
/// How often what is missing is looked for again.
const MISSING: Duration = Duration::from_secs(30);
/// How often the Secret of a key that was not accepted is looked at: whoever replaces it waits for that.
const REPLACED: Duration = Duration::from_secs(5);
/// How often an endpoint that does not answer is asked again.
const UNREACHABLE: Duration = Duration::from_secs(10);
/// When a key that was not accepted is tried again without having changed; the wait doubles up to the longest.
const REJECTED: SignedDuration = SignedDuration::from_mins(1);
/// The longest such wait.
const REJECTED_LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// Names one account object.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct AccountName {
    pub kind: AccountKind,
    pub namespace: Option<String>,
    pub name: String,
}

impl AccountName {
    /// The account that a manifest of this namespace refers to.
    pub(super) fn of(reference: &AccountRef, namespace: &str) -> Self {
        let namespace = match reference.kind {
            AccountKind::CertCentralAccount => Some(namespace.to_owned()),
            AccountKind::ClusterCertCentralAccount => None,
        };
        Self {
            kind: reference.kind,
            namespace,
            name: reference.name.clone(),
        }
    }
}

impl std::fmt::Display for AccountName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.name)
    }
}

/// What is known of all accounts.
#[derive(Default)]
pub(super) struct Accounts {
    known: Mutex<HashMap<AccountName, Known>>,
    budgets: Budgets,
}

/// What is known of one account.
#[derive(Clone)]
pub(super) struct Known {
    /// The versions of all that the check was made from: account, Secret, CA bundle.
    versions: String,
    checked: jiff::Timestamp,
    /// How many times in a row CertCentral said no to these versions.
    rejections: u32,
    pub health: Health,
    /// Present where the health is good.
    pub connection: Option<Arc<Connection>>,
}

impl Accounts {
    /// What is known of an account; `None`: it was not checked yet.
    pub(super) fn known(&self, name: &AccountName) -> Option<Known> {
        self.lock().get(name).cloned()
    }

    /// All accounts that can be used.
    pub(super) fn connections(&self) -> Vec<(AccountName, Arc<Connection>)> {
        let known = self.lock();
        known
            .iter()
            .filter_map(|(name, known)| Some((name.clone(), known.connection.clone()?)))
            .collect()
    }

    /// A call of this account was answered in a way that puts its health in doubt: the next check asks again.
    pub(super) fn doubt(&self, name: &AccountName) {
        if let Some(known) = self.lock().get_mut(name) {
            known.versions.clear();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AccountName, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks one account, shows what was found, and wakes its orders when it changed.
pub(super) async fn reconcile(context: &Context, account: AnyAccount) -> Result<Action, Error> {
    let name = account.name();
    if account.deleting() {
        context.accounts.lock().remove(&name);
        return Ok(Action::await_change());
    }
    let before = context.accounts.known(&name);
    let known = check(context, &account, before.as_ref()).await?;
    let changed = before
        .as_ref()
        .is_none_or(|before| before.health != known.health || before.versions != known.versions);
    let health = known.health.clone();
    let wait = match health.reason {
        AccountReason::Accepted => SETTLED,
        AccountReason::Unreachable | AccountReason::Unavailable | AccountReason::Checking => UNREACHABLE,
        AccountReason::KeyRejected => REPLACED,
        AccountReason::SecretMissing
        | AccountReason::CABundleMissing
        | AccountReason::EndpointNotAllowed
        | AccountReason::PermissionMissing
        | AccountReason::ProductNotOrderable => MISSING,
    };
    context.accounts.lock().insert(name.clone(), known);
    account_status::show(context, &account, &health).await?;
    if changed {
        tracing::info!(account = %name, reason = %health.reason, "account checked");
        context.wake_poller.notify_one();
        wake_orders(context, &name);
    }
    Ok(Action::requeue(wait))
}

/// An account object is gone.
pub(super) fn gone(context: &Context, reference: &ObjectRef<DynamicObject>, kind: AccountKind) {
    let name = AccountName {
        kind,
        namespace: reference.namespace.clone(),
        name: reference.name.clone(),
    };
    context.accounts.lock().remove(&name);
    wake_orders(context, &name);
}

fn wake_orders(context: &Context, name: &AccountName) {
    for order in context.all_orders() {
        let namespace = order.namespace().unwrap_or_default();
        if AccountName::of(&order.spec.account_ref, &namespace) == *name {
            context.wake(&namespace, &order.name_any());
        }
    }
}

async fn check(context: &Context, account: &AnyAccount, before: Option<&Known>) -> Result<Known, Error> {
    let now = context.clock.now();
    let unusable = |versions: String, reason, message: String| {
        Ok(Known {
            versions,
            checked: now,
            rejections: 0,
            health: Health { reason, message },
            connection: None,
        })
    };
    let settings = account.settings();
    let endpoint = match endpoint(context, account) {
        Ok(endpoint) => endpoint,
        Err(message) => return unusable(account.version(), AccountReason::EndpointNotAllowed, message),
    };
    let proxy = match proxy(context, account) {
        Ok(proxy) => proxy,
        Err(message) => return unusable(account.version(), AccountReason::EndpointNotAllowed, message),
    };
    let namespace = account.secrets_in(&context.settings.operator_namespace);
    let reference = &settings.api_key_secret_ref;
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &namespace);
    let secret = answered("reading the API key's Secret", secrets.get_opt(&reference.name)).await?;
    let key = secret
        .as_ref()
        .and_then(|secret| secret.data.as_ref()?.get(&reference.key))
        .filter(|key| !key.0.trim_ascii().is_empty());
    let (Some(secret), Some(key)) = (&secret, key) else {
        let what = match &secret {
            None => "does not exist",
            Some(secret)
                if secret
                    .data
                    .as_ref()
                    .is_some_and(|data| data.contains_key(&reference.key)) =>
            {
                "has nothing under that key"
            }
            Some(_) => "has no such key",
        };
        let message = format!(
            "spec.apiKeySecretRef: Secret {namespace}/{} {what}; create it with the API key under the key {}",
            reference.name, reference.key
        );
        return unusable(account.version(), AccountReason::SecretMissing, message);
    };
    let ca = match ca_bundle(context, account, &namespace).await? {
        Ok(ca) => ca,
        Err(message) => return unusable(account.version(), AccountReason::CABundleMissing, message),
    };
    let secret_version = (
        secret.uid().unwrap_or_default(),
        secret.resource_version().unwrap_or_default(),
    );
    let versions = format!(
        "{} {} {} {}",
        account.version(),
        secret_version.0,
        secret_version.1,
        ca.as_ref()
            .map(|(version, _)| version.as_str())
            .unwrap_or_default()
    );
    let before = before.filter(|before| before.versions == versions);
    let rejections = before.map_or(0, |before| before.rejections);
    if let Some(before) = before {
        let fine = before.connection.is_some();
        let waits = now.duration_since(before.checked) < rejected_wait(rejections);
        if fine || waits {
            return Ok(before.clone());
        }
    }
    let key = std::str::from_utf8(&key.0).map(|key| SecretString::from(key.trim().to_owned()));
    let Ok(key) = key else {
        let message = "spec.apiKeySecretRef: the API key is not text".to_owned();
        return unusable(versions, AccountReason::KeyRejected, message);
    };
    let limits = Limits {
        per_3_minutes: u32::try_from(settings.rate_limit.per_3_minutes)
            .unwrap_or(Limits::PUBLISHED.per_3_minutes),
        per_5_seconds: u32::try_from(settings.rate_limit.per_5_seconds)
            .unwrap_or(Limits::PUBLISHED.per_5_seconds),
    };
    let budget = context.accounts.budgets.of(&key, limits);
    let times = context.settings.times.of(is_simulated(&endpoint));
    let place = Duration::try_from(times.protocol.post_timeout).unwrap_or(Timeouts::default().place);
    let client = (context.connect)(ClientSettings {
        base_url: endpoint.clone(),
        api_key: key,
        user_agent: concat!("docsign-operator/", env!("CARGO_PKG_VERSION")).to_owned(),
        ca_pem: ca.map(|(_, pem)| pem),
        proxy,
        timeouts: Timeouts {
            place,
            ..Timeouts::default()
        },
    });
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            let Health { reason, message } = account_status::health_without(error);
            return unusable(versions, reason, message);
        }
    };
    let connection = Connection {
        uid: account.uid(),
        settings: settings.clone(),
        shared: account.name().kind == AccountKind::ClusterCertCentralAccount,
        endpoint: endpoint.to_string(),
        correlation: Mutex::new(account.correlation(&secret_version, endpoint.as_str())),
        secret: secret_version,
        times,
        covered: Mutex::default(),
        opened: Mutex::default(),
        filter_works: Mutex::new(false),
        turns: Mutex::default(),
        client,
        budget,
        clock: context.clock.clone(),
    };
    let health = ask(context, &connection).await;
    let connection = (health.reason == AccountReason::Accepted).then(|| Arc::new(connection));
    let rejected = match health.reason {
        AccountReason::KeyRejected
        | AccountReason::PermissionMissing
        | AccountReason::ProductNotOrderable => true,
        AccountReason::Accepted
        | AccountReason::Checking
        | AccountReason::SecretMissing
        | AccountReason::CABundleMissing
        | AccountReason::EndpointNotAllowed
        | AccountReason::Unreachable
        | AccountReason::Unavailable => false,
    };
    Ok(Known {
        versions,
        checked: now,
        rejections: if rejected { rejections.saturating_add(1) } else { 0 },
        health,
        connection,
    })
}

/// How far back the changes of orders are asked for, to see whether they may be.
const LATELY: Duration = Duration::from_mins(5);

/// Asks CertCentral whose key it is, whether the product can be ordered, and, where one of the two is not to be told to
/// this key, whether it may read orders.
async fn ask(context: &Context, connection: &Connection) -> Health {
    let mut health = Health {
        reason: AccountReason::Accepted,
        message: "CertCentral accepts the key".to_owned(),
    };
    let mut restricted = false;
    for question in [Question::Me, Question::Product, Question::Orders] {
        if question == Question::Orders && !restricted {
            // Whoever may read all that was asked for is no key with a few rights; its orders tell the rest.
            break;
        }
        // The check of a key is worth a call even where others wait: it is what they wait for.
        let _ = connection.take(Lane::Poll);
        let answer = match question {
            Question::Me => connection.client.me().await.map(|_| ()),
            Question::Product => connection.client.product().await.map(|_| ()),
            Question::Orders => connection.client.status_changes(LATELY).await.map(|_| ()),
        };
        context.called(question.endpoint(), answer.is_ok());
        let Err(error) = answer else { continue };
        if let Class::Throttled { retry_after } = error.kind() {
            connection.throttled(*retry_after);
        }
        restricted |= matches!(error.kind(), Class::Forbidden(_));
        let Some(found) = account_status::health_after(&error, question) else {
            continue;
        };
        health = found;
        break;
    }
    health
}

/// How long what was refused so many times in a row is not asked again, unless it changes.
fn rejected_wait(rejections: u32) -> SignedDuration {
    match rejections.checked_sub(1) {
        None => SignedDuration::ZERO,
        Some(doublings) => REJECTED
            .saturating_mul(1 << doublings.min(10))
            .min(REJECTED_LONGEST),
    }
}

type CaBundle = Option<(String, Vec<u8>)>;

async fn ca_bundle(
    context: &Context,
    account: &AnyAccount,
    namespace: &str,
) -> Result<Result<CaBundle, String>, Error> {
    let Some(source) = &account.settings().ca_bundle_from else {
        return Ok(Ok(None));
    };
    let reference = &source.config_map_key_ref;
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), namespace);
    let map = answered("reading the CA bundle", maps.get_opt(&reference.name)).await?;
    let version = map
        .as_ref()
        .and_then(ResourceExt::resource_version)
        .unwrap_or_default();
    let bundle = map.and_then(|map| map.data?.remove(&reference.key));
    Ok(bundle
        .map(|pem| Some((version, pem.into_bytes())))
        .ok_or_else(|| {
            format!(
                "spec.caBundleFrom: ConfigMap {namespace}/{} with the key {} does not exist; create it",
                reference.name, reference.key
            )
        }))
}

/// What an account's status says about look-ups, if it speaks of this key and endpoint.
pub(super) fn recorded_correlation(
    correlation: Option<&crate::api::Correlation>,
    secret: &(String, String),
    endpoint: &str,
) -> CorrelationMethod {
    correlation
        .filter(|known| {
            known.secret_uid.as_ref() == Some(&secret.0)
                && known.secret_resource_version.as_ref() == Some(&secret.1)
                && known.endpoint.as_deref() == Some(endpoint)
        })
        .map_or(CorrelationMethod::Unverified, |known| known.method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_key_is_tried_again_after_waits_that_grow_to_ten_minutes() {
        let waits: Vec<_> = (0..7).map(|times| rejected_wait(times).as_secs() / 60).collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 10, 10]);
        assert_eq!(rejected_wait(u32::MAX), REJECTED_LONGEST);
    }
}
