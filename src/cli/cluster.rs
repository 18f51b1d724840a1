//! Access to a cluster, as kubectl finds it.

use std::path::PathBuf;

use clap::Args;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde::de::DeserializeOwned;

use super::output::Failure;
use crate::api::DocumentSigningOrder;

/// Which cluster and namespace.
#[derive(Args, Clone, Debug)]
pub struct ClusterArgs {
    /// The namespace; default: the one of the kubeconfig's context
    #[arg(short, long, env = "DOCSIGN_NAMESPACE")]
    pub namespace: Option<String>,
    /// The context of the kubeconfig
    #[arg(long, env = "DOCSIGN_CONTEXT")]
    context: Option<String>,
    /// The kubeconfig; default: as kubectl finds it
    #[arg(long, env = "DOCSIGN_KUBECONFIG", value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

/// A cluster, and a namespace of it.
pub struct Cluster {
    /// The API server.
    pub client: Client,
    /// The namespace.
    pub namespace: String,
}

impl ClusterArgs {
    /// Finds the cluster; asks it nothing yet.
    pub async fn connect(&self) -> Result<Cluster, Failure> {
        // One provider for all TLS of the process; a second install would be a bug in this line.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = KubeConfigOptions {
            context: self.context.clone(),
            ..KubeConfigOptions::default()
        };
        let unusable = |error| Failure::of("the kubeconfig can't be used", error);
        let config = match (&self.kubeconfig, &self.context) {
            (None, None) => Config::infer()
                .await
                .map_err(|error| Failure::of("there is no kubeconfig that can be used", error))?,
            (None, Some(_)) => Config::from_kubeconfig(&options).await.map_err(unusable)?,
            (Some(file), _) => {
                let kubeconfig = Kubeconfig::read_from(file).map_err(unusable)?;
                Config::from_custom_kubeconfig(kubeconfig, &options)
                    .await
                    .map_err(unusable)?
            }
        };
        let namespace = self
            .namespace
            .clone()
            .unwrap_or_else(|| config.default_namespace.clone());
        let client = Client::try_from(config)
            .map_err(|error| Failure::of("the Kubernetes client could not be set up", error))?;
        Ok(Cluster { client, namespace })
    }
}

/// An object that a user may not be allowed to read.
pub enum Readable<T> {
    /// It is there.
    Found(T),
    /// There is none.
    Missing,
    /// This user may not read it.
    Forbidden,
}

impl<T> Readable<T> {
    /// The same, of another type.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Readable<U> {
        match self {
            Self::Found(object) => Readable::Found(change(object)),
            Self::Missing => Readable::Missing,
            Self::Forbidden => Readable::Forbidden,
        }
    }
}

/// Reads one object.
pub async fn read<K>(api: &Api<K>, what: &str, name: &str) -> Result<Readable<K>, Failure>
where
    K: Clone + DeserializeOwned + std::fmt::Debug,
{
    match api.get_opt(name).await {
        Ok(Some(object)) => Ok(Readable::Found(object)),
        Ok(None) => Ok(Readable::Missing),
        Err(kube::Error::Api(status)) if status.code == 403 => Ok(Readable::Forbidden),
        Err(error) => Err(failed(format!("{what} {name} can't be read"), error)),
    }
}

/// The orders of the namespace, and the one of this name, which must be there.
pub async fn order(
    cluster: &Cluster,
    name: &str,
) -> Result<(Api<DocumentSigningOrder>, DocumentSigningOrder), Failure> {
    const WHAT: &str = "DocumentSigningOrder";
    let namespace = &cluster.namespace;
    let orders = Api::namespaced(cluster.client.clone(), namespace);
    match read(&orders, WHAT, name).await? {
        Readable::Found(order) => Ok((orders, order)),
        Readable::Missing => Err(Failure::new(format!(
            "there is no {WHAT} {name} in namespace {namespace}"
        ))),
        Readable::Forbidden => Err(Failure::new(format!(
            "you may not read {WHAT} {name} in namespace {namespace}"
        ))),
    }
}

/// A call of the API server that failed.
pub fn failed(what: impl Into<String>, error: kube::Error) -> Failure {
    match error {
        // What the server says, without the rest of its answer.
        kube::Error::Api(status) => Failure::new(format!("{}: {}", what.into(), status.message)),
        error => Failure::of(what, error),
    }
}
