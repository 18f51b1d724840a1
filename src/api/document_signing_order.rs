//! A document signing certificate that somebody wants.

use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::order::Order;
use super::reference::{AccountRef, CsrSource};
use super::rule::{forbidden, no_private_key, request_or_public_key, required, value};
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
    validation = frozen(
        ".spec.order",
        "has(self.spec.order) == has(oldSelf.spec.order) && (!has(self.spec.order) || self.spec.order == oldSelf.spec.order)",
        "claimed or bought: spec.order is frozen; put it back. To buy again raise spec.revision in the same change; for another CSR on a pending order set spec.replacementCSR",
    ),
    validation = frozen(
        ".spec.accountRef",
        "self.spec.accountRef == oldSelf.spec.accountRef",
        "claimed or bought: spec.accountRef is frozen; put it back, or raise spec.revision in the same change to buy again on another account",
    ),
    validation = frozen(
        ".spec.existingOrderID",
        "!has(oldSelf.status.orderID) || !has(self.spec.existingOrderID) || self.spec.existingOrderID == oldSelf.status.orderID",
        "another order is already bound (status.orderID); remove existingOrderID, or raise spec.revision in the same change to bind another one",
    ),
    validation = forbidden(
        ".spec.revision",
        "self.spec.revision == oldSelf.spec.revision || !has(oldSelf.status) || (!has(oldSelf.status.claimedRevision) && !has(oldSelf.status.orderID)) || (has(oldSelf.status.orderStatus) && oldSelf.status.orderStatus in ['issued', 'expired', 'rejected', 'denied', 'canceled', 'revoked']) || (has(oldSelf.status.requestStatus) && oldSelf.status.requestStatus == 'rejected')",
        "the order of the present revision is still open, or nobody knows yet whether it was placed; wait for it or have it canceled or rejected in CertCentral, then raise spec.revision. To settle an unknown one: docsign resolve",
    ),
)]
#[x_kube(
    validation = required(
        ".order",
        "has(self.order) || has(self.existingOrderID)",
        "set order (to buy) or existingOrderID (to bind an order that exists)",
    ),
    validation = forbidden(
        ".existingOrderID",
        "self.revision == oldSelf.revision || !has(self.existingOrderID) || !has(oldSelf.existingOrderID) || self.existingOrderID != oldSelf.existingOrderID",
        "the new revision would bind the same order again; remove existingOrderID, or name another order",
    ),
    validation = forbidden(
        ".replacementCSRFrom",
        "!(has(self.replacementCSR) && has(self.replacementCSRFrom))",
        "set replacementCSR or replacementCSRFrom, not both",
    ),
    validation = forbidden(
        ".replacementCSR",
        "!(has(self.replacementCSR) || has(self.replacementCSRFrom)) || !has(self.order) || self.order.csProvisioningMethod == 'email'",
        "only an order with csProvisioningMethod email has a CSR; remove replacementCSR and replacementCSRFrom",
    ),
)]
#[serde(rename_all = "camelCase")]
pub struct DocumentSigningOrderSpec {
    /// The account to buy on. Frozen from the moment the order is claimed.
    pub account_ref: AccountRef,
    /// Raise it to order again under the same name, once the order of the earlier revision is closed (issued,
    /// expired, rejected, canceled or revoked). It never falls. Default: 1.
    #[serde(default = "first_revision")]
    #[schemars(range(min = 1))]
    #[x_kube(validation = value("self >= oldSelf", "revision never falls; put it back, or raise it to buy again"))]
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
    #[x_kube(validation = no_private_key(), validation = request_or_public_key())]
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

/// A rule over the root that holds while the present revision is claimed or bought.
fn frozen(path: &str, rule: &str, message: &str) -> Rule {
    let free = "!has(oldSelf.status) || !has(oldSelf.status.claimedRevision) || self.spec.revision > oldSelf.status.claimedRevision";
    forbidden(path, &format!("{free} || ({rule})"), message)
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
