//! A plan: a script, and what goes wrong while it runs. One line of text, to be run again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::memory::{Frozen, Gap};
use crate::scripts;

/// When something goes wrong, seen from one effect: a call to the API server or to CertCentral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The process dies and the call never leaves.
    Before,
    /// The process dies, and the call was done.
    After,
    /// The call leaves, the process dies, another one starts, and then the call arrives.
    Late,
    /// The call fails and was not done.
    Fails,
    /// The call fails and was done all the same.
    Lost,
    /// The call arrives minutes later, and so does its answer.
    Stuck,
    /// The process is stopped for hours, and then the call leaves.
    AsleepBefore,
    /// The call was done; the process is stopped for hours, and then sees the answer.
    AsleepAfter,
    /// The machine is suspended for hours, and then the call leaves: its monotonic clock stood still meanwhile.
    Suspended,
    /// The process is stopped for hours, and then the call leaves: the wall clock was put back by as much meanwhile.
    AsleepUnnoticed,
    /// Before the call leaves, the wall clock of its machine is put forward by hours.
    ClockForward,
    /// Before the call leaves, the wall clock of its machine is put back by hours.
    ClockBack,
    /// The call is turned away and was not done: the API server refuses it, or a page that is not CertCentral's says 404.
    TurnedAway,
    /// An empty object is all that CertCentral answers, and the call was not done. Any call to CertCentral.
    Hollow,
    /// A list comes without its last order and counts it all the same. The lists of CertCentral's orders.
    Partial,
    /// CertCentral says that there is no such order. The reading of one order by its number: that none carries a
    /// token is what it may say of most.
    Missing,
}

/// How the path of every call to CertCentral begins.
const CERTCENTRAL: &str = " /services/v2/";

impl Moment {
    /// Those that befall any effect, by name.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Before, "before"),
        (Self::After, "after"),
        (Self::Late, "late"),
        (Self::Fails, "fails"),
        (Self::Lost, "lost"),
        (Self::Stuck, "stuck"),
        (Self::AsleepBefore, "asleep-before"),
        (Self::AsleepAfter, "asleep-after"),
        (Self::Suspended, "suspended"),
        (Self::AsleepUnnoticed, "asleep-unnoticed"),
        (Self::ClockForward, "clock-forward"),
        (Self::ClockBack, "clock-back"),
        (Self::TurnedAway, "turned-away"),
    ];

    /// Those that befall some calls to CertCentral only, by name.
    pub const ANSWERS: [(Self, &'static str); 3] = [
        (Self::Hollow, "hollow"),
        (Self::Partial, "partial"),
        (Self::Missing, "missing"),
    ];

    /// All of them, by name.
    fn named() -> impl Iterator<Item = (Self, &'static str)> {
        Self::ALL.into_iter().chain(Self::ANSWERS)
    }

    /// All that can befall this effect.
    pub fn of(effect: &str) -> impl Iterator<Item = Self> {
        Self::named()
            .map(|(moment, _)| moment)
            .filter(move |moment| moment.fits(effect))
    }

    /// Whether it can befall this effect.
    fn fits(self, effect: &str) -> bool {
        let Some((method, path)) = effect.split_once(CERTCENTRAL) else {
            return !Self::ANSWERS.iter().any(|(moment, _)| *moment == self);
        };
        let number = path.strip_prefix("order/certificate/");
        match self {
            Self::Partial => {
                method == "GET" && (path == "order/certificate" || path.starts_with("order/alternate/"))
            }
            Self::Missing => method == "GET" && number.is_some_and(|number| number.parse::<u64>().is_ok()),
            _ => true,
        }
    }

    /// Whether it is a wrong answer to a question that CertCentral was asked.
    pub fn misinforms(self, effect: &str) -> bool {
        let asks = effect.starts_with("GET ") && effect.contains(CERTCENTRAL);
        let wrong = matches!(
            self,
            Self::TurnedAway | Self::Hollow | Self::Partial | Self::Missing
        );
        asks && wrong
    }

    fn name(self) -> &'static str {
        Self::named().find(|(moment, _)| *moment == self).unwrap().1
    }
}

/// What goes wrong while a script runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub script: &'static str,
    /// Each counted from the one before, or from the start of the process, whichever is later.
    pub disturbances: Vec<(usize, Moment)>,
    /// After the first death, caches begin at this version for so long.
    pub frozen: Option<Frozen>,
    /// Watches miss a change.
    pub gap: Option<Gap>,
    /// What becomes of the first POST, by the number of the class.
    pub answer: Option<usize>,
    /// POSTs leave through the HTTP client that ships, over TCP.
    pub wired: bool,
}

impl Plan {
    /// Nothing goes wrong but what is in the script.
    pub fn undisturbed(script: &'static str) -> Self {
        Self {
            script,
            disturbances: Vec::new(),
            frozen: None,
            gap: None,
            answer: None,
            wired: false,
        }
    }

    /// Whether what CertCentral answered may be known to nobody any more.
    pub fn loses_the_answer(&self) -> bool {
        let loses = |moment: &Moment| match moment {
            Moment::Before | Moment::After | Moment::Late | Moment::Lost | Moment::Stuck => true,
            Moment::Fails
            | Moment::AsleepBefore
            | Moment::AsleepAfter
            | Moment::Suspended
            | Moment::AsleepUnnoticed
            | Moment::ClockForward
            | Moment::ClockBack
            | Moment::TurnedAway
            | Moment::Hollow
            | Moment::Partial
            | Moment::Missing => false,
        };
        self.answer.is_some() || self.disturbances.iter().any(|(_, moment)| loses(moment))
    }

    /// Whether a process is stopped for hours.
    pub fn sleeps(&self) -> bool {
        let sleeps = |moment: &Moment| {
            matches!(
                moment,
                Moment::AsleepBefore | Moment::AsleepAfter | Moment::Suspended | Moment::AsleepUnnoticed
            )
        };
        self.disturbances.iter().any(|(_, moment)| sleeps(moment))
    }

    /// Whether the wall clock of a machine is moved.
    pub fn moves_clocks(&self) -> bool {
        let moves = |moment: &Moment| {
            matches!(
                moment,
                Moment::AsleepUnnoticed | Moment::ClockForward | Moment::ClockBack
            )
        };
        self.disturbances.iter().any(|(_, moment)| moves(moment))
    }

    /// Whether an order is said not to be there that is.
    pub fn loses_sight(&self) -> bool {
        self.disturbances
            .iter()
            .any(|(_, moment)| *moment == Moment::Missing)
    }

    /// The same, and one thing more.
    pub fn and(&self, effect: usize, moment: Moment) -> Self {
        let mut plan = self.clone();
        plan.disturbances.push((effect, moment));
        plan
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.script)?;
        for (effect, moment) in &self.disturbances {
            write!(formatter, " {}:{effect}", moment.name())?;
        }
        if let Some(frozen) = self.frozen {
            write!(formatter, " frozen:{}:{}", frozen.version, frozen.lasts.as_secs())?;
        }
        if let Some(gap) = self.gap {
            write!(formatter, " gap:{}:{}", gap.version, gap.lasts.as_secs())?;
        }
        if let Some(answer) = self.answer {
            write!(formatter, " answer:{answer}")?;
        }
        if self.wired {
            formatter.write_str(" wired")?;
        }
        Ok(())
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default();
        let script = scripts::find(name).ok_or_else(|| format!("no script {name:?}"))?;
        let mut plan = Self::undisturbed(script.name);
        for word in words {
            let mut parts = word.split(':');
            let what = parts.next().unwrap_or_default();
            let numbers: Vec<u64> = parts
                .map(|part| part.parse().map_err(|_| format!("{word}: not a number")))
                .collect::<Result<_, _>>()?;
            let moment = Moment::named().find(|(_, name)| *name == what);
            match (what, moment, numbers.as_slice()) {
                (_, Some((moment, _)), [effect]) => {
                    plan.disturbances
                        .push((usize::try_from(*effect).unwrap(), moment));
                }
                ("frozen", _, [version, lasts]) => {
                    plan.frozen = Some(Frozen {
                        version: *version,
                        lasts: Duration::from_secs(*lasts),
                    });
                }
                ("gap", _, [version, lasts]) => {
                    plan.gap = Some(Gap {
                        version: *version,
                        lasts: Duration::from_secs(*lasts),
                    });
                }
                ("wired", _, []) => plan.wired = true,
                ("answer", _, [class]) => plan.answer = Some(usize::try_from(*class).unwrap()),
                _ => return Err(format!("{word}: not understood")),
            }
        }
        Ok(plan)
    }
}
