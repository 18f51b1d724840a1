//! The processes of the demo, and what is applied before the orders.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use docsign::api::{crd_yaml, crds};
use kube::ResourceExt as _;

use crate::harness::{
    AtEnd, Child, Context as _, ControlPlane, Error, Operator, Options, PATIENCE, Result, eventually,
};
use crate::missing;
use crate::screen::Screen;

/// Where the demo's account is, and its orders.
const NAMESPACE: &str = "default";

/// The API key that both simulators accept: `docsign simulate` has it as its default.
const API_KEY: &str = "simulator-key";

/// When the simulated people act. The operator asks every 10 seconds; these lie between its questions, so that each
/// status is seen for one of them.
const PEOPLE: [&str; 6] = [
    "--approve-after",
    "5",
    "--validate-after",
    "10",
    "--issue-after",
    "10",
];

/// Everything that runs. Dropping it stops everything.
pub(crate) struct Stage {
    // The operator first: whoever is dropped later is still there for it.
    operator: Child,
    simulator: Simulator,
    by_hand: Simulator,
    plane: ControlPlane,
}

/// A simulated CertCentral in a process of its own.
struct Simulator {
    child: Child,
    url: String,
}

impl Stage {
    /// Starts everything, and applies the CRDs and the accounts.
    pub(crate) async fn set(screen: &Screen) -> Result<Self> {
        let docsign = docsign()?;
        let plane = ControlPlane::start(Options::default()).await?;
        screen.step("control plane", &format!("a real API server at {}", plane.url()));
        let simulator = Simulator::start(&docsign, &plane, &PEOPLE).await?;
        screen.step("simulator", &format!("CertCentral's API at {}", simulator.url));
        let by_hand = Simulator::start(&docsign, &plane, &["--manual", "--seed", "1"]).await?;
        install(&plane).await?;
        screen.step("CRDs", "what `docsign crds` prints");
        let endpoints = format!("{},{}", simulator.url, by_hand.url);
        let arguments = [
            "run",
            "--cluster-name",
            "demo",
            "--operator-namespace",
            NAMESPACE,
            "--allowed-endpoints",
            &endpoints,
            "--admin-address",
            "127.0.0.1:0",
        ];
        let operator = Operator::with_arguments(&docsign, &plane, &arguments)
            .start_ready(&plane)
            .await?;
        screen.step("operator", "docsign run --cluster-name demo");
        let stage = Self {
            operator,
            simulator,
            by_hand,
            plane,
        };
        let accounts = [
            account("main", &stage.simulator)?,
            account("by-hand", &stage.by_hand)?,
        ];
        stage.plane.apply(&accounts.join("---\n")).await?.success()?;
        screen.step(
            "account",
            "examples/account.yaml, with the simulator's endpoint and key",
        );
        Ok(stage)
    }

    /// Applies manifests of `examples/`.
    pub(crate) async fn apply_orders(&self, screen: &Screen, names: &[&str]) -> Result<()> {
        let files: Vec<_> = names.iter().map(|name| example(name)).collect();
        let mut arguments = vec!["apply"];
        for file in &files {
            arguments.extend(["-f", file.as_str()]);
        }
        self.kubectl(&arguments).await?;
        let shown: Vec<_> = names.iter().map(|name| format!("examples/{name}.yaml")).collect();
        screen.step("orders", &shown.join(", "));
        Ok(())
    }

    /// A client as administrator.
    pub(crate) async fn client(&self) -> Result<kube::Client> {
        self.plane.client().await
    }

    /// Runs kubectl, and returns what it printed.
    pub(crate) async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.plane.kubectl(arguments).await?.success()
    }

    /// The administrator's kubeconfig.
    pub(crate) fn kubeconfig(&self) -> &Path {
        self.plane.kubeconfig()
    }

    /// The kubectl of this plane.
    pub(crate) fn kubectl_path(&self) -> PathBuf {
        let command = self.plane.kubectl_as(self.kubeconfig()).command(&[]);
        PathBuf::from(command.get_program())
    }

    /// Where the operator logs to.
    pub(crate) fn operator_log(&self) -> &Path {
        self.operator.stderr_path()
    }

    /// The control API of the simulator whose people are the user.
    pub(crate) fn by_hand_control_url(&self) -> String {
        let base = self.by_hand.url.trim_end_matches("/services/v2");
        format!("{base}/_sim")
    }

    /// Writes a file that goes with the demo.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        self.plane.directory().write(name, content)
    }

    /// Waits until a process ends that should not; says which, and its last words.
    pub(crate) async fn a_part_ended(&self) -> Error {
        let parts = [
            &self.operator,
            &self.simulator.child,
            &self.by_hand.child,
            self.plane.apiserver(),
            self.plane.etcd(),
        ];
        let ended = async || -> Option<Error> {
            parts.iter().find_map(|part| match part.try_wait() {
                Ok(status) => status.map(|status: ExitStatus| part.failed(status)),
                Err(error) => Some(error),
            })
        };
        loop {
            if let Ok(error) = eventually("the end of a part", Duration::from_hours(1), ended).await {
                return error;
            }
        }
    }

    /// Why the orders are not issued after `limit`: what kubectl and the operator say.
    pub(crate) async fn explain(&self, names: &[&str], limit: Duration) -> Error {
        let orders = self
            .kubectl(&[&["describe", "dso"], names].concat())
            .await
            .unwrap_or_default();
        let statuses: Vec<_> = orders
            .split("\nName:")
            .filter_map(|order| {
                Some(format!(
                    "{}{}",
                    order.lines().next()?,
                    order.split_once("\nStatus:")?.1
                ))
            })
            .collect();
        let log = self.operator.stderr();
        let log: Vec<_> = log.lines().collect();
        let tail = log.get(log.len().saturating_sub(20)..).unwrap_or_default();
        Error::new(format!(
            "not all orders were issued within {} s. The orders:\n{}\n\nThe operator's last words:\n{}",
            limit.as_secs(),
            statuses.join("\n"),
            tail.join("\n"),
        ))
    }
}

impl Simulator {
    /// Starts one, and waits for the address it prints first.
    async fn start(docsign: &Path, plane: &ControlPlane, people: &[&str]) -> Result<Self> {
        let mut command = Command::new(docsign);
        command
            .args(["simulate", "--address", "127.0.0.1:0"])
            .args(people);
        let child = Child::spawn(plane.directory(), "simulator", &command, AtEnd::Kill)?;
        let url = eventually("the simulator to listen", PATIENCE, async || {
            match child.try_wait() {
                Ok(Some(status)) => Some(Err(child.failed(status))),
                Ok(None) => child.stdout().split_once('\n').map(|(url, _)| Ok(url.to_owned())),
                Err(error) => Some(Err(error)),
            }
        })
        .await??;
        Ok(Self { child, url })
    }
}

/// The operator's program: built beside this one.
fn docsign() -> Result<PathBuf> {
    let demo = std::env::current_exe().context(|| "cannot find the running program".to_owned())?;
    let docsign = demo
        .parent()
        .and_then(Path::parent)
        .map(|target| target.join("docsign"));
    docsign
        .filter(|program| program.exists())
        .ok_or_else(|| missing("the operator's program (`make demo` builds it)"))
}

fn example(name: &str) -> String {
    format!("{}/examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the example account, for a simulator.
fn account(name: &str, simulator: &Simulator) -> Result<String> {
    let path = example("account");
    let mut manifest = std::fs::read_to_string(&path).context(|| format!("cannot read {path}"))?;
    let endpoint = format!("endpoint: {}\n  pollIntervalSeconds: 10\n  #", simulator.url);
    let name = format!("name: {name}\n");
    for (from, to) in [
        ("put-your-API-key-here", API_KEY),
        ("region: US", endpoint.as_str()),
        ("name: main\n", name.as_str()),
    ] {
        if !manifest.contains(from) {
            return Err(missing(&format!("'{}' in {path}", from.trim_end())));
        }
        manifest = manifest.replace(from, to);
    }
    Ok(manifest)
}

async fn install(plane: &ControlPlane) -> Result<()> {
    let all: Vec<_> = crds().iter().map(crd_yaml).collect();
    plane.apply(&all.join("---\n")).await?.success()?;
    let names: Vec<_> = crds()
        .iter()
        .map(|crd| format!("crd/{}", crd.name_any()))
        .collect();
    let mut arguments = vec!["wait", "--for=condition=Established", "--timeout=60s"];
    arguments.extend(names.iter().map(String::as_str));
    plane.kubectl(&arguments).await?.success()?;
    Ok(())
}
