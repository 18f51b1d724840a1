//! The closed lists of words in conditions and status: condition types, reasons, who has to act.

/// Declares a closed list of words: an enum whose variants print as their names, and know what they mean.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[doc = $about:literal])+ $variant:ident),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[doc = $about])+ $variant),+ }

        impl $name {
            /// All words of the list.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word itself.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            /// What the word means, for people.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => concat!($($about),+).trim()),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// The condition types of an order. An account has Ready alone.
    ConditionType {
        /// An order exists at CertCentral. Unknown: it may.
        Placed,
        /// The certificate is issued.
        Ready,
        /// Something still happens by itself, at CertCentral or here.
        Reconciling,
        /// Nothing happens until the owner of the manifest acts.
        Stalled,
    }
}

words! {
    /// Who has to act next.
    WaitingFor {
        /// This operator.
        Operator,
        /// The owner of the manifest.
        Owner,
        /// Whoever administers the CertCentral account: its funds, products, permissions and API keys.
        Administrator,
        /// An administrator or manager of the CertCentral account.
        Approver,
        /// DigiCert's validation of the person.
        Validation,
        /// The person the certificate is for.
        Applicant,
        /// DigiCert.
        DigiCert,
        /// Nobody.
        Nobody,
    }
}

words! {
    /// Why an order's conditions are what they are.
    Reason {
        /// Waits for its turn: request budget, or another attempt.
        Queued,
        /// The account's order limit is reached.
        OrderLimit,
        /// The order is being placed.
        Placing,
        /// spec.suspend is set.
        Suspended,
        /// The spec can't be ordered; the message names the field.
        InvalidSpec,
        /// A Secret, ConfigMap or order that the spec names is missing or incomplete.
        SourceMissing,
        /// The account does not exist.
        AccountNotFound,
        /// The account can't be used; its own Ready condition says why.
        AccountNotReady,
        /// The account does not allow this order.
        NotAllowed,
        /// CertCentral refused the order.
        Refused,
        /// existingOrderID names an order that is not found on the account.
        OrderNotFound,
        /// Tries again after a passing fault.
        Retrying,
        /// An attempt whose outcome is not known is being looked up.
        Resolving,
        /// An attempt's outcome stays unknown; a person has to settle it.
        OutcomeUnknown,
        /// More than one order carries this key.
        DuplicateOrders,
        /// Orders on the account may be this one; a person has to say.
        PossibleDuplicate,
        /// What was bought under this name differs from what is asked for now.
        OrderChanged,
        /// The order found is not what the manifest asks for.
        OrderMismatch,
        /// The order exists and was not read yet.
        Placed,
        /// An administrator of the CertCentral account has to approve the request.
        AwaitingApproval,
        /// The order waits for a CSR.
        AwaitingCSR,
        /// DigiCert validates the person.
        AwaitingValidation,
        /// The person has to pick the certificate up.
        AwaitingPickup,
        /// The certificate is issued.
        Issued,
        /// DigiCert prepares a reissue; the certificate is valid.
        ReissuePending,
        /// The certificate's time is over.
        Expired,
        /// The request or the order was rejected.
        Rejected,
        /// The order was canceled.
        Canceled,
        /// The certificate was revoked.
        Revoked,
        /// A known order is not visible to this API key.
        OrderNotVisible,
        /// A status that this operator does not know.
        UnknownStatus,
        /// Deletion waits for a confirmation.
        ConfirmationNeeded,
        /// CertCentral refused to undo the order.
        UndoRefused,
        /// The certificate target belongs to somebody else.
        CertificateTargetConflict,
        /// CertCentral refused the replacement CSR.
        CSRRefused,
        /// Nothing is wrong, or nothing is going on: the reason of a False Reconciling or Stalled.
        Settled,
    }
}

words! {
    /// Why an account's Ready condition is what it is.
    AccountReason {
        /// The key is accepted and the product can be ordered.
        Accepted,
        /// Not checked yet.
        Checking,
        /// The Secret, or the key in it, does not exist.
        SecretMissing,
        /// The ConfigMap with the CA bundle, or the key in it, does not exist.
        CABundleMissing,
        /// The endpoint or proxy is not on the operator's list.
        EndpointNotAllowed,
        /// CertCentral does not accept the key.
        KeyRejected,
        /// The key lacks a permission.
        PermissionMissing,
        /// The product ds_individual can't be ordered with this key.
        ProductNotOrderable,
        /// The endpoint does not answer.
        Unreachable,
        /// The endpoint answers with a fault, or not as CertCentral.
        Unavailable,
    }
}

words! {
    /// What an event tells of an order beside its conditions.
    EventReason {
        /// The order exists, and the operator was not allowed to delete the Secret with the card that it was paid with.
        CardSecretKept,
    }
}

impl EventReason {
    /// What the operator was about to do.
    pub const fn action(self) -> &'static str {
        match self {
            Self::CardSecretKept => "DeletingCardSecret",
        }
    }
}
