//! The durable record that an order key was, or may have been, bought.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The record that an order key was, or may have been, bought. Written by the operator alone; it outlives the
/// DocumentSigningOrder and its namespace, so that nothing can make anyone forget what was bought. Never edit
/// or delete one by hand: docsign-operator could buy again. It holds no personal data.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "docsign.dev",
    version = "v1alpha1",
    kind = "Purchase",
    category = "docsign",
    derive = "PartialEq",
    selectable = ".spec.state"
)]
#[serde(rename_all = "camelCase")]
pub struct PurchaseSpec {
    /// The order key: cluster/namespace/name/revision.
    pub order_key: String,
    /// The DocumentSigningOrder for which it was bought.
    pub order_ref: OrderReference,
    /// The account on which it was bought, as it was at that time.
    pub account: AccountRecord,
    /// The UID of the namespace kube-system of the cluster that bought.
    #[serde(default, rename = "clusterUID", skip_serializing_if = "Option::is_none")]
    pub cluster_uid: Option<String>,
    /// A salted digest of what was ordered, without anything that came from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
    /// The attempt that may have bought; absent on a purchase that only adopted an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// Open: a POST may be on its way or its outcome is not known. Bought: the order exists. Closed: nothing was bought.
    pub state: PurchaseState,
    /// Why the state is what it is: NotSent, Refused, Absent; Placed, Adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<PurchaseReason>,
    /// How many attempts were closed because CertCentral proved that no order exists, or because a person said so.
    #[serde(default)]
    pub absences: i32,
    /// All order IDs ever seen for this key. More than one is a duplicate that a person has to look at.
    #[serde(default, rename = "orderIDs", skip_serializing_if = "Vec::is_empty")]
    pub order_ids: Vec<i64>,
}

/// Whether a key was bought.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum PurchaseState {
    /// A POST may be on its way, or its outcome is not known.
    Open,
    /// The order exists.
    Bought,
    /// Nothing was bought.
    Closed,
}

/// Why a purchase is bought or closed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum PurchaseReason {
    /// Closed: no byte of the order was sent.
    NotSent,
    /// Closed: CertCentral refused the order.
    Refused,
    /// Closed: no such order exists at CertCentral.
    Absent,
    /// Bought: by an order of ours.
    Placed,
    /// Bought: an existing order was bound.
    Adopted,
}

/// Points at a DocumentSigningOrder.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderReference {
    /// The namespace.
    pub namespace: String,
    /// The UID of the namespace: one that was created anew inherits nothing.
    #[serde(default, rename = "namespaceUID", skip_serializing_if = "Option::is_none")]
    pub namespace_uid: Option<String>,
    /// The name.
    pub name: String,
    /// The UID of the object for which it was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The spec.revision that was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
}

/// The account as it was when the attempt was made.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountRecord {
    /// CertCentralAccount or ClusterCertCentralAccount.
    pub kind: String,
    /// The namespace of a CertCentralAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name of the account.
    pub name: String,
    /// The UID of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The API endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The UID of the Secret with the API key.
    #[serde(default, rename = "secretUID", skip_serializing_if = "Option::is_none")]
    pub secret_uid: Option<String>,
    /// The resource version of that Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_resource_version: Option<String>,
}

/// One attempt to place the order.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// The id of the attempt, random.
    pub id: String,
    /// 1 for the first attempt under this key, and one more for each that follows.
    #[serde(default)]
    pub number: i32,
    /// When the attempt began, by the operator's clock.
    pub start_time: Time,
    /// After this time the attempt sends nothing any more, by the operator's clock.
    pub deadline_time: Time,
    /// CertCentral's own clock at the look-up just before the attempt: the quiet period is measured from here.
    /// Absent where it is not known; absence can then not be proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_time: Option<Time>,
    /// Whether the order was to be sent with the purchase's name as its alternative order ID. Where it was not,
    /// looking it up by that ID proves nothing.
    #[serde(default, rename = "alternativeOrderID")]
    pub alternative_order_id: bool,
    /// Orders of this key that look-ups have shown while the attempt was open, and that were not bound. As long as
    /// there is one, absence can't be proven.
    #[serde(default, rename = "shownOrderIDs", skip_serializing_if = "Vec::is_empty")]
    pub shown_order_ids: Vec<i64>,
}
