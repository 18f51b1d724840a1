//! One Kubernetes control plane: etcd, kube-apiserver and, unless left out, kube-controller-manager.
//!
//! There are no nodes and no scheduler; pods never run. The controller manager runs two controllers:
//! the garbage collector (owner references) and the one that empties a deleted namespace.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::sync::OnceCell;

use super::pki::Authority;
use super::{
    AuditEvent, Child, Context as _, Directory, Error, Kubectl, Output, PATIENCE, Result, audit, eventually,
    parts,
};

/// A running control plane. Dropping it, or the end of this process, stops it and removes its directory.
pub struct ControlPlane {
    controllers: Option<Child>,
    apiserver: Child,
    etcd: Child,
    url: String,
    kubeconfig: PathBuf,
    authority: Authority,
    binaries: PathBuf,
    namespaces: AtomicU32,
    directory: Directory,
}

/// What differs between planes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Run the controller manager, if there is one; without it owner references and namespace deletion have no
    /// effect.
    pub controllers: bool,
    /// More flags for kube-apiserver; a later flag overrides an earlier one.
    pub apiserver_flags: Vec<String>,
    /// More flags for etcd.
    pub etcd_flags: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            controllers: true,
            apiserver_flags: Vec::new(),
            etcd_flags: Vec::new(),
        }
    }
}

/// The plane shared by the tests of this process, started by the first that asks. It is never dropped; the end of
/// the process stops it.
pub async fn shared() -> Result<&'static ControlPlane> {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED
        .get_or_try_init(|| ControlPlane::start(Options::default()))
        .await
}

impl ControlPlane {
    /// Starts a plane and waits until it is ready.
    pub async fn start(options: Options) -> Result<Self> {
        let binaries = parts::binaries().await?;
        let directory = Directory::create("plane")?;
        let authority = Authority::create()?;
        let (etcd, etcd_url) = parts::start_etcd(&directory, &binaries, &options).await?;
        let admin = authority.client("admin", &["system:masters"])?;
        let (apiserver, url) =
            parts::start_apiserver(&directory, &binaries, &authority, &etcd_url, &options).await?;
        let kubeconfig = directory.write("kubeconfig", &authority.kubeconfig(&url, &admin))?;
        let controllers = if options.controllers {
            parts::start_controllers(&directory, &binaries, &kubeconfig)?
        } else {
            None
        };
        let namespaces = AtomicU32::new(1);
        Ok(Self {
            controllers,
            apiserver,
            etcd,
            url,
            kubeconfig,
            authority,
            binaries,
            namespaces,
            directory,
        })
    }

    /// The API server's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The administrator's kubeconfig.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Where everything of this plane is kept; more processes may be started in it.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The authority that signs the API server's and the users' certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Stops etcd, lets `change` do something to its data, and starts it again, with its own flags or others.
    pub async fn restart_etcd(
        &mut self,
        options: &Options,
        change: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<()> {
        self.etcd.terminate_and_wait(PATIENCE).await?;
        change(&self.directory.path().join("etcd"))?;
        (self.etcd, _) = parts::start_etcd(&self.directory, &self.binaries, options).await?;
        Ok(())
    }

    /// Starts another kube-apiserver in place of this one, at another address; the kubeconfig follows.
    pub async fn restart_apiserver(&mut self, options: &Options) -> Result<()> {
        self.apiserver.kill_and_wait().await?;
        let admin = self.authority.client("admin", &["system:masters"])?;
        (self.apiserver, self.url) = parts::start_apiserver(
            &self.directory,
            &self.binaries,
            &self.authority,
            &self.etcd_url(),
            options,
        )
        .await?;
        let kubeconfig = self.authority.kubeconfig(&self.url, &admin);
        self.kubeconfig = self.directory.write("kubeconfig", &kubeconfig)?;
        Ok(())
    }

    /// The socket that etcd listens on.
    pub fn etcd_socket(&self) -> PathBuf {
        self.directory.path().join("etcd.sock")
    }

    fn etcd_url(&self) -> String {
        format!("unix://{}", self.etcd_socket().display())
    }

    /// The etcd process.
    pub fn etcd(&self) -> &Child {
        &self.etcd
    }

    /// The kube-apiserver process.
    pub fn apiserver(&self) -> &Child {
        &self.apiserver
    }

    /// The kube-controller-manager process. A test that relies on a controller asks for it first, so that it
    /// fails at once and says why where the given binaries have none.
    pub fn controllers(&self) -> Result<&Child> {
        self.controllers.as_ref().ok_or_else(|| {
            let binaries = self.binaries.display();
            Error::new(format!(
                "this plane runs without kube-controller-manager (binaries: {binaries})"
            ))
        })
    }

    /// The administrator's configuration for a client.
    pub async fn config(&self) -> Result<kube::Config> {
        config(&self.kubeconfig).await
    }

    /// A client as administrator. It belongs to the calling test's runtime, so each test makes its own.
    pub async fn client(&self) -> Result<kube::Client> {
        client(&self.kubeconfig).await
    }

    /// A kubeconfig for a user with these groups (two at most, `system:authenticated` comes by itself). What the
    /// user may do is up to RBAC; a name such as `system:serviceaccount:ns:name` stands for that account.
    pub fn user_kubeconfig(&self, user: &str, groups: &[&str]) -> Result<PathBuf> {
        let identity = self.authority.client(user, groups)?;
        let name = format!("kubeconfig-{}", self.directory.next_number());
        self.directory
            .write(&name, &self.authority.kubeconfig(&self.url, &identity))
    }

    /// A client as a user with these groups.
    pub async fn user_client(&self, user: &str, groups: &[&str]) -> Result<kube::Client> {
        client(&self.user_kubeconfig(user, groups)?).await
    }

    /// Creates a namespace named after `prefix` that no other test has.
    pub async fn namespace(&self, prefix: &str) -> Result<String> {
        let name = format!("{prefix}-{}", self.namespaces.fetch_add(1, Ordering::Relaxed));
        let metadata = ObjectMeta {
            name: Some(name.clone()),
            ..ObjectMeta::default()
        };
        let namespace = Namespace {
            metadata,
            ..Namespace::default()
        };
        kube::Api::<Namespace>::all(self.client().await?)
            .create(&PostParams::default(), &namespace)
            .await
            .context(|| format!("cannot create namespace {name}"))?;
        Ok(name)
    }

    /// Runs kubectl as administrator.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<Output> {
        self.kubectl_as(&self.kubeconfig).run(arguments).await
    }

    /// Waits until kubectl knows and can explain a resource type: its definition is Established a moment before.
    pub async fn discovered(&self, resource: &str) -> Result<()> {
        let known = async |arguments: &[&str]| self.kubectl(arguments).await.ok()?.success().ok();
        let what = format!("kubectl to know {resource}");
        eventually(&what, PATIENCE, async || {
            known(&["get", resource, "--all-namespaces"]).await?;
            known(&["explain", resource]).await
        })
        .await?;
        Ok(())
    }

    /// `kubectl apply` of these manifests as administrator.
    pub async fn apply(&self, manifests: &str) -> Result<Output> {
        self.kubectl_as(&self.kubeconfig)
            .run_with_input(&["apply", "-f", "-"], manifests)
            .await
    }

    /// kubectl as the user of another kubeconfig.
    pub fn kubectl_as(&self, kubeconfig: &Path) -> Kubectl<'_> {
        Kubectl::new(&self.directory, self.binaries.join("kubectl"), kubeconfig)
    }

    /// Every request the API server has answered so far. A request is logged a moment after its answer: wait for
    /// an event with [`ControlPlane::audited`] before counting.
    pub fn audit(&self) -> Result<Vec<AuditEvent>> {
        audit::read(&self.directory.path().join("audit.log"))
    }

    /// Waits for an event and returns it; `what` completes "waited in vain for".
    pub async fn audited(&self, what: &str, matches: impl Fn(&AuditEvent) -> bool) -> Result<AuditEvent> {
        eventually(what, PATIENCE, async || match self.audit() {
            Ok(events) => events.into_iter().find(&matches).map(Ok),
            Err(error) => Some(Err(error)),
        })
        .await?
    }
}

pub(super) async fn client(kubeconfig: &Path) -> Result<kube::Client> {
    kube::Client::try_from(config(kubeconfig).await?).context(|| "cannot create a client".to_owned())
}

async fn config(kubeconfig: &Path) -> Result<kube::Config> {
    let parsed =
        Kubeconfig::read_from(kubeconfig).context(|| format!("cannot read {}", kubeconfig.display()))?;
    kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .context(|| format!("cannot use {}", kubeconfig.display()))
}
