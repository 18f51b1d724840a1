//! One Kubernetes control plane: etcd, kube-apiserver and, unless left out, kube-controller-manager.
//!
//! There are no nodes and no scheduler; pods never run. The controller manager runs two controllers:
//! the garbage collector (owner references) and the one that empties a deleted namespace.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::{ObjectMeta, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::sync::OnceCell;

use super::pki::{Authority, TokenKeys};
use super::{
    AtEnd, AuditEvent, Child, Context as _, Directory, Error, Kubectl, Output, PATIENCE, Result, audit,
    eventually,
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
    /// Run the controller manager; without it owner references and namespace deletion have no effect.
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

/// The first build of the control plane's binaries takes minutes; on a slow machine many.
const BUILD_PATIENCE: Duration = Duration::from_hours(1);

/// How often a start is tried anew because someone else took the port we had picked.
const START_TRIES: u32 = 5;

/// The plane shared by the tests of this process, started by the first that asks. It is never dropped; the end of
/// the process stops it.
pub async fn shared() -> Result<&'static ControlPlane> {
    static SHARED: OnceCell<ControlPlane> = OnceCell::const_new();
    SHARED
        .get_or_try_init(|| ControlPlane::start(Options::default()))
        .await
}

/// The directory with the control plane's binaries, built if need be.
pub async fn binaries() -> Result<PathBuf> {
    static BINARIES: OnceCell<PathBuf> = OnceCell::const_new();
    BINARIES.get_or_try_init(build).await.cloned()
}

impl ControlPlane {
    /// Starts a plane and waits until it is ready.
    pub async fn start(options: Options) -> Result<Self> {
        let binaries = binaries().await?;
        let directory = Directory::create("plane")?;
        let authority = Authority::create()?;
        let (etcd, etcd_url) = start_etcd(&directory, &binaries, &options).await?;
        let admin = authority.client("admin", &["system:masters"])?;
        let (apiserver, url) =
            start_apiserver(&directory, &binaries, &authority, &etcd_url, &options).await?;
        let kubeconfig = directory.write("kubeconfig", &authority.kubeconfig(&url, &admin))?;
        let controllers = if options.controllers {
            Some(start_controllers(&directory, &binaries, &kubeconfig)?)
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

    /// The etcd process.
    pub fn etcd(&self) -> &Child {
        &self.etcd
    }

    /// The kube-apiserver process.
    pub fn apiserver(&self) -> &Child {
        &self.apiserver
    }

    /// The kube-controller-manager process, if this plane has one.
    pub fn controllers(&self) -> Option<&Child> {
        self.controllers.as_ref()
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

/// Runs the build script, whose progress goes to our standard error line by line.
async fn build() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control-plane/build");
    let directory = Directory::create("build")?;
    let child = Child::spawn(&directory, "build", &Command::new(script), AtEnd::TerminateFirst)?;
    let mut shown = 0;
    let status = eventually("the build of the control plane", BUILD_PATIENCE, async || {
        let status = child.try_wait().transpose();
        let progress = child.stderr();
        let new = progress.get(shown..).unwrap_or_default();
        tell(new);
        shown += new.len();
        status
    })
    .await??;
    if !status.success() {
        return Err(child.failed(status));
    }
    let output = child.stdout();
    let line = output
        .lines()
        .last()
        .ok_or_else(|| Error::new("the build of the control plane named no directory"))?;
    Ok(PathBuf::from(line))
}

#[expect(clippy::print_stderr, reason = "minutes of silence would look like a hang")]
fn tell(progress: &str) {
    if !progress.is_empty() {
        eprint!("{progress}");
    }
}

async fn start_etcd(directory: &Directory, binaries: &Path, options: &Options) -> Result<(Child, String)> {
    start_on_free_port("etcd", async |port| {
        let url = format!("http://127.0.0.1:{port}");
        let mut command = part(binaries, "etcd")?;
        command
            .args(["--data-dir", &path(directory, &format!("etcd-{port}"))])
            .args(["--listen-client-urls", &url, "--advertise-client-urls", &url])
            .args(["--listen-peer-urls", "http://127.0.0.1:0"])
            // The data is thrown away with the plane, so no disk needs to have it.
            .arg("--unsafe-no-fsync")
            .args(["--log-level", "warn"])
            .args(&options.etcd_flags);
        let child = Child::spawn(directory, "etcd", &command, AtEnd::Kill)?;
        let ended = eventually("etcd to listen", PATIENCE, async || {
            match child.try_wait().transpose() {
                Some(ended) => Some(ended.map(Some)),
                None => std::net::TcpStream::connect(("127.0.0.1", port))
                    .is_ok()
                    .then_some(Ok(None)),
            }
        })
        .await??;
        Ok(Started { child, url, ended })
    })
    .await
}

async fn start_apiserver(
    directory: &Directory,
    binaries: &Path,
    authority: &Authority,
    etcd_url: &str,
    options: &Options,
) -> Result<(Child, String)> {
    let server = authority.server(&["127.0.0.1", "localhost", "kubernetes.default.svc"])?;
    let probe = authority.client("probe", &["system:masters"])?;
    let tokens = TokenKeys::create()?;
    directory.write("authority.pem", &authority.certificate())?;
    directory.write("server.pem", &server.certificate)?;
    directory.write("server.key", &server.key)?;
    directory.write("tokens.pub", &tokens.public)?;
    directory.write("tokens.key", &tokens.private)?;
    directory.write("audit-policy.yaml", audit::POLICY)?;
    start_on_free_port("kube-apiserver", async |port| {
        let url = format!("https://127.0.0.1:{port}");
        let mut command = part(binaries, "kube-apiserver")?;
        command
            .args(["--etcd-servers", etcd_url])
            .args(["--bind-address", "127.0.0.1", "--secure-port", &port.to_string()])
            // A loopback address is not valid in the "kubernetes" Endpoints; nobody here reads them.
            .args([
                "--advertise-address",
                "127.0.0.1",
                "--endpoint-reconciler-type",
                "none",
            ])
            .args(["--service-cluster-ip-range", "10.0.0.0/24"])
            .args(["--tls-cert-file", &path(directory, "server.pem")])
            .args(["--tls-private-key-file", &path(directory, "server.key")])
            .args(["--client-ca-file", &path(directory, "authority.pem")])
            .args(["--service-account-issuer", "https://kubernetes.default.svc"])
            .args(["--service-account-key-file", &path(directory, "tokens.pub")])
            .args([
                "--service-account-signing-key-file",
                &path(directory, "tokens.key"),
            ])
            .args(["--authorization-mode", "RBAC"])
            // It waits for a "default" account in each namespace, which no controller here creates.
            .args(["--disable-admission-plugins", "ServiceAccount"])
            .args(["--audit-policy-file", &path(directory, "audit-policy.yaml")])
            .args(["--audit-log-path", &path(directory, "audit.log")])
            .args(&options.apiserver_flags);
        let child = Child::spawn(directory, "kube-apiserver", &command, AtEnd::Kill)?;
        let client =
            client(&directory.write("kubeconfig-probe", &authority.kubeconfig(&url, &probe))?).await?;
        let ended = eventually("kube-apiserver to be ready", PATIENCE, async || {
            match child.try_wait().transpose() {
                Some(ended) => Some(ended.map(Some)),
                None => is_ready(&client).await.then_some(Ok(None)),
            }
        })
        .await??;
        Ok(Started { child, url, ended })
    })
    .await
}

fn start_controllers(directory: &Directory, binaries: &Path, kubeconfig: &Path) -> Result<Child> {
    let mut command = part(binaries, "kube-controller-manager")?;
    command
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .arg("--leader-elect=false")
        .args([
            "--controllers",
            "garbage-collector-controller,namespace-controller",
        ])
        // No health endpoint, hence no port to clash.
        .args(["--secure-port", "0"]);
    Child::spawn(directory, "kube-controller-manager", &command, AtEnd::Kill)
}

/// A process that is ready at `url`, or has ended before it was.
struct Started {
    child: Child,
    url: String,
    ended: Option<std::process::ExitStatus>,
}

/// Neither etcd nor kube-apiserver can tell which port it got, so we pick one and try again if it was taken meanwhile.
async fn start_on_free_port(
    name: &str,
    mut start: impl AsyncFnMut(u16) -> Result<Started>,
) -> Result<(Child, String)> {
    for _ in 0..START_TRIES {
        let started = start(free_port()?).await?;
        match started.ended {
            None => return Ok((started.child, started.url)),
            Some(_) if started.child.stderr().contains("address already in use") => {}
            Some(status) => return Err(started.child.failed(status)),
        }
    }
    Err(Error::new(format!(
        "{name} found its port taken {START_TRIES} times in a row"
    )))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context(|| "cannot listen on 127.0.0.1".to_owned())?;
    Ok(listener
        .local_addr()
        .context(|| "a listener has no address".to_owned())?
        .port())
}

fn part(binaries: &Path, name: &str) -> Result<Command> {
    let program = binaries.join(name);
    if program.exists() {
        Ok(Command::new(program))
    } else {
        Err(Error::new(format!(
            "there is no {name} in {}",
            binaries.display()
        )))
    }
}

fn path(directory: &Directory, name: &str) -> String {
    directory.path().join(name).display().to_string()
}

async fn is_ready(client: &kube::Client) -> bool {
    let request = http::Request::get("/readyz").body(Vec::new());
    match request {
        Ok(request) => client.request_text(request).await.is_ok(),
        Err(_) => false,
    }
}

async fn client(kubeconfig: &Path) -> Result<kube::Client> {
    kube::Client::try_from(config(kubeconfig).await?).context(|| "cannot create a client".to_owned())
}

async fn config(kubeconfig: &Path) -> Result<kube::Config> {
    let parsed =
        Kubeconfig::read_from(kubeconfig).context(|| format!("cannot read {}", kubeconfig.display()))?;
    kube::Config::from_custom_kubeconfig(parsed, &KubeConfigOptions::default())
        .await
        .context(|| format!("cannot use {}", kubeconfig.display()))
}
