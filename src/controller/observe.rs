//! Everything a plan needs to know, read from where it stands.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, ResourceExt};

use super::account::AccountName;
use super::account_view;
use super::context::Context;
use super::error::{Error, answered};
use super::ledger;
use super::pass::Pass;
use super::sources::{self, Prepared};
use crate::api::{
    ANNOTATION_ORDER_ANEW, AccountKind, DocumentSigningOrder, FINALIZER, Purchase, PurchaseState,
};
use crate::domain::order_key::OrderKey;
use crate::plan::{self, Account, Inspection, LookUp, Request};

/// Reads what a pass begins with. What is settled in both ledgers needs no reading at all.
pub(super) async fn begin(
    context: &Context,
    key: OrderKey,
    order: Option<Arc<DocumentSigningOrder>>,
) -> Result<Pass<'_>, Error> {
    let settled = order.as_ref().and_then(|order| settled(context, &key, order));
    let is_settled = settled.is_some();
    let mut pass = Pass {
        context,
        key,
        order,
        namespace_uid: None,
        purchase: None,
        account: Account::Pending,
        connection: None,
        prepared: None,
        request: Request::Absent,
        card_secret: None,
        ticket: None,
        turn: None,
        look_up: LookUp::NotAsked,
        look_up_began: None,
        asked: None,
        inspection: Inspection::NotAsked,
        failed: None,
    };
    let purchase = match settled {
        Some(purchase) => Some(purchase),
        None => ledger::read(context, &pass.key).await?,
    };
    pass.hold_purchase(purchase);
    if !is_settled && pass.order.is_some() {
        let namespaces: Api<Namespace> = Api::all(context.client.clone());
        let namespace = namespaces.get_opt(pass.key.namespace());
        let namespace = answered("reading the namespace", namespace).await?;
        pass.namespace_uid = namespace.and_then(|namespace| namespace.uid());
    }
    account(&mut pass).await?;
    // What a later revision asks for is nothing to compare an earlier one's order with.
    if !is_settled && pass.is_present() {
        request(&mut pass).await?;
    }
    Ok(pass)
}

/// The account as it is now, seen from this pass: budgets and limits move on while a pass runs.
pub(super) async fn account(pass: &mut Pass<'_>) -> Result<(), Error> {
    let name = match (&pass.purchase, &pass.order) {
        // What may have been bought is looked for where it was bought, whatever the manifest says now.
        (Some(purchase), _) if purchase.spec.state == PurchaseState::Open => recorded(purchase),
        (_, Some(order)) => Some(AccountName::of(&order.spec.account_ref, pass.key.namespace())),
        (Some(purchase), None) => recorded(purchase),
        (None, None) => None,
    };
    let Some(name) = name else { return Ok(()) };
    let known = pass.context.accounts.known(&name);
    let (view, connection) = account_view::view(pass, &name, known).await?;
    if let (Some(asked), Some(now)) = (&pass.asked, &connection)
        && !asked.is_same(now)
    {
        // What one account answered says nothing of another, also where the name has stood for both in this pass.
        pass.look_up = LookUp::NotAsked;
    }
    pass.account = view;
    pass.connection = connection;
    Ok(())
}

/// A manifest, as far as decisions need it.
pub(super) fn order_view(order: &DocumentSigningOrder, namespace_uid: Option<String>) -> plan::Order {
    plan::Order {
        uid: order.uid().unwrap_or_default(),
        namespace_uid,
        generation: order.metadata.generation.unwrap_or(0),
        deleting: order.metadata.deletion_timestamp.is_some(),
        finalizer: order.finalizers().iter().any(|finalizer| finalizer == FINALIZER),
        order_anew: order.annotations().get(ANNOTATION_ORDER_ANEW).cloned(),
        revision: order.spec.revision,
        suspend: order.spec.suspend,
        existing_order_id: order.spec.existing_order_id,
        status: order.status.clone().unwrap_or_default(),
    }
}

/// The cached purchase, where both ledgers agree on the order: it is bought and known.
fn settled(context: &Context, key: &OrderKey, order: &DocumentSigningOrder) -> Option<Purchase> {
    let status = order.status.as_ref()?;
    let id = status.order_id?;
    let purchase = context.purchases.get(&ObjectRef::new(key.token().as_str()))?;
    let agree = status.order_key.as_deref() == Some(key.to_string().as_str())
        && purchase.spec.state == PurchaseState::Bought
        && purchase.spec.order_ids.contains(&id);
    agree.then(|| purchase.as_ref().clone())
}

/// The manifest's request: read only where something may still be bought or bound.
async fn request(pass: &mut Pass<'_>) -> Result<(), Error> {
    let Some(order) = pass.order.clone() else {
        return Ok(());
    };
    let connection = pass.connection.as_deref();
    let keeps_tokens =
        connection.is_none_or(|connection| connection.correlation() != plan::Correlation::NotSupported);
    let account_version = connection
        .map(|connection| {
            format!(
                // A token that is left out from now on is something else to send, too.
                "{} {} {} {keeps_tokens}",
                connection.uid, connection.secret.0, connection.secret.1
            )
        })
        .unwrap_or_default();
    let preparing = sources::prepare(
        pass.context,
        &order,
        &pass.key,
        keeps_tokens,
        &account_version,
        pass.bought().is_some(),
    );
    let Prepared {
        request,
        inputs,
        card_secret,
        can_be_sent,
    } = match preparing.await {
        // The order exists, and its ID is not held up by a source that can't be read.
        Err(error) if pass.is_over_since_long() && is_own(pass, &order) => {
            tracing::warn!(key = %pass.key, error = &error as &dyn std::error::Error, "the sources of a placed order can't be read");
            return Ok(());
        }
        prepared => prepared?,
    };
    pass.card_secret = card_secret;
    pass.request = match request {
        None => Request::Absent,
        Some(Err(findings)) => Request::Unusable { findings, inputs },
        Some(Ok(request)) => {
            let recorded = pass
                .purchase
                .as_ref()
                .and_then(|purchase| purchase.spec.inputs.as_deref());
            let as_bought = recorded.and_then(|recorded| {
                let salt = recorded.split('.').nth(1)?;
                Some(request.inputs_digest(salt, &account_reference(&order)) == recorded)
            });
            pass.prepared = Some(request).filter(|_| can_be_sent);
            Request::Usable { as_bought, inputs }
        }
    };
    Ok(())
}

/// This very object bought it, so there is nothing to compare.
fn is_own(pass: &Pass<'_>, order: &DocumentSigningOrder) -> bool {
    pass.purchase
        .as_ref()
        .is_some_and(|purchase| purchase.spec.order_ref.uid == order.uid())
}

/// The account reference as the digest of what was bought holds it.
pub(super) fn account_reference(order: &DocumentSigningOrder) -> String {
    format!(
        "{}/{}",
        order.spec.account_ref.kind.as_str(),
        order.spec.account_ref.name
    )
}

fn recorded(purchase: &Purchase) -> Option<AccountName> {
    let account = &purchase.spec.account;
    let kind = [
        AccountKind::CertCentralAccount,
        AccountKind::ClusterCertCentralAccount,
    ]
    .into_iter()
    .find(|kind| kind.as_str() == account.kind)?;
    Some(AccountName {
        kind,
        namespace: account.namespace.clone(),
        name: account.name.clone(),
    })
}
