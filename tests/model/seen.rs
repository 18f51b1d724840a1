//! From the model's few bytes to what the shipping plan is asked, and back. Many states look the same to a replica,
//! so each question is asked once.

use std::collections::HashMap;
use std::sync::RwLock;

use docsign::api::{
    AccountRecord, Attempt, DocumentSigningOrderStatus, OrderReference, PurchaseReason, PurchaseSpec,
    PurchaseState,
};
use docsign::domain::order_key::{ClusterName, OrderKey};
use docsign::plan::{
    Account, Action, Correlation, FailedOutcome, Found, FoundOrder, Inspection, LookUp, Observed, Order,
    ProtocolTimes, ReadyAccount, RemoteFacts, RemoteFailure, Repair, Request, Row, Ticket, Unresolved, plan,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::bounds::{DEADLINE, FLIGHT, FLOOR, QUIET, SETTLE};
use super::statuses::{Shown, Statuses};
use super::world::{Failed, Ids, Inspected, Look, Manifest, Reason, Record, State, each, namespace_of};

/// Seconds of a tick.
const TICK: i64 = 60;
/// CertCentral's clock is so many ticks ahead of the true time: nothing may compare it with a replica's.
pub const REMOTE: i8 = 7;

/// All that a replica knows when it plans.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct View {
    pub key: u8,
    /// Its wall clock.
    pub now: i8,
    pub next_attempt: u8,
    pub manifest: Option<Manifest>,
    pub purchase: Option<Record>,
    pub as_bought: Option<bool>,
    pub look: Look,
    /// When the look-up began, by its wall clock.
    pub asked: i8,
    /// When the look-up began, by CertCentral's clock.
    pub began: i8,
    pub inspection: Inspected,
    /// Orders that carry the key's token, whatever look-ups see.
    pub ours: Ids,
    /// Orders that came after the open attempt began.
    pub after_attempt: Ids,
    pub failed: Option<Failed>,
    pub ticket: Option<(u8, bool)>,
    pub known_for: i8,
    pub looked_up: Option<i8>,
    pub behind: bool,
    /// The account in use is the one of the purchase's attempt.
    pub same_account: bool,
    pub exact: bool,
    pub adoption: bool,
}

/// What the plan says, in few bytes.
#[derive(Clone, Copy, Debug)]
pub struct Planned {
    pub row: Row,
    pub does: Does,
    pub status: Option<u16>,
}

/// [`Action`], in few bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Does {
    Place,
    Close(u8, Reason),
    Reopen(u8),
    AddOrderId(u8),
    NoteShown(u8, Ids),
    WriteStatus,
    Release,
    Refresh(u8),
    Inspect(u8),
    LookUp,
    Adopt(u8),
    Claim,
    Nothing,
}

/// The plans made so far, and the statuses they wrote.
#[derive(Default)]
pub struct Plans {
    statuses: RwLock<Statuses>,
    plans: RwLock<HashMap<View, Planned>>,
}

impl Plans {
    /// What the shipping plan says of this view.
    pub fn plan(&self, view: &View) -> Planned {
        if let Some(planned) = self.plans.read().unwrap().get(view) {
            return *planned;
        }
        let planned = plan(&self.observed(view));
        let planned = Planned {
            row: planned.row,
            does: does(&planned.action),
            status: planned
                .status
                .map(|status| self.statuses.write().unwrap().number(status)),
        };
        self.plans.write().unwrap().insert(*view, planned);
        planned
    }

    /// The rows that decided.
    pub fn rows(&self) -> Vec<Row> {
        self.plans
            .read()
            .unwrap()
            .values()
            .map(|planned| planned.row)
            .collect()
    }

    /// What a status says.
    pub fn shown(&self, status: u16) -> Shown {
        self.statuses.read().unwrap().shown(status)
    }

    /// The status with this order in it.
    pub fn with_order(&self, status: u16, id: u8) -> u16 {
        let mut statuses = self.statuses.write().unwrap();
        let mut status = statuses.read(status).clone();
        status.order_id = Some(order_number(id));
        statuses.number(status)
    }

    /// The whole status.
    pub fn status(&self, status: u16) -> DocumentSigningOrderStatus {
        self.statuses.read().unwrap().read(status).clone()
    }

    fn observed(&self, view: &View) -> Observed {
        Observed {
            now: wall(view.now),
            seed: 0,
            next_attempt: attempt(view.next_attempt),
            times: times(),
            key: key(view.key),
            order: view.manifest.map(|manifest| self.order(&manifest)),
            purchase: view.purchase.map(|record| spec(view.key, &record)),
            account: Account::Ready(account(view)),
            request: view.manifest.map_or(Request::Absent, |manifest| Request::Usable {
                as_bought: view.as_bought,
                inputs: format!("{} {}", manifest.inputs, manifest.account),
            }),
            card_secret: None,
            ticket: view.ticket.map(|(number, in_time)| Ticket {
                attempt: attempt(number),
                in_time,
            }),
            look_up: match view.look {
                Look::NotAsked => LookUp::NotAsked,
                Look::Incomplete => LookUp::Incomplete,
                Look::Complete(found, maybe) => LookUp::Complete(Found {
                    orders: each(found).map(|id| order(view, id, true)).collect(),
                    maybe: each(maybe).map(order_number).collect(),
                    asked: wall(view.asked),
                    // As the shell does it: the second before, as CertCentral's clock shows whole seconds.
                    began: remote(view.began).checked_sub(SignedDuration::from_secs(1)).ok(),
                }),
            },
            inspection: match view.inspection {
                Inspected::NotAsked => Inspection::NotAsked,
                Inspected::Missing(id) => Inspection::Missing(order_number(id)),
                Inspected::Found { id, owned } => Inspection::Found(FoundOrder {
                    owned,
                    ..order(view, id, true)
                }),
                Inspected::Placed(id) => Inspection::Found(order(view, id, false)),
            },
            failed: view.failed.map(failure),
            memory: docsign::plan::Memory {
                attempt_known_for: ticks(view.known_for),
                looked_up: view.looked_up.map(wall),
                ..docsign::plan::Memory::default()
            },
        }
    }

    fn order(&self, manifest: &Manifest) -> Order {
        let named = (manifest.anew > 0).then(|| attempt(manifest.anew));
        let waived = each(manifest.waived).map(|id| order_number(id).to_string());
        let words: Vec<String> = named.into_iter().chain(waived).collect();
        Order {
            uid: format!("uid-{}", manifest.uid),
            namespace_uid: Some(namespace_uid(manifest.uid)),
            generation: manifest.generation.into(),
            deleting: false,
            finalizer: false,
            order_anew: (!words.is_empty()).then(|| words.join(",")),
            revision: manifest.revision.into(),
            suspend: manifest.suspend,
            existing_order_id: (manifest.existing > 0).then(|| order_number(manifest.existing)),
            status: self.status(manifest.status),
        }
    }
}

fn does(action: &Action) -> Does {
    let id = |number: &i64| order_of(*number);
    match action {
        Action::Place => Does::Place,
        Action::Close { attempt, reason } => Does::Close(number(attempt), reason_of(*reason)),
        Action::Repair(Repair::ReopenPurchase { attempt }) => Does::Reopen(number(attempt)),
        Action::Repair(Repair::AddOrderId(order)) => Does::AddOrderId(id(order)),
        Action::Repair(Repair::NoteShown { attempt, ids }) => {
            let ids = ids.iter().fold(0, |all, order| all | 1 << id(order));
            Does::NoteShown(number(attempt), ids)
        }
        Action::Repair(Repair::Status) => Does::WriteStatus,
        // The manifests of the model pay by balance.
        Action::DeleteCardSecret => unreachable!("no manifest of the model names a card"),
        Action::Release => Does::Release,
        Action::Refresh(order) => Does::Refresh(id(order)),
        Action::Inspect(order) => Does::Inspect(id(order)),
        Action::LookUp => Does::LookUp,
        Action::Adopt(order) => Does::Adopt(id(order)),
        Action::Claim => Does::Claim,
        Action::Nothing => Does::Nothing,
    }
}

fn times() -> ProtocolTimes {
    ProtocolTimes {
        deadline: ticks(DEADLINE),
        post_timeout: ticks(FLIGHT),
        floor: ticks(FLOOR),
        settle: ticks(SETTLE),
        look_up_first: ticks(1),
        look_up_longest: ticks(1),
    }
}

fn account(view: &View) -> ReadyAccount {
    ReadyAccount {
        forbidden: None,
        limited_until: None,
        behind: view.behind.then(|| "another".to_owned()),
        adoption: view.adoption,
        correlation: if view.exact {
            Correlation::Exact
        } else {
            Correlation::NotSupported
        },
        same_as_attempt: view.same_account,
        unresolved: Unresolved::WhenProven,
        // Less the second by which a look-up's beginning is rounded down: just in time is in time.
        quiet_period: ticks(QUIET - DEADLINE - FLIGHT) - SignedDuration::from_secs(1),
        poll_interval: ticks(1),
        resolve_free_at: None,
        place_free_at: None,
        refresh_free_at: None,
    }
}

fn order(view: &View, id: u8, read: bool) -> FoundOrder {
    FoundOrder {
        id: order_number(id),
        ours: view.exact && view.ours & (1 << id) != 0,
        unlike: None,
        owned: false,
        after_attempt: view.after_attempt & (1 << id) != 0,
        facts: RemoteFacts {
            order_status: read.then(|| "issued".to_owned()),
            ..RemoteFacts::default()
        },
    }
}

fn spec(of: u8, record: &Record) -> PurchaseSpec {
    PurchaseSpec {
        order_key: key(of).to_string(),
        order_ref: OrderReference {
            namespace: "signing".to_owned(),
            namespace_uid: Some(namespace_uid(record.uid)),
            name: key(of).name().to_owned(),
            uid: Some(format!("uid-{}", record.uid)),
            revision: Some(key(of).revision()),
        },
        account: AccountRecord::default(),
        cluster_uid: None,
        inputs: None,
        attempt: (record.attempt > 0).then(|| Attempt {
            id: attempt(record.attempt),
            number: 1,
            start_time: Time(wall(record.started)),
            deadline_time: Time(wall(record.deadline)),
            remote_time: record.remote.map(|tick| Time(remote(tick))),
            alternative_order_id: true,
            shown_order_ids: each(record.shown).map(order_number).collect(),
        }),
        state: match record.state {
            State::Open => PurchaseState::Open,
            State::Bought => PurchaseState::Bought,
            State::Closed => PurchaseState::Closed,
        },
        reason: record.reason.map(|reason| match reason {
            Reason::NotSent => PurchaseReason::NotSent,
            Reason::Refused => PurchaseReason::Refused,
            Reason::Absent => PurchaseReason::Absent,
            Reason::Placed => PurchaseReason::Placed,
            Reason::Adopted => PurchaseReason::Adopted,
        }),
        absences: record.absences.into(),
        order_ids: each(record.ids).map(order_number).collect(),
    }
}

fn reason_of(reason: PurchaseReason) -> Reason {
    match reason {
        PurchaseReason::NotSent => Reason::NotSent,
        PurchaseReason::Refused => Reason::Refused,
        PurchaseReason::Absent => Reason::Absent,
        PurchaseReason::Placed => Reason::Placed,
        PurchaseReason::Adopted => Reason::Adopted,
    }
}

fn failure(failed: Failed) -> RemoteFailure {
    RemoteFailure {
        outcome: match failed {
            Failed::NotSent => FailedOutcome::NotSent,
            Failed::Refused => FailedOutcome::Refused,
            Failed::RefusedForNow => FailedOutcome::RefusedForNow,
            Failed::Unavailable => FailedOutcome::Unavailable,
        },
        code: "code".to_owned(),
        message: String::new(),
        status: None,
        retry_after: None,
    }
}

/// The key of this number: two revisions for each of two manifests.
pub fn key(number: u8) -> OrderKey {
    let cluster = ClusterName::parse("prod").unwrap();
    let name = if number < 2 { "jane-doe" } else { "john-doe" };
    OrderKey::new(cluster, "signing", name, i64::from(number % 2) + 1)
}

fn namespace_uid(uid: u8) -> String {
    format!("namespace-{}", namespace_of(uid))
}

/// CertCentral's number of an order: each stands within that of every earlier one, so that they are told apart as
/// numbers only.
fn order_number(id: u8) -> i64 {
    12_345 % 10_i64.pow(6 - u32::from(id))
}

/// The order of this number.
pub fn order_of(number: i64) -> u8 {
    (1..=5).find(|id| order_number(*id) == number).unwrap()
}

fn attempt(number: u8) -> String {
    format!("a{number}")
}

/// The number of an attempt.
pub fn number(attempt: &str) -> u8 {
    attempt.strip_prefix('a').unwrap().parse().unwrap()
}

/// A tick of a wall clock as a time.
pub fn wall(tick: i8) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + i64::from(tick) * TICK).unwrap()
}

/// The tick of a time, rounded up: plans are made at whole ticks only.
pub fn tick_up(time: Timestamp) -> i64 {
    (time.as_millisecond() - 1_800_000_000_000 + TICK * 1000 - 1).div_euclid(TICK * 1000)
}

fn remote(tick: i8) -> Timestamp {
    wall(tick + REMOTE)
}

fn ticks(number: i8) -> SignedDuration {
    SignedDuration::from_secs(i64::from(number) * TICK)
}
