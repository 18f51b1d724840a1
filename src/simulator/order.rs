//! Orders and their approval records.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{certificates::Issued, order_check::Wanted};

/// The status of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OrderStatus {
    NeedsApproval,
    Pending,
    WaitingPickup,
    Issued,
    Rejected,
    Canceled,
    Revoked,
    Expired,
    /// Whatever `/_sim/` was told to show.
    Other(String),
}

impl OrderStatus {
    /// As the API writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::NeedsApproval => "needs_approval",
            Self::Pending => "pending",
            Self::WaitingPickup => "waiting_pickup",
            Self::Issued => "issued",
            Self::Rejected => "rejected",
            Self::Canceled => "canceled",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Other(status) => status,
        }
    }
}

impl From<&str> for OrderStatus {
    fn from(status: &str) -> Self {
        [
            Self::NeedsApproval,
            Self::Pending,
            Self::WaitingPickup,
            Self::Issued,
            Self::Rejected,
            Self::Canceled,
            Self::Revoked,
            Self::Expired,
        ]
        .into_iter()
        .find(|known| known.as_str() == status)
        .unwrap_or_else(|| Self::Other(status.to_owned()))
    }
}

/// An order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub id: u64,
    pub certificate_id: u64,
    pub wanted: Wanted,
    /// The request as it came.
    pub body: Value,
    /// As stored; a fault may have dropped the one that was sent.
    pub alternative_order_id: Option<String>,
    pub csr: Option<String>,
    pub status: OrderStatus,
    pub created: Timestamp,
    /// When the present status, or phase of it, began.
    pub since: Timestamp,
    /// When the status last changed; none while it never did.
    pub changed: Option<Timestamp>,
    /// Whether the applicant's identity has been validated.
    pub validated: bool,
    pub issued: Option<Issued>,
    /// When a revocation was asked for that nobody approved yet.
    pub revocation_asked: Option<Timestamp>,
    pub requests: Vec<u64>,
    pub hidden_until: Option<Timestamp>,
    /// The order that renewed this one.
    pub renewed_by: Option<u64>,
}

impl Order {
    /// Whether look-ups show it.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.hidden_until.is_none_or(|until| until <= now)
    }

    /// Whether its `certificate.id` is shown, which is long before there is a certificate.
    pub fn shows_certificate_id(&self) -> bool {
        self.status != OrderStatus::NeedsApproval
    }

    /// The end of the order.
    pub fn valid_till(&self) -> Timestamp {
        self.wanted.validity.end(self.created)
    }
}

/// The approval record of an order, or of its revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApprovalRequest {
    pub id: u64,
    pub order: u64,
    pub kind: RequestKind,
    pub status: RequestStatus,
    pub date: Timestamp,
    pub processed: Option<Timestamp>,
    pub comments: Option<String>,
    pub processor_comment: Option<String>,
}

/// What an approval record asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    NewRequest,
    Revoke,
}

impl RequestKind {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewRequest => "new_request",
            Self::Revoke => "revoke",
        }
    }
}

/// The status of an approval record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RequestStatus {
    Submitted,
    Pending,
    Approved,
    Rejected,
}

impl RequestStatus {
    /// As the API writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    /// Reads what the API writes.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Submitted, Self::Pending, Self::Approved, Self::Rejected]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
