//! The custom resources of group docsign.dev: types, conditions, reasons. No logic beyond accessors.

mod names;
mod purchase;
mod reason;
mod status;

pub use names::*;
pub use purchase::{
    AccountRecord, Attempt, OrderReference, Purchase, PurchaseReason, PurchaseSpec, PurchaseState,
};
pub use reason::{AccountReason, ConditionType, Reason, WaitingFor};
pub use status::{CertificateFacts, DocumentSigningOrderStatus, Failure, PastRevision};
