//! Ways to break the operator on purpose: a search that can't see them would prove nothing.

use super::protocol::Protocol;
use super::seen::{Does, Planned, View};
use super::world::{Look, Manifest, State};

/// Ways to break the operator around the shipping plan: in what it is told, or in what is done of what it says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Broken {
    Nothing,
    /// A purchase is closed whatever attempt it is at.
    CloseAnyAttempt,
    /// A ticket is always in time.
    NoDeadline,
    /// The emptiness of a look-up counts as of when it is used, by the own clock.
    AskedWhenUsed,
    /// The emptiness of any look-up counts.
    NoQuietPeriod,
    /// Before a claim, nothing is looked up.
    NoLookUp,
    /// The ids in a purchase are not seen.
    IdsIgnored,
    /// The status does not bring a lost purchase back.
    NoRepair,
    /// A lost purchase comes back as closed.
    RepairedAsClosed,
    /// A purchase is written over, whatever it has become since it was read.
    UnconditionalClaim,
    /// A ticket is given without the mark.
    NoMark,
    /// An open purchase is taken for a closed one.
    OpenIgnored,
    /// A look-up that failed is taken for an empty one.
    IncompleteIsEmpty,
    /// An unknown outcome is taken for a refusal.
    UnknownIsRefused,
    /// A ticket stays after its POST.
    TicketTwice,
    /// Every order of the account is taken for ours.
    ForeignIsOurs,
    /// A person's word counts at once.
    WordCountsAtOnce,
}

impl Protocol {
    /// The shipping plan, told the truth, except where the operator is broken on purpose.
    pub fn planned(&self, view: &View) -> Planned {
        let mut told = *view;
        match self.bounds.broken {
            Broken::NoDeadline => told.ticket = told.ticket.map(|(attempt, _)| (attempt, true)),
            Broken::AskedWhenUsed => told.asked = told.now,
            Broken::NoQuietPeriod => {
                if let Some(record) = &mut told.purchase {
                    record.started -= 50;
                    record.remote = record.remote.map(|remote| remote - 50);
                }
                told.known_for = told.known_for.saturating_add(50);
            }
            Broken::IdsIgnored => {
                if let Some(record) = told.purchase.as_mut().filter(|record| record.ids > 0) {
                    record.ids = 0;
                    record.state = State::Closed;
                }
            }
            Broken::OpenIgnored => {
                if let Some(record) = told.purchase.as_mut().filter(|_| told.ticket.is_none())
                    && record.state == State::Open
                {
                    record.state = State::Closed;
                }
            }
            Broken::NoLookUp => {
                let open = told.purchase.is_some_and(|record| record.state == State::Open);
                if told.look == Look::NotAsked && !open {
                    told.look = Look::Complete(0, 0);
                    told.began = told.now;
                    told.asked = told.now;
                }
            }
            Broken::WordCountsAtOnce => {
                if told.manifest.is_some_and(|seen| seen.anew > 0) {
                    told.known_for = told.known_for.saturating_add(50);
                }
            }
            Broken::NoRepair => {
                let planned = self.plans.plan(&told);
                if matches!(planned.does, Does::Reopen(_)) {
                    // As if the status had never named the attempt.
                    let bare = told.manifest.map(|seen| Manifest { status: 0, ..seen });
                    return self.plans.plan(&View {
                        manifest: bare,
                        ..told
                    });
                }
            }
            Broken::Nothing
            | Broken::CloseAnyAttempt
            | Broken::RepairedAsClosed
            | Broken::UnconditionalClaim
            | Broken::NoMark
            | Broken::IncompleteIsEmpty
            | Broken::UnknownIsRefused
            | Broken::TicketTwice
            | Broken::ForeignIsOurs => {}
        }
        self.plans.plan(&told)
    }
}
