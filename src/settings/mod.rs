//! Flags and environment, parsed into what the process runs with. The only reader of the environment.

mod times;

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use url::Url;

use crate::domain::order_key::ClusterName;
pub use times::{EndpointTimes, Times};

/// How the operator runs. Every flag can be given as an environment variable.
#[derive(Args, Clone, Debug)]
pub struct Settings {
    /// The name of this cluster in order keys: a DNS label. Never change it, never use it in two clusters at a
    /// time: orders are found again by it.
    #[arg(long, env = "DOCSIGN_CLUSTER_NAME", value_parser = ClusterName::parse)]
    pub cluster_name: ClusterName,
    /// The namespace in which ClusterCertCentralAccounts have their Secrets.
    #[arg(long, env = "DOCSIGN_OPERATOR_NAMESPACE", default_value = "docsign-system")]
    pub operator_namespace: String,
    /// Only these namespaces are served; default: all.
    #[arg(long, env = "DOCSIGN_NAMESPACES", value_delimiter = ',')]
    pub namespaces: Vec<String>,
    /// Endpoints that accounts may name beside DigiCert's own, with their path, for example
    /// http://127.0.0.1:8085/services/v2. Plain http is allowed only here.
    #[arg(long, env = "DOCSIGN_ALLOWED_ENDPOINTS", value_delimiter = ',')]
    pub allowed_endpoints: Vec<Url>,
    /// Proxies that accounts may name.
    #[arg(long, env = "DOCSIGN_ALLOWED_PROXIES", value_delimiter = ',')]
    pub allowed_proxies: Vec<Url>,
    /// Where /livez, /readyz and /metrics are served.
    #[arg(long, env = "DOCSIGN_ADMIN_ADDRESS", default_value = "0.0.0.0:8080")]
    pub admin_address: SocketAddr,
    /// Let only one of several replicas work at a time. It saves calls; no order is bought twice without it either.
    #[arg(long, env = "DOCSIGN_LEADER_ELECTION")]
    pub leader_election: bool,
    /// The times of the order protocol.
    #[command(flatten)]
    pub times: Times,
    /// How log lines are written.
    #[arg(long, env = "DOCSIGN_LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged: a level, or a filter like docsign=debug,kube=warn.
    #[arg(long, env = "DOCSIGN_LOG_LEVEL", default_value = "info")]
    pub log_level: String,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
