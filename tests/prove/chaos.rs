//! Rounds of storms, until the kills are used up: with and without leader election, and one report in the end.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream;

use crate::dice::Dice;
use crate::front;
use crate::harness::{Error, Result};
use crate::lagging::Lagging;
use crate::replica;
use crate::round::{Bought, Round};
use crate::site;
use crate::tally::Tally;
use crate::time::{after, now};
use crate::world::installed;

/// How many kills there are.
const KILLS: &str = "DOCSIGN_KILLS";
/// What chance begins with.
const SEED: &str = "DOCSIGN_SEED";
/// Kills in one round, at most.
const PER_ROUND: usize = 40;
/// Rounds at a time: while one waits for proofs, others storm.
const AT_A_TIME: usize = 4;
/// With fewer kills than this, an API server that lags has a test of its own alone.
const WORTH_A_SECOND_SERVER: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn chaos() -> Result<()> {
    let kills = said(KILLS, 40);
    let seed = said(SEED, 1);
    println!("prove: {KILLS}={kills} {SEED}={seed}");
    let report = storms(usize::try_from(kills).unwrap(), seed).await?;
    println!("{report}");
    if report.bought.wrong.is_empty() {
        return Ok(());
    }
    Err(Error::new(report.bought.wrong.join("\n")))
}

/// What was done, and what came of it.
struct Report {
    tally: Arc<Tally>,
    bought: Bought,
    rounds: usize,
    took: Duration,
}

async fn storms(kills: usize, seed: u64) -> Result<Report> {
    let began = now();
    let plane = installed().await?;
    let tally = Arc::<Tally>::default();
    let lagging = match kills {
        WORTH_A_SECOND_SERVER.. => Some(Lagging::start(plane).await?),
        _ => None,
    };
    let client = match &lagging {
        Some(lagging) => Some(lagging.client().await?),
        None => None,
    };
    let rounds = kills.div_ceil(PER_ROUND).max(AT_A_TIME);
    let artefacts = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("prove");
    let artefacts = artefacts.join(seed.to_string());
    let mut dice = Dice::new(seed);
    let rounds: Vec<Round<'_>> = (0..rounds)
        .map(|number| {
            // The kills that do not divide evenly belong to the first rounds.
            let kills = kills / rounds + usize::from(number < kills % rounds);
            Round {
                number,
                seed: dice.throw(),
                kills,
                orders: kills.max(12),
                election: number % 2 == 1,
                plane,
                lagging: client.clone().filter(|_| number % 3 == 2),
                tally: Arc::clone(&tally),
                artefacts: artefacts.clone(),
            }
        })
        .collect();
    let number = rounds.len();
    let bought = Mutex::new(Bought::default());
    let running = async {
        let mut ended = stream::iter(rounds).map(Round::run).buffer_unordered(AT_A_TIME);
        while let Some(round) = ended.next().await {
            let round = round?;
            for wrong in &round.wrong {
                println!("prove: FAILED {wrong}");
            }
            bought.lock().unwrap().add(round);
        }
        Ok::<(), Error>(())
    };
    tokio::select! {
        ended = running => ended?,
        () = progress(&tally, &bought, kills, began) => {}
        () = lag(lagging.as_ref(), dice.clone()) => {}
    }
    Ok(Report {
        tally,
        bought: bought.into_inner().unwrap(),
        rounds: number,
        took: began.elapsed(),
    })
}

/// Says how far it is, now and then.
async fn progress(tally: &Tally, bought: &Mutex<Bought>, kills: usize, began: Instant) {
    loop {
        after(Duration::from_secs(15)).await;
        println!(
            "prove: {} of {kills} kills, {} s; rounds that ended: {}",
            tally.of(replica::PLACE, "killed"),
            began.elapsed().as_secs(),
            bought.lock().unwrap()
        );
    }
}

/// Lets the second API server fall behind, and catch up.
async fn lag(lagging: Option<&Lagging>, mut dice: Dice) {
    let Some(lagging) = lagging else {
        return std::future::pending().await;
    };
    loop {
        lagging.behind(true);
        after(dice.milliseconds(300, 4000)).await;
        lagging.behind(false);
        after(dice.milliseconds(300, 3000)).await;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replicas = |class| self.tally.of(replica::PLACE, class);
        let faults = self.tally.all_of(front::PLACE) + self.tally.all_of(site::PLACE);
        writeln!(
            formatter,
            "prove: {} rounds of three replicas, half of them with leader election, in {} s",
            self.rounds,
            self.took.as_secs()
        )?;
        writeln!(
            formatter,
            "  {} kills, {} stops ({} past the lease, {} past the quiet period), {faults} faults",
            replicas("killed"),
            replicas("stopped"),
            replicas("stopped past the lease"),
            replicas("stopped past the quiet period"),
        )?;
        write!(formatter, "{}", self.tally)?;
        write!(formatter, "prove: {}", self.bought)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "how much to do and where to begin is said in the environment"
)]
fn said(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |said| said.parse().unwrap())
}
