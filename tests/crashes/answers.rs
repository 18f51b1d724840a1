//! Every class of answer that a POST can get.

use docsign::simulator::Effect;

/// What becomes of the first POST.
#[derive(Clone, Debug)]
pub enum Answer {
    Refused(u16, &'static str),
    TooMany(Option<u64>),
    Unavailable(bool),
    Html(u16, bool),
    Redirected(u16, bool),
    Dropped(bool),
    Stalled(bool),
    Slow(u64, u64),
    RefusedAsObject,
    NoAlternativeId,
    Cut(u64),
}

/// The longest answer, with its head where it has one, is cut at each of its bytes, and once after its end.
const LONGEST: u64 = 400;

/// All of them; a plan names one by its number.
pub static ANSWERS: std::sync::LazyLock<Vec<Answer>> = std::sync::LazyLock::new(|| {
    let mut all = vec![
        Answer::Refused(400, "invalid_param:individual.email"),
        Answer::Refused(403, "access_denied|invalid_approver"),
        Answer::Refused(404, "not_found|product"),
        Answer::Refused(409, "conflict"),
        Answer::TooMany(None),
        Answer::TooMany(Some(30)),
        Answer::Unavailable(false),
        Answer::Unavailable(true),
        Answer::Dropped(false),
        Answer::Dropped(true),
        Answer::Stalled(false),
        Answer::Stalled(true),
        Answer::Slow(90_000, 0),
        Answer::Slow(0, 90_000),
        Answer::Slow(30_000, 0),
        Answer::RefusedAsObject,
        Answer::NoAlternativeId,
    ];
    for status in [200, 201, 302, 400, 403, 404, 407, 429, 500, 502, 504] {
        all.extend([Answer::Html(status, false), Answer::Html(status, true)]);
    }
    for status in [301, 302, 303, 307, 308] {
        all.extend([
            Answer::Redirected(status, false),
            Answer::Redirected(status, true),
        ]);
    }
    all.extend((0..=LONGEST).map(Answer::Cut));
    all
});

impl Answer {
    /// Whether it comes at once, so that no time has to pass for it.
    pub fn is_immediate(&self) -> bool {
        !matches!(self, Self::Stalled(_) | Self::Slow(..))
    }

    /// As the fault script says it.
    pub fn effects(&self) -> Vec<Effect> {
        let refuse = |status, code: &str| Effect::Refuse {
            status,
            code: code.to_owned(),
            message: "No.".to_owned(),
        };
        match *self {
            Self::Refused(status, code) => vec![refuse(status, code)],
            Self::TooMany(retry_after) => vec![Effect::TooManyRequests { retry_after }],
            Self::Unavailable(after_commit) => vec![Effect::Unavailable { after_commit }],
            Self::Html(status, after_commit) => vec![Effect::Html { status, after_commit }],
            Self::Redirected(status, after_commit) => vec![Effect::Redirect {
                status,
                location: "/services/v2/order/certificate/ds_individual".to_owned(),
                after_commit,
            }],
            Self::Dropped(false) => vec![Effect::DropBeforeCommit],
            Self::Dropped(true) => vec![Effect::DropAfterCommit],
            Self::Stalled(after_commit) => vec![Effect::Stall { after_commit }],
            Self::Slow(before, after) => vec![Effect::Delay { before, after }],
            Self::RefusedAsObject => vec![refuse(400, "invalid_param"), Effect::ErrorsAsObject],
            Self::NoAlternativeId => vec![Effect::RefuseAlternativeOrderId],
            Self::Cut(n) => vec![Effect::CutAtByte { n }],
        }
    }
}
