//! kubectl against one plane, with a home of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::{AtEnd, Child, Directory, Error, PATIENCE, Result};

/// kubectl as one user of one plane.
pub struct Kubectl<'plane> {
    directory: &'plane Directory,
    program: PathBuf,
    kubeconfig: PathBuf,
}

/// What kubectl answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code; absent if a signal ended it.
    pub code: Option<i32>,
}

impl<'plane> Kubectl<'plane> {
    pub(super) fn new(directory: &'plane Directory, program: PathBuf, kubeconfig: &Path) -> Self {
        Self {
            directory,
            program,
            kubeconfig: kubeconfig.to_owned(),
        }
    }

    /// Runs kubectl and returns what it answered, whether or not it succeeded.
    pub async fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.run_on(arguments, Path::new("/dev/null"), PATIENCE).await
    }

    /// As [`Kubectl::run`], with `input` on standard input: `&["apply", "-f", "-"]`.
    pub async fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<Output> {
        let name = format!("kubectl-input-{}", self.directory.next_number());
        let path = self.directory.write(&name, input)?;
        self.run_on(arguments, &path, PATIENCE).await
    }

    /// The command to run kubectl with this user and home, for callers that follow its output.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let home = self.directory.path().join("kubectl-home");
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", &home)
            .env("KUBECACHEDIR", home.join("cache"))
            .env("KUBERC", "off");
        command
    }

    async fn run_on(&self, arguments: &[&str], input: &Path, limit: Duration) -> Result<Output> {
        let command = self.command(arguments);
        let child = Child::spawn_with_input(self.directory, "kubectl", &command, input, AtEnd::Kill)?;
        let status = child.wait(limit).await?;
        Ok(Output {
            stdout: child.stdout(),
            stderr: child.stderr(),
            code: status.code(),
        })
    }
}

impl Output {
    /// Standard output of a success; otherwise an error with standard error.
    pub fn success(self) -> Result<String> {
        match self.code {
            Some(0) => Ok(self.stdout),
            _ => Err(Error::new(format!("kubectl failed: {}", self.stderr.trim_end()))),
        }
    }
}
