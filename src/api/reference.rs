//! How a manifest points at other objects. Everything pointed at lives in the manifest's own namespace.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The account an order is bought on.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRef {
    /// CertCentralAccount (of this namespace) or ClusterCertCentralAccount. Default: CertCentralAccount.
    #[serde(default)]
    pub kind: AccountKind,
    /// The name of the account object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Kind and name, as `CertCentralAccount/main`.
impl std::fmt::Display for AccountRef {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}/{}", self.kind.as_str(), self.name)
    }
}

/// The kinds of account.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, JsonSchema, PartialEq, Serialize)]
pub enum AccountKind {
    /// An account of the order's own namespace.
    #[default]
    CertCentralAccount,
    /// An account that a cluster administrator shares with chosen namespaces.
    ClusterCertCentralAccount,
}

impl AccountKind {
    /// The kind, as manifests spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CertCentralAccount => "CertCentralAccount",
            Self::ClusterCertCentralAccount => "ClusterCertCentralAccount",
        }
    }
}

/// Another DocumentSigningOrder of the same namespace.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    /// The name of the DocumentSigningOrder.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// A Secret whose keys are the field names of what it holds.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretSource {
    /// The Secret, in the same namespace.
    pub secret_ref: SecretRef,
}

/// The name of a Secret.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretRef {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// One key of a Secret or ConfigMap.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyRef {
    /// The name of the object.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key in its data.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// Where a CSR or public key is read from: exactly one of the two.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new("has(self.configMapKeyRef) != has(self.secretKeyRef)")
    .message("set exactly one of configMapKeyRef and secretKeyRef")
    .reason(Reason::FieldValueForbidden))]
pub struct CsrSource {
    /// A key of a ConfigMap in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,
    /// A key of a Secret in the same namespace. It holds the CSR; the private key must stay where it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,
}
