//! The processes of a control plane: where their binaries come from, and how each is started.

use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::sync::OnceCell;

use super::pki::{Authority, TokenKeys};
use super::plane::{self, Options};
use super::{AtEnd, Child, Context as _, Directory, Error, PATIENCE, Result, audit, eventually};

/// The first build of the control plane's binaries takes minutes; on a slow machine many.
const BUILD_PATIENCE: Duration = Duration::from_hours(1);

/// How long one question whether kube-apiserver is ready may take before it is asked again.
const PROBE_PATIENCE: Duration = Duration::from_secs(5);

/// How often a start is tried anew because someone else took the port we had picked.
const START_TRIES: u32 = 5;

/// The directory with the control plane's binaries, built if need be.
pub(super) async fn binaries() -> Result<PathBuf> {
    static BINARIES: OnceCell<PathBuf> = OnceCell::const_new();
    BINARIES.get_or_try_init(build).await.cloned()
}

/// Starts etcd and returns it with its address, a socket in its own directory: no port to clash, and no other
/// plane's etcd to take for ours.
pub(super) async fn start_etcd(
    directory: &Directory,
    binaries: &Path,
    options: &Options,
) -> Result<(Child, String)> {
    let socket = path(directory, "etcd.sock");
    let url = format!("unix://{socket}");
    let mut command = part(binaries, "etcd")?;
    command
        .args(["--data-dir", &path(directory, "etcd")])
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
            None => UnixStream::connect(&socket).is_ok().then_some(Ok(None)),
        }
    })
    .await??;
    match ended {
        None => Ok((child, url)),
        Some(status) => Err(child.failed(status)),
    }
}

/// Starts kube-apiserver, waits until it is ready and returns it with its address.
///
/// It cannot tell which port it got, so we pick one, and try again if someone else took it meanwhile.
/// Their server is not mistaken for ours: ours alone has a certificate of this plane's authority.
pub(super) async fn start_apiserver(
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
    let kubeconfig = |url: &str| directory.write("kubeconfig-probe", &authority.kubeconfig(url, &probe));
    for _ in 0..START_TRIES {
        let port = pick_port()?;
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
        let client = plane::client(&kubeconfig(&url)?).await?;
        let ended = eventually("kube-apiserver to be ready", PATIENCE, async || {
            match child.try_wait().transpose() {
                Some(ended) => Some(ended.map(Some)),
                None => is_ready(&client).await.then_some(Ok(None)),
            }
        })
        .await??;
        match ended {
            None => return Ok((child, url)),
            Some(_) if child.stderr().contains("address already in use") => {}
            Some(status) => return Err(child.failed(status)),
        }
    }
    Err(Error::new(format!(
        "kube-apiserver found its port taken {START_TRIES} times in a row"
    )))
}

/// Starts kube-controller-manager, which not every directory of binaries has (envtest's do not).
/// Nothing waits for it: whoever relies on it waits for what it does.
pub(super) fn start_controllers(
    directory: &Directory,
    binaries: &Path,
    kubeconfig: &Path,
) -> Result<Option<Child>> {
    let program = binaries.join("kube-controller-manager");
    if !program.exists() {
        return Ok(None);
    }
    let mut command = Command::new(program);
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
    Child::spawn(directory, "kube-controller-manager", &command, AtEnd::Kill).map(Some)
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

fn pick_port() -> Result<u16> {
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
    let Ok(request) = http::Request::get("/readyz").body(Vec::new()) else {
        return false;
    };
    // Whoever took our port may accept the connection and say nothing.
    let answer = tokio::time::timeout(PROBE_PATIENCE, client.request_text(request)).await;
    matches!(answer, Ok(Ok(_)))
}
