//! Ways to break the operator on purpose: a search that can't see them would prove nothing.

use docsign::plan::Row;

use super::bounds::FLOOR;
use super::protocol::Protocol;
use super::seen::{Does, Planned, View};
use super::world::{Look, Manifest, State, namespace_of};

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
    /// Absence is proven on any account.
    AnyAccount,
    /// What one account answered counts for another.
    AnswerOfAnotherAccount,
    /// Absence is believed by a process that has just learned of the attempt.
    NoFloor,
    /// Clocks are believed that do not agree.
    ClocksAgree,
    /// A status that was wiped is not marked again.
    NoRemark,
    /// Who waives one order waives them all.
    AllWaived,
    /// Namespaces of one name are one.
    OneNamespace,
    /// A key whose absence was proven is not looked up again.
    ProofIsFinal,
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
                if told
                    .manifest
                    .is_some_and(|seen| seen.anew > 0 || seen.existing > 0)
                {
                    told.known_for = told.known_for.saturating_add(50);
                }
            }
            Broken::AnyAccount => told.same_account = true,
            Broken::NoFloor => told.known_for = told.known_for.max(FLOOR),
            Broken::ClocksAgree => {
                if let Some(record) = told.purchase
                    && let Some(remote) = record.remote
                {
                    told.began = told.began.min(remote + told.asked - record.started);
                }
            }
            Broken::NoRemark => {
                let planned = self.plans.plan(&told);
                let open = told.purchase.is_some_and(|record| record.state == State::Open);
                if planned.row == Row::Repair && planned.does == Does::WriteStatus && open {
                    return Planned {
                        does: Does::Nothing,
                        status: None,
                        ..planned
                    };
                }
            }
            Broken::AllWaived => {
                if let Look::Complete(_, maybe) = &mut told.look
                    && told.manifest.is_some_and(|seen| seen.waived > 0)
                {
                    *maybe = 0;
                }
            }
            Broken::OneNamespace => {
                if let (Some(record), Some(seen)) = (&mut told.purchase, told.manifest)
                    && namespace_of(record.uid) != namespace_of(seen.uid)
                {
                    // Another object still, of the same namespace.
                    record.uid = seen.uid - 1;
                }
            }
            Broken::ProofIsFinal => {
                if told.purchase.is_some_and(|record| record.absences > 0) {
                    told.looked_up = Some(told.now);
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
            | Broken::ForeignIsOurs
            | Broken::AnswerOfAnotherAccount => {}
        }
        self.plans.plan(&told)
    }
}
