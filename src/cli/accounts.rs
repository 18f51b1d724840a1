//! The two account kinds seen as one.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};

use super::cluster::{self, Cluster, Readable};
use super::output::Failure;
use crate::api::{
    AccountKind, AccountReason, AccountSettings, AccountStatus, AllowedNamespaces, CertCentralAccount,
    ClusterCertCentralAccount, ConditionType,
};

/// An account of either kind.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its kind.
    pub kind: AccountKind,
    /// Its name.
    pub name: String,
    /// metadata.uid.
    pub uid: String,
    /// metadata.generation.
    pub generation: Option<i64>,
    /// What both kinds have in common.
    pub settings: AccountSettings,
    /// What the operator says of it.
    pub status: AccountStatus,
    /// The namespaces that may use one of the cluster kind.
    pub allowed_namespaces: Option<AllowedNamespaces>,
}

impl std::fmt::Display for Account {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.name)
    }
}

impl Account {
    /// What the operator last said about this account as it is now: the reason of the condition Ready, and its
    /// message.
    pub fn said(&self) -> Option<(AccountReason, &str)> {
        let current = |condition: &&Condition| {
            condition.type_ == ConditionType::Ready.as_str()
                && condition.observed_generation == self.generation
        };
        let condition = self.status.conditions.iter().find(current)?;
        let reason = AccountReason::ALL
            .iter()
            .copied()
            .find(|reason| reason.as_str() == condition.reason)?;
        Some((reason, condition.message.as_str()))
    }
}

/// Reads an account; one of the namespaced kind from the cluster's namespace.
pub async fn read(cluster: &Cluster, kind: AccountKind, name: &str) -> Result<Readable<Account>, Failure> {
    Ok(match kind {
        AccountKind::CertCentralAccount => {
            let api = Api::<CertCentralAccount>::namespaced(cluster.client.clone(), &cluster.namespace);
            cluster::read(&api, kind.as_str(), name).await?.map(Into::into)
        }
        AccountKind::ClusterCertCentralAccount => {
            let api = Api::<ClusterCertCentralAccount>::all(cluster.client.clone());
            cluster::read(&api, kind.as_str(), name).await?.map(Into::into)
        }
    })
}

/// All accounts of a kind; of the namespaced kind those in the cluster's namespace.
pub async fn all(cluster: &Cluster, kind: AccountKind) -> Result<Vec<Account>, Failure> {
    let everything = ListParams::default();
    let client = cluster.client.clone();
    let listed = match kind {
        AccountKind::CertCentralAccount => Api::<CertCentralAccount>::namespaced(client, &cluster.namespace)
            .list(&everything)
            .await
            .map(|list| list.items.into_iter().map(Into::into).collect()),
        AccountKind::ClusterCertCentralAccount => Api::<ClusterCertCentralAccount>::all(client)
            .list(&everything)
            .await
            .map(|list| list.items.into_iter().map(Into::into).collect()),
    };
    listed.map_err(|error| cluster::failed("the accounts can't be listed", error))
}

impl From<CertCentralAccount> for Account {
    fn from(account: CertCentralAccount) -> Self {
        Self {
            kind: AccountKind::CertCentralAccount,
            name: account.name_any(),
            uid: account.uid().unwrap_or_default(),
            generation: account.metadata.generation,
            settings: account.spec.settings,
            status: account.status.unwrap_or_default(),
            allowed_namespaces: None,
        }
    }
}

impl From<ClusterCertCentralAccount> for Account {
    fn from(account: ClusterCertCentralAccount) -> Self {
        Self {
            kind: AccountKind::ClusterCertCentralAccount,
            name: account.name_any(),
            uid: account.uid().unwrap_or_default(),
            generation: account.metadata.generation,
            settings: account.spec.settings,
            status: account.status.unwrap_or_default(),
            allowed_namespaces: account.spec.allowed_namespaces,
        }
    }
}
