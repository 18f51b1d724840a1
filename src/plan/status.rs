//! From a verdict to the whole status.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::observed::{Inspection, Observed, Order, RemoteFacts};
use super::verdict::{Progress, Truth, Verdict};
use crate::api::{
    CertificateFacts, ConditionType, DocumentSigningOrderStatus, Failure, PastRevision, Reason, WaitingFor,
};
use crate::domain::order_key::OrderKey;

/// The longest text of CertCentral's that is kept, in characters.
const LONGEST_WORD: usize = 120;
/// How many earlier revisions are kept.
const HISTORY: usize = 10;

/// What a status changes beside what it says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edit {
    /// Whether the status names an attempt.
    pub mark: Mark,
    /// Binds this order.
    pub bind: Option<i64>,
    /// The failure that holds things up.
    pub failure: FailureEdit,
    /// When to look again; `None` leaves it.
    pub next_check: Option<Option<Timestamp>>,
}

/// Whether the status names an attempt.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Mark {
    /// As before.
    #[default]
    Keep,
    /// This one, and the inputs are frozen.
    Set(String),
    /// None, and the inputs are free.
    Remove,
}

/// What becomes of the stored failure.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FailureEdit {
    /// As before.
    #[default]
    Keep,
    /// It holds nothing up any more.
    Clear,
    /// This one.
    Set(Failure),
}

/// Whether a status speaks of this key. Until the first write under a new key it still shows the earlier one's order.
pub fn is_of(status: &DocumentSigningOrderStatus, key: &OrderKey) -> bool {
    let shown = status.order_key.as_deref();
    shown.is_none_or(|shown| shown == key.to_string())
}

/// The status as far as it speaks of this key: what it says of an earlier revision has moved to its history.
pub fn of_key(seen: &Observed, order: &Order) -> DocumentSigningOrderStatus {
    let status = &order.status;
    if is_of(status, &seen.key) {
        return status.clone();
    }
    let mut history = status.history.clone();
    if status.order_id.is_some() {
        history.insert(
            0,
            PastRevision {
                revision: status.claimed_revision,
                order_key: status.order_key.clone(),
                order_id: status.order_id,
                certificate_id: status.certificate_id,
                order_status: status.order_status.clone(),
            },
        );
        history.truncate(HISTORY);
    }
    DocumentSigningOrderStatus {
        conditions: status.conditions.clone(),
        waiting_for: status.waiting_for.clone(),
        waiting_since: status.waiting_since.clone(),
        history,
        ..DocumentSigningOrderStatus::default()
    }
}

/// The status that says this.
pub fn show(seen: &Observed, order: &Order, verdict: &Verdict, edit: Edit) -> DocumentSigningOrderStatus {
    let mut status = of_key(seen, order);
    status.observed_generation = Some(order.generation);
    status.order_key = Some(seen.key.to_string());
    status.purchase = Some(seen.key.token().to_string());
    match edit.mark {
        Mark::Keep => {}
        Mark::Set(attempt) => {
            status.attempt = Some(attempt);
            status.claimed_revision = Some(seen.key.revision());
        }
        Mark::Remove => {
            status.attempt = None;
            status.claimed_revision = None;
        }
    }
    if let Some(id) = edit.bind {
        // The rule on this field, and the promise behind it: an order id is never dropped or replaced.
        status.order_id.get_or_insert(id);
        status.claimed_revision = Some(seen.key.revision());
    }
    if let (Some(id), Inspection::Found(found)) = (status.order_id, &seen.inspection)
        && found.id == id
    {
        take_facts(&mut status, &found.facts);
    }
    match edit.failure {
        FailureEdit::Keep => {}
        FailureEdit::Clear => status.failure = None,
        FailureEdit::Set(failure) => status.failure = Some(failure),
    }
    if let Some(next_check) = edit.next_check {
        status.next_check_time = next_check.map(Time);
    }
    if status.waiting_for.as_deref() != Some(verdict.waiting_for.as_str()) {
        status.waiting_for = Some(verdict.waiting_for.to_string());
        status.waiting_since = Some(Time(seen.now));
    }
    status.conditions = conditions(seen.now, order.generation, &status.conditions, verdict);
    status
}

/// The reason that the condition Ready gives in a status.
pub fn shown_reason(status: &DocumentSigningOrderStatus) -> Option<Reason> {
    reason_named(&ready(status)?.reason)
}

/// The message that the condition Ready gives in a status.
pub fn shown_message(status: &DocumentSigningOrderStatus) -> &str {
    ready(status).map_or("", |condition| condition.message.as_str())
}

/// The reason of this name.
pub fn reason_named(word: &str) -> Option<Reason> {
    Reason::ALL.iter().copied().find(|reason| reason.as_str() == word)
}

/// Whether the status says that this one has to act.
pub fn waits_for(status: &DocumentSigningOrderStatus, who: WaitingFor) -> bool {
    status.waiting_for.as_deref() == Some(who.as_str())
}

fn ready(status: &DocumentSigningOrderStatus) -> Option<&Condition> {
    status
        .conditions
        .iter()
        .find(|condition| condition.type_ == ConditionType::Ready.as_str())
}

fn take_facts(status: &mut DocumentSigningOrderStatus, facts: &RemoteFacts) {
    let word = |text: &Option<String>| {
        text.as_ref()
            .map(|text| text.chars().take(LONGEST_WORD).collect::<String>())
    };
    // Nothing that was once known is dropped because an answer leaves it out.
    status.order_status = word(&facts.order_status).or(status.order_status.take());
    if facts.request_id.is_some() {
        status.request_id = facts.request_id;
        status.request_status = word(&facts.request_status);
    }
    status.certificate_id = facts.certificate_id.or(status.certificate_id);
    let known = status.certificate.take().unwrap_or_default();
    let certificate = CertificateFacts {
        serial_number: word(&facts.serial_number).or(known.serial_number),
        thumbprint: word(&facts.thumbprint).or(known.thumbprint),
        not_before: word(&facts.not_before).or(known.not_before),
        not_after: word(&facts.not_after).or(known.not_after),
    };
    status.certificate = (certificate != CertificateFacts::default()).then_some(certificate);
}

fn conditions(now: Timestamp, generation: i64, before: &[Condition], verdict: &Verdict) -> Vec<Condition> {
    let truth = |yes: bool| if yes { Truth::True } else { Truth::False };
    let reconciling = verdict.progress == Progress::Reconciling;
    let stalled = verdict.progress == Progress::Stalled;
    let placed_reason = match verdict.placed {
        Truth::True => Reason::Placed,
        Truth::False | Truth::Unknown => verdict.reason,
    };
    let said = |yes: bool| {
        if yes {
            (verdict.reason, verdict.message.as_str())
        } else {
            (Reason::Settled, "")
        }
    };
    let condition = |type_: ConditionType, status: Truth, (reason, message): (Reason, &str)| {
        let last = before.iter().find(|condition| condition.type_ == type_.as_str());
        Condition {
            last_transition_time: last
                .filter(|last| last.status == status.as_str())
                .map_or(Time(now), |last| last.last_transition_time.clone()),
            message: message.to_owned(),
            observed_generation: Some(generation),
            reason: reason.to_string(),
            status: status.as_str().to_owned(),
            type_: type_.to_string(),
        }
    };
    let placed_message = if verdict.placed == Truth::True {
        ""
    } else {
        verdict.message.as_str()
    };
    vec![
        condition(
            ConditionType::Placed,
            verdict.placed,
            (placed_reason, placed_message),
        ),
        condition(
            ConditionType::Ready,
            verdict.ready,
            (verdict.reason, &verdict.message),
        ),
        condition(ConditionType::Reconciling, truth(reconciling), said(reconciling)),
        condition(ConditionType::Stalled, truth(stalled), said(stalled)),
    ]
}
