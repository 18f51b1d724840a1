//! What the operator writes about an order.
//!
//! Fields that repeat what CertCentral says carry no enum, pattern, length or `required`: no rule may ever
//! stop the operator from writing an order id. The operator cuts long text itself.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::rule::forbidden;

/// The state of a document signing order, as far as the operator knows it.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = forbidden(
    ".orderID",
    "!has(oldSelf.orderID) || (has(self.orderID) && self.orderID == oldSelf.orderID) || (has(self.orderKey) && has(oldSelf.orderKey) && self.orderKey != oldSelf.orderKey)",
    "an order ID is never dropped or replaced under the same orderKey",
))]
pub struct DocumentSigningOrderStatus {
    /// The metadata.generation this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The spec.revision that was, or may have been, bought. spec.order is frozen while it is not below spec.revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_revision: Option<i64>,
    /// The id of the attempt to place the order; the purchase of the same attempt id holds the details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// The name under which the order is bought at most once: cluster/namespace/name/revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_key: Option<String>,
    /// The name of the Purchase that records the buying; also the order's alternative_order_id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<String>,
    /// The CertCentral order ID.
    #[serde(default, rename = "orderID", skip_serializing_if = "Option::is_none")]
    pub order_id: Option<i64>,
    /// The ID of the newest request for the order (the approval record).
    #[serde(default, rename = "requestID", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<i64>,
    /// The status of that request, in CertCentral's words: pending, submitted, approved, rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_status: Option<String>,
    /// The status of the order, in CertCentral's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_status: Option<String>,
    /// The certificate ID. It may appear long before the certificate is issued: wait for the condition Ready.
    #[serde(default, rename = "certificateID", skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<i64>,
    /// Who has to act next: Operator, Owner, Administrator, Approver, Validation, Applicant, DigiCert or Nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<String>,
    /// Since when this one has to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Time>,
    /// When the operator looks again at the latest. A time in the past means the next poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_check_time: Option<Time>,
    /// The latest failure, while it still holds something up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// What is known of the issued certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateFacts>,
    /// Orders of earlier revisions, the newest first, at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<PastRevision>,
    /// Placed, Ready, Reconciling and Stalled, always all four.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
}

/// A failure that holds something up, and until when.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// How many times in a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i32>,
    /// When it happened last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_time: Option<Time>,
    /// NotSent, Refused, Unknown or Unavailable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// CertCentral's error code, or the operator's word for the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The HTTP status of CertCentral's refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<i32>,
    /// CertCentral's message, cut and cleaned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Not tried again before this time; absent where only a change can help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_time: Option<Time>,
    /// The metadata.generation that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
    /// A fingerprint of the resource versions of all that the failed attempt was made from (account, key Secret,
    /// sources, retry annotation): when it changes, the failure no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
}

/// What is known of an issued certificate.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFacts {
    /// The serial number, as CertCentral prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial_number: Option<String>,
    /// The SHA-1 thumbprint, as CertCentral prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbprint: Option<String>,
    /// First day of validity, YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// Last day of validity, YYYY-MM-DD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

/// An order of an earlier revision of the same manifest.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PastRevision {
    /// The spec.revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The order key of that revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_key: Option<String>,
    /// The CertCentral order ID.
    #[serde(default, rename = "orderID", skip_serializing_if = "Option::is_none")]
    pub order_id: Option<i64>,
    /// The certificate ID.
    #[serde(default, rename = "certificateID", skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<i64>,
    /// The last status of the order that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_status: Option<String>,
}
