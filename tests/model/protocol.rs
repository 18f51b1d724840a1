//! The model that is searched: what can happen next, and what must always hold.

use stateright::{Model, Property};

use super::bounds::{Bounds, FLIGHT};
use super::broken::Broken;
use super::ledger::{BOUND_IN_FLIGHT, How, ID_DROPPED, INHERITED, LEDGERS_APART, UNRESOLVED_GONE};
use super::seen::{Does, Plans};
use super::shell::{POST_WITHOUT_PURCHASE, begin, begin_alone, observe_account, step, view};
use super::world::{
    Answer, FOREIGN, Failed, Flight, Ids, Inspected, Look, Remote, Replica, Stage, World, each,
};
use super::{end, people};

/// The order protocol within bounds.
pub struct Protocol {
    pub bounds: Bounds,
    pub plans: Plans,
    pub ends: end::Ends,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Move {
    Tick,
    /// A replica begins a pass over a manifest: as it is, or as a stale cache shows it.
    Begin {
        replica: usize,
        manifest: usize,
        stale: bool,
    },
    /// A replica begins a pass over an open purchase that no manifest asks for.
    BeginAlone {
        replica: usize,
        key: u8,
    },
    /// The next effect of a replica.
    Step {
        replica: usize,
        how: How,
    },
    /// A replica can't send its POST.
    NotSent {
        replica: usize,
    },
    /// A replica waits no longer for the answer to its POST.
    GiveUp {
        replica: usize,
    },
    /// CertCentral accepts a POST; look-ups may not see the order yet.
    Accept {
        flight: usize,
        hidden: bool,
    },
    /// CertCentral refuses a POST.
    Refuse {
        flight: usize,
        for_now: bool,
    },
    Crash {
        replica: usize,
    },
    Edit {
        edit: usize,
        manifest: usize,
    },
}

impl Protocol {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            plans: Plans::default(),
            ends: end::Ends::default(),
        }
    }

    /// What comes of a move; `None` where it can't be made.
    pub fn make(&self, world: &World, next: Move) -> Option<World> {
        match next {
            Move::Tick => (world.tick < self.bounds.ticks).then(|| tick(world)),
            Move::Begin {
                replica,
                manifest,
                stale,
            } => begin(self, world, replica, manifest, stale),
            Move::BeginAlone { replica, key } => begin_alone(self, world, replica, key),
            Move::Step { replica, how } => step(self, world, replica, how),
            Move::NotSent { replica } => self.not_sent(world, replica),
            Move::GiveUp { replica } => self.give_up(world, replica),
            Move::Accept { flight, hidden } => self.accept(world, flight, hidden),
            Move::Refuse { flight, for_now } => {
                let mut next = *world;
                let flight = next.flights[flight].as_mut()?;
                (arrives(world, *flight) && flight.sender.is_some()).then_some(())?;
                flight.answer = if for_now {
                    Answer::RefusedForNow
                } else {
                    Answer::Refused
                };
                Some(next)
            }
            Move::Crash { replica } => {
                let mut next = *world;
                next.left.crashes = world.left.crashes.checked_sub(1)?;
                (world.replicas[replica] != Replica::default()).then_some(())?;
                Some(crash(next, replica))
            }
            Move::Edit { edit, manifest } => {
                let mut next = *world;
                next.left.edits = world.left.edits.checked_sub(1)?;
                self.bounds.edits[edit](self, &next, manifest)
            }
        }
    }

    fn not_sent(&self, world: &World, replica: usize) -> Option<World> {
        let pass = world.replicas[replica]
            .pass
            .filter(|pass| pass.stage == Stage::Plan)?;
        let (attempt, _) = pass.ticket?;
        let planned = self.planned(&view(self, world, replica, &pass));
        (planned.does == Does::Place).then_some(())?;
        let mut next = *world;
        let mine = next.replicas[replica].pass.as_mut()?;
        mine.ticket = None;
        mine.stage = Stage::Ended {
            attempt,
            how: Failed::NotSent,
        };
        Some(next)
    }

    fn give_up(&self, world: &World, replica: usize) -> Option<World> {
        let mut next = *world;
        let mine = next.replicas[replica].pass.as_mut()?;
        let Stage::Sent { attempt } = mine.stage else {
            return None;
        };
        mine.stage = Stage::Plan;
        mine.look = Look::NotAsked;
        mine.inspection = Inspected::NotAsked;
        if self.bounds.broken == Broken::UnknownIsRefused {
            mine.stage = Stage::Ended {
                attempt,
                how: Failed::Refused,
            };
        }
        unheard(&mut next, replica);
        observe_account(self, &mut next, replica);
        Some(next)
    }

    fn accept(&self, world: &World, flight: usize, hidden: bool) -> Option<World> {
        let mut next = *world;
        let flying = next.flights[flight].as_mut()?;
        arrives(world, *flying).then_some(())?;
        let position = world.orders.iter().position(Option::is_none)?;
        next.orders[position] = Some(Remote {
            key: flying.key,
            attempt: flying.attempt,
            account: flying.account,
            created: world.tick,
            visible: if hidden {
                world.tick + self.bounds.hidden
            } else {
                world.tick
            },
        });
        if flying.sender.is_some() {
            flying.answer = Answer::Accepted(u8::try_from(position).ok()? + 1);
        } else {
            next.flights[flight] = None;
        }
        Some(next)
    }
}

/// Nobody waits for the answer any more; the POST itself goes on.
fn unheard(world: &mut World, replica: usize) {
    for slot in &mut world.flights {
        if let Some(flight) = slot
            && flight.sender.map(usize::from) == Some(replica)
        {
            flight.sender = None;
            if flight.answer != Answer::Pending {
                *slot = None;
            }
        }
    }
}

/// A process dies; another takes its place and remembers nothing.
pub fn crash(mut world: World, replica: usize) -> World {
    world.replicas[replica] = Replica::default();
    unheard(&mut world, replica);
    world
}

fn arrives(world: &World, flight: Flight) -> bool {
    flight.answer == Answer::Pending && world.tick <= flight.sent + FLIGHT
}

/// Time passes; a POST that is nowhere by now never arrives.
pub fn tick(world: &World) -> World {
    let mut next = *world;
    next.tick += 1;
    for slot in &mut next.flights {
        let over = |flight: &Flight| flight.sender.is_none() && next.tick > flight.sent + FLIGHT;
        if slot.as_ref().is_some_and(over) {
            *slot = None;
        }
    }
    next
}

impl Model for Protocol {
    type State = World;
    type Action = Move;

    fn init_states(&self) -> Vec<World> {
        vec![World::new(&self.bounds)]
    }

    fn actions(&self, world: &World, moves: &mut Vec<Move>) {
        moves.push(Move::Tick);
        for replica in 0..usize::from(self.bounds.replicas) {
            if world.replicas[replica].pass.is_none() {
                for manifest in 0..=usize::from(self.bounds.two_orders) {
                    moves.push(Move::Begin {
                        replica,
                        manifest,
                        stale: false,
                    });
                    if world.left.stale > 0 {
                        moves.push(Move::Begin {
                            replica,
                            manifest,
                            stale: true,
                        });
                    }
                }
                moves.extend((0..4).map(|key| Move::BeginAlone { replica, key }));
            } else {
                moves.push(Move::Step {
                    replica,
                    how: How::Well,
                });
                if world.left.faults > 0 {
                    moves.push(Move::Step {
                        replica,
                        how: How::Refused,
                    });
                    moves.push(Move::Step {
                        replica,
                        how: How::Lost,
                    });
                }
                if self.bounds.not_sent {
                    moves.push(Move::NotSent { replica });
                }
                moves.push(Move::GiveUp { replica });
            }
            if world.left.crashes > 0 {
                moves.push(Move::Crash { replica });
            }
        }
        for flight in 0..2 {
            let late = world.flights[flight].is_some_and(|flight| flight.sender.is_none());
            if world.flights[flight].is_none() || late && !self.bounds.late {
                continue;
            }
            moves.push(Move::Accept {
                flight,
                hidden: false,
            });
            if self.bounds.hidden > 0 {
                moves.push(Move::Accept { flight, hidden: true });
            }
            if self.bounds.refusals {
                moves.push(Move::Refuse {
                    flight,
                    for_now: false,
                });
                moves.push(Move::Refuse {
                    flight,
                    for_now: true,
                });
            }
        }
        if world.left.edits > 0 {
            for edit in 0..self.bounds.edits.len() {
                for manifest in 0..=usize::from(self.bounds.two_orders) {
                    moves.push(Move::Edit { edit, manifest });
                }
            }
        }
    }

    fn next_state(&self, world: &World, next: Move) -> Option<World> {
        let alike = self.bounds.replicas == 2 && self.bounds.skew[0] == self.bounds.skew[1];
        Some(self.make(world, next)?.in_one_form(alike))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(
                "at most one accepted POST per order key",
                |model: &Self, world| !paid_twice(world) || model.bounds.told_only,
            ),
            Property::always(
                "no POST without an open purchase that names its attempt",
                |_, world: &World| world.wrong & POST_WITHOUT_PURCHASE == 0,
            ),
            Property::always(
                "a recorded order id is never dropped or replaced",
                |_, world: &World| world.wrong & ID_DROPPED == 0,
            ),
            Property::always("an unresolved purchase never disappears", |_, world: &World| {
                world.wrong & UNRESOLVED_GONE == 0
            }),
            Property::always("a foreign order is never bound unasked", |model: &Self, world| {
                !foreign_bound(model, world)
            }),
            Property::always(
                "nothing is bound by hand while the key's own POST may be under way",
                |_, world: &World| world.wrong & BOUND_IN_FLIGHT == 0,
            ),
            Property::always(
                "where a pass is over, both ledgers name the same attempt",
                |_, world: &World| world.wrong & LEDGERS_APART == 0,
            ),
            Property::always(
                "what another namespace bought is not inherited",
                |_, world: &World| world.wrong & INHERITED == 0,
            ),
            Property::always(
                "without faults, every order comes to a good end",
                end::comes_to_an_end,
            ),
        ]
    }
}

/// Two orders carry one key.
pub fn paid_twice(world: &World) -> bool {
    (0..4).any(|key| world.ids(|order| order.key == key).count_ones() > 1)
}

fn foreign_bound(model: &Protocol, world: &World) -> bool {
    (0..4).any(|key| {
        let recorded = world.purchases[key].map_or(0, |record| record.ids);
        each(recorded & !adopted(model, world, key / 2))
            .any(|id| world.order(id).is_none_or(|order| usize::from(order.key) != key))
    })
}

/// The order that nobody of this world bought, where a person names it in a manifest and the account lets it be bound.
pub fn adopted(model: &Protocol, world: &World, manifest: usize) -> Ids {
    let named = world.manifests[manifest].map_or(0, |seen| 1 << seen.existing);
    let foreign = world.ids(|order| order.key == FOREIGN);
    if model.bounds.adoption { named & foreign } else { 0 }
}

impl Bounds {
    /// People may delete purchases.
    pub fn may_lose_purchases(&self) -> bool {
        let lose: people::Edit = people::lose_purchase;
        self.edits.iter().any(|edit| std::ptr::fn_addr_eq(*edit, lose))
    }

    /// CertCentral shows orders within the time that the quiet period allows for.
    pub fn within_limits(&self) -> bool {
        self.hidden <= super::bounds::HIDDEN
    }
}

const _: () = assert!(FOREIGN > 3);
