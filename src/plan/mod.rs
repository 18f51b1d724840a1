//! The decision table: what was seen of an order key in, one action and the status out.
//!
//! [`plan`] is pure and total: no I/O, no clock, no randomness, and an answer for every input. The shell
//! (`controller`) observes, asks for a plan, carries the one action out, and asks again with what it learned,
//! until there is nothing left to do. Rows are tried from the top; the first that matches decides.
//!
//! | row | seen | action |
//! |---|---|---|
//! | `Place` | a ticket in time, not deleting, no `existingOrderID`, account usable | **Place** |
//! | `VoidTicket` | any other ticket | Close (NotSent) |
//! | `Repair` | one ledger holds an id or attempt that the other lacks; closed but still marked | Repair |
//! | `Deleting` | being deleted, and nothing open | Release, or Nothing |
//! | `OtherInputs` | `existingOrderID` is not the bought order; bought for other inputs | Nothing |
//! | `CardSecret` | bought, and the card's Secret is still there, to be deleted after the order | DeleteCardSecret |
//! | `BoughtNotInStatus` | the purchase knows the id, the status does not | Repair: the status |
//! | `Refresh` | known, and a look is due | Refresh |
//! | `LookUpAgain` | known, by a second POST less than 30 days ago; a look-up due, or it found another | LookUp, Repair |
//! | `Known` | known | Nothing |
//! | `Several` | the look-up found several orders of this key | Nothing |
//! | `FoundOne` | it found one | Adopt; unlike: Nothing |
//! | `BindByHand` | open, the sender's time over, `existingOrderID` | LookUp, Inspect, Adopt; the key found elsewhere: Nothing |
//! | `CloseByHand` | open, the sender's time over, `order-anew` names the attempt | Close (Absent) |
//! | `AbsenceProven` | open, absence proven, policy allows, first time | Close (Absent) |
//! | `LookUpOpen` | open, a look-up due, account usable | LookUp |
//! | `Open` | open | Nothing |
//! | `Unbuyable` | no manifest; suspended; spec or source unusable; refused and unchanged | Nothing |
//! | `Bind` | `existingOrderID` | Inspect, Adopt |
//! | `GateClosed` | account, allowance, order limit, budget or backoff | Nothing |
//! | `LookUp` | no complete look-up in this pass | LookUp |
//! | `PossibleDuplicate` | orders that may be this one | Nothing |
//! | `Claim` | otherwise | Claim, then mark: gives the ticket |
//!
//! *Known* means that the status holds an order id of this key; *open* that the purchase is open. The key may be one of an
//! earlier revision than the manifest's, whose attempt is settled first (`revisions`).

mod action;
mod backoff;
mod by_hand;
mod failure;
mod known;
mod ledgers;
mod observed;
mod open;
mod reasons;
pub mod revisions;
pub mod status;
#[cfg(test)]
mod tests;
mod ticket;
mod unbought;
mod verdict;

pub use action::{Action, Plan, Repair, Row, Wake};
pub use failure::LONGEST_ASKED;
pub use observed::{
    Account, Correlation, FailedOutcome, Finding, Found, FoundOrder, Inspection, LookUp, Memory, Observed,
    Order, ProtocolTimes, ReadyAccount, RemoteFacts, RemoteFailure, Request, Ticket, Unresolved,
};
pub use reasons::turns;
pub use verdict::{Progress, Truth, Verdict, is_final, is_open, remote_verdict};

use self::status::Edit;

/// Decides what to do next about one order key.
pub fn plan(seen: &Observed) -> Plan {
    let seen = &*revisions::heard(seen);
    let decided = TABLE
        .iter()
        .find_map(|(row, rule)| rule(seen).map(|decision| (*row, decision)));
    let (row, decision) = decided.unwrap_or_else(|| (Row::Claim, unbought::claim(seen)));
    let status = match (&seen.order, decision.shows) {
        (Some(order), Some((verdict, edit))) => {
            let verdict = revisions::told(seen, order, verdict);
            Some(status::show(seen, order, &verdict, edit))
        }
        (None, _) | (_, None) => None,
    };
    Plan {
        row,
        action: decision.action,
        status,
        wake: decision.wake,
    }
}

/// A row: its decision, where it matches.
type Rule = fn(&Observed) -> Option<Decision>;

/// The table, top to bottom, up to its last row, `Claim`, which takes what is left.
const TABLE: [(Row, Rule); 22] = [
    (Row::Place, ticket::place),
    (Row::VoidTicket, ticket::void),
    (Row::Repair, ledgers::repair),
    (Row::Deleting, known::deleting),
    (Row::OtherInputs, ledgers::other_inputs),
    (Row::CardSecret, ledgers::card_secret),
    (Row::BoughtNotInStatus, ledgers::bought_not_in_status),
    (Row::Refresh, known::refresh),
    (Row::LookUpAgain, known::look_up_again),
    (Row::Known, known::known),
    (Row::Several, open::several),
    (Row::FoundOne, open::found_one),
    (Row::BindByHand, by_hand::bind_by_hand),
    (Row::CloseByHand, by_hand::close_by_hand),
    (Row::AbsenceProven, open::absence_proven),
    (Row::LookUpOpen, open::look_up),
    (Row::Open, open::open),
    (Row::Unbuyable, unbought::unbuyable),
    (Row::Bind, unbought::bind),
    (Row::GateClosed, unbought::gate_closed),
    (Row::LookUp, unbought::look_up),
    (Row::PossibleDuplicate, unbought::possible_duplicate),
];

/// What a row decides.
struct Decision {
    action: Action,
    /// What the status says after it; `None` leaves the status as it is.
    shows: Option<(Verdict, Edit)>,
    wake: Wake,
}

impl Decision {
    /// Act, and decide again at once: nothing is shown in between.
    fn act(action: Action) -> Self {
        Self {
            action,
            shows: None,
            wake: Wake::OnChange,
        }
    }

    /// Nothing but to show this.
    fn show(verdict: Verdict, edit: Edit, wake: Wake) -> Self {
        Self {
            action: Action::Nothing,
            shows: Some((verdict, edit)),
            wake,
        }
    }

    /// Nothing, and what is shown stays.
    fn keep(wake: Wake) -> Self {
        Self {
            action: Action::Nothing,
            shows: None,
            wake,
        }
    }
}
