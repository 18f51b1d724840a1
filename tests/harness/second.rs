//! A second kube-apiserver on the etcd of a plane: what it has seen may be older than what the first one has.

use std::path::{Path, PathBuf};

use super::plane::client;
use super::{Child, ControlPlane, Directory, Options, Result, parts};

/// A second API server; dropping it ends it. It trusts the plane's authority, and its administrator is the plane's.
pub struct SecondApiServer {
    child: Child,
    kubeconfig: PathBuf,
    // Its files are its own: it must not write over those of the first.
    _directory: Directory,
}

impl SecondApiServer {
    /// Starts one that reaches the plane's etcd at `etcd_url`, and waits until it is ready.
    pub async fn start(plane: &ControlPlane, etcd_url: &str) -> Result<Self> {
        let directory = Directory::create("second")?;
        let binaries = parts::binaries().await?;
        let options = Options::default();
        let authority = plane.authority();
        let (child, url) =
            parts::start_apiserver(&directory, &binaries, authority, etcd_url, &options).await?;
        let admin = authority.client("admin", &["system:masters"])?;
        let kubeconfig = directory.write("kubeconfig", &authority.kubeconfig(&url, &admin))?;
        Ok(Self {
            child,
            kubeconfig,
            _directory: directory,
        })
    }

    /// The process.
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// A client as administrator.
    pub async fn client(&self) -> Result<kube::Client> {
        client(&self.kubeconfig).await
    }
}
