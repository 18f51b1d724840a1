//! The operator as users run it: the real binary, against a plane and a simulator.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{AtEnd, Child, ControlPlane, PATIENCE, Result, eventually};

/// The cluster name of every operator in the tests: all of them share their plane's purchases.
pub const CLUSTER: &str = "test";

/// How an operator is run.
pub struct Operator {
    binary: PathBuf,
    kubeconfig: PathBuf,
    arguments: Vec<String>,
}

impl Operator {
    /// The operator for one namespace, which may send API keys to `endpoint`.
    pub fn new(binary: &Path, plane: &ControlPlane, namespace: &str, endpoint: &str) -> Self {
        let arguments = [
            "run",
            "--cluster-name",
            CLUSTER,
            "--namespaces",
            namespace,
            "--operator-namespace",
            namespace,
            "--allowed-endpoints",
            endpoint,
            "--admin-address",
            "127.0.0.1:0",
            "--log-level",
            "docsign=debug,info",
        ];
        Self::with_arguments(binary, plane, &arguments)
    }

    /// The operator with exactly these arguments.
    pub fn with_arguments(binary: &Path, plane: &ControlPlane, arguments: &[&str]) -> Self {
        Self {
            binary: binary.to_owned(),
            kubeconfig: plane.kubeconfig().to_owned(),
            arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// Runs it with another kubeconfig.
    #[must_use]
    #[allow(
        clippy::wrong_self_convention,
        reason = "as that user, in the word of `kubectl --as`"
    )]
    pub fn as_user(mut self, kubeconfig: &Path) -> Self {
        kubeconfig.clone_into(&mut self.kubeconfig);
        self
    }

    /// Starts it, without waiting for anything.
    pub fn start(&self, plane: &ControlPlane) -> Result<Child> {
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments).env("KUBECONFIG", &self.kubeconfig);
        Child::spawn(plane.directory(), "operator", &command, AtEnd::TerminateFirst)
    }

    /// Starts it, and waits until it says that it is ready.
    pub async fn start_ready(&self, plane: &ControlPlane) -> Result<Child> {
        let child = self.start(plane)?;
        eventually("the operator to be ready", PATIENCE, async || {
            let ready = child.stderr().lines().any(|line| line.ends_with(": ready"));
            match child.try_wait() {
                Ok(Some(status)) => Some(Err(child.failed(status))),
                Ok(None) => ready.then_some(Ok(())),
                Err(error) => Some(Err(error)),
            }
        })
        .await??;
        Ok(child)
    }
}
