//! The decision table in words.

use crate::plan::{Action, Repair, Row};

/// Why this row decides.
pub fn why(row: Row) -> &'static str {
    match row {
        Row::Place => "the key is claimed and the right to send the order is at hand",
        Row::VoidTicket => "the right to send the order can't be used any more",
        Row::Repair => "the status and the purchase do not say the same about this key",
        Row::Deleting => "the manifest is being deleted",
        Row::OtherInputs => "an order was bought under this key, and the manifest asks for another one",
        Row::CardSecret => "the order exists, and the Secret with its card is still there",
        Row::BoughtNotInStatus => "the purchase knows the order, and the status does not say so yet",
        Row::Refresh => "the order exists, and a look at it is due",
        Row::LookUpAgain => "the order was bought by a second request, and the first is still looked for",
        Row::Known => "the order exists, and no look at it is due",
        Row::Several => "several orders carry this key",
        Row::FoundOne => "one order carries this key",
        Row::BindByHand => "an attempt of unknown outcome is open, and spec.existingOrderID names the order",
        Row::CloseByHand => {
            "an attempt of unknown outcome is open, and docsign.dev/order-anew says that no order exists"
        }
        Row::AbsenceProven => {
            "an attempt of unknown outcome is open, and CertCentral proved that no order exists"
        }
        Row::LookUpOpen => "an attempt of unknown outcome is open: it is looked up, and never sent again",
        Row::Open => "an attempt of unknown outcome is open, and the next look-up is not due",
        Row::Unbuyable => "the manifest can't be ordered as it is",
        Row::Bind => "spec.existingOrderID names the order to bind: none is placed",
        Row::GateClosed => "the account, its limits or a failure before do not let an order be placed now",
        Row::LookUp => "nothing was bought under this key, as far as is known here",
        Row::PossibleDuplicate => "orders exist that may be this one",
        Row::Claim => "nothing stands against the order",
    }
}

/// What is done next.
pub fn next(action: &Action) -> String {
    match action {
        Action::Place => "send the order".to_owned(),
        Action::Close { attempt, .. } => format!("close the attempt {attempt}: nothing was bought by it"),
        Action::Repair(Repair::ReopenPurchase { attempt }) => {
            format!("write the attempt {attempt} back into the purchase, as open")
        }
        Action::Repair(Repair::AddOrderId(id)) => format!("write the order {id} into the purchase"),
        Action::Repair(Repair::NoteShown { ids, .. }) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!("note in the purchase that look-ups show {}", ids.join(", "))
        }
        Action::Repair(Repair::Status) => "put the status right".to_owned(),
        Action::DeleteCardSecret => "delete the Secret with the card".to_owned(),
        Action::Release => "let the manifest go (take its finalizer off)".to_owned(),
        Action::Refresh(id) => format!("read the order {id} from CertCentral"),
        Action::Inspect(id) => format!("read the order {id} from CertCentral, and bind it if it is the one"),
        Action::LookUp => "look in CertCentral for an order with this key".to_owned(),
        Action::Adopt(id) => format!("bind the order {id}"),
        Action::Claim => "claim the key and place the order".to_owned(),
        Action::Nothing => "wait".to_owned(),
    }
}

/// What follows, where the action alone does not say it.
pub fn after(row: Row) -> Option<&'static str> {
    match row {
        Row::LookUp => Some("if it is found it is bound; if not, the key is claimed and the order is placed"),
        Row::LookUpOpen => Some("if it is found it is bound; if not, the operator goes on looking"),
        Row::Place
        | Row::VoidTicket
        | Row::Repair
        | Row::Deleting
        | Row::OtherInputs
        | Row::CardSecret
        | Row::BoughtNotInStatus
        | Row::Refresh
        | Row::LookUpAgain
        | Row::Known
        | Row::Several
        | Row::FoundOne
        | Row::BindByHand
        | Row::CloseByHand
        | Row::AbsenceProven
        | Row::Open
        | Row::Unbuyable
        | Row::Bind
        | Row::GateClosed
        | Row::PossibleDuplicate
        | Row::Claim => None,
    }
}
