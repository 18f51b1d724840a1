//! What is shown: one verdict per situation, and the one table from CertCentral's words to ours.

use crate::api::{AccountReason, Reason, WaitingFor};

/// What the status says.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The reason of the condition Ready, and of Reconciling or Stalled where it is true.
    pub reason: Reason,
    /// Who has to act.
    pub waiting_for: WaitingFor,
    /// An order exists at CertCentral.
    pub placed: Truth,
    /// The certificate is issued.
    pub ready: Truth,
    /// Whether anything goes on by itself.
    pub progress: Progress,
    /// For people: what is going on, and what to do about it.
    pub message: String,
}

/// The status of a condition.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "the three words of metav1.Condition")]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    /// As conditions spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

/// Whether anything goes on by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Something does, here or at CertCentral.
    Reconciling,
    /// Nothing does until the owner acts.
    Stalled,
    /// Nothing has to.
    Settled,
}

impl Verdict {
    /// No order yet, and the operator is at it.
    pub fn working(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            waiting_for: WaitingFor::Operator,
            placed: Truth::False,
            ready: Truth::False,
            progress: Progress::Reconciling,
            message: message.into(),
        }
    }

    /// No order yet, and none will be placed until the owner acts.
    pub fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            waiting_for: WaitingFor::Owner,
            progress: Progress::Stalled,
            ..Self::working(reason, message)
        }
    }

    /// An order may exist.
    #[must_use]
    pub fn possibly_placed(self) -> Self {
        Self {
            placed: Truth::Unknown,
            ..self
        }
    }

    /// An order exists, where that is known.
    #[must_use]
    pub fn placed_if(self, known: bool) -> Self {
        let placed = if known { Truth::True } else { self.placed };
        Self { placed, ..self }
    }

    /// An order exists, and cannot be followed.
    pub fn lost_from_sight(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            placed: Truth::True,
            ready: Truth::Unknown,
            ..Self::stalled(reason, message)
        }
    }
}

/// What an unusable account means for an order.
pub fn account_verdict(reason: AccountReason, message: &str) -> Verdict {
    match reason {
        AccountReason::Unreachable | AccountReason::Unavailable | AccountReason::Checking => {
            Verdict::working(Reason::Retrying, message)
        }
        AccountReason::Accepted
        | AccountReason::SecretMissing
        | AccountReason::CABundleMissing
        | AccountReason::EndpointNotAllowed
        | AccountReason::KeyRejected
        | AccountReason::PermissionMissing
        | AccountReason::ProductNotOrderable => Verdict::stalled(Reason::AccountNotReady, message),
    }
}

/// What CertCentral's words mean: the one place that knows them. `order` is `None` until the order was read once.
/// Case and unknown words are survived: what is not in the table is waiting, never a failure.
pub fn remote_verdict(order: Option<&str>, request: Option<&str>) -> Verdict {
    use Progress::{Reconciling, Settled, Stalled};
    use Truth::{False, True};
    use WaitingFor::{Applicant, Approver, DigiCert, Nobody, Owner, Validation};

    let order = order.map(str::to_ascii_lowercase);
    let request = request.map(str::to_ascii_lowercase);
    let (waiting_for, ready, reason, progress, message) = match (order.as_deref(), request.as_deref()) {
        (Some("rejected" | "denied"), _) | (None | Some("needs_approval"), Some("rejected")) => (
            Owner,
            False,
            Reason::Rejected,
            Stalled,
            "the order was rejected; the approver or DigiCert knows why. To order again, raise spec.revision",
        ),
        (Some("canceled" | "cancelled"), _) => (
            Owner,
            False,
            Reason::Canceled,
            Stalled,
            "the order was canceled. To order again, raise spec.revision",
        ),
        (Some("revoked"), _) => (
            Owner,
            False,
            Reason::Revoked,
            Stalled,
            "the certificate was revoked. To order again, raise spec.revision",
        ),
        (Some("issued"), _) => (Nobody, True, Reason::Issued, Settled, "the certificate is issued"),
        (Some("reissue_pending"), _) => (
            DigiCert,
            True,
            Reason::ReissuePending,
            Settled,
            "the certificate is valid; DigiCert prepares a reissue",
        ),
        (Some("expired"), _) => (
            Nobody,
            False,
            Reason::Expired,
            Settled,
            "the certificate's time is over. To order again, raise spec.revision",
        ),
        (None | Some("needs_approval"), Some("pending" | "submitted")) | (Some("needs_approval"), _) => (
            Approver,
            False,
            Reason::AwaitingApproval,
            Reconciling,
            "an administrator or manager of the CertCentral account has to approve the request",
        ),
        (Some("needs_csr"), _) => (
            Owner,
            False,
            Reason::AwaitingCSR,
            Reconciling,
            "the order waits for a CSR: add it to the order in CertCentral",
        ),
        (Some("pending" | "processing" | "approved"), _) => (
            Validation,
            False,
            Reason::AwaitingValidation,
            Reconciling,
            "DigiCert validates the person; it writes to the individual's e-mail address. This takes days",
        ),
        (Some("waiting_pickup"), _) => (
            Applicant,
            False,
            Reason::AwaitingPickup,
            Reconciling,
            "the person has to pick the certificate up, as DigiCert's e-mail explains",
        ),
        (None, _) => (
            DigiCert,
            False,
            Reason::Placed,
            Reconciling,
            "the order is placed; its status was not read yet",
        ),
        (Some(_), _) => (
            DigiCert,
            False,
            Reason::UnknownStatus,
            Reconciling,
            "CertCentral reports an order status that this operator does not know; it goes on looking",
        ),
    };
    Verdict {
        reason,
        waiting_for,
        placed: True,
        ready,
        progress,
        message: message.to_owned(),
    }
}

/// Whether an order in this status can still change by itself.
pub fn is_open(order_status: Option<&str>) -> bool {
    match remote_verdict(order_status, None).progress {
        Progress::Reconciling => true,
        Progress::Settled => {
            order_status.is_some_and(|status| status.eq_ignore_ascii_case("reissue_pending"))
        }
        Progress::Stalled => false,
    }
}

/// Whether an order in this status is over: it will not change any more.
pub fn is_final(order_status: &str) -> bool {
    let reason = remote_verdict(Some(order_status), None).reason;
    matches!(
        reason,
        Reason::Rejected | Reason::Canceled | Reason::Revoked | Reason::Expired
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(order: Option<&str>, request: Option<&str>) -> (WaitingFor, Truth, Truth, Reason, Progress) {
        let verdict = remote_verdict(order, request);
        (
            verdict.waiting_for,
            verdict.placed,
            verdict.ready,
            verdict.reason,
            verdict.progress,
        )
    }

    #[test]
    fn each_word_of_certcentral_says_who_has_to_act() {
        use Progress::{Reconciling, Settled, Stalled};
        use Truth::{False, True};
        let rows = [
            (
                (None, None),
                (WaitingFor::DigiCert, True, False, Reason::Placed, Reconciling),
            ),
            (
                (None, Some("pending")),
                (
                    WaitingFor::Approver,
                    True,
                    False,
                    Reason::AwaitingApproval,
                    Reconciling,
                ),
            ),
            (
                (None, Some("submitted")),
                (
                    WaitingFor::Approver,
                    True,
                    False,
                    Reason::AwaitingApproval,
                    Reconciling,
                ),
            ),
            (
                (None, Some("approved")),
                (WaitingFor::DigiCert, True, False, Reason::Placed, Reconciling),
            ),
            (
                (None, Some("rejected")),
                (WaitingFor::Owner, True, False, Reason::Rejected, Stalled),
            ),
            (
                (Some("needs_approval"), None),
                (
                    WaitingFor::Approver,
                    True,
                    False,
                    Reason::AwaitingApproval,
                    Reconciling,
                ),
            ),
            (
                (Some("needs_approval"), Some("rejected")),
                (WaitingFor::Owner, True, False, Reason::Rejected, Stalled),
            ),
            (
                (Some("needs_csr"), None),
                (WaitingFor::Owner, True, False, Reason::AwaitingCSR, Reconciling),
            ),
            (
                (Some("pending"), Some("pending")),
                (
                    WaitingFor::Validation,
                    True,
                    False,
                    Reason::AwaitingValidation,
                    Reconciling,
                ),
            ),
            (
                (Some("processing"), None),
                (
                    WaitingFor::Validation,
                    True,
                    False,
                    Reason::AwaitingValidation,
                    Reconciling,
                ),
            ),
            (
                (Some("approved"), None),
                (
                    WaitingFor::Validation,
                    True,
                    False,
                    Reason::AwaitingValidation,
                    Reconciling,
                ),
            ),
            (
                (Some("waiting_pickup"), None),
                (
                    WaitingFor::Applicant,
                    True,
                    False,
                    Reason::AwaitingPickup,
                    Reconciling,
                ),
            ),
            (
                (Some("issued"), None),
                (WaitingFor::Nobody, True, True, Reason::Issued, Settled),
            ),
            (
                (Some("ISSUED"), None),
                (WaitingFor::Nobody, True, True, Reason::Issued, Settled),
            ),
            (
                (Some("reissue_pending"), None),
                (WaitingFor::DigiCert, True, True, Reason::ReissuePending, Settled),
            ),
            (
                (Some("expired"), None),
                (WaitingFor::Nobody, True, False, Reason::Expired, Settled),
            ),
            (
                (Some("rejected"), None),
                (WaitingFor::Owner, True, False, Reason::Rejected, Stalled),
            ),
            (
                (Some("denied"), None),
                (WaitingFor::Owner, True, False, Reason::Rejected, Stalled),
            ),
            (
                (Some("canceled"), None),
                (WaitingFor::Owner, True, False, Reason::Canceled, Stalled),
            ),
            (
                (Some("revoked"), None),
                (WaitingFor::Owner, True, False, Reason::Revoked, Stalled),
            ),
            (
                (Some("on_the_moon"), Some("rejected")),
                (
                    WaitingFor::DigiCert,
                    True,
                    False,
                    Reason::UnknownStatus,
                    Reconciling,
                ),
            ),
        ];
        for ((order, request), expected) in rows {
            assert_eq!(row(order, request), expected, "{order:?} {request:?}");
        }
    }

    #[test]
    fn only_what_is_over_is_final() {
        let all = [
            "needs_approval",
            "pending",
            "issued",
            "reissue_pending",
            "expired",
            "rejected",
            "canceled",
            "revoked",
            "new",
        ];
        let over: Vec<_> = all.into_iter().filter(|status| is_final(status)).collect();
        assert_eq!(over, ["expired", "rejected", "canceled", "revoked"]);
    }
}
