//! `docsign plan`: what would be sent, and what the operator would do next.

mod account;
mod live;
mod offline;
mod seen;
mod sources;
mod words;

use std::path::PathBuf;

use clap::Args;

use super::cluster::ClusterArgs;
use super::output::{EXIT_CODES, Ending, Failure, Output, OutputArgs};
use crate::domain::order_key::ClusterName;
use crate::serve::clock::Clock;

/// Show what would be ordered, and what the operator would do next and why
///
/// Of files it shows the exact body of each order, its order key and the token to look for in CertCentral, without a
/// cluster. Of an order in the cluster it shows also the row of the decision table that decides, what is done next,
/// and what the status says then. It asks CertCentral nothing, and changes nothing. Personal data, comments, card
/// data and the CSR are masked.
#[derive(Args, Debug)]
#[command(after_help = format!("Examples:\n  docsign plan jane.yaml --cluster-name prod -n signing\n  docsign plan jane-doe -n signing\n\n{EXIT_CODES}"))]
pub struct PlanArgs {
    /// Files, directories or - for standard input; or the name of an order in the cluster. What holds a slash or
    /// ends in .yaml, .yml or .json is a file
    #[arg(required = true, value_name = "FILE or NAME")]
    subjects: Vec<String>,
    /// The cluster name that the operator runs with; of an order in the cluster it is found in its status
    #[arg(long, env = "DOCSIGN_CLUSTER_NAME", value_parser = ClusterName::parse)]
    cluster_name: Option<ClusterName>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the plans.
pub async fn run(arguments: PlanArgs, clock: Clock) -> Result<Ending, Failure> {
    let output = Output::new(arguments.output);
    let files = arguments
        .subjects
        .iter()
        .filter(|subject| is_file(subject))
        .count();
    if files == arguments.subjects.len() {
        let cluster_name = arguments
            .cluster_name
            .ok_or_else(|| Failure::new("an order key begins with the cluster's name: add --cluster-name"))?;
        let paths: Vec<PathBuf> = arguments.subjects.iter().map(PathBuf::from).collect();
        let namespace = arguments.cluster.namespace.as_deref().unwrap_or("default");
        return offline::run(&output, &paths, &cluster_name, namespace, clock.now());
    }
    let ([name], 0) = (arguments.subjects.as_slice(), files) else {
        return Err(Failure::new(
            "name either files or one order in the cluster; write ./name for a file without an ending",
        ));
    };
    let cluster = arguments.cluster.connect().await?;
    live::run(&output, &cluster, name, arguments.cluster_name, &clock).await
}

fn is_file(subject: &str) -> bool {
    let ending = |ending| {
        std::path::Path::new(subject)
            .extension()
            .is_some_and(|extension| extension == ending)
    };
    subject == "-" || subject.contains('/') || ending("yaml") || ending("yml") || ending("json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_files_are_told_apart_without_looking() {
        for file in ["-", "./jane", "orders/", "jane.yaml", "jane.yml", "jane.json"] {
            assert!(is_file(file), "{file}");
        }
        for name in ["jane", "jane.doe", "jane-doe"] {
            assert!(!is_file(name), "{name}");
        }
    }
}
