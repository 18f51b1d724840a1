//! The accounts orders are bought on: one kind for a namespace, one for the cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, LabelSelector, Time};
use kube::core::cel::Rule;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::{AccountKind, KeyRef};
use super::rule::{forbidden, required, value};

/// An account for the orders of its own namespace.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "docsign.dev",
    version = "v1alpha1",
    kind = "CertCentralAccount",
    namespaced,
    shortname = "cca",
    category = "docsign",
    status = "AccountStatus",
    derive = "PartialEq",
    doc = "A DigiCert CertCentral account for the orders of this namespace."
)]
#[x_kube(validation = region_or_endpoint(), validation = same_region(), validation = same_endpoint())]
#[serde(rename_all = "camelCase")]
pub struct CertCentralAccountSpec {
    /// What both kinds of account have in common.
    #[serde(flatten)]
    pub settings: AccountSettings,
}

/// An account that a cluster administrator shares with chosen namespaces.
#[derive(Clone, CustomResource, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[kube(
    group = "docsign.dev",
    version = "v1alpha1",
    kind = "ClusterCertCentralAccount",
    shortname = "ccca",
    category = "docsign",
    status = "AccountStatus",
    derive = "PartialEq",
    doc = "A DigiCert CertCentral account that a cluster administrator shares with chosen namespaces."
)]
#[x_kube(validation = region_or_endpoint(), validation = same_region(), validation = same_endpoint())]
#[serde(rename_all = "camelCase")]
pub struct ClusterCertCentralAccountSpec {
    /// What both kinds of account have in common.
    #[serde(flatten)]
    pub settings: AccountSettings,
    /// The namespaces whose orders may use this account. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
}

fn region_or_endpoint() -> Rule {
    required(
        ".region",
        "has(self.region) != has(self.endpoint)",
        "set region: US or region: EU (where the CertCentral account lives), or endpoint, not both",
    )
}

fn same_region() -> Rule {
    forbidden(
        ".region",
        "has(self.region) == has(oldSelf.region) && (!has(self.region) || self.region == oldSelf.region)",
        "the region can't be changed, orders would no longer be found; make another account object",
    )
}

fn same_endpoint() -> Rule {
    forbidden(
        ".endpoint",
        "has(self.endpoint) == has(oldSelf.endpoint) && (!has(self.endpoint) || self.endpoint == oldSelf.endpoint)",
        "the endpoint can't be changed, orders would no longer be found; make another account object",
    )
}

fn web_address() -> Rule {
    value(
        "self.matches('^https?://[^/@?#\\\\p{Z}\\\\p{Cc}]+(/[^@?#\\\\p{Z}\\\\p{Cc}]*)?$')",
        "write a URL such as https://host:port/path, without user, password, query and fragment",
    )
}

/// What both kinds of account have in common.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSettings {
    /// The Secret with the API key: of the same namespace; for a ClusterCertCentralAccount of the operator's namespace.
    pub api_key_secret_ref: ApiKeyRef,
    /// The region of CertCentral: US or EU. Or set endpoint. It can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The address of the API, ending in /services/v2, instead of region. The operator must be started with it in
    /// --allowed-endpoints. It can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[x_kube(validation = web_address())]
    pub endpoint: Option<String>,
    /// Certificates (PEM) to trust for the endpoint. Default: the well-known ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle_from: Option<CaBundleSource>,
    /// A proxy for the calls of this account. The operator must be started with it in --allowed-proxies.
    #[serde(default, rename = "proxyURL", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2048))]
    #[x_kube(validation = web_address())]
    pub proxy_url: Option<String>,
    /// How many calls the API key may spend; lower it when others use the same key. Default: CertCentral's
    /// published limits.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// Seconds between two looks for changes while orders are open. Default: 60.
    #[serde(default = "minute")]
    #[schemars(range(min = 10, max = 86400))]
    pub poll_interval_seconds: i64,
    /// What orders on this account may ask for.
    #[serde(default)]
    pub allow: Allow,
    /// What happens with an order of which nobody knows whether CertCentral accepted it.
    #[serde(default)]
    pub unresolved: Unresolved,
    /// How many orders are placed at most. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_limit: Option<OrderLimit>,
}

fn minute() -> i64 {
    60
}

/// The key of a Secret that holds the API key.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyRef {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The key in its data. Default: api-key.
    #[serde(default = "api_key")]
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

fn api_key() -> String {
    "api-key".to_owned()
}

impl AccountSettings {
    /// The address of the API: the region's, or the one that is set. None where a manifest says neither, which
    /// the admission rules refuse.
    pub fn api_endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref().or(self.region.map(Region::endpoint))
    }
}

/// The regions of CertCentral.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum Region {
    /// www.digicert.com
    US,
    /// certcentral.digicert.eu
    EU,
}

impl Region {
    /// The address of the API in this region.
    pub const fn endpoint(self) -> &'static str {
        match self {
            Self::US => "https://www.digicert.com/services/v2",
            Self::EU => "https://certcentral.digicert.eu/services/v2",
        }
    }
}

/// Where certificates to trust are read from.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CaBundleSource {
    /// A key of a ConfigMap: of the same namespace; for a ClusterCertCentralAccount of the operator's namespace.
    pub config_map_key_ref: KeyRef,
}

/// How many calls the API key may spend.
#[derive(Clone, Copy, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RateLimit {
    /// Calls in any 3 minutes, 20 to 1000. Default: 1000.
    #[serde(default = "per_3_minutes", rename = "per3Minutes")]
    #[schemars(range(min = 20, max = 1000))]
    pub per_3_minutes: i64,
    /// Calls in any 5 seconds, 2 to 100. Default: 100.
    #[serde(default = "per_5_seconds", rename = "per5Seconds")]
    #[schemars(range(min = 2, max = 100))]
    pub per_5_seconds: i64,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            per_3_minutes: per_3_minutes(),
            per_5_seconds: per_5_seconds(),
        }
    }
}

fn per_3_minutes() -> i64 {
    1000
}

fn per_5_seconds() -> i64 {
    100
}

/// What orders on an account may ask for.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allow {
    /// The payment methods that orders may name. Default: [balance].
    #[serde(default = "balance")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 32)))]
    pub payment_methods: Vec<String>,
    /// Whether orders may skip the approval. Default: false.
    #[serde(default)]
    pub skip_approval: bool,
    /// The containers (divisions) that orders may name. Default: none, orders go to the API key's own.
    #[serde(default, rename = "containerIDs", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub container_ids: Vec<i64>,
    /// Whether orders that exist at CertCentral may be bound by existingOrderID. Default: true for a
    /// CertCentralAccount, false for a ClusterCertCentralAccount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adoption: Option<bool>,
}

impl Default for Allow {
    fn default() -> Self {
        Self {
            payment_methods: balance(),
            skip_approval: false,
            container_ids: Vec::new(),
            adoption: None,
        }
    }
}

impl Allow {
    /// Whether orders that exist may be bound on an account of this kind.
    pub fn adopts(&self, kind: AccountKind) -> bool {
        self.adoption.unwrap_or(match kind {
            AccountKind::CertCentralAccount => true,
            AccountKind::ClusterCertCentralAccount => false,
        })
    }
}

fn balance() -> Vec<String> {
    vec!["balance".to_owned()]
}

/// What happens with an order of which nobody knows whether CertCentral accepted it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unresolved {
    /// WhenProven: it is placed again, once, when CertCentral proves that it does not exist. Hold: a person decides.
    /// Default: WhenProven.
    #[serde(default)]
    pub policy: UnresolvedPolicy,
    /// Seconds that must pass, by CertCentral's clock, before not finding the order counts as proof; at least 3600.
    /// Default: 86400.
    #[serde(default = "day")]
    #[schemars(range(min = 3600, max = 31_536_000))]
    pub quiet_period_seconds: i64,
}

impl Default for Unresolved {
    fn default() -> Self {
        Self {
            policy: UnresolvedPolicy::default(),
            quiet_period_seconds: day(),
        }
    }
}

fn day() -> i64 {
    86400
}

/// Whether an order that proved absent is placed again.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum UnresolvedPolicy {
    /// Placed again, once, when its absence is proven.
    #[default]
    WhenProven,
    /// A person decides.
    Hold,
}

/// How many orders are placed at most.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderLimit {
    /// Orders in any 24 hours. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub per_day: Option<i64>,
    /// Orders in any 30 days. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub per_month: Option<i64>,
}

/// The namespaces whose orders may use a ClusterCertCentralAccount: those named and those selected.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AllowedNamespaces {
    /// Names of namespaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), inner(length(min = 1, max = 63)))]
    pub names: Vec<String>,
    /// A selector over the labels of namespaces; an empty one selects all. Who may label a namespace decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// The state of an account.
#[derive(Clone, Debug, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountStatus {
    /// The metadata.generation this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready: whether orders can be placed on this account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = kube::core::ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// How well orders placed on this account can be found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<Correlation>,
}

/// How well orders placed on an account can be found again, and for which key and endpoint that was seen.
#[derive(Clone, Debug, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Correlation {
    /// Exact: an order was found by its alternative order ID. Unverified: not tried yet. NotSupported: CertCentral
    /// does not take or does not find alternative order IDs here.
    pub method: CorrelationMethod,
    /// When that was seen last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_time: Option<Time>,
    /// The UID of the Secret with the API key at that time.
    #[serde(default, rename = "secretUID", skip_serializing_if = "Option::is_none")]
    pub secret_uid: Option<String>,
    /// The resource version of that Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_resource_version: Option<String>,
    /// The endpoint at that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// How well orders placed on an account can be found again.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum CorrelationMethod {
    /// An order was found by its alternative order ID.
    Exact,
    /// Not tried yet.
    #[default]
    Unverified,
    /// CertCentral does not take or does not find alternative order IDs here.
    NotSupported,
}
