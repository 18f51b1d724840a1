//! The custom resources of group docsign.dev: types, conditions, reasons. No logic beyond accessors.

mod account;
mod admission;
mod definitions;
mod document_signing_order;
mod names;
mod order;
mod purchase;
mod reason;
mod reference;
mod rule;
mod status;

pub use account::{
    AccountSettings, AccountStatus, Allow, AllowedNamespaces, ApiKeyRef, CaBundleSource, CertCentralAccount,
    CertCentralAccountSpec, ClusterCertCentralAccount, ClusterCertCentralAccountSpec, Correlation,
    CorrelationMethod, OrderLimit, RateLimit, Region, Unresolved, UnresolvedPolicy,
};
pub use admission::{AdmissionRules, Violation};
pub use definitions::{crd_yaml, crds};
pub use document_signing_order::{
    CertificateTarget, CertificateTargetKind, DeletionPolicy, DocumentSigningOrder, DocumentSigningOrderSpec,
};
pub use names::*;
pub use order::{
    AdditionalUsage, AfterOrder, BillingAddress, CreditCardFrom, CsProvisioningMethod, CsrKeyType,
    CustomField, Individual, KeySize, Order, OrderCertificate, OrderValidity, PrimaryUsage,
    RefusedCreditCard, ServerPlatform, ShipInfo, ShipMethod, SignatureHash, UsageDesignation,
};
pub use purchase::{
    AccountRecord, Attempt, OrderReference, Purchase, PurchaseReason, PurchaseSpec, PurchaseState,
};
pub use reason::{AccountReason, ConditionType, EventReason, Reason, WaitingFor};
pub use reference::{AccountKind, AccountRef, CsrSource, KeyRef, OrderRef, SecretRef, SecretSource};
pub use status::{CertificateFacts, DocumentSigningOrderStatus, Failure, PastRevision};
