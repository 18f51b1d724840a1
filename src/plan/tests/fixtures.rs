//! Builders: an order that could be bought at once, and what can be different about it.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use crate::api::{
    AccountReason, AccountRecord, Attempt, DocumentSigningOrderStatus, OrderReference, PurchaseReason,
    PurchaseSpec, PurchaseState,
};
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::plan::{
    Account, Correlation, FailedOutcome, Finding, Found, FoundOrder, Inspection, LookUp, Memory, Observed,
    Order, ProtocolTimes, ReadyAccount, RemoteFailure, Request, Ticket, Unresolved, plan,
};

/// Seconds of a day: the quiet period of the fixtures.
pub const DAY: i64 = 24 * 3600;
/// The order that CertCentral has in most cases.
pub const ORDER: i64 = 112_233;

/// A time, in seconds after the attempt of the fixtures began.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

pub fn key(revision: i64) -> OrderKey {
    OrderKey::new(
        ClusterName::parse("prod").unwrap(),
        "signing",
        "jane-doe",
        revision,
    )
}

/// A manifest that was just applied, on a ready account that looks orders up exactly: nothing stands against it.
pub fn fresh() -> Observed {
    Observed {
        now: at(0),
        seed: 0,
        next_attempt: "a1".to_owned(),
        times: ProtocolTimes::STANDARD,
        key: key(1),
        order: Some(Order {
            uid: "uid-1".to_owned(),
            namespace_uid: Some("namespace-1".to_owned()),
            generation: 1,
            deleting: false,
            finalizer: false,
            order_anew: None,
            revision: 1,
            suspend: false,
            existing_order_id: None,
            status: applied(),
        }),
        purchase: None,
        account: Account::Ready(ReadyAccount {
            forbidden: None,
            limited_until: None,
            behind: None,
            adoption: true,
            correlation: Correlation::Exact,
            same_as_attempt: true,
            unresolved: Unresolved::WhenProven,
            quiet_period: SignedDuration::from_secs(DAY),
            poll_interval: SignedDuration::from_secs(60),
            resolve_free_at: None,
            place_free_at: None,
            refresh_free_at: None,
        }),
        request: usable(None),
        card_secret: None,
        ticket: None,
        look_up: LookUp::NotAsked,
        inspection: Inspection::NotAsked,
        failed: None,
        memory: Memory::default(),
    }
}

/// The schema's default.
pub fn applied() -> DocumentSigningOrderStatus {
    DocumentSigningOrderStatus {
        observed_generation: Some(0),
        ..DocumentSigningOrderStatus::default()
    }
}

pub fn usable(as_bought: Option<bool>) -> Request {
    Request::Usable {
        as_bought,
        inputs: "v1".to_owned(),
    }
}

pub fn unusable(field: &str, source: bool) -> Request {
    Request::Unusable {
        findings: vec![Finding {
            field: field.to_owned(),
            message: "do this".to_owned(),
            source,
        }],
        inputs: "v1".to_owned(),
    }
}

pub fn failure(outcome: FailedOutcome) -> RemoteFailure {
    RemoteFailure {
        outcome,
        code: "code".to_owned(),
        message: "what was said".to_owned(),
        status: None,
        retry_after: None,
    }
}

impl Observed {
    pub(super) fn at(mut self, seconds: i64) -> Self {
        self.now = at(seconds);
        self
    }

    pub(super) fn order(mut self, change: impl FnOnce(&mut Order)) -> Self {
        if let Some(order) = &mut self.order {
            change(order);
        }
        self
    }

    /// The manifest was edited.
    pub(super) fn edited(self, change: impl FnOnce(&mut Order)) -> Self {
        self.order(|order| {
            order.generation += 1;
            change(order);
        })
    }

    pub(super) fn account(mut self, change: impl FnOnce(&mut ReadyAccount)) -> Self {
        if let Account::Ready(account) = &mut self.account {
            change(account);
        }
        self
    }

    pub(super) fn account_is(mut self, account: Account) -> Self {
        self.account = account;
        self
    }

    /// The account's endpoint does not answer.
    pub(super) fn unreachable(self) -> Self {
        self.account_is(Account::NotReady(
            AccountReason::Unreachable,
            "no answer".to_owned(),
        ))
    }

    pub(super) fn request(mut self, request: Request) -> Self {
        self.request = request;
        self
    }

    pub(super) fn asked_as_bought(self, as_bought: bool) -> Self {
        self.request(usable(Some(as_bought)))
    }

    /// The purchase is open under this attempt, which began at 0.
    pub(super) fn opened(mut self, attempt: &str) -> Self {
        self.purchase = Some(purchase(PurchaseState::Open, Some(attempt)));
        self
    }

    pub(super) fn bought(self, id: i64) -> Self {
        self.purchase(|purchase| {
            purchase.state = PurchaseState::Bought;
            purchase.reason = Some(PurchaseReason::Placed);
            purchase.order_ids.push(id);
        })
    }

    pub(super) fn closed(self, reason: PurchaseReason) -> Self {
        self.purchase(|purchase| {
            purchase.state = PurchaseState::Closed;
            purchase.reason = Some(reason);
            purchase.absences += i32::from(reason == PurchaseReason::Absent);
        })
    }

    pub(super) fn purchase(mut self, change: impl FnOnce(&mut PurchaseSpec)) -> Self {
        let mut spec = self
            .purchase
            .unwrap_or_else(|| purchase(PurchaseState::Open, Some("a1")));
        change(&mut spec);
        self.purchase = Some(spec);
        self
    }

    /// Look-ups have shown these orders while the attempt was open.
    pub(super) fn shown(self, ids: &[i64]) -> Self {
        self.purchase(|purchase| {
            let attempts = purchase.attempt.iter_mut();
            attempts.for_each(|attempt| attempt.shown_order_ids = ids.to_vec());
        })
    }

    pub(super) fn no_purchase(mut self) -> Self {
        self.purchase = None;
        self
    }

    pub(super) fn no_order(mut self) -> Self {
        self.order = None;
        self
    }

    /// Somebody emptied the status.
    pub(super) fn wiped(self) -> Self {
        self.order(|order| order.status = DocumentSigningOrderStatus::default())
    }

    /// The manifest was deleted and applied again.
    pub(super) fn reapplied(self) -> Self {
        self.order(|order| {
            order.uid = "uid-2".to_owned();
            order.generation = 1;
            order.status = applied();
        })
    }

    pub(super) fn existing(self, id: i64) -> Self {
        self.edited(|order| order.existing_order_id = Some(id))
    }

    pub(super) fn anew(self, words: &str) -> Self {
        self.order(|order| order.order_anew = Some(words.to_owned()))
    }

    pub(super) fn suspended(self) -> Self {
        self.edited(|order| order.suspend = true)
    }

    pub(super) fn deleting(self) -> Self {
        self.order(|order| order.deleting = true)
    }

    pub(super) fn ticket(mut self, attempt: &str, in_time: bool) -> Self {
        self.ticket = Some(Ticket {
            attempt: attempt.to_owned(),
            in_time,
        });
        self
    }

    pub(super) fn looked(mut self, found: Found) -> Self {
        self.look_up = LookUp::Complete(found);
        self
    }

    pub(super) fn look_incomplete(mut self) -> Self {
        self.look_up = LookUp::Incomplete;
        self
    }

    pub(super) fn inspected(mut self, found: FoundOrder) -> Self {
        self.inspection = Inspection::Found(found);
        self
    }

    pub(super) fn inspection(mut self, inspection: Inspection) -> Self {
        self.inspection = inspection;
        self
    }

    pub(super) fn failed(mut self, failure: RemoteFailure) -> Self {
        self.failed = Some(failure);
        self
    }

    pub(super) fn memory(mut self, change: impl FnOnce(&mut Memory)) -> Self {
        change(&mut self.memory);
        self
    }

    /// The attempt was looked up at this time, and known by this process since it began.
    pub(super) fn looked_last(self, seconds: i64) -> Self {
        let known_for = self.now.duration_since(at(0));
        self.memory(|memory| {
            memory.looked_up = Some(at(seconds));
            memory.attempt_known_for = known_for;
        })
    }

    /// The plan was carried out as far as the status goes, and a new pass begins.
    pub(super) fn after(mut self) -> Self {
        let planned = plan(&self);
        if let (Some(order), Some(status)) = (&mut self.order, planned.status) {
            order.status = status;
        }
        if self.look_up != LookUp::NotAsked {
            self.memory.looked_up = Some(self.now);
        }
        if self.inspection != Inspection::NotAsked {
            self.memory.look_due = false;
        }
        self.look_up = LookUp::NotAsked;
        self.inspection = Inspection::NotAsked;
        self.failed = None;
        self.ticket = None;
        self
    }
}

fn purchase(state: PurchaseState, attempt: Option<&str>) -> PurchaseSpec {
    PurchaseSpec {
        order_key: key(1).to_string(),
        order_ref: OrderReference {
            namespace: "signing".to_owned(),
            namespace_uid: Some("namespace-1".to_owned()),
            name: "jane-doe".to_owned(),
            uid: Some("uid-1".to_owned()),
            revision: Some(1),
        },
        account: AccountRecord::default(),
        cluster_uid: None,
        inputs: Some("digest".to_owned()),
        attempt: attempt.map(|id| Attempt {
            id: id.to_owned(),
            number: 1,
            start_time: Time(at(0)),
            deadline_time: Time(at(60)),
            remote_time: Some(Time(at(0))),
            alternative_order_id: true,
            shown_order_ids: Vec::new(),
        }),
        state,
        reason: None,
        absences: 0,
        order_ids: Vec::new(),
    }
}
