//! Every history of the small world, breadth first, up to a few ticks, crashes and edits: never a second order, and
//! whatever happened, an operator that is left alone comes to an end that is right or says who has to act.

use std::collections::{HashSet, VecDeque};

use super::statuses::Statuses;
use super::world::{ANSWERS, Answer, Operator, World};

/// What people may do to the cluster.
type Edit = fn(&World, &Statuses) -> Option<World>;

/// Nobody edits anything, crashes apart.
const NONE: &[Edit] = &[];
const EDITS: &[Edit] = &[wipe, apply_again, suspend, name_the_order, order_anew];
const HASTY: &[Edit] = &[wipe, apply_again, suspend];
const LOSE_THE_PURCHASE: &[Edit] = &[delete_purchase];

struct Search {
    ticks: u8,
    crashes: u8,
    edits: u8,
    people: &'static [Edit],
    operators: usize,
    answers: &'static [Answer],
}

impl Search {
    /// Visits every history; the number of distinct worlds.
    fn run(&self) -> usize {
        let mut statuses = Statuses::default();
        let first = World::new(&mut statuses, self.crashes, self.edits);
        let mut known = HashSet::from([first.clone()]);
        let mut ends = HashSet::new();
        let mut queue = VecDeque::from([first]);
        while let Some(world) = queue.pop_front() {
            assert!(world.orders.len() < 2, "paid twice: {world:#?}");
            if world.tick == self.ticks {
                ends.insert(alone(&world));
            }
            for next in self.successors(&world, &mut statuses) {
                if known.insert(next.clone()) {
                    queue.push_back(next);
                }
            }
        }
        for end in ends {
            come_to_an_end(end, &mut statuses);
        }
        known.len()
    }

    fn successors(&self, world: &World, statuses: &mut Statuses) -> Vec<World> {
        let mut next = Vec::new();
        for who in 0..self.operators {
            next.extend(world.step(who, self.answers, statuses));
            if world.crashes > 0 && world.operators[who] != Operator::default() {
                next.push(World {
                    crashes: world.crashes - 1,
                    ..world.crash(who)
                });
            }
        }
        if world.tick < self.ticks {
            next.push(World {
                tick: world.tick + 1,
                ..world.clone()
            });
        }
        if world.edits > 0 {
            let edited = self.people.iter().filter_map(|edit| edit(world, statuses));
            next.extend(edited.map(|edited| World {
                edits: world.edits - 1,
                ..edited
            }));
        }
        next
    }
}

/// Both processes are gone, and one starts.
fn alone(world: &World) -> World {
    World {
        crashes: 0,
        edits: 0,
        ..world.crash(0).crash(1)
    }
}

/// One operator, no more faults, and time goes on: every promise about the end has to come true.
fn come_to_an_end(mut world: World, statuses: &mut Statuses) {
    let start = world.clone();
    for _ in 0..12 {
        let mut seen = HashSet::new();
        while seen.insert(world.clone()) {
            world = world.step(0, &[Answer::Accepted], statuses).remove(0);
        }
        world.tick += 1;
    }
    let status = statuses.read(world.manifest.status);
    let waits_for = status.waiting_for.as_deref();
    assert!(world.orders.len() < 2, "paid twice: {start:#?} {world:#?}");
    match world.orders.first() {
        Some((id, _)) => {
            let bound = status.order_id == Some(*id) && waits_for == Some("Nobody");
            assert!(
                bound || waits_for == Some("Owner"),
                "lost: {start:#?} {world:#?} {status:#?}"
            );
            let recorded = world
                .purchase
                .as_ref()
                .is_some_and(|purchase| purchase.ids == [*id]);
            assert!(recorded, "not recorded: {start:#?} {world:#?}");
        }
        None => assert_eq!(
            waits_for,
            Some("Owner"),
            "no end: {start:#?} {world:#?} {status:#?}"
        ),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all edits")]
fn wipe(world: &World, _: &Statuses) -> Option<World> {
    let mut world = world.clone();
    world.manifest.status = 0;
    Some(world)
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all edits")]
fn apply_again(world: &World, _: &Statuses) -> Option<World> {
    let mut world = world.clone();
    world.manifest.uid += 1;
    world.manifest.status = 0;
    Some(world)
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for all edits")]
fn suspend(world: &World, _: &Statuses) -> Option<World> {
    let mut world = world.clone();
    world.manifest.suspend = !world.manifest.suspend;
    world.manifest.generation += 1;
    Some(world)
}

/// A person names the order that exists.
fn name_the_order(world: &World, _: &Statuses) -> Option<World> {
    let (id, _) = *world.orders.first()?;
    let mut world = world.clone();
    world.manifest.existing = Some(id);
    world.manifest.generation += 1;
    Some(world)
}

/// A person names the attempt of the status, at any time: it must not count before its sender is over.
fn order_anew(world: &World, statuses: &Statuses) -> Option<World> {
    let attempt = statuses.read(world.manifest.status).attempt.clone()?;
    let mut world = world.clone();
    world.manifest.anew = attempt.strip_prefix('a')?.parse().ok();
    // He looks for it, and says so only where there is none.
    world.orders.is_empty().then_some(world)
}

fn delete_purchase(world: &World, _: &Statuses) -> Option<World> {
    world.purchase.as_ref()?;
    Some(World {
        purchase: None,
        ..world.clone()
    })
}

/// The answers that differ most for whoever comes second.
const FEW: &[Answer] = &[Answer::Accepted, Answer::AcceptedHiddenAndLost, Answer::NotSent];

/// Fewer than these worlds would mean that the search went nowhere.
fn searched(search: &Search, at_least: usize) {
    let worlds = search.run();
    assert!(worlds >= at_least, "{worlds}");
}

#[test]
fn two_operators_never_pay_twice() {
    let search = Search {
        ticks: 2,
        crashes: 0,
        edits: 0,
        people: NONE,
        operators: 2,
        answers: FEW,
    };
    searched(&search, 1_000);
}

#[test]
fn an_operator_that_crashes_never_pays_twice() {
    let search = Search {
        ticks: 4,
        crashes: 2,
        edits: 0,
        people: NONE,
        operators: 1,
        answers: &ANSWERS,
    };
    searched(&search, 1_000);
}

#[test]
fn people_who_edit_while_an_operator_crashes_never_pay_twice() {
    let search = Search {
        ticks: 2,
        crashes: 1,
        edits: 1,
        people: EDITS,
        operators: 1,
        answers: &ANSWERS,
    };
    searched(&search, 1_000);
}

#[test]
fn people_who_edit_between_two_operators_never_pay_twice() {
    let search = Search {
        ticks: 1,
        crashes: 0,
        edits: 1,
        people: HASTY,
        operators: 2,
        answers: &[Answer::AcceptedHiddenAndLost],
    };
    searched(&search, 1_000);
}

#[test]
fn a_purchase_that_is_deleted_is_put_back_from_the_status() {
    let search = Search {
        ticks: 3,
        crashes: 1,
        edits: 1,
        people: LOSE_THE_PURCHASE,
        operators: 1,
        answers: FEW,
    };
    searched(&search, 1_000);
}
