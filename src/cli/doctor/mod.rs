//! `docsign doctor`: is the key accepted, can the product be ordered, and what to do where not.

mod checks;
mod definitions;
mod patient;

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::accounts;
use super::cluster::{ClusterArgs, Readable};
use super::output::{Colour, EXIT_CODES, Ending, Failure, Output, OutputArgs};
use crate::api::AccountKind;
use crate::serve::clock::Clock;
use patient::Patient;

/// Examine an account: key, region, product, permissions, clock, correlation
///
/// Asks CertCentral with the account's own key, as the operator does, and orders nothing. One line each, and what to
/// do where something is wrong. Without a name it examines all accounts of the namespace. With --endpoint and
/// --api-key-file it needs no cluster.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  docsign doctor -n signing\n  docsign doctor main -n signing -o json\n  docsign doctor --endpoint https://www.digicert.com/services/v2 --api-key-file key.txt\n\n{EXIT_CODES}"))]
pub struct Doctor {
    /// The account; default: all of the namespace
    account: Option<String>,
    /// The account is a ClusterCertCentralAccount
    #[arg(long = "cluster", env = "DOCSIGN_CLUSTER_ACCOUNT")]
    cluster_kind: bool,
    /// The namespace in which ClusterCertCentralAccounts have their Secrets
    #[arg(long, env = "DOCSIGN_OPERATOR_NAMESPACE", default_value = "docsign-system")]
    operator_namespace: String,
    /// Endpoints that a key may be sent to, beside DigiCert's own and those that the operator already accepted
    #[arg(
        long,
        env = "DOCSIGN_ALLOWED_ENDPOINTS",
        value_delimiter = ',',
        value_name = "URL"
    )]
    allowed_endpoints: Vec<Url>,
    /// Examine this endpoint instead of an account
    #[arg(long, env = "DOCSIGN_ENDPOINT", value_name = "URL", requires = "api_key_file", conflicts_with_all = ["account", "cluster_kind"])]
    endpoint: Option<Url>,
    /// The API key for --endpoint
    #[arg(
        long,
        env = "DOCSIGN_API_KEY_FILE",
        value_name = "FILE",
        requires = "endpoint"
    )]
    api_key_file: Option<PathBuf>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// How a check went.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Result {
    /// As it should be.
    Ok,
    /// Not as it should be.
    Failed,
    /// Not asked, as something before it failed.
    Skipped,
}

/// One line of the examination.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Check {
    /// What was examined.
    #[serde(rename = "check")]
    pub what: &'static str,
    /// How it went.
    pub result: Result,
    /// What was found, and what to do.
    pub message: String,
}

impl Check {
    /// As it should be.
    pub fn ok(what: &'static str, message: impl Into<String>) -> Self {
        Self {
            what,
            result: Result::Ok,
            message: message.into(),
        }
    }

    /// Not as it should be.
    pub fn failed(what: &'static str, message: impl Into<String>) -> Self {
        Self {
            result: Result::Failed,
            ..Self::ok(what, message)
        }
    }

    /// Not asked.
    pub fn skipped(what: &'static str) -> Self {
        Self {
            result: Result::Skipped,
            ..Self::ok(what, "not asked")
        }
    }
}

/// Examines, and prints what was found.
pub async fn run(arguments: Doctor, clock: Clock) -> std::result::Result<Ending, Failure> {
    let output = Output::new(arguments.output);
    let mut examined = Vec::new();
    let mut tell = |name: String, checks: Vec<Check>| {
        output.line(output.paint(Colour::Strong, &name));
        for check in &checks {
            output.line(line(&output, check));
        }
        examined.push((name, checks));
    };
    match patients(&arguments).await? {
        Err(check) => tell("cluster".to_owned(), vec![check]),
        Ok(patients) => {
            for patient in patients {
                let name = patient.name.clone();
                tell(name, checks::examine(patient, &clock).await);
            }
        }
    }
    let sick = examined
        .iter()
        .flat_map(|(_, checks)| checks)
        .any(|check| check.result == Result::Failed);
    let accounts: Vec<_> = examined
        .iter()
        .map(|(name, checks)| json!({"account": name, "checks": checks}))
        .collect();
    output.json(&json!({ "accounts": accounts }));
    Ok(Ending::found(sick))
}

fn line(output: &Output, check: &Check) -> String {
    let result = match check.result {
        Result::Ok => output.paint(Colour::Good, "ok     "),
        Result::Failed => output.paint(Colour::Bad, "failed "),
        Result::Skipped => output.paint(Colour::Doubtful, "skipped"),
    };
    format!("{result} {:<12} {}", check.what, check.message)
}

/// The accounts to examine, or what stands before them all.
async fn patients(
    arguments: &Doctor,
) -> std::result::Result<std::result::Result<Vec<Patient>, Check>, Failure> {
    if let (Some(endpoint), Some(file)) = (&arguments.endpoint, &arguments.api_key_file) {
        let key =
            std::fs::read_to_string(file).map_err(|error| Failure::of(file.display().to_string(), error))?;
        return Ok(Ok(vec![Patient::bare(endpoint.clone(), SecretString::from(key))]));
    }
    let kind = if arguments.cluster_kind {
        AccountKind::ClusterCertCentralAccount
    } else {
        AccountKind::CertCentralAccount
    };
    let cluster = arguments.cluster.connect().await?;
    if let Some(check) = definitions::missing(&cluster).await? {
        return Ok(Err(check));
    }
    let accounts = match &arguments.account {
        None => accounts::all(&cluster, kind).await?,
        Some(name) => match accounts::read(&cluster, kind, name).await? {
            Readable::Found(account) => vec![account],
            Readable::Missing => Vec::new(),
            Readable::Forbidden => {
                return Err(Failure::new(format!(
                    "you may not read {} {name}: ask for the right to get it, or have somebody run this who has it",
                    kind.as_str()
                )));
            }
        },
    };
    if accounts.is_empty() {
        let place = match kind {
            AccountKind::CertCentralAccount => format!(" in namespace {}", cluster.namespace),
            AccountKind::ClusterCertCentralAccount => String::new(),
        };
        let name = arguments
            .account
            .as_ref()
            .map_or_else(String::new, |name| format!(" {name}"));
        return Err(Failure::new(format!(
            "there is no {}{name}{place}; create it, or name another namespace with -n",
            kind.as_str()
        )));
    }
    let mut patients = Vec::new();
    for account in accounts {
        let namespace = match kind {
            AccountKind::CertCentralAccount => &cluster.namespace,
            AccountKind::ClusterCertCentralAccount => &arguments.operator_namespace,
        };
        patients.push(Patient::of(&cluster, namespace, account, &arguments.allowed_endpoints).await?);
    }
    Ok(Ok(patients))
}
