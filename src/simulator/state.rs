//! The state machine: orders, approval records, certificates, and what moves an order from one status to the next.
//!
//! ```text
//! needs_approval --approve--> pending --validate--> (token: waiting_pickup) --issue--> issued --> expired
//!       |                        |                          |                            |
//!     reject                  cancel                     cancel                        revoke
//! ```
//!
//! Pure: time is an argument. What people do by themselves happens at the moment it was due, in that order, whenever the state
//! is next looked at; nothing can tell this from a timer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    certificates::Authority,
    faults::{Treatment, Variant},
    order::{ApprovalRequest, Order, OrderStatus, RequestKind, RequestStatus},
    order_check,
    people::{People, Step, status_once_validated},
    wire::Refusal,
};

/// The page's own example numbers; the seed moves them.
const FIRST_ORDER: u64 = 112_233;
const FIRST_REQUEST: u64 = 113;
const FIRST_CERTIFICATE: u64 = 845_166_333_113;

/// Everything CertCentral knows.
pub(super) struct State {
    pub orders: BTreeMap<u64, Order>,
    pub requests: BTreeMap<u64, ApprovalRequest>,
    pub authority: Authority,
    people: People,
    variant: Variant,
    numbers_from: u64,
    /// When to look at which order again.
    agenda: BTreeSet<(Timestamp, u64)>,
}

/// What `/_sim/` and the approval call can do to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The approver says yes.
    Approve,
    /// The approver, or DigiCert, says no.
    Reject,
    /// The applicant's identity is validated.
    Validate,
    /// DigiCert issues the certificate.
    Issue,
    /// The certificate is revoked.
    Revoke,
    /// The certificate's time is over.
    Expire,
    /// The order is canceled.
    Cancel,
    /// The order shows this status, whatever it is, from any status.
    Status(String),
}

impl State {
    /// An empty account.
    pub fn new(seed: u64, people: People, variant: Variant) -> Result<Self, rcgen::Error> {
        Ok(Self {
            orders: BTreeMap::new(),
            requests: BTreeMap::new(),
            authority: Authority::new()?,
            people,
            variant,
            numbers_from: (seed % 1_000_000) * 100_000,
            agenda: BTreeSet::new(),
        })
    }

    /// Does everything that was due by `now`.
    pub fn advance(&mut self, now: Timestamp) {
        while let Some(&(due, id)) = self.agenda.first() {
            if due > now {
                return;
            }
            self.agenda.pop_first();
            let step = self
                .orders
                .get(&id)
                .and_then(|order| self.people.next_step(order));
            // an entry outlives a change that made it moot; the order's own next step has an entry too
            let Some((step, at)) = step.filter(|(_, at)| *at <= now) else {
                continue;
            };
            let decision = match step {
                Step::Approve => Decision::Approve,
                Step::Validate => Decision::Validate,
                Step::Issue => Decision::Issue,
                Step::Expire => Decision::Expire,
                Step::ApproveRevocation => Decision::Revoke,
            };
            // a step that can't be done is not tried again
            let _ = self.decide(id, &decision, at);
        }
    }

    /// Places an order.
    pub fn place(&mut self, body: Value, treatment: &Treatment, now: Timestamp) -> Result<&Order, Refusal> {
        let wanted = order_check::check(&body, now)?;
        let id = FIRST_ORDER + self.numbers_from + self.orders.len() as u64;
        if let Some(renewed) = wanted.renewal_of {
            self.renew(renewed, id)?;
        }
        let variant = match treatment.variant.unwrap_or(self.variant) {
            Variant::Pending | Variant::Submitted if wanted.skip_approval => Variant::NoRequests,
            variant => variant,
        };
        let request = match variant {
            Variant::Pending => Some(RequestStatus::Pending),
            Variant::Submitted => Some(RequestStatus::Submitted),
            Variant::Approved => Some(RequestStatus::Approved),
            Variant::NoRequests => None,
        };
        let approved = matches!(variant, Variant::Approved | Variant::NoRequests);
        let comments = wanted.comments.clone();
        let order = Order {
            id,
            certificate_id: FIRST_CERTIFICATE + self.numbers_from + self.orders.len() as u64,
            alternative_order_id: wanted
                .alternative_order_id
                .clone()
                .filter(|_| !treatment.ignore_alternative_order_id),
            csr: wanted.csr.clone(),
            wanted,
            body,
            status: if approved {
                OrderStatus::Pending
            } else {
                OrderStatus::NeedsApproval
            },
            created: now,
            since: now,
            changed: None,
            validated: false,
            issued: None,
            revocation_asked: None,
            requests: Vec::new(),
            hidden_until: treatment.hide.and_then(|time| now.checked_add(time).ok()),
            renewed_by: None,
        };
        self.orders.insert(id, order);
        if let Some(status) = request {
            self.ask(id, RequestKind::NewRequest, status, comments, now);
        }
        self.schedule(id);
        self.order(id)
    }

    /// An order by number.
    pub fn order(&self, id: u64) -> Result<&Order, Refusal> {
        self.orders.get(&id).ok_or_else(|| Refusal::not_found("order"))
    }

    /// Adds an approval record to an order and gives its number.
    pub fn ask(
        &mut self,
        order: u64,
        kind: RequestKind,
        status: RequestStatus,
        comments: Option<String>,
        now: Timestamp,
    ) -> u64 {
        let id = FIRST_REQUEST + self.numbers_from + self.requests.len() as u64;
        let processed = (status == RequestStatus::Approved).then_some(now);
        let request = ApprovalRequest {
            id,
            order,
            kind,
            status,
            date: now,
            processed,
            comments,
            processor_comment: None,
        };
        self.requests.insert(id, request);
        if let Some(order) = self.orders.get_mut(&order) {
            order.requests.push(id);
            if kind == RequestKind::Revoke {
                order.revocation_asked = Some(now);
            }
        }
        self.schedule(order);
        id
    }

    /// Does what somebody decided, if the order's status allows it.
    pub fn decide(&mut self, id: u64, decision: &Decision, now: Timestamp) -> Result<(), Refusal> {
        use OrderStatus as S;
        let order = self
            .orders
            .get_mut(&id)
            .ok_or_else(|| Refusal::not_found("order"))?;
        let next = match (decision, &order.status) {
            (Decision::Approve, S::NeedsApproval) => S::Pending,
            (Decision::Reject, S::NeedsApproval | S::Pending | S::WaitingPickup) => S::Rejected,
            (Decision::Validate, S::Pending) if !order.validated => {
                order.validated = true;
                order.since = now;
                status_once_validated(order.wanted.provisioning)
            }
            (Decision::Issue, S::Pending | S::WaitingPickup | S::Issued) => {
                let times = (now, order.wanted.validity.end(now));
                let wanted = &order.wanted;
                let certificate = order.certificate_id;
                let issued =
                    self.authority
                        .issue(order.csr.as_deref(), &wanted.subject, certificate, times)?;
                order.validated = true;
                order.issued = Some(issued);
                S::Issued
            }
            (Decision::Revoke, S::Issued | S::Expired) => S::Revoked,
            (Decision::Revoke, S::Revoked) => {
                return Err(Refusal::new(
                    400,
                    "order_already_revoked",
                    "The order is already revoked.",
                ));
            }
            (Decision::Expire, S::Issued) => S::Expired,
            (Decision::Cancel, S::Pending | S::WaitingPickup) => S::Canceled,
            (Decision::Status(status), _) => S::from(status.as_str()),
            _ => return Err(Refusal::order_status()),
        };
        if order.status != next {
            order.status = next;
            order.since = now;
            order.changed = Some(now);
        }
        match decision {
            Decision::Approve => self.settle(id, RequestKind::NewRequest, RequestStatus::Approved, now),
            Decision::Reject => self.settle(id, RequestKind::NewRequest, RequestStatus::Rejected, now),
            Decision::Revoke => self.settle(id, RequestKind::Revoke, RequestStatus::Approved, now),
            Decision::Validate
            | Decision::Issue
            | Decision::Expire
            | Decision::Cancel
            | Decision::Status(_) => {}
        }
        self.schedule(id);
        Ok(())
    }

    /// Gives the open approval records of a kind their answer.
    pub fn settle(&mut self, order: u64, kind: RequestKind, status: RequestStatus, now: Timestamp) {
        let ids = self
            .orders
            .get(&order)
            .map(|order| order.requests.clone())
            .unwrap_or_default();
        for id in ids {
            if let Some(request) = self.requests.get_mut(&id)
                && request.kind == kind
                && matches!(request.status, RequestStatus::Pending | RequestStatus::Submitted)
            {
                request.status = status;
                request.processed = Some(now);
            }
        }
        if kind == RequestKind::Revoke
            && let Some(order) = self.orders.get_mut(&order)
        {
            order.revocation_asked = None;
        }
    }

    /// Puts another CSR on a pending order.
    pub fn replace_csr(&mut self, id: u64, csr: String) -> Result<(), Refusal> {
        let order = self
            .orders
            .get_mut(&id)
            .ok_or_else(|| Refusal::not_found("order"))?;
        if order.status != OrderStatus::Pending {
            return Err(Refusal::order_status());
        }
        super::certificates::public_key(&csr)?;
        order.csr = Some(csr);
        Ok(())
    }

    /// Asks the people again when this order is to be looked at.
    fn schedule(&mut self, id: u64) {
        let next = self
            .orders
            .get(&id)
            .and_then(|order| self.people.next_step(order));
        if let Some((_, at)) = next {
            self.agenda.insert((at, id));
        }
    }

    fn renew(&mut self, id: u64, by: u64) -> Result<(), Refusal> {
        let refused = |code: &str| Refusal::new(400, code, "The order to renew can not be renewed.");
        let old = self
            .orders
            .get_mut(&id)
            .ok_or_else(|| refused("order_not_eligible_for_renewal"))?;
        if old.renewed_by.is_some() {
            return Err(refused("order_renewed_already"));
        }
        if !matches!(old.status, OrderStatus::Issued | OrderStatus::Expired) {
            return Err(refused("order_not_eligible_for_renewal"));
        }
        old.renewed_by = Some(by);
        Ok(())
    }
}
