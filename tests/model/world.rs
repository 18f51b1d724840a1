//! The world of the model, as small as it can be: every state is hashed a few times, and there are millions.
//!
//! Order ids are small numbers and sets of them are bit masks; a status is the number under which
//! [`super::seen::Plans`] keeps it; times are ticks of a minute.

use super::bounds::Bounds;

/// Orders have the ids 1 to 5; bit `id` of a mask stands for one.
pub type Ids = u8;

/// Everything that is, everywhere.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct World {
    /// Minutes since the beginning, by no one's clock: clocks are apart from it, each by its own distance.
    pub tick: i8,
    /// How many minutes CertCentral's clock was put forward by.
    pub ahead: i8,
    /// The names of accounts stand for others than in the beginning: made anew, or on another endpoint.
    pub elsewhere: bool,
    /// Attempts begun so far; the next one gets the next number.
    pub attempts: u8,
    /// Manifests applied so far; each gets the next number as its UID. Those in a namespace that was made anew begin
    /// at [`NAMESPACE_ANEW`].
    pub uids: u8,
    /// The manifests on the API server.
    pub manifests: [Option<Manifest>; 2],
    /// What a cache that lags shows instead.
    pub older: [Option<Manifest>; 2],
    /// The purchases on the API server: two revisions for each manifest.
    pub purchases: [Option<Record>; 4],
    /// The orders at CertCentral; the first has the id 1.
    pub orders: [Option<Remote>; 5],
    /// POSTs on their way.
    pub flights: [Option<Flight>; 2],
    pub replicas: [Replica; 2],
    /// The faults that may still happen.
    pub left: Left,
    /// What must never happen and did, by bits: see [`super::properties`].
    pub wrong: u8,
}

/// How many faults of each kind may still happen.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Left {
    /// A replica dies and starts anew.
    pub crashes: u8,
    /// A write meets a conflict, or is made and its answer is lost; a look-up fails.
    pub faults: u8,
    /// A pass begins from an older version of a manifest than the API server's.
    pub stale: u8,
    /// People change something.
    pub edits: u8,
}

/// A manifest with its status.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Manifest {
    pub uid: u8,
    pub generation: u8,
    pub revision: u8,
    /// spec.existingOrderID; 0: none.
    pub existing: u8,
    /// The attempt that docsign.dev/order-anew names; 0: none.
    pub anew: u8,
    /// The orders that it names: they are not this one.
    pub waived: Ids,
    pub suspend: bool,
    /// Which of several things spec.order asks for.
    pub inputs: u8,
    /// By its name; [`World::account`] says which one that is.
    pub account: u8,
    pub status: u16,
}

/// A purchase.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Record {
    /// 0: it names none.
    pub attempt: u8,
    /// By the clock of the replica that wrote it.
    pub started: i8,
    pub deadline: i8,
    /// By CertCentral's clock, as [`World::ahead`] has it.
    pub remote: Option<i8>,
    pub state: State,
    pub reason: Option<Reason>,
    pub absences: u8,
    pub ids: Ids,
    /// Orders of the open attempt that a look-up has shown.
    pub shown: Ids,
    pub uid: u8,
    pub inputs: u8,
    /// The very account, whatever its name stands for later.
    pub account: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum State {
    Open,
    Bought,
    Closed,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    NotSent,
    Refused,
    Absent,
    Placed,
    Adopted,
}

/// An order at CertCentral.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Remote {
    /// The key that it was placed for; [`FOREIGN`]: somebody else's.
    pub key: u8,
    /// The attempt that placed it.
    pub attempt: u8,
    pub account: u8,
    pub created: i8,
    /// Look-ups see it from then on.
    pub visible: i8,
}

/// The key of an order that is not ours.
pub const FOREIGN: u8 = 9;

/// The first UID in the namespace that was made anew.
pub const NAMESPACE_ANEW: u8 = 64;

/// Names of accounts: the name 0 stands for the account 0 or 2, the name 1 for 1 or 3.
const NAMES: u8 = 2;

/// A POST that has left.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Flight {
    pub key: u8,
    pub attempt: u8,
    pub account: u8,
    pub sent: i8,
    pub answer: Answer,
    /// The replica that waits for the answer, if one still does.
    pub sender: Option<u8>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Answer {
    /// CertCentral has not decided, or the request is still on its way.
    Pending,
    /// Accepted as this order.
    Accepted(u8),
    Refused,
    RefusedForNow,
}

/// A process: what it remembers of each key, and the pass it is in.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Replica {
    pub memory: [Memory; 4],
    pub pass: Option<Pass>,
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Memory {
    /// The open attempt that it knows; 0: none.
    pub attempt: u8,
    /// Since when, in ticks of its monotonic clock.
    pub since: i8,
    /// The last look-up, by its wall clock.
    pub looked_up: Option<i8>,
}

/// A pass over one key: what was read, and what was learned since.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Pass {
    pub key: u8,
    pub manifest: Option<Manifest>,
    pub purchase: Option<Record>,
    /// The account that its name stood for when it was last read.
    pub account: u8,
    /// Whether the manifest asked for what the purchase had recorded, when the pass began.
    pub as_bought: Option<bool>,
    pub look: Look,
    /// When the look-up began.
    pub began: i8,
    /// The same by CertCentral's clock.
    pub dated: i8,
    pub inspection: Inspected,
    pub failed: Option<Failed>,
    /// The attempt of the ticket in hand, and when its look-up began.
    pub ticket: Option<(u8, i8)>,
    pub stage: Stage,
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Look {
    NotAsked,
    Incomplete,
    /// Orders that carry the key's token, and orders that may be it.
    Complete(Ids, Ids),
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Inspected {
    NotAsked,
    Missing(u8),
    /// Read in this pass.
    Found {
        id: u8,
        owned: bool,
    },
    /// The answer to the POST of this pass.
    Placed(u8),
}

#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Failed {
    NotSent,
    Refused,
    RefusedForNow,
    Unavailable,
}

/// What a pass does next.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// What the plan says.
    Plan,
    /// The second write of a claim: the mark, as it was planned with the claim.
    Mark { attempt: u8, status: u16 },
    /// The mark failed: the attempt is closed, and the pass ends.
    Unmarked { attempt: u8 },
    /// The POST has left.
    Sent { attempt: u8 },
    /// The attempt has ended without an order.
    Ended { attempt: u8, how: Failed },
    /// The answer carries this order.
    Record(u8),
    /// The purchase could not be written: the order goes into the status, then it is tried again.
    RecordInStatus(u8),
    /// The manifest was read again, and still names this attempt that no purchase knows.
    Reopen { attempt: u8 },
}

impl World {
    /// Manifests just applied, and nothing else.
    pub fn new(bounds: &Bounds) -> Self {
        let manifest = |uid| Manifest {
            uid,
            generation: 1,
            revision: 1,
            existing: 0,
            anew: 0,
            waived: 0,
            suspend: false,
            inputs: 0,
            account: 0,
            status: 0,
        };
        let mut world = Self {
            tick: 0,
            ahead: 0,
            elsewhere: false,
            attempts: 0,
            uids: 2,
            manifests: [Some(manifest(1)), bounds.two_orders.then(|| manifest(2))],
            older: [None; 2],
            purchases: [None; 4],
            orders: [None; 5],
            flights: [None; 2],
            replicas: [Replica::default(); 2],
            left: bounds.left,
            wrong: 0,
        };
        if bounds.foreign {
            world.orders[0] = Some(Remote {
                key: FOREIGN,
                attempt: 0,
                account: 0,
                created: -1,
                visible: -1,
            });
        }
        world
    }

    /// Writes a manifest; caches may go on showing what was there before.
    pub fn put(&mut self, manifest: usize, now: Option<Manifest>) {
        if self.manifests[manifest] != now {
            // Nobody will look at it once no stale read is left.
            let lags = self.left.stale > 0;
            self.older[manifest] = self.manifests[manifest].filter(|_| lags);
            self.manifests[manifest] = now;
        }
    }

    /// The same world in its one form: what a replica remembers of an attempt that is over is of no use to it, and
    /// replicas with the same clock can change places.
    pub fn in_one_form(mut self, alike: bool) -> Self {
        for replica in &mut self.replicas {
            for (key, memory) in replica.memory.iter_mut().enumerate() {
                let in_use = replica.pass.is_some_and(|pass| usize::from(pass.key) == key);
                let over = self.purchases[key].is_some_and(|record| !record.is_open_at(memory.attempt));
                if !in_use && over {
                    *memory = Memory::default();
                }
            }
        }
        if self.left.stale == 0 {
            self.older = [None; 2];
        }
        if alike && self.replicas[0] > self.replicas[1] {
            self.replicas.swap(0, 1);
            for flight in self.flights.iter_mut().flatten() {
                flight.sender = flight.sender.map(|sender| 1 - sender);
            }
        }
        if self.flights[0] > self.flights[1] {
            self.flights.swap(0, 1);
        }
        self
    }

    /// The account in use, as its name stands for it now: the one where something may have been bought, else the
    /// manifest's.
    pub fn account(&self, manifest: Option<&Manifest>, purchase: Option<&Record>) -> u8 {
        let recorded = purchase
            .filter(|record| record.state == State::Open || manifest.is_none())
            .map(|record| record.account % NAMES);
        let name = recorded
            .or(manifest.map(|manifest| manifest.account))
            .unwrap_or(0);
        name + NAMES * u8::from(self.elsewhere)
    }

    /// The orders of a key that exist on an account and that look-ups see.
    pub fn visible(&self, account: u8, of: impl Fn(&Remote) -> bool) -> Ids {
        let seen = |order: &Remote| order.account == account && order.visible <= self.tick && of(order);
        self.ids(seen)
    }

    /// The orders that are so.
    pub fn ids(&self, so: impl Fn(&Remote) -> bool) -> Ids {
        let mut ids = 0;
        for (position, order) in self.orders.iter().enumerate() {
            if order.as_ref().is_some_and(&so) {
                ids |= 2 << position;
            }
        }
        ids
    }

    /// The order of this id.
    pub fn order(&self, id: u8) -> Option<&Remote> {
        self.orders.get(usize::from(id).checked_sub(1)?)?.as_ref()
    }
}

impl Record {
    /// It is open at this attempt.
    pub fn is_open_at(&self, attempt: u8) -> bool {
        self.state == State::Open && self.attempt == attempt
    }
}

/// The ids of a mask, the smallest first.
pub fn each(ids: Ids) -> impl Iterator<Item = u8> {
    (1..8).filter(move |id| ids & (1 << id) != 0)
}

/// The namespace of an object with this UID.
pub fn namespace_of(uid: u8) -> u8 {
    uid / NAMESPACE_ANEW
}

/// The key of a manifest at its present revision.
pub fn key_of(manifest: usize, revision: u8) -> u8 {
    u8::try_from(manifest).unwrap() * 2 + revision - 1
}
