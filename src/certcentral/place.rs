//! Placing an order: the one call that spends money, and what its answer proves.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use super::Client;
use super::error::{Refusal, Unreachable};
use super::gate::{self, Gate, Passage};
use super::transport::{End, RawAnswer};
use super::wire::Loose;

/// What is known about an order after it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceOutcome {
    /// The answer carries an order id, whatever its status: the order exists.
    Accepted(Placed),
    /// CertCentral itself said no, in an error body of its own: nothing was bought.
    Refused(Refusal),
    /// The body was never handed to a connection, and no longer can be: nothing was bought.
    NotSent(NotSentReason),
    /// Anything else: it may have been bought. Only a look-up can tell.
    Unknown(UnknownReason),
}

/// An order that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The order id.
    pub id: i64,
    /// Its approval requests, where the answer lists them.
    pub requests: Vec<RequestSummary>,
    /// The id of the certificate to come. Not a sign of issuance.
    pub certificate_id: Option<i64>,
}

/// An approval request, as far as the answer to a place call tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestSummary {
    /// The request id.
    pub id: i64,
    /// As CertCentral says: `submitted`, `pending`, `approved`, `rejected`, or something new.
    pub status: Option<String>,
}

/// Why the body never left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSentReason {
    /// The gate was closed when the connection stood.
    GateClosed,
    /// The connection never stood, or not in time.
    Unreachable(Unreachable),
    /// Something answered before the body was asked for.
    AnsweredEarly,
}

/// Why the outcome of a sent body is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownReason {
    /// No complete answer in time.
    TimedOut,
    /// The connection broke before an answer began.
    ConnectionLost,
    /// A fault of CertCentral's, or of something before it.
    ServerError {
        /// The HTTP status, 500 and up.
        status: u16,
    },
    /// A redirect, which is never followed.
    Redirect {
        /// The HTTP status, 300 to 399.
        status: u16,
    },
    /// An answer that is cut, too long, not CertCentral's, or carries no order id that can be trusted.
    Unreadable {
        /// The HTTP status.
        status: u16,
    },
}

impl Client {
    /// Posts `body` to `order/certificate/ds_individual`, once, on a fresh HTTP/1.1 connection.
    ///
    /// The gate is asked when that connection stands and the body is about to leave. Dropping the returned future
    /// takes back a body that has not left yet, and leaves the outcome of one that has unknown.
    pub async fn place(&self, body: Bytes, gate: impl Gate) -> PlaceOutcome {
        let (body, seal) = gate::sealed(body, gate);
        let answer = self
            .transport
            .post(&["order", "certificate", "ds_individual"], body)
            .await;
        match (seal.conclude(), answer) {
            (Passage::HandedOver, Ok(answer)) => judge(&answer).without(self.transport.key()),
            (Passage::HandedOver, Err(Unreachable::TimedOut)) => {
                PlaceOutcome::Unknown(UnknownReason::TimedOut)
            }
            (Passage::HandedOver, Err(_)) => PlaceOutcome::Unknown(UnknownReason::ConnectionLost),
            (Passage::Refused, _) => PlaceOutcome::NotSent(NotSentReason::GateClosed),
            (Passage::NeverPolled, Err(unreachable)) => {
                PlaceOutcome::NotSent(NotSentReason::Unreachable(unreachable))
            }
            (Passage::NeverPolled, Ok(_)) => PlaceOutcome::NotSent(NotSentReason::AnsweredEarly),
        }
    }
}

/// What an answer to a sent body proves. In doubt, nothing.
fn judge(answer: &RawAnswer) -> PlaceOutcome {
    let RawAnswer {
        status,
        headers,
        body,
        end,
    } = answer;
    let scan = Scan::of(body);
    let whole = *end == End::Complete;
    let json = if whole {
        serde_json::from_slice::<Value>(body).ok()
    } else {
        None
    };
    match (json, scan.order_id()) {
        (Some(json), Some(id)) => PlaceOutcome::Accepted(placed(id, &json)),
        (Some(json), None) => PlaceOutcome::from_idless(*status, headers, &json, &scan),
        // Cut or damaged after the id: the order exists, the rest is read from the order itself.
        (None, Some(id)) if (200..=299).contains(status) => PlaceOutcome::Accepted(Placed {
            id,
            requests: Vec::new(),
            certificate_id: None,
        }),
        (None, _) => PlaceOutcome::Unknown(unreadable(*status, *end)),
    }
}

impl PlaceOutcome {
    /// A refusal may quote the API key back.
    fn without(self, key: &str) -> Self {
        match self {
            Self::Refused(refusal) => Self::Refused(refusal.without(key)),
            Self::Accepted(_) | Self::NotSent(_) | Self::Unknown(_) => self,
        }
    }

    /// The outcome of a whole answer in JSON without an order id that can be trusted.
    fn from_idless(status: u16, headers: &HeaderMap, json: &Value, scan: &Scan) -> Self {
        match Refusal::read(status, headers, json) {
            // An id that can't be read is still an id: not a refusal.
            // Nor is a time-out a no, whoever says so.
            Some(refusal) if (400..=499).contains(&status) && status != 408 && !scan.mentions_id => {
                Self::Refused(refusal)
            }
            Some(_) | None => Self::Unknown(unreadable(status, End::Complete)),
        }
    }
}

fn placed(id: i64, json: &Value) -> Placed {
    let answer = Loose::new(json);
    let requests = answer.field("requests").items().into_iter();
    Placed {
        id,
        requests: requests
            .filter_map(|request| {
                Some(RequestSummary {
                    id: request.field("id").id()?,
                    status: request.field("status").text(),
                })
            })
            .collect(),
        certificate_id: answer.field("certificate_id").id(),
    }
}

fn unreadable(status: u16, end: End) -> UnknownReason {
    match (status, end) {
        (500.., _) => UnknownReason::ServerError { status },
        (300..=399, _) => UnknownReason::Redirect { status },
        (_, End::TimedOut) => UnknownReason::TimedOut,
        (_, End::Complete | End::Cut | End::TooLarge) => UnknownReason::Unreadable { status },
    }
}

/// What can be said about the `id` at the top of an object, also of one that ends early.
///
/// An id counts once something after it was read: a number at the cut may be missing its last digits. Two
/// different ids, or more after the object, are two answers run into one: no id of them counts.
#[derive(Default)]
struct Scan {
    ids: Vec<Option<i64>>,
    confirmed: usize,
    mentions_id: bool,
    trailing: bool,
}

impl Scan {
    fn of(body: &[u8]) -> Self {
        let mut scan = Self::default();
        let mut json = serde_json::Deserializer::from_slice(body);
        let object = json.deserialize_map(&mut scan);
        scan.trailing = object.is_ok() && json.end().is_err();
        scan
    }

    fn order_id(&self) -> Option<i64> {
        let mut known = self.ids.iter().take(self.confirmed);
        let first = *known.next()?;
        if self.trailing || known.any(|id| *id != first) {
            None
        } else {
            first
        }
    }
}

impl<'de> Visitor<'de> for &mut Scan {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(key) = fields.next_key::<String>()? {
            self.confirmed = self.ids.len();
            if key == "id" {
                let value: Value = fields.next_value()?;
                let id = Loose::new(&value);
                self.mentions_id |= id.is_given();
                self.ids.push(id.id());
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        self.confirmed = self.ids.len();
        Ok(())
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
