//! What to do next.

use jiff::Timestamp;

use crate::api::{DocumentSigningOrderStatus, PurchaseReason};

/// The outcome of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The row of the table that decided.
    pub row: Row,
    /// The one thing to do.
    pub action: Action,
    /// What the manifest's status says once the action is done; `None` where there is no manifest or nothing to say.
    pub status: Option<DocumentSigningOrderStatus>,
    /// When to decide again at the latest.
    pub wake: Wake,
}

/// The rows of the decision table, in order.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[expect(missing_docs, reason = "the table in `plan` explains each row")]
pub enum Row {
    Place,
    VoidTicket,
    Repair,
    Deleting,
    OtherInputs,
    CardSecret,
    BoughtNotInStatus,
    Refresh,
    LookUpAgain,
    Known,
    Several,
    FoundOne,
    BindByHand,
    CloseByHand,
    AbsenceProven,
    LookUpOpen,
    Open,
    Unbuyable,
    Bind,
    GateClosed,
    LookUp,
    PossibleDuplicate,
    Claim,
}

/// One effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Spend the ticket: POST the order. **The only action that spends money.**
    Place,
    /// Close the purchase, if its attempt is still this one.
    Close {
        /// The attempt that ends.
        attempt: String,
        /// Why.
        reason: PurchaseReason,
    },
    /// Put one ledger right from the other.
    Repair(Repair),
    /// Delete the Secret that holds the card the order was paid with.
    DeleteCardSecret,
    /// Take our finalizer off.
    Release,
    /// Read the known order.
    Refresh(i64),
    /// Read an order that is not bound yet.
    Inspect(i64),
    /// Look the key up.
    LookUp,
    /// Bind an order that exists: record it in the purchase.
    Adopt(i64),
    /// Create or re-open the purchase, then mark the status: gives the ticket.
    Claim,
    /// Nothing but to show the status.
    Nothing,
}

/// How to put one ledger right from the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Repair {
    /// Write back into the purchase an attempt that only the status knows, as open.
    ReopenPurchase {
        /// The attempt.
        attempt: String,
    },
    /// Write into the purchase an order id that only the status knows.
    AddOrderId(i64),
    /// Note in the purchase, beside its open attempt, orders that a look-up has shown and that are not bound.
    NoteShown {
        /// The attempt.
        attempt: String,
        /// The orders.
        ids: Vec<i64>,
    },
    /// Write the plan's status.
    Status,
}

/// When to decide again, at the latest: any change comes earlier.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wake {
    /// On a change.
    OnChange,
    /// At this time.
    At(Timestamp),
}
