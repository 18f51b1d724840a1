//! Whether the cluster has the kinds of this version: without them there is nothing to examine.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, ResourceExt as _};

use super::Check;
use crate::api::crds;
use crate::cli::cluster::{self, Cluster, Readable};
use crate::cli::output::Failure;
use crate::controller::lacks;

/// The first definition that is missing or old. `None`: all are there, or this user may not read them.
pub async fn missing(cluster: &Cluster) -> Result<Option<Check>, Failure> {
    const APPLY: &str = "apply those of this version: docsign crds | kubectl apply --server-side -f -";
    let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client.clone());
    for wanted in crds() {
        let name = wanted.name_any();
        let what = match cluster::read(&definitions, "CustomResourceDefinition", &name).await? {
            Readable::Forbidden => return Ok(None),
            Readable::Missing => "is not there".to_owned(),
            Readable::Found(served) => match lacks(&served, &wanted) {
                Some(field) => format!("lacks {field}, it is older than this docsign"),
                None => continue,
            },
        };
        let message = format!("CustomResourceDefinition {name} {what}; {APPLY}");
        return Ok(Some(Check::failed("definitions", message)));
    }
    Ok(None)
}
