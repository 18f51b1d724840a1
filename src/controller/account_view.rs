//! An account as one order key sees it: allowances, limits, and who is in front.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt};

use super::account::{AccountName, Known};
use super::connection::{Connection, Turn};
use super::context::Context;
use super::error::{Error, answered};
use super::limit;
use super::pass::Pass;
use crate::api::{
    AccountKind, Allow, AllowedNamespaces, CertCentralAccount, ClusterCertCentralAccount,
    DocumentSigningOrder, Order, PurchaseState, UnresolvedPolicy,
};
use crate::domain::budget::Lane;
use crate::domain::request::OrderRequest;
use crate::plan::status::is_of;
use crate::plan::{Account, Correlation, ReadyAccount, Unresolved};

/// The account, and the connection to it where it can be used.
pub(super) async fn view(
    pass: &Pass<'_>,
    name: &AccountName,
    known: Option<Known>,
) -> Result<(Account, Option<Arc<Connection>>), Error> {
    let Some(known) = known else {
        if pass.order.as_ref().is_some_and(|order| is_bought(pass, order)) {
            // Checked within moments; a known order waits without a question to the API server.
            return Ok((Account::Pending, None));
        }
        let exists = exists(pass.context, name).await?;
        let account = if exists {
            Account::Pending
        } else {
            Account::Missing(name.to_string())
        };
        return Ok((account, None));
    };
    let Some(connection) = known.connection else {
        return Ok((
            Account::NotReady(known.health.reason, format!("{name}: {}", known.health.message)),
            None,
        ));
    };
    let unbought = pass.order.as_ref().filter(|order| !is_bought(pass, order));
    let (forbidden, limited_until, behind) = match unbought {
        Some(order) => (
            forbidden(pass, name, &connection, order).await?,
            limit::reached_until(pass.context, &connection).await?,
            behind(pass, &connection, order),
        ),
        None => (None, None, None),
    };
    let settings = &connection.settings;
    let ready = ReadyAccount {
        forbidden,
        limited_until,
        behind,
        adoption: settings.allow.adoption.unwrap_or(!connection.shared),
        correlation: connection.correlation(),
        same_as_attempt: pass
            .purchase
            .as_ref()
            .is_some_and(|purchase| connection.is_covered(&purchase.spec.account)),
        unresolved: match settings.unresolved.policy {
            UnresolvedPolicy::WhenProven => Unresolved::WhenProven,
            UnresolvedPolicy::Hold => Unresolved::Hold,
        },
        quiet_period: connection.times.quiet(SignedDuration::from_secs(
            settings.unresolved.quiet_period_seconds,
        )),
        poll_interval: SignedDuration::from_secs(settings.poll_interval_seconds.max(10)),
        resolve_free_at: connection.free_at(Lane::Resolve),
        place_free_at: connection.free_at(Lane::Place),
        refresh_free_at: connection.free_at(Lane::Refresh),
    };
    Ok((Account::Ready(ready), Some(connection)))
}

/// The manifest's status knows an order of the key that this pass is about: one of an earlier revision opens no gate.
fn is_bought(pass: &Pass<'_>, order: &DocumentSigningOrder) -> bool {
    let status = order.status.as_ref();
    status.is_some_and(|status| status.order_id.is_some() && is_of(status, &pass.key))
}

async fn exists(context: &Context, name: &AccountName) -> Result<bool, Error> {
    const DOING: &str = "reading the account";
    let client = context.client.clone();
    match (name.kind, &name.namespace) {
        (AccountKind::CertCentralAccount, Some(namespace)) => {
            let accounts: Api<CertCentralAccount> = Api::namespaced(client, namespace);
            Ok(answered(DOING, accounts.get_metadata_opt(&name.name))
                .await?
                .is_some())
        }
        (AccountKind::CertCentralAccount, None) => Ok(false),
        (AccountKind::ClusterCertCentralAccount, _) => {
            let accounts: Api<ClusterCertCentralAccount> = Api::all(client);
            Ok(answered(DOING, accounts.get_metadata_opt(&name.name))
                .await?
                .is_some())
        }
    }
}

/// Why this manifest may not buy on this account.
async fn forbidden(
    pass: &Pass<'_>,
    name: &AccountName,
    connection: &Connection,
    order: &DocumentSigningOrder,
) -> Result<Option<String>, Error> {
    if name.kind == AccountKind::ClusterCertCentralAccount
        && !namespace_allowed(pass.context, name, pass.key.namespace()).await?
    {
        return Ok(Some(format!(
            "spec.accountRef: {name} does not allow this namespace; its owner can (spec.allowedNamespaces)"
        )));
    }
    let Some(wanted) = &order.spec.order else {
        return Ok(None);
    };
    let allow = &connection.settings.allow;
    Ok(not_allowed(name, allow, wanted).or_else(|| {
        let free = allow.adopts(name.kind);
        (!free).then(|| renews_foreign(pass, name, connection, wanted))?
    }))
}

/// A renewal takes the renewed order's place. On an account that is shared, nobody renews what was not bought from his
/// own namespace, unless the account lets him bind such orders too.
fn renews_foreign(
    pass: &Pass<'_>,
    name: &AccountName,
    connection: &Connection,
    wanted: &Order,
) -> Option<String> {
    let namespace = pass.key.namespace();
    let named = wanted.renewal_of.as_ref().and_then(|renewed| {
        let renewed = pass.context.cached_order(namespace, &renewed.name)?;
        renewed.status.as_ref()?.order_id
    });
    // What is going to be sent was read at another moment.
    let sent = pass.prepared.as_ref().and_then(OrderRequest::renewal_of_order_id);
    let (field, id) = match (wanted.renewal_of_order_id, sent.or(named)) {
        (Some(id), _) => ("renewalOfOrderId", id),
        (None, Some(id)) => ("renewalOf", id),
        // There is nothing to renew, or not yet.
        (None, None) => return None,
    };
    let bought_here = pass.context.purchases.state().iter().any(|purchase| {
        let spec = &purchase.spec;
        spec.order_ref.namespace == namespace
            // Another namespace of the same name inherits nothing.
            && pass.namespace_uid.is_some()
            && spec.order_ref.namespace_uid == pass.namespace_uid
            && spec.account.uid.as_deref() == Some(connection.uid.as_str())
            && spec.order_ids.contains(&id)
    });
    (!bought_here).then(|| {
        format!(
            "spec.order.{field}: order {id} was not bought from this namespace, so {name} does not let it be renewed here; its owner can (spec.allow.adoption)"
        )
    })
}

/// What an account does not allow an order to ask for: the field, and who can do what.
pub(crate) fn not_allowed(account: &impl std::fmt::Display, allow: &Allow, wanted: &Order) -> Option<String> {
    if !allow.payment_methods.contains(&wanted.payment_method) {
        return Some(format!(
            "spec.order.paymentMethod: {account} allows {} only (spec.allow.paymentMethods)",
            allow.payment_methods.join(", ")
        ));
    }
    if wanted.skip_approval && !allow.skip_approval {
        return Some(format!(
            "spec.order.skipApproval: {account} does not allow it (spec.allow.skipApproval); remove it"
        ));
    }
    let container = wanted.container_id.filter(|id| !allow.container_ids.contains(id));
    container.map(|_| {
        format!("spec.order.containerId: {account} does not allow this container (spec.allow.containerIDs)")
    })
}

async fn namespace_allowed(context: &Context, name: &AccountName, namespace: &str) -> Result<bool, Error> {
    let accounts: Api<ClusterCertCentralAccount> = Api::all(context.client.clone());
    let account = answered("reading the account", accounts.get_opt(&name.name)).await?;
    let Some(allowed) = account.and_then(|account| account.spec.allowed_namespaces) else {
        return Ok(false);
    };
    let named = allowed.names.iter().any(|name| name == namespace);
    if named || allowed.selector.is_none() {
        return Ok(named);
    }
    let namespaces: Api<Namespace> = Api::all(context.client.clone());
    let found = answered("reading the namespace", namespaces.get_opt(namespace)).await?;
    let labels = found.as_ref().map(ResourceExt::labels);
    Ok(namespace_selected(allowed, namespace, labels))
}

/// Whether a namespace is among those that may use an account; `labels` are its own, where it exists.
pub(crate) fn namespace_selected(
    allowed: AllowedNamespaces,
    namespace: &str,
    labels: Option<&BTreeMap<String, String>>,
) -> bool {
    if allowed.names.iter().any(|name| name == namespace) {
        return true;
    }
    let selector = allowed
        .selector
        .and_then(|selector| kube::core::Selector::try_from(selector).ok());
    labels
        .zip(selector)
        .is_some_and(|(labels, selector)| kube::core::SelectorExt::matches(&selector, labels))
}

/// While the account is not known to keep tokens, two open attempts for one e-mail address could not be told
/// apart: the other's key, where it is in front.
fn behind(pass: &Pass<'_>, connection: &Connection, order: &DocumentSigningOrder) -> Option<String> {
    if connection.correlation() == Correlation::Exact {
        return None;
    }
    let ours = pass.key.to_string();
    let mine = email(order)?;
    // The cache may not show yet what another pass of this process is about to do.
    if let Some(holder) = Turn::holder(connection, &mine).filter(|holder| *holder != pass.key) {
        return Some(holder.to_string());
    }
    pass.context
        .purchases
        .state()
        .iter()
        .filter(|purchase| purchase.spec.state == PurchaseState::Open && purchase.spec.order_key != ours)
        .filter(|purchase| purchase.spec.account.uid.as_deref() == Some(connection.uid.as_str()))
        .find(|purchase| {
            let of = &purchase.spec.order_ref;
            let other = pass.context.cached_order(&of.namespace, &of.name);
            other.is_some_and(|other| email(&other).is_some_and(|email| email.eq_ignore_ascii_case(&mine)))
        })
        .map(|purchase| purchase.spec.order_key.clone())
}

/// The e-mail address that the manifest names.
pub(super) fn email(order: &DocumentSigningOrder) -> Option<String> {
    order
        .spec
        .order
        .as_ref()?
        .individual
        .as_ref()
        .map(|individual| individual.email.clone())
}
