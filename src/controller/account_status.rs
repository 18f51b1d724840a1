//! The two account kinds seen as one, and what is written about them.

use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use super::account::{AccountName, recorded_correlation};
use super::context::Context;
use super::error::{Error, answered};
use crate::api::{
    AccountKind, AccountReason, AccountSettings, AccountStatus, CertCentralAccount,
    ClusterCertCentralAccount, ConditionType, Correlation, CorrelationMethod, FIELD_MANAGER,
};
use crate::certcentral::{self, Class, SettingsError, Unreachable};
use crate::domain::refusal::entry;

/// An account of either kind.
#[derive(Clone)]
pub(super) enum AnyAccount {
    Namespaced(Arc<CertCentralAccount>),
    Cluster(Arc<ClusterCertCentralAccount>),
}

/// Whether an account can be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Health {
    pub reason: AccountReason,
    pub message: String,
}

impl AnyAccount {
    pub(super) fn name(&self) -> AccountName {
        match self {
            Self::Namespaced(account) => AccountName {
                kind: AccountKind::CertCentralAccount,
                namespace: account.namespace(),
                name: account.name_any(),
            },
            Self::Cluster(account) => AccountName {
                kind: AccountKind::ClusterCertCentralAccount,
                namespace: None,
                name: account.name_any(),
            },
        }
    }

    pub(super) fn settings(&self) -> &AccountSettings {
        match self {
            Self::Namespaced(account) => &account.spec.settings,
            Self::Cluster(account) => &account.spec.settings,
        }
    }

    fn status(&self) -> Option<&AccountStatus> {
        match self {
            Self::Namespaced(account) => account.status.as_ref(),
            Self::Cluster(account) => account.status.as_ref(),
        }
    }

    pub(super) fn uid(&self) -> String {
        match self {
            Self::Namespaced(account) => account.uid(),
            Self::Cluster(account) => account.uid(),
        }
        .unwrap_or_default()
    }

    pub(super) fn deleting(&self) -> bool {
        match self {
            Self::Namespaced(account) => account.metadata.deletion_timestamp.is_some(),
            Self::Cluster(account) => account.metadata.deletion_timestamp.is_some(),
        }
    }

    fn generation(&self) -> Option<i64> {
        match self {
            Self::Namespaced(account) => account.metadata.generation,
            Self::Cluster(account) => account.metadata.generation,
        }
    }

    /// Changes with the object's spec and with nothing else.
    pub(super) fn version(&self) -> String {
        format!("{}/{}", self.uid(), self.generation().unwrap_or(0))
    }

    /// The namespace its Secret is in.
    pub(super) fn secrets_in(&self, operator_namespace: &str) -> String {
        match self {
            Self::Namespaced(account) => account.namespace().unwrap_or_default(),
            Self::Cluster(_) => operator_namespace.to_owned(),
        }
    }

    /// What was found out about look-ups with this key on this endpoint.
    pub(super) fn correlation(&self, secret: &(String, String), endpoint: &str) -> CorrelationMethod {
        recorded_correlation(
            self.status().and_then(|status| status.correlation.as_ref()),
            secret,
            endpoint,
        )
    }
}

/// What CertCentral is asked about an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Question {
    /// Whose key it is.
    Me,
    /// Whether the product can be ordered.
    Product,
    /// What has changed lately.
    Orders,
}

impl Question {
    /// Where it is asked, for the metrics.
    pub(crate) const fn endpoint(self) -> &'static str {
        match self {
            Self::Me => "user/me",
            Self::Product => "product/ds_individual",
            Self::Orders => "status changes",
        }
    }
}

/// What a failed question says about the account. `None`: nothing against it.
pub(crate) fn health_after(error: &certcentral::Error, question: Question) -> Option<Health> {
    let (reason, message) = match error.kind() {
        Class::Unauthorized => (
            AccountReason::KeyRejected,
            "CertCentral does not accept the API key: put a valid one into the Secret, and check that spec.region is the key's region".to_owned(),
        ),
        Class::Forbidden(_) if question == Question::Orders => (
            AccountReason::PermissionMissing,
            "the API key may not read orders: give it access to Orders, Requests, Certificates in CertCentral, or put one that has it into the Secret".to_owned(),
        ),
        // Keys restricted to orders may not read users or products, and can order all the same.
        Class::Forbidden(_) => return None,
        Class::NotFound if question == Question::Product => (
            AccountReason::ProductNotOrderable,
            "the product ds_individual can't be ordered with this key: have DigiCert switch it on for the account".to_owned(),
        ),
        Class::Unreachable(unreachable) => {
            let advice = match unreachable {
                Unreachable::Dns => "check the host of spec.endpoint and spec.proxyURL, and name resolution on this side",
                Unreachable::Connect => "check spec.endpoint and spec.proxyURL, and that a firewall lets this side out",
                Unreachable::Tls => "where a private CA signs its certificate (a proxy that opens TLS has one too), name that in spec.caBundleFrom",
                Unreachable::TimedOut => "a firewall may swallow the calls; where a proxy is needed, name it in spec.proxyURL",
                Unreachable::Lost => "a firewall or proxy may have cut it",
            };
            (AccountReason::Unreachable, format!("{error}: {advice}{AGAIN}"))
        }
        Class::Throttled { .. } => unavailable(error, "it is blocked for some minutes; if others use the key too, lower spec.rateLimit"),
        Class::Unavailable { .. } => unavailable(error, "maintenance, or a fault of its own; there is nothing to do but to wait"),
        Class::Unreadable(_) => unavailable(error, "a proxy or firewall speaks in its place, or spec.endpoint is not the address of its API"),
        Class::NotFound => unavailable(error, "check spec.region or spec.endpoint; an endpoint ends in /services/v2"),
        Class::Refused(refusal) => {
            let advice = entry(&refusal.code).map_or("check spec.region or spec.endpoint", |entry| entry.advice);
            unavailable(error, advice)
        }
    };
    Some(Health { reason, message })
}

/// How a message ends where nobody has to act for the operator to go on.
pub(crate) const AGAIN: &str = "; trying again";

fn unavailable(error: &certcentral::Error, advice: &str) -> (AccountReason, String) {
    (AccountReason::Unavailable, format!("{error}: {advice}{AGAIN}"))
}

/// What is wrong with an account that no client can be made for.
pub(crate) fn health_without(error: SettingsError) -> Health {
    let (reason, message) = match error {
        SettingsError::ApiKey => (
            AccountReason::KeyRejected,
            "spec.apiKeySecretRef: what the Secret holds can't be an API key: put the key alone there, in one line".to_owned(),
        ),
        SettingsError::CaBundle => (
            AccountReason::CABundleMissing,
            "spec.caBundleFrom: there is no certificate in PEM that can be read: put the CA's there".to_owned(),
        ),
        SettingsError::NoRoots => (
            AccountReason::CABundleMissing,
            format!("spec.caBundleFrom: {error}: name one"),
        ),
        SettingsError::BaseUrl => (AccountReason::EndpointNotAllowed, format!("spec.endpoint: {error}")),
        SettingsError::Proxy => (AccountReason::EndpointNotAllowed, format!("spec.proxyURL: {error}")),
        SettingsError::UserAgent | SettingsError::Setup => (AccountReason::Unavailable, error.to_string()),
    };
    Health { reason, message }
}

/// Writes the condition Ready, if it says something new.
pub(super) async fn show(context: &Context, account: &AnyAccount, health: &Health) -> Result<(), Error> {
    let status = if health.reason == AccountReason::Accepted {
        "True"
    } else {
        "False"
    };
    let before = account.status().and_then(|status| {
        status
            .conditions
            .iter()
            .find(|condition| condition.type_ == ConditionType::Ready.as_str())
    });
    let condition = Condition {
        last_transition_time: before.filter(|before| before.status == status).map_or_else(
            || Time(context.clock.now()),
            |before| before.last_transition_time.clone(),
        ),
        message: health.message.clone(),
        observed_generation: account.generation(),
        reason: health.reason.to_string(),
        status: status.to_owned(),
        type_: ConditionType::Ready.to_string(),
    };
    if before == Some(&condition) {
        return Ok(());
    }
    let patch = json!({"status": {"observedGeneration": account.generation(), "conditions": [condition]}});
    write(context, &account.name(), &patch).await
}

/// Writes what was found out about look-ups.
pub(super) async fn show_correlation(
    context: &Context,
    name: &AccountName,
    secret: &(String, String),
    endpoint: &str,
    method: CorrelationMethod,
) -> Result<(), Error> {
    let correlation = Correlation {
        method,
        verified_time: Some(Time(context.clock.now())),
        secret_uid: Some(secret.0.clone()),
        secret_resource_version: Some(secret.1.clone()),
        endpoint: Some(endpoint.to_owned()),
    };
    write(context, name, &json!({"status": {"correlation": correlation}})).await
}

async fn write(context: &Context, name: &AccountName, patch: &serde_json::Value) -> Result<(), Error> {
    const DOING: &str = "writing the account's status";
    let parameters = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        ..PatchParams::default()
    };
    let client = context.client.clone();
    let patch = Patch::Merge(patch);
    let written = match (name.kind, &name.namespace) {
        (AccountKind::CertCentralAccount, Some(namespace)) => {
            let accounts: Api<CertCentralAccount> = Api::namespaced(client, namespace);
            answered(DOING, accounts.patch_status(&name.name, &parameters, &patch))
                .await
                .map(|_| ())
        }
        (AccountKind::CertCentralAccount, None) => Ok(()),
        (AccountKind::ClusterCertCentralAccount, _) => {
            let accounts: Api<ClusterCertCentralAccount> = Api::all(client);
            answered(DOING, accounts.patch_status(&name.name, &parameters, &patch))
                .await
                .map(|_| ())
        }
    };
    match written {
        // Deleted in the meantime: nothing to show it on.
        Err(error) if error.is_not_found() => Ok(()),
        written => written,
    }
}
