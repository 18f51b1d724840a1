//! A document signing certificate that somebody wants.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::order::Order;
use super::reference::{AccountRef, CsrSource};
use super::status::DocumentSigningOrderStatus;

/// What to order, on which account, and what to do with the result.
#[derive(Clone, CustomResource, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "docsign.dev",
    version = "v1alpha1",
    kind = "DocumentSigningOrder",
    namespaced,
    shortname = "dso",
    category = "docsign",
    status = "DocumentSigningOrderStatus",
    derive = "PartialEq",
    doc = "A Document Signing for Individual certificate, ordered at DigiCert CertCentral at most once.",
    printcolumn(
        name = "ORDER",
        type_ = "integer",
        json_path = ".status.orderID",
        description = "The CertCentral order ID."
    ),
    printcolumn(
        name = "REQUEST",
        type_ = "string",
        json_path = ".status.requestStatus",
        description = "The status of the approval request."
    ),
    printcolumn(
        name = "STATUS",
        type_ = "string",
        json_path = ".status.orderStatus",
        description = "The status of the order."
    ),
    printcolumn(
        name = "CERTIFICATE",
        type_ = "integer",
        json_path = ".status.certificateID",
        description = "The certificate ID."
    ),
    printcolumn(
        name = "WAITING FOR",
        type_ = "string",
        json_path = ".status.waitingFor",
        description = "Who has to act next."
    ),
    printcolumn(
        name = "READY",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status",
        description = "Whether the certificate is issued."
    ),
    printcolumn(
        name = "AGE",
        type_ = "date",
        json_path = ".metadata.creationTimestamp",
        description = "The age of the manifest."
    ),
    printcolumn(
        name = "REASON",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].reason",
        priority = 1,
        description = "Why it is ready or not."
    ),
    printcolumn(
        name = "EXPIRES",
        type_ = "string",
        json_path = ".status.certificate.notAfter",
        priority = 1,
        description = "The last day of the certificate."
    ),
    printcolumn(
        name = "KEY",
        type_ = "string",
        json_path = ".status.orderKey",
        priority = 1,
        description = "The name under which it is bought at most once."
    )
)]
#[serde(rename_all = "camelCase")]
pub struct DocumentSigningOrderSpec {
    /// The account to buy on. Frozen from the moment the order is claimed.
    pub account_ref: AccountRef,
    /// Raise it to order again under the same name, once the order of the earlier revision is closed (issued,
    /// expired, rejected, canceled or revoked). It never falls. Default: 1.
    #[serde(default = "first_revision")]
    #[schemars(range(min = 1))]
    pub revision: i64,
    /// true: nothing is bought (yet); what is bought is still followed. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// Binds this CertCentral order instead of placing one. The account must allow it. order may then be left out.
    #[serde(default, rename = "existingOrderID", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub existing_order_id: Option<i64>,
    /// A CSR in PEM that replaces the one of the order while the order is pending. With csProvisioningMethod email only.
    #[serde(default, rename = "replacementCSR", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    pub replacement_csr: Option<String>,
    /// Reads replacementCSR from a key of a ConfigMap or Secret of this namespace.
    #[serde(
        default,
        rename = "replacementCSRFrom",
        skip_serializing_if = "Option::is_none"
    )]
    pub replacement_csr_from: Option<CsrSource>,
    /// What becomes of the CertCentral order when this object is deleted. Retain: nothing. Cancel: a request that
    /// is not approved is rejected, a pending order is canceled. Revoke: as Cancel, and an issued certificate is
    /// revoked, after a confirmation. Default: Retain.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Where the issued certificate and its chain are written. Default: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_target: Option<CertificateTarget>,
    /// What to order. Required, unless existingOrderID is set. Frozen from the moment the order is claimed until
    /// revision is raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// A CSR names the person: it is not printed.
impl std::fmt::Debug for DocumentSigningOrderSpec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("DocumentSigningOrderSpec")
            .field("account_ref", &self.account_ref)
            .field("revision", &self.revision)
            .field("suspend", &self.suspend)
            .field("existing_order_id", &self.existing_order_id)
            .field("deletion_policy", &self.deletion_policy)
            .field("certificate_target", &self.certificate_target)
            .field("order", &self.order)
            .finish_non_exhaustive()
    }
}

fn first_revision() -> i64 {
    1
}

/// What becomes of the CertCentral order when the manifest is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum DeletionPolicy {
    /// It stays as it is.
    #[default]
    Retain,
    /// What is not issued yet is rejected or canceled.
    Cancel,
    /// As Cancel, and an issued certificate is revoked.
    Revoke,
}

/// Where the issued certificate is written.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateTarget {
    /// ConfigMap, the only kind there is: a certificate is public. Default: ConfigMap.
    #[serde(default)]
    pub kind: CertificateTargetKind,
    /// The name of the object. It is created; one that exists already is never taken over.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// What kind of object the issued certificate is written to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum CertificateTargetKind {
    /// A ConfigMap: a certificate is public.
    #[default]
    ConfigMap,
}
