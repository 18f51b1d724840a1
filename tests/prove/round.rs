//! One round: a deployment of three replicas, orders that keep coming, a storm, and the calm after it, in which every
//! order has to end well.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::front::{Front, FrontSettings};
use crate::harness::{Context as _, ControlPlane, Result, eventually};
use crate::person;
use crate::replica::{Replica, Storm};
use crate::site::{STORMY, Site};
use crate::tally::Tally;
use crate::time::after;
use crate::weather;
use crate::witness::Witness;

/// How long the last order may take once nothing goes wrong any more: what is uncertain has to be proven first, and
/// that may happen twice.
const CALM: Duration = Duration::from_mins(4);
/// Orders that are there when the storm begins.
const FIRST: usize = 6;

/// Accounts with keys of their own, among which the orders are divided.
const ACCOUNTS: usize = 4;

/// What a round is.
pub struct Round<'a> {
    pub number: usize,
    pub seed: u64,
    pub kills: usize,
    pub orders: usize,
    pub election: bool,
    pub plane: &'a ControlPlane,
    /// An API server that lags, for the first replica.
    pub lagging: Option<kube::Client>,
    pub tally: Arc<Tally>,
    /// Where to keep what a failed round leaves.
    pub artefacts: PathBuf,
}

/// What came of a round, or of several.
#[derive(Clone, Debug, Default)]
pub struct Bought {
    /// Orders that people asked for.
    pub asked: usize,
    /// Orders that were paid for.
    pub paid: usize,
    /// Those of them that were paid for once more than wanted.
    pub duplicates: usize,
    /// Orders that people asked for and that are not issued.
    pub lost: usize,
    /// What is wrong, and where to look.
    pub wrong: Vec<String>,
}

impl Bought {
    /// Adds what came of another round.
    pub fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.paid += other.paid;
        self.duplicates += other.duplicates;
        self.lost += other.lost;
        self.wrong.extend(other.wrong);
    }
}

impl fmt::Display for Bought {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            asked,
            paid,
            duplicates,
            lost,
            ..
        } = self;
        write!(
            formatter,
            "{asked} orders asked for, {paid} bought, {duplicates} duplicates, {lost} lost orders"
        )
    }
}

impl Round<'_> {
    /// Runs it. An error means that it could not even begin.
    pub async fn run(self) -> Result<Bought> {
        let mut dice = Dice::new(self.seed);
        let calm = CancellationToken::new();
        let name = format!("round-{}", self.number);
        let site = Site::new(
            self.plane,
            &name,
            ACCOUNTS,
            1000 * u64::try_from(self.number).unwrap(),
            STORMY,
            &self.tally,
            weather::courses(dice.another(), calm.clone(), 70, 2500),
        )
        .await?;
        let storm = Storm {
            left: AtomicUsize::new(self.kills),
            done: AtomicUsize::new(0),
            calm: calm.clone(),
            tally: Arc::clone(&self.tally),
            election: self.election,
        };
        let mut replicas = Vec::new();
        for number in 0..3 {
            replicas.push(self.replica(&site, &mut dice, &calm, number).await?);
        }
        let witness = Witness::of(site.orders());
        weather::certcentral(&site.simulator, dice.another());
        let mut wrong = match self.live(&site, &storm, &mut replicas, &mut dice).await {
            Ok(()) => site.wrong().await,
            Err(error) => vec![format!("{error:?}")],
        };
        wrong.extend(witness.wrong());
        wrong.extend(self.end(&mut replicas).await);
        self.count_calls(&site);
        let mut bought = site.bought().await;
        if wrong.is_empty() {
            for log in replicas.iter().flat_map(|replica| &replica.logs) {
                // A thousand lives leave a thousand logs; nobody asks for those of a round that went well.
                let _ = std::fs::remove_file(log);
            }
            return Ok(bought);
        }
        let kept = self.keep(&site, &replicas).await?;
        bought.wrong.push(format!(
            "round {} (seed {}): {}\n  kept in {}",
            self.number,
            self.seed,
            wrong.join("\n  "),
            kept.display()
        ));
        Ok(bought)
    }

    fn count_calls(&self, site: &Site) {
        for count in site.simulator.journal().calls.values() {
            self.tally
                .add(crate::site::PLACE, "calls refused or failing", count.refused);
            self.tally
                .add(crate::site::PLACE, "calls not answered", count.dropped);
        }
    }

    async fn replica(
        &self,
        site: &Site,
        dice: &mut Dice,
        calm: &CancellationToken,
        number: usize,
    ) -> Result<Replica<'_>> {
        let front = Front::start(FrontSettings {
            plane: self.plane,
            lagging: self.lagging.clone().filter(|_| number == 0),
            tally: Arc::clone(&self.tally),
            courses: Box::new(weather::courses(dice.another(), calm.clone(), 60, 30_000)),
        })
        .await?;
        let snare = Arc::new(Mutex::new(None));
        front.set(weather::requests(
            dice.another(),
            calm.clone(),
            Arc::clone(&snare),
        ));
        let operator = site.operator(self.plane, &front);
        let operator = if self.election {
            operator.with(&["--leader-election"])
        } else {
            operator
        };
        Ok(Replica {
            plane: self.plane,
            operator,
            front,
            snare,
            child: None,
            logs: Vec::new(),
        })
    }

    /// The storm and the calm after it.
    async fn live(
        &self,
        site: &Site,
        storm: &Storm,
        replicas: &mut [Replica<'_>],
        dice: &mut Dice,
    ) -> Result<()> {
        let settled = async {
            let lives = replicas
                .iter_mut()
                .map(|replica| replica.live(storm, dice.another()));
            let lives = async {
                let lives = try_join_all(lives).await;
                storm.calm.cancel();
                lives
            };
            let (lives, fed) = futures::join!(lives, self.feed(site, storm));
            // Whatever ended the storm, nothing goes wrong from here on.
            site.simulator.clear_faults();
            lives?;
            fed?;
            self.settle(site, storm, replicas).await
        };
        tokio::select! {
            settled = settled => settled,
            () = person::look_after(site, &storm.tally) => Ok(()),
        }
    }

    /// Orders as the storm goes on, the last of them before its end.
    async fn feed(&self, site: &Site, storm: &Storm) -> Result<()> {
        for number in 0..self.orders {
            while number >= FIRST
                && !storm.calm.is_cancelled()
                && storm.done.load(Ordering::SeqCst) * self.orders < number.saturating_sub(FIRST) * self.kills
            {
                after(Duration::from_millis(20)).await;
            }
            site.order(&format!("order-{number}"), number).await?;
        }
        Ok(())
    }

    async fn settle(&self, site: &Site, storm: &Storm, replicas: &mut [Replica<'_>]) -> Result<()> {
        let what = format!("all orders of round {} to be issued", self.number);
        let settled = eventually(&what, CALM, async || {
            for replica in &mut *replicas {
                if let Err(error) = replica.look_after(storm) {
                    return Some(Err(error));
                }
            }
            let wrong = site.wrong().await;
            wrong.is_empty().then_some(Ok(()))
        })
        .await;
        match settled {
            Ok(settled) => settled,
            // What is wrong is told by whoever looks next.
            Err(_) => Ok(()),
        }
    }

    /// Ends the replicas as a rolling update does; what they say is wrong.
    async fn end(&self, replicas: &mut [Replica<'_>]) -> Vec<String> {
        let ended = join_all(replicas.iter_mut().map(Replica::terminate)).await;
        let mut wrong = Vec::new();
        for ended in ended {
            match ended {
                Ok(Some(status)) if !status.success() => wrong.push(format!("SIGTERM ended with {status}")),
                Ok(_) => {}
                Err(error) => wrong.push(format!("{error:?}")),
            }
        }
        for replica in replicas {
            match replica.panics() {
                Ok(panics) => wrong.extend(panics),
                Err(error) => wrong.push(format!("{error:?}")),
            }
        }
        wrong
    }

    async fn keep(&self, site: &Site, replicas: &[Replica<'_>]) -> Result<PathBuf> {
        let kept = self.artefacts.join(format!("round-{}", self.number));
        keep(
            &kept,
            self.plane,
            site,
            replicas.iter().flat_map(|replica| &replica.logs),
        )
        .await?;
        Ok(kept)
    }
}

/// Copies what there is to know into a directory: logs, audit log, orders, purchases and journal.
async fn keep<'a>(
    kept: &Path,
    plane: &ControlPlane,
    site: &Site,
    logs: impl Iterator<Item = &'a PathBuf>,
) -> Result<()> {
    let failed = || format!("cannot write {}", kept.display());
    std::fs::create_dir_all(kept).context(failed)?;
    let evidence = site.evidence().await;
    for (name, part) in evidence.as_object().into_iter().flatten() {
        let text = serde_json::to_string_pretty(part).context(failed)?;
        std::fs::write(kept.join(format!("{name}.json")), text).context(failed)?;
    }
    let audit = plane.directory().path().join("audit.log");
    for log in logs.cloned().chain([audit]) {
        if let Some(name) = log.file_name() {
            // The log of a process that was never started is not there.
            let _ = std::fs::copy(&log, kept.join(name));
        }
    }
    Ok(())
}
