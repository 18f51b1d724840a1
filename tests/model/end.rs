//! Whatever happened: once faults stop and time goes on, every order is bound or says that its owner has to act.

use std::collections::HashSet;
use std::sync::Mutex;

use super::ledger::How;
use super::protocol::{Move, Protocol, adopted, crash, paid_twice, tick};
use super::world::{Answer, Left, Manifest, State, World, each};

/// Ticks without faults.
const PATIENCE: i8 = 14;

/// Rounds of passes within a tick: more than any situation takes.
const ROUNDS: u8 = 6;

/// The worlds from which the way to the end was found good already.
#[derive(Default)]
pub struct Ends(Mutex<HashSet<World>>);

impl Ends {
    /// How many different worlds were run to their end.
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// From the last tick of the search on, nothing goes wrong any more: with the processes as they are, and with new
/// ones in their place.
pub fn comes_to_an_end(model: &Protocol, world: &World) -> bool {
    if world.tick < model.bounds.ticks {
        return true;
    }
    let quiet = World {
        left: Left::default(),
        older: [None; 2],
        ..*world
    };
    let anew = crash(crash(quiet, 0), 1);
    if !model.ends.0.lock().unwrap().insert(anew) {
        return true;
    }
    runs_out_well(model, anew)
}

/// Time goes on, CertCentral answers, and the replicas work one after the other.
fn runs_out_well(model: &Protocol, mut world: World) -> bool {
    for so_far in 0..PATIENCE {
        for replica in 0..usize::from(model.bounds.replicas) {
            for _ in 0..ROUNDS {
                let before = world;
                world = work(model, world, replica);
                if world == before {
                    break;
                }
            }
        }
        if paid_twice(&world) && !model.bounds.told_only {
            return false;
        }
        if so_far > 1 && ended_well(model, &world) {
            return true;
        }
        world = tick(&world);
        if so_far == PATIENCE / 2 && model.bounds.told_only {
            // What is looked up once a day is looked up by a new process at once: as if a day had passed.
            world = crash(crash(world, 0), 1);
        }
    }
    false
}

/// All that a replica can do about every key, once.
fn work(model: &Protocol, mut world: World, replica: usize) -> World {
    world = finish(model, world, replica);
    for manifest in 0..2 {
        if let Some(begun) = model.make(
            &world,
            Move::Begin {
                replica,
                manifest,
                stale: false,
            },
        ) {
            world = finish(model, begun, replica);
        }
    }
    for key in 0..4 {
        if let Some(begun) = model.make(&world, Move::BeginAlone { replica, key }) {
            world = finish(model, begun, replica);
        }
    }
    world
}

/// The pass goes on to its end.
fn finish(model: &Protocol, mut world: World, replica: usize) -> World {
    for _ in 0..24 {
        for flight in 0..2 {
            let pending =
                |world: &World| world.flights[flight].is_some_and(|flight| flight.answer == Answer::Pending);
            if pending(&world)
                && let Some(accepted) = model.make(
                    &world,
                    Move::Accept {
                        flight,
                        hidden: false,
                    },
                )
            {
                world = accepted;
            }
        }
        let step = model
            .make(
                &world,
                Move::Step {
                    replica,
                    how: How::Well,
                },
            )
            .or_else(|| model.make(&world, Move::GiveUp { replica }));
        let Some(next) = step else { break };
        world = next;
    }
    world
}

fn ended_well(model: &Protocol, world: &World) -> bool {
    let shown = |manifest: &Manifest| model.plans.shown(manifest.status);
    let told = world
        .manifests
        .iter()
        .flatten()
        .any(|manifest| shown(manifest).owner);
    let manifests = world.manifests.iter().flatten().map(shown).all(|shown| {
        // Whoever waits behind another order waits for that one's owner.
        shown.owner || (shown.nobody && shown.order > 0) || (shown.queued && told)
    });
    // What look-ups can find is recorded, or somebody is told; without tokens nothing can be found.
    let orders = (0..4_u8).all(|key| {
        let record = world.purchases[usize::from(key)];
        let told = world.manifests[usize::from(key / 2)]
            .is_some_and(|manifest| model.plans.shown(manifest.status).owner);
        let all = world.ids(|order| order.key == key);
        let recorded = record.is_some_and(|record| {
            record.state == State::Bought && each(all).all(|id| record.ids & (1 << id) != 0)
        });
        // Who names another order, once the sender's time is over, answers for it.
        let named =
            record.is_some_and(|record| record.ids & adopted(model, world, usize::from(key / 2)) != 0);
        all == 0 || recorded || told || named || !model.bounds.tokens
    });
    manifests && orders
}
