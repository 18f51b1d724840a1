//! A small world around the plan: two ledgers, CertCentral, two operators that can stop between any two effects,
//! and people who change things. The decisions are the shipping plan's; only the effects are played.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::fixtures::{at, failure, fresh, usable};
use super::situations::{found, nothing};
use super::statuses::Statuses;
use crate::api::{Attempt, PurchaseReason, PurchaseSpec, PurchaseState};
use crate::plan::{
    Account, Action, FailedOutcome, Found, Inspection, LookUp, Observed, Plan, ProtocolTimes, Repair, Ticket,
};

/// Seconds of a tick. An attempt may begin to send for one tick, an order is hidden for one tick at most.
const TICK: i64 = 60;
const ONE: SignedDuration = SignedDuration::from_secs(TICK);
const TIMES: ProtocolTimes = ProtocolTimes {
    deadline: ONE,
    post_timeout: ONE,
    floor: SignedDuration::from_secs(2 * TICK),
    settle: SignedDuration::from_secs(2 * TICK),
    look_up_first: ONE,
    look_up_longest: ONE,
};

/// The purchase, as far as it changes.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Record {
    pub attempt: Option<u8>,
    pub started: u8,
    pub state: u8,
    pub reason: Option<u8>,
    pub absences: u8,
    pub ids: Vec<i64>,
    pub uid: u8,
}

const STATES: [PurchaseState; 3] = [PurchaseState::Open, PurchaseState::Bought, PurchaseState::Closed];
const REASONS: [PurchaseReason; 3] = [
    PurchaseReason::NotSent,
    PurchaseReason::Refused,
    PurchaseReason::Absent,
];
const OPEN: u8 = 0;
const BOUGHT: u8 = 1;
const CLOSED: u8 = 2;

/// The manifest; its status stands in [`Statuses`].
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Manifest {
    pub uid: u8,
    pub generation: u8,
    pub existing: Option<i64>,
    pub anew: Option<u8>,
    pub suspend: bool,
    pub status: u16,
}

/// A process, and the pass it is in.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Operator {
    seen: Option<(Option<Record>, Manifest)>,
    look: Option<Vec<i64>>,
    inspection: Option<(i64, bool)>,
    refused: Option<bool>,
    ticket: Option<(u8, u8)>,
    marking: Option<u8>,
    recording: Option<i64>,
    known: Option<(u8, u8)>,
    looked_up: Option<u8>,
}

/// Everything.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct World {
    pub tick: u8,
    pub attempts: u8,
    pub purchase: Option<Record>,
    pub manifest: Manifest,
    /// Orders at CertCentral, and the tick from which look-ups see them.
    pub orders: Vec<(i64, u8)>,
    pub operators: [Operator; 2],
    pub crashes: u8,
    pub edits: u8,
}

/// How CertCentral and the network answer a POST.
#[derive(Clone, Copy)]
pub enum Answer {
    Accepted,
    AcceptedAndLost,
    AcceptedHiddenAndLost,
    Refused,
    NotSent,
    Dropped,
}

pub const ANSWERS: [Answer; 6] = [
    Answer::Accepted,
    Answer::AcceptedAndLost,
    Answer::AcceptedHiddenAndLost,
    Answer::Refused,
    Answer::NotSent,
    Answer::Dropped,
];

impl World {
    pub fn new(statuses: &mut Statuses, crashes: u8, edits: u8) -> Self {
        let status = statuses.number(fresh().order.unwrap().status);
        let manifest = Manifest {
            uid: 1,
            generation: 1,
            existing: None,
            anew: None,
            suspend: false,
            status,
        };
        Self {
            tick: 0,
            attempts: 0,
            purchase: None,
            manifest,
            orders: Vec::new(),
            operators: [Operator::default(), Operator::default()],
            crashes,
            edits,
        }
    }

    /// The next effect of one operator; several worlds where CertCentral decides.
    pub fn step(&self, who: usize, answers: &[Answer], statuses: &mut Statuses) -> Vec<Self> {
        let mut world = self.clone();
        let me = &self.operators[who];
        if let Some(id) = me.recording {
            world.record(id);
            world.operators[who].recording = None;
            world.operators[who].seen = Some((world.purchase.clone(), world.manifest.clone()));
            return vec![world];
        }
        let Some((purchase, manifest)) = &me.seen else {
            world.observe(who);
            return vec![world];
        };
        let planned = statuses.planned(self, who);
        let mine = &mut world.operators[who];
        if let Some(attempt) = me.marking {
            mine.marking = None;
            if *manifest != self.manifest {
                world.close(attempt, 0);
                world.operators[who].end();
                return vec![world];
            }
            mine.ticket = Some((attempt, self.purchase_started(attempt)));
            world.write(who, planned, statuses);
            return vec![world];
        }
        match &planned.action {
            Action::Place => {
                mine.ticket = None;
                return answers
                    .iter()
                    .map(|answer| world.answered(who, *answer))
                    .collect();
            }
            Action::LookUp => {
                mine.look = Some(self.visible().collect());
                mine.looked_up = Some(self.tick);
            }
            Action::Inspect(id) | Action::Refresh(id) => {
                mine.inspection = Some((*id, self.visible().any(|visible| visible == *id)));
            }
            Action::Claim if *purchase == self.purchase => {
                world.attempts += 1;
                let absences = purchase.as_ref().map_or(0, |closed| closed.absences);
                world.purchase = Some(Record {
                    attempt: Some(world.attempts),
                    started: me.looked_up.unwrap(),
                    state: OPEN,
                    reason: None,
                    absences,
                    ids: Vec::new(),
                    uid: manifest.uid,
                });
                // What the plan shows with the claim is what the mark writes, so the pass still sees the old purchase.
                world.operators[who].marking = Some(world.attempts);
            }
            Action::Close { attempt, reason } => {
                let reason = REASONS.iter().position(|one| one == reason).unwrap();
                world.close(
                    attempt.strip_prefix('a').unwrap().parse().unwrap(),
                    u8::try_from(reason).unwrap(),
                );
                world.operators[who].ticket = None;
                world.operators[who].look = None;
                world.reread(who);
            }
            Action::Adopt(id) | Action::Repair(Repair::AddOrderId(id)) => {
                world.record(*id);
                world.reread(who);
            }
            Action::Repair(Repair::ReopenPurchase { attempt }) if *purchase == self.purchase => {
                world.purchase = Some(Record {
                    attempt: attempt.strip_prefix('a').unwrap().parse().ok(),
                    started: self.tick,
                    state: OPEN,
                    reason: None,
                    absences: purchase.as_ref().map_or(0, |closed| closed.absences),
                    ids: Vec::new(),
                    uid: manifest.uid,
                });
                world.reread(who);
            }
            Action::Repair(Repair::Status) if *manifest == self.manifest => {
                world.write(who, planned, statuses);
            }
            Action::Nothing => {
                if *manifest == self.manifest {
                    world.write(who, planned, statuses);
                }
                world.operators[who].end();
            }
            Action::Claim | Action::Repair(_) | Action::Release | Action::DeleteCardSecret => mine.end(),
        }
        vec![world]
    }

    pub fn crash(&self, who: usize) -> Self {
        let mut world = self.clone();
        world.operators[who] = Operator::default();
        world
    }

    fn observe(&mut self, who: usize) {
        let mine = &mut self.operators[who];
        mine.seen = Some((self.purchase.clone(), self.manifest.clone()));
        let open = self.purchase.as_ref().filter(|purchase| purchase.state == OPEN);
        let attempt = open.and_then(|purchase| purchase.attempt);
        if mine.known.map(|known| known.0) != attempt {
            mine.known = attempt.map(|attempt| (attempt, self.tick));
        }
    }

    fn reread(&mut self, who: usize) {
        self.operators[who].seen = Some((self.purchase.clone(), self.manifest.clone()));
    }

    fn write(&mut self, who: usize, planned: Plan, statuses: &mut Statuses) {
        if let Some(status) = planned.status {
            self.manifest.status = statuses.number(status);
        }
        self.reread(who);
    }

    fn record(&mut self, id: i64) {
        let uid = self.manifest.uid;
        let record = self.purchase.get_or_insert(Record {
            attempt: None,
            started: self.tick,
            state: BOUGHT,
            reason: None,
            absences: 0,
            ids: Vec::new(),
            uid,
        });
        record.state = BOUGHT;
        record.reason = None;
        if !record.ids.contains(&id) {
            record.ids.push(id);
        }
    }

    fn close(&mut self, attempt: u8, reason: u8) {
        let open = self
            .purchase
            .as_mut()
            .filter(|open| open.state == OPEN && open.attempt == Some(attempt));
        if let Some(open) = open {
            open.state = CLOSED;
            open.reason = Some(reason);
            open.absences += u8::from(reason == 2);
        }
    }

    fn answered(&self, who: usize, answer: Answer) -> Self {
        let mut world = self.clone();
        let id = i64::try_from(self.orders.len()).unwrap() + 1;
        let attempt = self.operators[who]
            .seen
            .as_ref()
            .and_then(|seen| seen.0.as_ref()?.attempt)
            .unwrap();
        let visible_from = match answer {
            Answer::Accepted | Answer::AcceptedAndLost => Some(self.tick),
            Answer::AcceptedHiddenAndLost => Some(self.tick + 1),
            Answer::Refused | Answer::NotSent | Answer::Dropped => None,
        };
        world.orders.extend(visible_from.map(|from| (id, from)));
        match answer {
            Answer::Accepted => world.operators[who].recording = Some(id),
            Answer::Refused | Answer::NotSent => {
                let refused = matches!(answer, Answer::Refused);
                world.close(attempt, u8::from(refused));
                world.operators[who].refused = Some(refused);
                world.operators[who].look = None;
                world.reread(who);
            }
            Answer::AcceptedAndLost | Answer::AcceptedHiddenAndLost | Answer::Dropped => {
                world.operators[who].end();
            }
        }
        world
    }

    fn visible(&self) -> impl Iterator<Item = i64> {
        self.orders
            .iter()
            .filter(|(_, from)| *from <= self.tick)
            .map(|(id, _)| *id)
    }

    fn purchase_started(&self, attempt: u8) -> u8 {
        let of_attempt = self
            .purchase
            .as_ref()
            .filter(|purchase| purchase.attempt == Some(attempt));
        of_attempt.map_or(self.tick, |purchase| purchase.started)
    }

    /// What the operator plans from: what it read, and the time as it is now.
    pub fn observed(&self, who: usize, statuses: &Statuses) -> Observed {
        let me = &self.operators[who];
        let (purchase, manifest) = me.seen.as_ref().unwrap();
        let mut seen = fresh();
        seen.now = clock(self.tick);
        seen.times = TIMES;
        seen.next_attempt = format!("a{}", me.marking.unwrap_or(self.attempts + 1));
        if let Account::Ready(account) = &mut seen.account {
            account.quiet_period = ONE;
            account.poll_interval = ONE;
        }
        let order = seen.order.as_mut().unwrap();
        order.uid = format!("uid-{}", manifest.uid);
        order.generation = i64::from(manifest.generation);
        order.existing_order_id = manifest.existing;
        order.order_anew = manifest.anew.map(|attempt| format!("a{attempt}"));
        order.suspend = manifest.suspend;
        order.status = statuses.read(manifest.status).clone();
        seen.purchase = purchase.as_ref().map(spec);
        seen.request = usable(purchase.as_ref().map(|_| true));
        seen.look_up = me.look.as_ref().map_or(LookUp::NotAsked, |ids| {
            LookUp::Complete(Found {
                orders: ids.iter().map(|id| found(*id, Some("issued"))).collect(),
                asked: me.looked_up.map_or(Timestamp::UNIX_EPOCH, clock),
                began: me.looked_up.map(clock),
                ..nothing()
            })
        });
        seen.inspection = match me.inspection {
            None => Inspection::NotAsked,
            Some((id, true)) => Inspection::Found(found(id, Some("issued"))),
            Some((id, false)) => Inspection::Missing(id),
        };
        let outcome = |refused| {
            if refused {
                FailedOutcome::Refused
            } else {
                FailedOutcome::NotSent
            }
        };
        seen.failed = me.refused.map(|refused| failure(outcome(refused)));
        seen.ticket = me.ticket.map(|(attempt, started)| Ticket {
            attempt: format!("a{attempt}"),
            in_time: self.tick <= started + 1,
        });
        seen.memory.looked_up = me.looked_up.map(clock);
        let known = me.known.map_or(0, |(_, since)| i64::from(self.tick - since));
        seen.memory.attempt_known_for = SignedDuration::from_secs(known * TICK);
        seen
    }
}

impl Operator {
    /// The pass is over; what the process remembers stays.
    fn end(&mut self) {
        *self = Self {
            known: self.known,
            looked_up: self.looked_up,
            ..Self::default()
        };
    }
}

fn clock(tick: u8) -> Timestamp {
    at(i64::from(tick) * TICK)
}

fn spec(record: &Record) -> PurchaseSpec {
    let purchase = fresh().opened("a0").purchase.unwrap();
    PurchaseSpec {
        attempt: record.attempt.map(|attempt| Attempt {
            id: format!("a{attempt}"),
            number: 1,
            start_time: Time(clock(record.started)),
            deadline_time: Time(clock(record.started + 1)),
            remote_time: Some(Time(clock(record.started))),
            alternative_order_id: true,
            shown_order_ids: Vec::new(),
        }),
        state: STATES[usize::from(record.state)],
        reason: record.reason.map(|reason| REASONS[usize::from(reason)]),
        absences: i32::from(record.absences),
        order_ids: record.ids.clone(),
        order_ref: crate::api::OrderReference {
            uid: Some(format!("uid-{}", record.uid)),
            ..purchase.order_ref
        },
        ..purchase
    }
}
