//! A child process that cannot outlive us, also when we are killed or interrupted.
//!
//! The command runs in a process group of its own. Beside it, in the same group, a small shell (the
//! lifeline) waits on a pipe of which we hold the only other end. The pipe closes when the [`Child`] is
//! dropped and when we die of anything, SIGKILL included; the lifeline then ends the group and with it
//! itself. As long as it lives the group's id cannot be given to anyone else, so it never hits a stranger.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Context as _, Directory, Error, Result, eventually};

/// A running command. Dropping it ends the command and waits for that.
pub struct Child {
    name: String,
    pid: u32,
    inner: Mutex<std::process::Child>,
    stdout: PathBuf,
    stderr: PathBuf,
    // Keeps the directory; let go of after the drop below has ended the command.
    _directory: Directory,
}

/// How a command is ended when its owner is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// SIGKILL at once: for commands whose data is thrown away.
    Kill,
    /// SIGTERM, and SIGKILL after five seconds.
    TerminateFirst,
}

/// `$1` is the named pipe that keeps the directory, `$2` the input of the command, `$3` how many tenths of a second
/// it has between SIGTERM and SIGKILL; then the command. The command takes the place of the shell, so that it is our
/// direct child and keeps the default signals. The lifeline gets our pipe as descriptor 3 because a shell gives
/// background commands /dev/null for input. If the directory is already gone, the first line fails and ends the shell.
const LIFELINE: &str = r#"
exec 3<&0 4>"$1"
input=$2 grace=$3
shift 3
{
  trap '' HUP INT TERM
  read -r _ <&3
  if [ "$grace" -gt 0 ]; then
    kill -TERM 0
    kill -CONT 0
    while [ "$grace" -gt 0 ] && kill -0 "$$"; do sleep 0.1; grace=$((grace - 1)); done
  fi
  kill -KILL 0
} >/dev/null 2>&1 &
exec "$@" <"$input" 3<&-
"#;

impl Child {
    /// Starts `command` with no input; its output goes to files in `directory`, named after `name`.
    ///
    /// Program, arguments, environment changes and working directory are taken from `command`; its
    /// input, output and process group are set here.
    pub fn spawn(directory: &Directory, name: &str, command: &Command, at_end: AtEnd) -> Result<Self> {
        Self::spawn_with_input(directory, name, command, Path::new("/dev/null"), at_end)
    }

    /// As [`Child::spawn`], with a file as the command's input.
    pub fn spawn_with_input(
        directory: &Directory,
        name: &str,
        command: &Command,
        input: &Path,
        at_end: AtEnd,
    ) -> Result<Self> {
        let number = directory.next_number();
        let stdout = directory.path().join(format!("{name}-{number}.out"));
        let stderr = directory.path().join(format!("{name}-{number}.err"));
        let open = |path: &Path| File::create(path).context(|| format!("cannot create {}", path.display()));
        let grace = match at_end {
            AtEnd::Kill => "0",
            AtEnd::TerminateFirst => "50",
        };
        let mut wrapped = Command::new("sh");
        wrapped
            .args(["-c", LIFELINE, "lifeline"])
            .arg(directory.alive())
            .arg(input)
            .arg(grace)
            .arg(command.get_program())
            .args(command.get_args());
        for (variable, value) in command.get_envs() {
            match value {
                Some(value) => wrapped.env(variable, value),
                None => wrapped.env_remove(variable),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            wrapped.current_dir(directory);
        }
        let inner = wrapped
            .stdin(Stdio::piped())
            .stdout(open(&stdout)?)
            .stderr(open(&stderr)?)
            .process_group(0)
            .spawn()
            .context(|| format!("cannot start {name}"))?;
        let (name, pid, inner) = (name.to_owned(), inner.id(), Mutex::new(inner));
        Ok(Self {
            name,
            pid,
            inner,
            stdout,
            stderr,
            _directory: directory.clone(),
        })
    }

    /// Its process id, which is also its process group.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The file its standard output goes to.
    pub fn stdout_path(&self) -> &Path {
        &self.stdout
    }

    /// The file its standard error goes to.
    pub fn stderr_path(&self) -> &Path {
        &self.stderr
    }

    /// What it has written to standard output so far.
    pub fn stdout(&self) -> String {
        read_lossy(&self.stdout)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        read_lossy(&self.stderr)
    }

    /// Sends a signal to the process; nothing if it has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let mut inner = self.lock();
        // Under the lock and after this look the id is still ours: only we reap it.
        if self.reap(&mut inner)?.is_some() {
            return Ok(());
        }
        let pid = i32::try_from(self.pid).context(|| "a process id is out of range".to_owned())?;
        kill(Pid::from_raw(pid), signal).context(|| format!("cannot send {signal} to {}", self.name))
    }

    /// SIGKILL.
    pub fn kill(&self) -> Result<()> {
        self.signal(Signal::SIGKILL)
    }

    /// SIGSTOP: it stands still until [`Child::resume`].
    pub fn stop(&self) -> Result<()> {
        self.signal(Signal::SIGSTOP)
    }

    /// SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::SIGCONT)
    }

    /// How it ended, if it has.
    pub fn try_wait(&self) -> Result<Option<ExitStatus>> {
        self.reap(&mut self.lock())
    }

    /// Waits until it ends by itself.
    pub async fn wait(&self, limit: Duration) -> Result<ExitStatus> {
        eventually(&format!("the end of {}", self.name), limit, async || {
            self.try_wait().transpose()
        })
        .await?
    }

    /// SIGTERM, then waits.
    pub async fn terminate_and_wait(&self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.wait(limit).await
    }

    /// SIGKILL, then waits.
    pub async fn kill_and_wait(&self) -> Result<ExitStatus> {
        self.kill()?;
        self.wait(super::PATIENCE).await
    }

    /// An error that shows how it ended and the end of its output.
    pub fn failed(&self, status: ExitStatus) -> Error {
        let output = self.stderr();
        let lines: Vec<&str> = output.lines().collect();
        let tail = lines
            .get(lines.len().saturating_sub(20)..)
            .unwrap_or_default()
            .join("\n");
        Error::new(format!("{} ended with {status}:\n{tail}", self.name))
    }

    fn lock(&self) -> MutexGuard<'_, std::process::Child> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reap(&self, inner: &mut std::process::Child) -> Result<Option<ExitStatus>> {
        let status = inner
            .try_wait()
            .context(|| format!("cannot wait for {}", self.name))?;
        if status.is_some() {
            // Lets the lifeline end, and with it whatever the command left in its group.
            drop(inner.stdin.take());
        }
        Ok(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Closes the pipe, then waits. Nothing can be done about a failure here.
        drop(inner.wait());
    }
}

fn read_lossy(path: &Path) -> String {
    std::fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}
