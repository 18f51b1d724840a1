//! The fault script: which calls go wrong, and how. Every fault that matches a call adds to how the call is treated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    endpoint::Endpoint,
    wire::{Refusal, Response},
};

/// A rule of the script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls.
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// What happens to them.
    pub effect: Effect,
}

/// Which calls a fault is for; what is left out matches everything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matching {
    /// Only this call.
    pub endpoint: Option<Endpoint>,
    /// Only calls whose path, query or body contain this text: a token, an e-mail address, an order number.
    pub contains: Option<String>,
    /// The first so many that match are let through.
    pub skip: u64,
    /// Only so many calls, after those skipped.
    pub times: Option<u64>,
    /// Only this share of the calls, drawn from the simulator's seed.
    pub probability: Option<f64>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Refused with CertCentral's error body; nothing is done.
    Refuse {
        /// HTTP status code.
        status: u16,
        /// Error code.
        code: String,
        /// For people.
        #[serde(default)]
        message: String,
    },
    /// `429 request_limit_exceeded`; nothing is done.
    TooManyRequests {
        /// Seconds, if the header is sent at all.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// `503`, as during maintenance.
    Unavailable {
        /// Whether the call was done all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// A page of HTML, as a proxy in between sends it.
    Html {
        /// HTTP status code.
        status: u16,
        /// Whether the call was done all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// Sent elsewhere, as a proxy or a host that has moved does.
    Redirect {
        /// HTTP status code.
        status: u16,
        /// The `Location`.
        location: String,
        /// Whether the call was done all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// The connection closes without an answer and nothing was done.
    DropBeforeCommit,
    /// The call is done, and the connection closes without an answer.
    DropAfterCommit,
    /// The call is done, and the connection closes after so many bytes of the answer, its head included.
    CutAtByte {
        /// How many bytes get through.
        n: u64,
    },
    /// The answer takes longer. The call is done also when the caller no longer waits.
    Delay {
        /// Milliseconds before the call is done.
        #[serde(default)]
        before: u64,
        /// Milliseconds between that and the answer.
        #[serde(default)]
        after: u64,
    },
    /// No answer, ever; the connection stays open.
    Stall {
        /// Whether the call was done.
        #[serde(default)]
        after_commit: bool,
    },
    /// The order this call places is not shown by look-ups for some time.
    Hide {
        /// How long, in seconds.
        seconds: u64,
    },
    /// The order is placed without its `alternative_order_id`.
    IgnoreAlternativeOrderId,
    /// A request that has `alternative_order_id` is refused.
    RefuseAlternativeOrderId,
    /// Which of the page's four answers an accepted order gets.
    AnswerVariant {
        /// The answer.
        variant: Variant,
    },
    /// `errors` is an object where the list belongs.
    ErrorsAsObject,
}

/// The four answers of the API page to an accepted order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// A request that waits for approval.
    #[default]
    Pending,
    /// A request that was submitted.
    Submitted,
    /// A request approved at once, and a certificate id.
    Approved,
    /// No request at all, and a certificate id: what `skip_approval` leads to.
    NoRequests,
}

/// How one call is treated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Treatment {
    pub instead: Option<Instead>,
    pub retry_after: Option<u64>,
    pub delay_before: Duration,
    pub delay_after: Duration,
    pub ending: Ending,
    pub hide: Option<Duration>,
    pub ignore_alternative_order_id: bool,
    pub refuse_alternative_order_id: bool,
    pub variant: Option<Variant>,
    pub errors_as_object: bool,
}

/// An answer given in place of the real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Instead {
    pub answer: Result<Response, Refusal>,
    pub after_commit: bool,
}

/// How the connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    #[default]
    Answered,
    DroppedBefore,
    DroppedAfter,
    Cut(u64),
    StalledBefore,
    StalledAfter,
}

/// The installed faults and what they have seen.
pub(super) struct Script {
    faults: Vec<Installed>,
    random: u64,
}

struct Installed {
    fault: Fault,
    seen: u64,
    applied: u64,
}

impl Script {
    /// An empty script.
    pub fn new(seed: u64) -> Self {
        Self {
            faults: Vec::new(),
            random: seed,
        }
    }

    /// Adds a fault at the end.
    pub fn install(&mut self, fault: Fault) {
        self.faults.push(Installed {
            fault,
            seen: 0,
            applied: 0,
        });
    }

    /// Takes all faults out.
    pub fn clear(&mut self) {
        self.faults.clear();
    }

    /// The faults, and how often each was applied.
    pub fn faults(&self) -> impl Iterator<Item = (&Fault, u64)> {
        self.faults
            .iter()
            .map(|installed| (&installed.fault, installed.applied))
    }

    /// How to treat a call, where `text` is all of it that can be searched.
    pub fn treat(&mut self, endpoint: Endpoint, text: &str) -> Treatment {
        let mut treatment = Treatment::default();
        for installed in &mut self.faults {
            let matching = &installed.fault.matching;
            let concerned = matching.endpoint.is_none_or(|wanted| wanted == endpoint)
                && matching
                    .contains
                    .as_ref()
                    .is_none_or(|wanted| text.contains(wanted.as_str()));
            if !concerned {
                continue;
            }
            installed.seen += 1;
            let spent = matching.times.is_some_and(|times| installed.applied >= times);
            if installed.seen <= matching.skip || spent {
                continue;
            }
            if matching
                .probability
                .is_some_and(|probability| draw(&mut self.random) >= probability)
            {
                continue;
            }
            installed.applied += 1;
            installed.fault.effect.add_to(&mut treatment);
        }
        treatment
    }
}

impl Effect {
    fn add_to(&self, treatment: &mut Treatment) {
        match self {
            Self::Refuse {
                status,
                code,
                message,
            } => {
                treatment.answer(Err(Refusal::new(*status, code, message)), false);
            }
            Self::TooManyRequests { retry_after } => {
                treatment.answer(Err(limit_exceeded()), false);
                treatment.retry_after = *retry_after;
            }
            Self::Unavailable { after_commit } => {
                let body = "503 Service is unavailable".to_owned();
                treatment.answer(Ok(Response::raw(503, "text/plain", body)), *after_commit);
            }
            Self::Html { status, after_commit } => {
                let body = "<html><body><h1>Request could not be processed</h1></body></html>".to_owned();
                treatment.answer(Ok(Response::raw(*status, "text/html", body)), *after_commit);
            }
            Self::Redirect {
                status,
                location,
                after_commit,
            } => treatment.answer(Ok(Response::redirect(*status, location)), *after_commit),
            Self::DropBeforeCommit => treatment.ending = Ending::DroppedBefore,
            Self::DropAfterCommit => treatment.ending = Ending::DroppedAfter,
            Self::CutAtByte { n } => treatment.ending = Ending::Cut(*n),
            Self::Delay { before, after } => {
                treatment.delay_before += Duration::from_millis(*before);
                treatment.delay_after += Duration::from_millis(*after);
            }
            Self::Stall { after_commit: false } => treatment.ending = Ending::StalledBefore,
            Self::Stall { after_commit: true } => treatment.ending = Ending::StalledAfter,
            Self::Hide { seconds } => treatment.hide = Some(Duration::from_secs(*seconds)),
            Self::IgnoreAlternativeOrderId => treatment.ignore_alternative_order_id = true,
            Self::RefuseAlternativeOrderId => treatment.refuse_alternative_order_id = true,
            Self::AnswerVariant { variant } => treatment.variant = Some(*variant),
            Self::ErrorsAsObject => treatment.errors_as_object = true,
        }
    }
}

impl Treatment {
    /// Whether the call is to be done at all.
    pub fn commits(&self) -> bool {
        let ended = matches!(self.ending, Ending::DroppedBefore | Ending::StalledBefore);
        !ended && self.instead.as_ref().is_none_or(|instead| instead.after_commit)
    }

    fn answer(&mut self, answer: Result<Response, Refusal>, after_commit: bool) {
        self.instead = Some(Instead { answer, after_commit });
    }
}

/// The refusal of a call beyond the rate limit.
pub(super) fn limit_exceeded() -> Refusal {
    Refusal::new(
        429,
        "request_limit_exceeded",
        "Service unavailable, please limit request volume",
    )
}

/// The next number in `0..1` of a SplitMix64 sequence.
fn draw(random: &mut u64) -> f64 {
    *random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *random;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    // 32 bits are exact in a float and plenty for a share of calls
    f64::from(u32::try_from(mixed >> 32).unwrap_or(u32::MAX)) / 4_294_967_296.0
}
