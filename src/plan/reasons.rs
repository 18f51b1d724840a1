//! What each reason says about whose turn it is: the table people read. The laws hold every plan to it.

use crate::api::{Reason, WaitingFor};

/// Who may have to act where an order gives this reason, and whether it then counts as stalled. Nobody is named where
/// this version never gives the reason.
pub const fn turns(reason: Reason) -> (&'static [WaitingFor], bool) {
    use WaitingFor::{Administrator, Applicant, Approver, DigiCert, Nobody, Operator, Owner, Validation};
    match reason {
        Reason::Queued | Reason::OrderLimit | Reason::Placing | Reason::Resolving => (&[Operator], false),
        Reason::Retrying => (&[Operator, Administrator], false),
        Reason::Suspended | Reason::AwaitingCSR => (&[Owner], false),
        Reason::Refused => (&[Owner, Administrator], true),
        Reason::InvalidSpec
        | Reason::SourceMissing
        | Reason::AccountNotFound
        | Reason::AccountNotReady
        | Reason::NotAllowed
        | Reason::OrderNotFound
        | Reason::OutcomeUnknown
        | Reason::DuplicateOrders
        | Reason::PossibleDuplicate
        | Reason::OrderChanged
        | Reason::OrderMismatch
        | Reason::Rejected
        | Reason::Canceled
        | Reason::Revoked
        | Reason::OrderNotVisible => (&[Owner], true),
        Reason::AwaitingApproval => (&[Approver], false),
        Reason::AwaitingValidation => (&[Validation], false),
        Reason::AwaitingPickup => (&[Applicant], false),
        Reason::Placed | Reason::ReissuePending | Reason::UnknownStatus => (&[DigiCert], false),
        Reason::Issued | Reason::Expired | Reason::Settled => (&[Nobody], false),
        Reason::ConfirmationNeeded
        | Reason::UndoRefused
        | Reason::CertificateTargetConflict
        | Reason::CSRRefused => (&[], true),
    }
}
