//! The account as the operator last described it: nothing is asked of CertCentral.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};

use crate::api::{
    AccountKind, AccountReason, CorrelationMethod, DocumentSigningOrder, Purchase, PurchaseSpec,
    PurchaseState, UnresolvedPolicy,
};
use crate::cli::accounts::{self, Account};
use crate::cli::cluster::{self, Cluster, Readable};
use crate::cli::output::Failure;
use crate::controller::{limit_reached_until, namespace_selected, not_allowed};
use crate::plan::{self, Correlation, ReadyAccount, Unresolved};

/// The least that a quiet period may be.
const LEAST_QUIET: SignedDuration = SignedDuration::from_hours(1);

/// The account that this key is, or would be, bought on. What can't be read is assumed to be fine, and noted.
pub async fn view(
    cluster: &Cluster,
    order: &DocumentSigningOrder,
    purchase: Option<&PurchaseSpec>,
    now: Timestamp,
    notes: &mut Vec<String>,
) -> Result<plan::Account, Failure> {
    let (kind, name) = named(order, purchase);
    let account = match accounts::read(cluster, kind, &name).await? {
        Readable::Found(account) => account,
        Readable::Missing => return Ok(plan::Account::Missing(format!("{} {name}", kind.as_str()))),
        Readable::Forbidden => {
            notes.push(format!(
                "you may not read {} {name}: it is taken as not checked yet",
                kind.as_str()
            ));
            return Ok(plan::Account::Pending);
        }
    };
    match account.said() {
        None | Some((AccountReason::Checking, _)) => return Ok(plan::Account::Pending),
        Some((AccountReason::Accepted, _)) => {}
        Some((reason, message)) => {
            return Ok(plan::Account::NotReady(reason, format!("{account}: {message}")));
        }
    }
    let unbought = order
        .status
        .as_ref()
        .is_none_or(|status| status.order_id.is_none());
    let (forbidden, limited_until) = if unbought {
        (
            forbidden(cluster, &account, order, notes).await?,
            limited_until(cluster, &account, now, notes).await?,
        )
    } else {
        (None, None)
    };
    let settings = &account.settings;
    let correlation = correlation(&account);
    let quiet = SignedDuration::from_secs(settings.unresolved.quiet_period_seconds);
    Ok(plan::Account::Ready(ReadyAccount {
        forbidden,
        limited_until,
        behind: None,
        adoption: settings.allow.adopts(account.kind),
        correlation,
        same_as_attempt: purchase.is_some_and(|purchase| {
            let known = account.status.correlation.as_ref();
            let then = &purchase.account;
            let same_secret = known.is_some_and(|known| {
                known.secret_uid == then.secret_uid
                    && known.secret_resource_version == then.secret_resource_version
            });
            then.uid.as_ref() == Some(&account.uid) && (same_secret || correlation == Correlation::Exact)
        }),
        unresolved: match settings.unresolved.policy {
            UnresolvedPolicy::WhenProven => Unresolved::WhenProven,
            UnresolvedPolicy::Hold => Unresolved::Hold,
        },
        quiet_period: quiet.max(LEAST_QUIET),
        poll_interval: SignedDuration::from_secs(settings.poll_interval_seconds),
        resolve_free_at: None,
        place_free_at: None,
        refresh_free_at: None,
    }))
}

/// What may have been bought is looked for where it was bought.
fn named(order: &DocumentSigningOrder, purchase: Option<&PurchaseSpec>) -> (AccountKind, String) {
    let open = purchase.filter(|purchase| purchase.state == PurchaseState::Open);
    let recorded = open.and_then(|purchase| {
        let kinds = [
            AccountKind::CertCentralAccount,
            AccountKind::ClusterCertCentralAccount,
        ];
        let kind = kinds
            .into_iter()
            .find(|kind| kind.as_str() == purchase.account.kind)?;
        Some((kind, purchase.account.name.clone()))
    });
    recorded.unwrap_or_else(|| (order.spec.account_ref.kind, order.spec.account_ref.name.clone()))
}

/// What was found out about look-ups, as far as it is said of this account's present address.
fn correlation(account: &Account) -> Correlation {
    let known = account.status.correlation.as_ref();
    let method = known
        .filter(|known| {
            known
                .endpoint
                .as_deref()
                .zip(account.settings.api_endpoint())
                .is_some_and(|(known, now)| known.trim_end_matches('/') == now.trim_end_matches('/'))
        })
        .map(|known| known.method);
    match method {
        Some(CorrelationMethod::Exact) => Correlation::Exact,
        Some(CorrelationMethod::NotSupported) => Correlation::NotSupported,
        Some(CorrelationMethod::Unverified) | None => Correlation::Unverified,
    }
}

async fn forbidden(
    cluster: &Cluster,
    account: &Account,
    order: &DocumentSigningOrder,
    notes: &mut Vec<String>,
) -> Result<Option<String>, Failure> {
    if account.kind == AccountKind::ClusterCertCentralAccount {
        let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
        let labels = match cluster::read(&namespaces, "Namespace", &cluster.namespace).await? {
            Readable::Found(namespace) => Some(namespace.labels().clone()),
            Readable::Missing => None,
            Readable::Forbidden => {
                notes.push("you may not read the namespace: it is taken as having no labels".to_owned());
                None
            }
        };
        let allowed = account.allowed_namespaces.clone().unwrap_or_default();
        if !namespace_selected(allowed, &cluster.namespace, labels.as_ref()) {
            return Ok(Some(format!(
                "spec.accountRef: {account} does not allow this namespace; its owner can (spec.allowedNamespaces)"
            )));
        }
    }
    let wanted = order.spec.order.as_ref();
    Ok(wanted.and_then(|wanted| not_allowed(account, &account.settings.allow, wanted)))
}

async fn limited_until(
    cluster: &Cluster,
    account: &Account,
    now: Timestamp,
    notes: &mut Vec<String>,
) -> Result<Option<Timestamp>, Failure> {
    let Some(limit) = account.settings.order_limit else {
        return Ok(None);
    };
    let purchases: Api<Purchase> = Api::all(cluster.client.clone());
    match purchases.list(&ListParams::default()).await {
        Ok(listed) => Ok(limit_reached_until(limit, &listed.items, &account.uid, now)),
        Err(kube::Error::Api(status)) if status.code == 403 => {
            notes.push("you may not list purchases: the account's order limit is not looked at".to_owned());
            Ok(None)
        }
        Err(error) => Err(cluster::failed("the purchases can't be listed", error)),
    }
}
