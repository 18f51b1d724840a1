//! What goes wrong by chance, on each leg, while it storms.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use docsign::simulator::{Effect, Endpoint, Fault, Matching, Simulation};
use tokio_util::sync::CancellationToken;

use crate::dice::Dice;
use crate::fate::Fate;
use crate::front::Call;
use crate::harness::Moment;
use crate::leg::Course;

/// The write at which a replica is to be caught, counted down.
pub type Snare = Arc<Mutex<Option<(usize, Moment)>>>;

/// What becomes of a request to the API server. A snare that closes holds the request, and its replica is killed.
pub fn requests(
    mut dice: Dice,
    calm: CancellationToken,
    snare: Snare,
) -> impl FnMut(&Call) -> Fate + Send + 'static {
    move |call| {
        if calm.is_cancelled() {
            return Fate::Through;
        }
        if call.write.is_some() {
            let mut set = snare.lock().unwrap_or_else(PoisonError::into_inner);
            match &mut *set {
                Some((1, moment)) => {
                    let moment = *moment;
                    *set = None;
                    return Fate::Held(moment);
                }
                Some((left, _)) => *left -= 1,
                None => {}
            }
        }
        let often = if call.write.is_some() || call.watch {
            130
        } else {
            40
        };
        if !dice.permille(often) {
            return Fate::Through;
        }
        if call.watch {
            let bytes = dice.size(0, 20_000);
            return if dice.permille(500) {
                Fate::Cut(bytes)
            } else {
                Fate::Starved(bytes)
            };
        }
        let moment = moment(&mut dice);
        match dice.between(0, 10) {
            0 => Fate::Answered(429, Moment::Before),
            1 => Fate::Answered(503, Moment::Before),
            2 => Fate::Answered(504, Moment::Before),
            3..=5 => Fate::Answered(504, Moment::After),
            6 | 7 => Fate::Dropped(moment),
            8 => Fate::Stalled(moment),
            _ => Fate::Cut(dice.size(0, 2000)),
        }
    }
}

/// Before or after, at even odds.
pub fn moment(dice: &mut Dice) -> Moment {
    if dice.permille(500) {
        Moment::Before
    } else {
        Moment::After
    }
}

/// What becomes of a connection.
pub fn courses(
    mut dice: Dice,
    calm: CancellationToken,
    often: u64,
    bytes: usize,
) -> impl FnMut() -> Course + Send + 'static {
    move || {
        if calm.is_cancelled() || !dice.permille(often) {
            return Course::Through;
        }
        let bytes = dice.size(0, bytes);
        match dice.between(0, 9) {
            0 => Course::Refused,
            1..=2 => Course::CutUp(bytes),
            3..=5 => Course::CutDown(bytes),
            6 => Course::StallUp(bytes),
            _ => Course::StallDown(bytes),
        }
    }
}

/// What CertCentral itself does wrong. How late it does and shows an order stays well within the quiet period.
pub fn certcentral(simulation: &Simulation, mut dice: Dice) {
    let placing = [
        (Effect::DropAfterCommit, 0.07),
        (Effect::DropBeforeCommit, 0.04),
        (Effect::Unavailable { after_commit: true }, 0.03),
        (Effect::Unavailable { after_commit: false }, 0.02),
        (
            Effect::Html {
                status: 502,
                after_commit: true,
            },
            0.02,
        ),
        (Effect::Stall { after_commit: true }, 0.03),
        (Effect::Hide { seconds: 2 }, 0.08),
        (
            Effect::Delay {
                before: dice.between(300, 2000),
                after: 0,
            },
            0.1,
        ),
        (
            Effect::Delay {
                before: 0,
                after: dice.between(300, 2500),
            },
            0.1,
        ),
        (
            Effect::CutAtByte {
                n: dice.between(1, 600),
            },
            0.06,
        ),
    ];
    for (effect, probability) in placing {
        simulation.install(often(Some(Endpoint::Place), effect, probability));
    }
    let any = [
        (Effect::Unavailable { after_commit: true }, 0.01),
        (Effect::DropBeforeCommit, 0.01),
        (Effect::TooManyRequests { retry_after: Some(1) }, 0.004),
        (
            Effect::CutAtByte {
                n: dice.between(1, 2000),
            },
            0.02,
        ),
    ];
    for (effect, probability) in any {
        simulation.install(often(None, effect, probability));
    }
}

fn often(endpoint: Option<Endpoint>, effect: Effect, probability: f64) -> Fault {
    Fault {
        matching: Matching {
            endpoint,
            probability: Some(probability),
            ..Matching::default()
        },
        effect,
    }
}

/// How long a replica stands still: mostly a moment, sometimes past its lease, sometimes past the quiet period.
pub fn standstill(dice: &mut Dice) -> Duration {
    match dice.between(0, 10) {
        0..=4 => dice.milliseconds(100, 1500),
        5..=7 => dice.milliseconds(3500, 6000),
        _ => dice.milliseconds(12_500, 15_000),
    }
}
