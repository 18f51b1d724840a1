//! Failures as data: what is stored of them, and how long they hold.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::backoff::delay;
use super::observed::{FailedOutcome, Observed, Order, RemoteFailure, Request};
use super::open::APART;
use super::status::{of_key, reason_named};
use super::verdict::Verdict;
use crate::api::{Failure, Reason, WaitingFor};
use crate::domain::refusal::{Meaning, Turn, meaning, secret_field};

const FIRST: SignedDuration = SignedDuration::from_secs(5);
const LONGEST: SignedDuration = SignedDuration::from_mins(5);
/// What heals by itself at CertCentral takes its time: funds, a product switched on, an approver named.
const SLOW_FIRST: SignedDuration = SignedDuration::from_mins(5);
const SLOW_LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// How often what is held for a person is looked at again.
const HELD: SignedDuration = SignedDuration::from_hours(1);
/// The longest that CertCentral's word to wait is heeded: one number that went wrong there must not hold an order up for
/// years.
pub const LONGEST_ASKED: SignedDuration = SignedDuration::from_hours(24);

impl FailedOutcome {
    /// The word in `status.failure.outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "NotSent",
            Self::Refused | Self::RefusedForNow => "Refused",
            Self::Unknown => "Unknown",
            Self::Unavailable => "Unavailable",
        }
    }
}

/// The word in `status.failure.outcome` for what a person has to settle.
const HELD_WORD: &str = "Held";

/// A stored failure that still holds, because nothing that led to it has changed.
pub(super) enum Holding {
    /// Until something changes.
    UntilChanged(Failure),
    /// Until then, or until something changes.
    Until(Timestamp, Failure),
}

/// The stored failure, where it still holds.
pub(super) fn holding(seen: &Observed, order: &Order) -> Option<Holding> {
    let failure = of_key(seen, order).failure?;
    match (&failure.retry_time, unchanged(seen, order, &failure)) {
        (_, false) => None,
        (None, true) => Some(Holding::UntilChanged(failure)),
        (Some(Time(until)), true) => {
            still_ahead(seen.now, *until, &failure).then(|| Holding::Until(*until, failure.clone()))
        }
    }
}

/// Whether the time to try again is still to come. One that is further away than the whole wait was going to be was
/// stored by a clock that was set back since, and would hold for as long as the jump.
fn still_ahead(now: Timestamp, until: Timestamp, failure: &Failure) -> bool {
    let left = until.duration_since(now);
    let whole = failure.last_time.as_ref().map_or(LONGEST_ASKED, |last| {
        until.duration_since(last.0).min(LONGEST_ASKED)
    });
    left > SignedDuration::ZERO && left <= whole.saturating_add(APART)
}

/// What to store of a failure of this pass.
pub(super) fn stored(seen: &Observed, order: &Order, failed: &RemoteFailure) -> Failure {
    let before = of_key(seen, order).failure;
    let same = |before: &Failure| {
        unchanged(seen, order, before)
            && (before.outcome.as_deref() == Some(failed.outcome.as_str()) || is_held(before))
    };
    let count = before
        .filter(same)
        .and_then(|before| before.count)
        .unwrap_or(0)
        .saturating_add(1);
    let wait = match failed.outcome {
        FailedOutcome::Refused => None,
        FailedOutcome::RefusedForNow => Some(delay(count, SLOW_FIRST, SLOW_LONGEST, seen.seed)),
        FailedOutcome::NotSent | FailedOutcome::Unknown | FailedOutcome::Unavailable => {
            Some(delay(count, FIRST, LONGEST, seen.seed))
        }
    };
    let asked = failed.retry_after.map(|asked| asked.min(LONGEST_ASKED));
    let wait = wait.map(|wait| asked.map_or(wait, |asked| asked.max(wait)));
    Failure {
        count: Some(count),
        outcome: Some(failed.outcome.as_str().to_owned()),
        code: Some(failed.code.clone()),
        http_status: failed.status.map(i32::from),
        message: Some(failed.message.clone()),
        ..record(seen, order, wait)
    }
}

/// What to store of a situation that a person has to settle: it is looked at again within the hour.
pub(super) fn held(seen: &Observed, order: &Order, found: &Verdict) -> Failure {
    Failure {
        outcome: Some(HELD_WORD.to_owned()),
        code: Some(found.reason.to_string()),
        message: Some(found.message.clone()),
        ..record(seen, order, Some(HELD))
    }
}

/// The hold that a failed look leaves standing: what the last complete look found goes on holding.
pub(super) fn still_held(seen: &Observed, order: &Order, failed: &RemoteFailure) -> Option<Failure> {
    let before = of_key(seen, order).failure?;
    let stands = is_held(&before) && unchanged(seen, order, &before);
    let again = stored(seen, order, failed);
    stands.then(|| Failure {
        count: Some(before.count.unwrap_or(0).saturating_add(1)),
        last_time: again.last_time,
        retry_time: again
            .retry_time
            .or_else(|| record(seen, order, Some(HELD)).retry_time),
        ..before
    })
}

/// Whether the stored failure is a hold for a person.
pub(super) fn is_held(failure: &Failure) -> bool {
    failure.outcome.as_deref() == Some(HELD_WORD)
}

/// What a stored failure says: whose turn it is, which field is meant, and what to do.
pub(super) fn verdict(failure: &Failure) -> Verdict {
    if is_held(failure) {
        return held_verdict(failure);
    }
    let status = failure.http_status.and_then(|status| u16::try_from(status).ok());
    let meaning = meaning(failure.code.as_deref().unwrap_or_default(), status);
    let refused = failure.outcome.as_deref() == Some(FailedOutcome::Refused.as_str());
    let verdict = match (&failure.retry_time, refused) {
        (None, _) => Verdict::stalled(
            Reason::Refused,
            format!(
                "CertCentral refused the order, nothing was bought: {}. {}, or set the annotation docsign.dev/retry to a new value",
                said(failure, &meaning),
                match meaning.turn {
                    Turn::Owner | Turn::Operator => "Change what it names",
                    Turn::Administrator => "Change the account or its key",
                }
            ),
        ),
        (Some(Time(until)), true) => Verdict::working(
            Reason::Retrying,
            format!(
                "CertCentral refused the order for now, nothing was bought: {}. Next try after {until}",
                said(failure, &meaning)
            ),
        ),
        // A read is not refused for what a manifest says: only what the key may not do is anybody's turn.
        (Some(Time(until)), false) if meaning.turn == Turn::Administrator => Verdict::working(
            Reason::Retrying,
            format!("{}. Next try after {until}", said(failure, &meaning)),
        ),
        (Some(Time(until)), false) => {
            let message = format!("{}. Next try after {until}", quoted(failure));
            return Verdict::working(Reason::Retrying, message);
        }
    };
    match meaning.turn {
        Turn::Administrator => Verdict {
            waiting_for: WaitingFor::Administrator,
            ..verdict
        },
        Turn::Owner | Turn::Operator => verdict,
    }
}

/// The field and what to do, with CertCentral's own words behind; those alone where the table does not know the code.
fn said(failure: &Failure, meaning: &Meaning) -> String {
    let Some(advice) = meaning.advice else {
        return quoted(failure);
    };
    let Some(field) = &meaning.field else {
        return format!("{advice} ({})", quoted(failure));
    };
    let secret = secret_field(field)
        .map(|secret| format!(", here or in the Secret of {secret}"))
        .unwrap_or_default();
    format!("{field}: {advice}{secret} ({})", quoted(failure))
}

/// CertCentral's own words, or ours for the fault.
fn quoted(failure: &Failure) -> String {
    let code = failure.code.as_deref().unwrap_or("unknown");
    match failure
        .message
        .as_deref()
        .map(|message| message.trim_end_matches(['.', ' ']))
    {
        None | Some("") => code.to_owned(),
        Some(message) => format!("{code}: {message}"),
    }
}

fn held_verdict(failure: &Failure) -> Verdict {
    let reason = failure.code.as_deref().and_then(reason_named);
    let verdict = Verdict::stalled(
        reason.unwrap_or(Reason::OutcomeUnknown),
        failure.message.as_deref().unwrap_or("no message"),
    );
    match reason {
        Some(Reason::NotAllowed | Reason::OrderNotFound) => verdict,
        Some(_) | None => verdict.possibly_placed(),
    }
}

fn unchanged(seen: &Observed, order: &Order, failure: &Failure) -> bool {
    failure.generation == Some(order.generation) && failure.inputs == inputs(seen, order)
}

fn record(seen: &Observed, order: &Order, wait: Option<SignedDuration>) -> Failure {
    Failure {
        last_time: Some(Time(seen.now)),
        retry_time: wait.map(|wait| {
            Time(whole_seconds(
                seen.now.saturating_add(wait).unwrap_or(Timestamp::MAX),
            ))
        }),
        generation: Some(order.generation),
        inputs: inputs(seen, order),
        ..Failure::default()
    }
}

/// The versions of all that a failure came from; what a person says of it by annotation is one of them, and
/// changes no generation.
fn inputs(seen: &Observed, order: &Order) -> Option<String> {
    let inputs = match &seen.request {
        Request::Absent => None,
        Request::Usable { inputs, .. } | Request::Unusable { inputs, .. } => Some(inputs.as_str()),
    };
    match (inputs, order.order_anew.as_deref()) {
        (inputs, None) => inputs.map(str::to_owned),
        (inputs, Some(anew)) => Some(format!("{} {anew}", inputs.unwrap_or_default())),
    }
}

/// Rounded up, as times in the API are whole seconds and must not come back earlier than they were meant.
fn whole_seconds(time: Timestamp) -> Timestamp {
    let up = i64::from(time.subsec_nanosecond() > 0);
    Timestamp::from_second(time.as_second().saturating_add(up)).unwrap_or(time)
}
