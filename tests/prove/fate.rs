//! What may become of a request to the API server, and the answers it gets then.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::json;

use crate::harness::{Context as _, Error, Moment, Result};

/// An answer whose body may break off.
pub type Answer = http::Response<UnsyncBoxBody<Bytes, Error>>;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is passed on.
    Through,
    /// Answered with this status; before: the API server never sees it, after: it has done it.
    Answered(u16, Moment),
    /// The connection closes.
    Dropped(Moment),
    /// No answer, for a while; then the connection closes.
    Stalled(Moment),
    /// So many bytes of the body get through, then the connection closes.
    Cut(usize),
    /// So many bytes of the body get through, then none for a while, then the connection closes.
    Starved(usize),
    /// No answer until [`release`](crate::front::Front::release), and who waits for it is told.
    Held(Moment),
}

/// What the API server, or a load balancer before it, answers instead.
pub fn failure(code: u16) -> Result<Answer> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
        "reason": match code { 429 => "TooManyRequests", 504 => "Timeout", _ => "ServiceUnavailable" },
        "message": "this answer is part of a test",
    });
    let body = Full::new(Bytes::from(status.to_string()));
    let mut answer = http::Response::builder()
        .status(code)
        .header(http::header::CONTENT_TYPE, "application/json");
    if code == 429 {
        answer = answer.header(http::header::RETRY_AFTER, "1");
    }
    answer
        .body(body.map_err(|never| match never {}).boxed_unsync())
        .context(|| "cannot make an answer".to_owned())
}

impl Fate {
    /// What it is counted as, if it is a fault.
    pub fn class(self) -> Option<&'static str> {
        match self {
            Self::Through | Self::Held(_) => None,
            Self::Answered(429, _) => Some("answered 429"),
            Self::Answered(_, Moment::Before) => Some("answered 503 or 504"),
            Self::Answered(_, Moment::After) => Some("answered 504 after commit"),
            Self::Dropped(Moment::Before) => Some("request lost"),
            Self::Dropped(Moment::After) => Some("answer lost"),
            Self::Stalled(_) => Some("not answered"),
            Self::Cut(_) => Some("body cut"),
            Self::Starved(_) => Some("body stalled"),
        }
    }
}
