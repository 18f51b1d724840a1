//! A temporary directory that is removed when its owner ends, whatever ends the owner.
//!
//! Destructors do not run in a process that is killed, nor for a `static`. So the directory belongs to
//! a small shell of its own that waits on a pipe from us. When the pipe closes, by a drop or by our
//! death, it waits until no process started in the directory is left, and removes it.
//!
//! It knows of these processes by a named pipe in the directory that each of them holds open, not by
//! their ids: an id says nothing once it is given to someone else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Context as _, Error, Result};

/// A directory under the system's temporary directory. It lasts as long as its last clone, and every
/// [`super::Child`] started in it holds one; dropping the last waits until it is gone.
#[derive(Clone)]
pub struct Directory {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    keeper: Child,
    numbers: AtomicU32,
}

/// `$1` names the directory. Prints its path and acts at the end of input. Descriptor 4 is what lets a process open
/// the named pipe at any time; without it, an end of the pipe opens only when the other does.
const KEEPER: &str = r#"
trap '' HUP INT TERM
directory=$(mktemp -d "${TMPDIR:-/tmp}/docsign-$1.XXXXXX") || exit 1
mkfifo "$directory/alive" && exec 4<>"$directory/alive" && echo "$directory"
read -r _
exec 5<"$directory/alive" 4>&-
cat <&5
rm -rf "$directory" || { sleep 1; rm -rf "$directory"; }
"#;

impl Directory {
    /// Creates `docsign-<name>.<random>`.
    pub fn create(name: &str) -> Result<Self> {
        // Its own process group: Ctrl-C in a terminal must not reach it.
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "directory-keeper", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context(|| "cannot start sh".to_owned())?;
        let mut path = String::new();
        if let Some(output) = keeper.stdout.take() {
            BufReader::new(output)
                .read_line(&mut path)
                .context(|| "cannot read the temporary directory's name".to_owned())?;
        }
        let path = PathBuf::from(path.trim_end());
        if path.as_os_str().is_empty() {
            return Err(Error::new("cannot create a temporary directory"));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                keeper,
                numbers: AtomicU32::new(1),
            }),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A number not given before, to keep names in the directory apart.
    pub fn next_number(&self) -> u32 {
        self.inner.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// Writes a file that only its owner can read, and returns its path.
    pub fn write(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path().join(name);
        write_private(&path, content).context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// The named pipe that a process opens for writing to keep the directory while it lives.
    pub(super) fn alive(&self) -> PathBuf {
        self.path().join("alive")
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Closes the pipe, then waits. Nothing can be done about a failure here.
        drop(self.keeper.wait());
    }
}

fn write_private(path: &Path, content: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(content.as_bytes())
}
