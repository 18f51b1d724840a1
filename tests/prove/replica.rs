//! One replica of a deployment in a storm: killed and started again, stopped and woken, again and again.

use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::front::Front;
use crate::harness::{Child, Context as _, ControlPlane, Error, Operator, PATIENCE, Result};
use crate::site::STORMY;
use crate::tally::Tally;
use crate::time::{after, now};
use crate::weather::{self, Snare};

/// What is done to replicas is counted as this.
pub const PLACE: &str = "replicas";
/// How often a replica is looked at while something is waited for.
const LOOK: Duration = Duration::from_millis(10);

/// What the replicas of one deployment share.
pub struct Storm {
    /// How many kills are left.
    pub left: AtomicUsize,
    /// How many there were.
    pub done: AtomicUsize,
    /// The storm is over.
    pub calm: CancellationToken,
    /// Counts.
    pub tally: Arc<Tally>,
    /// Only one of them works at a time.
    pub election: bool,
}

/// One replica.
pub struct Replica<'a> {
    pub plane: &'a ControlPlane,
    pub operator: Operator,
    pub front: Front,
    pub snare: Snare,
    /// The running process, or the last one.
    pub child: Option<Child>,
    /// Where the processes of this replica said what they did.
    pub logs: Vec<std::path::PathBuf>,
}

/// Why a wait for a replica ended.
enum Came {
    Time,
    Snared,
    Ended(ExitStatus),
}

impl Storm {
    /// Takes one of the kills that are left; the last one ends the storm.
    fn take_kill(&self) -> bool {
        let taken = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if taken.is_ok() {
            self.done.fetch_add(1, Ordering::SeqCst);
            self.tally.fault(PLACE, "killed");
        }
        if taken.unwrap_or(0) <= 1 {
            self.calm.cancel();
        }
        taken.is_ok()
    }
}

impl Replica<'_> {
    /// Lives through the storm. It is running when the storm is over.
    pub async fn live(&mut self, storm: &Storm, mut dice: Dice) -> Result<()> {
        while !storm.calm.is_cancelled() {
            self.start()?;
            let life = self.set_out(&mut dice);
            match self.wait(life, &storm.calm).await? {
                Came::Ended(status) => {
                    self.ended(status, storm)?;
                    // A restart by the kubelet is not quicker.
                    after(Duration::from_millis(200)).await;
                    continue;
                }
                Came::Time | Came::Snared => {}
            }
            if storm.calm.is_cancelled() {
                break;
            }
            // Of replicas that stand by, dying is no news.
            if storm.election && !self.leads() && dice.permille(600) {
                continue;
            }
            if dice.permille(170) && self.stand_still(storm, &mut dice).await? {
                continue;
            }
            if storm.take_kill() {
                self.child()?.kill_and_wait().await?;
            }
            self.front.release();
        }
        self.unset();
        self.front.release();
        self.start()
    }

    /// Starts it, if it does not run.
    pub fn start(&mut self) -> Result<()> {
        let running = match &self.child {
            Some(child) => child.try_wait()?.is_none(),
            None => false,
        };
        if !running {
            let child = self.operator.start(self.plane)?;
            self.logs.push(child.stderr_path().to_owned());
            self.child = Some(child);
        }
        Ok(())
    }

    /// Ends it as a rolling update does, and gives its exit status.
    pub async fn terminate(&mut self) -> Result<Option<ExitStatus>> {
        match self.child.take() {
            Some(child) => Ok(Some(child.terminate_and_wait(PATIENCE).await?)),
            None => Ok(None),
        }
    }

    /// Whether it has ended by itself, and how; if so it is started again.
    pub fn look_after(&mut self, storm: &Storm) -> Result<()> {
        if let Some(status) = self.child()?.try_wait()? {
            self.ended(status, storm)?;
            self.start()?;
        }
        Ok(())
    }

    /// When it is to be killed: at a time, or at one of its writes.
    fn set_out(&self, dice: &mut Dice) -> Duration {
        if dice.permille(600) {
            let snare = (dice.size(1, 9), weather::moment(dice));
            *self.snare.lock().unwrap_or_else(PoisonError::into_inner) = Some(snare);
            return Duration::from_secs(6);
        }
        self.unset();
        match dice.between(0, 4) {
            0 => dice.milliseconds(50, 400),
            1..=2 => dice.milliseconds(400, 2500),
            _ => dice.milliseconds(2500, 7000),
        }
    }

    fn unset(&self) {
        *self.snare.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn wait(&self, life: Duration, calm: &CancellationToken) -> Result<Came> {
        let (began, held) = (now(), self.front.held());
        loop {
            if let Some(status) = self.child()?.try_wait()? {
                return Ok(Came::Ended(status));
            }
            if self.front.held() > held {
                return Ok(Came::Snared);
            }
            if began.elapsed() >= life || calm.is_cancelled() {
                return Ok(Came::Time);
            }
            after(LOOK).await;
        }
    }

    /// SIGSTOP, a while, and SIGCONT: whether it lives on.
    async fn stand_still(&self, storm: &Storm, dice: &mut Dice) -> Result<bool> {
        let (child, time) = (self.child()?, weather::standstill(dice));
        child.stop()?;
        tokio::select! {
            () = after(time) => {
                storm.tally.fault(PLACE, "stopped");
                if time > STORMY.quiet() {
                    storm.tally.fault(PLACE, "stopped past the quiet period");
                } else if time > STORMY.lease() {
                    storm.tally.fault(PLACE, "stopped past the lease");
                }
            }
            () = storm.calm.cancelled() => {}
        }
        // What was held while it stood still it hears first of all.
        self.front.release();
        child.resume()?;
        Ok(dice.permille(600))
    }

    /// A process that ended by itself has ended cleanly: the lease was lost, or was not to be had.
    fn ended(&self, status: ExitStatus, storm: &Storm) -> Result<()> {
        let child = self.child()?;
        let log = child.stderr();
        let reason = match status.code() {
            Some(1) if storm.election && log.contains("the lease is lost; another replica leads") => {
                "ended: the lease was lost"
            }
            Some(1) if storm.election && log.contains("leader election with the Lease") => {
                "ended: the lease was not to be had"
            }
            Some(_) | None => return Err(child.failed(status)),
        };
        storm.tally.fault(PLACE, reason);
        Ok(())
    }

    fn leads(&self) -> bool {
        self.child
            .as_ref()
            .is_some_and(|child| child.stderr().lines().any(|line| line.ends_with(": leading")))
    }

    fn child(&self) -> Result<&Child> {
        self.child
            .as_ref()
            .ok_or_else(|| Error::new("a replica was never started"))
    }

    /// Panics in what its processes said.
    pub fn panics(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for path in &self.logs {
            let log = std::fs::read(path).context(|| format!("cannot read {}", path.display()))?;
            let log = String::from_utf8_lossy(&log);
            let panics = log.lines().filter(|line| line.contains("panicked"));
            found.extend(panics.map(|line| format!("{}: {line}", path.display())));
        }
        Ok(found)
    }
}
