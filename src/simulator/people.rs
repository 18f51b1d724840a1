//! The people behind an order: the account's approver, the applicant whose identity is validated, and DigiCert, who issues.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    order::{Order, OrderStatus},
    order_check::Provisioning,
};

/// Who acts on orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// Nobody, until told through `/_sim/` or the API.
    Manual,
    /// Everybody, each after a delay.
    Automatic {
        /// From placed to approved.
        approve: Duration,
        /// From approved to validated (and, for a token, ready to be picked up).
        validate: Duration,
        /// From validated to issued.
        issue: Duration,
    },
}

/// What happens next to an order by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Approve,
    Validate,
    Issue,
    Expire,
    ApproveRevocation,
}

impl People {
    /// The next step of an order and the moment it is due.
    pub(super) fn next_step(&self, order: &Order) -> Option<(Step, Timestamp)> {
        let expiry = order
            .issued
            .as_ref()
            .map(|issued| (Step::Expire, issued.not_after));
        let Self::Automatic {
            approve,
            validate,
            issue,
        } = *self
        else {
            return expiry.filter(|_| order.status == OrderStatus::Issued);
        };
        let after = |delay: Duration| order.since.checked_add(delay).ok();
        match &order.status {
            OrderStatus::NeedsApproval => Some((Step::Approve, after(approve)?)),
            OrderStatus::Pending if order.validated => Some((Step::Issue, after(issue)?)),
            OrderStatus::Pending => Some((Step::Validate, after(validate)?)),
            OrderStatus::WaitingPickup => Some((Step::Issue, after(issue)?)),
            OrderStatus::Issued => match order.revocation_asked {
                Some(asked) => Some((Step::ApproveRevocation, asked.checked_add(approve).ok()?)),
                None => expiry,
            },
            OrderStatus::Rejected
            | OrderStatus::Canceled
            | OrderStatus::Revoked
            | OrderStatus::Expired
            | OrderStatus::Other(_) => None,
        }
    }
}

/// The status of an order whose applicant has been validated: who has a token has to pick the certificate up.
pub(super) fn status_once_validated(provisioning: Provisioning) -> OrderStatus {
    match provisioning {
        Provisioning::Email => OrderStatus::Pending,
        Provisioning::ShipToken | Provisioning::ClientApp => OrderStatus::WaitingPickup,
    }
}
