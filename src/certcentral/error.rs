//! What can go wrong with a call, in classes a caller can act on.
//!
//! No error holds or prints a body, a header, a URL or a query: those carry keys and people. What CertCentral
//! says about a refusal is kept apart in [`Refusal`], cut and cleaned, and printed only where a caller asks for it.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use super::wire::Loose;
use crate::domain::redaction::redacted;
use crate::domain::refusal::{Consequence, entry, redacted_code};

/// The longest error code kept, in characters.
const CODE_LENGTH: usize = 200;
/// The longest error message kept, in characters.
const MESSAGE_LENGTH: usize = 500;

/// A call that gave no answer to its question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{class}")]
pub struct Error {
    class: Class,
}

impl Error {
    /// What to do about it.
    pub fn kind(&self) -> &Class {
        &self.class
    }
}

impl From<Class> for Error {
    fn from(class: Class) -> Self {
        Self { class }
    }
}

/// Why a call gave no answer. Exhaustive on purpose: whoever handles errors decides about each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    /// The API key is not accepted, for anything: stop using it until it is replaced.
    Unauthorized,
    /// The key is accepted but may not do this.
    Forbidden(Refusal),
    /// CertCentral itself says there is no such thing, or none this key may see.
    NotFound,
    /// Too many calls with this key; every call is blocked for a while.
    Throttled {
        /// How long CertCentral asks to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// CertCentral understood the call and refuses it.
    Refused(Refusal),
    /// CertCentral is there but can't answer now: maintenance, or a fault of its own.
    Unavailable {
        /// The HTTP status, 500 and up.
        status: u16,
        /// How long CertCentral asks to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// No answer arrived.
    Unreachable(Unreachable),
    /// Something answered, but not with what CertCentral sends.
    Unreadable(Unreadable),
}

/// Where the way to CertCentral ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// The host name does not resolve.
    Dns,
    /// No connection to the host or the proxy.
    Connect,
    /// No TLS session: an unknown issuer, a wrong name, or a server that does not speak TLS.
    Tls,
    /// Time ran out before the answer was complete.
    TimedOut,
    /// The connection broke before an answer began.
    Lost,
}

/// Why an answer can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A redirect: never followed, it would carry the key elsewhere.
    Redirect {
        /// The HTTP status, 300 to 399.
        status: u16,
    },
    /// A status CertCentral explains with an error body, without one: a proxy or a firewall spoke.
    Foreign {
        /// The HTTP status.
        status: u16,
    },
    /// The answer ended before its announced end.
    Cut,
    /// The answer is longer than any this call can have.
    TooLarge,
    /// Not JSON.
    NotJson,
    /// JSON, but not the answer to this question; or a list that is not whole.
    Unexpected,
}

/// CertCentral's own words on why it refuses.
#[derive(Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status, 400 to 499.
    pub status: u16,
    /// The first error's code, whole (`name`, `name|detail`, `required_param:<path>`), at most 200 characters,
    /// without control characters.
    pub code: String,
    /// The first error's message, at most 500 characters, without control characters. Written by CertCentral,
    /// may quote the request: show it to the order's owner, not to a log.
    pub message: String,
    /// How long CertCentral asks to wait, if it says.
    pub retry_after: Option<Duration>,
    /// How many errors the answer listed.
    pub errors: usize,
}

impl fmt::Debug for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Refusal")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("retry_after", &self.retry_after)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unauthorized => write!(formatter, "CertCentral does not accept the API key"),
            Self::Forbidden(refusal) => {
                write!(formatter, "the API key may not do this ({})", refusal.code)
            }
            Self::NotFound => write!(formatter, "CertCentral does not know it"),
            Self::Throttled { .. } => write!(formatter, "too many calls with this API key"),
            Self::Refused(refusal) => {
                write!(
                    formatter,
                    "CertCentral refused ({} {})",
                    refusal.status, refusal.code
                )
            }
            Self::Unavailable { status, .. } => {
                write!(formatter, "CertCentral is unavailable ({status})")
            }
            Self::Unreachable(unreachable) => unreachable.fmt(formatter),
            Self::Unreadable(unreadable) => unreadable.fmt(formatter),
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Dns => "the host name of CertCentral does not resolve",
            Self::Connect => "no connection to CertCentral",
            Self::Tls => "no TLS session with CertCentral",
            Self::TimedOut => "CertCentral did not answer in time",
            Self::Lost => "the connection to CertCentral broke",
        })
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redirect { status } => {
                write!(formatter, "a redirect, which is not followed ({status})")
            }
            Self::Foreign { status } => {
                write!(formatter, "an answer that is not CertCentral's ({status})")
            }
            Self::Cut => write!(formatter, "an answer cut short"),
            Self::TooLarge => write!(formatter, "an answer too large to read"),
            Self::NotJson => write!(formatter, "an answer that is not JSON"),
            Self::Unexpected => write!(formatter, "an answer to another question, or not a whole one"),
        }
    }
}

impl Refusal {
    /// Without the API key, should CertCentral quote it.
    pub(super) fn without(self, key: &str) -> Self {
        Self {
            // A key can be a word that a code is made of.
            code: redacted_code(&self.code, [key]),
            message: redacted(&self.message, [key]),
            ..self
        }
    }

    /// Reads CertCentral's error body: `errors`, a list or an object, with a code. `None`: not CertCentral's.
    pub(super) fn read(status: u16, headers: &HeaderMap, body: &Value) -> Option<Self> {
        let errors = listed_errors(body);
        let (first, code) = errors
            .iter()
            .find_map(|error| error.field("code").text().map(|code| (error, code)))?;
        Some(Self {
            status,
            code: cleaned(&code, CODE_LENGTH),
            message: cleaned(&first.field("message").text().unwrap_or_default(), MESSAGE_LENGTH),
            retry_after: retry_after(headers),
            errors: errors.len(),
        })
    }
}

impl Class {
    /// Without the API key, should CertCentral quote it.
    pub(super) fn without(self, key: &str) -> Self {
        match self {
            Self::Forbidden(refusal) => Self::Forbidden(refusal.without(key)),
            Self::Refused(refusal) => Self::Refused(refusal.without(key)),
            Self::Unauthorized
            | Self::NotFound
            | Self::Throttled { .. }
            | Self::Unavailable { .. }
            | Self::Unreachable(_)
            | Self::Unreadable(_) => self,
        }
    }
}

/// The class of a status that is not a success, with the body that came with it, if that is JSON.
pub(super) fn classify(status: u16, headers: &HeaderMap, body: Option<&Value>) -> Class {
    let refusal = || body.and_then(|body| Refusal::read(status, headers, body));
    match status {
        300..=399 => Class::Unreadable(Unreadable::Redirect { status }),
        429 => Class::Throttled {
            retry_after: retry_after(headers),
        },
        400..=499 => match refusal() {
            None => Class::Unreadable(Unreadable::Foreign { status }),
            Some(_) if status == 401 => Class::Unauthorized,
            Some(_) if status == 403 && body.is_some_and(names_an_invalid_key) => Class::Unauthorized,
            Some(refusal) if status == 403 => Class::Forbidden(refusal),
            Some(refusal) if status == 404 && !follows(&refusal.code, Consequence::NoSuchRoute) => {
                Class::NotFound
            }
            Some(refusal) => Class::Refused(refusal),
        },
        500.. => Class::Unavailable {
            status,
            retry_after: retry_after(headers),
        },
        0..=299 => Class::Unreadable(Unreadable::Foreign { status }),
    }
}

/// When the answer was written, by CertCentral's own clock.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers, &header::DATE)
}

/// `Retry-After`: seconds, or a date counted from the answer's own.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text
            .parse::<u32>()
            .ok()
            .map(|seconds| Duration::from_secs(seconds.into()));
    }
    let wait = http_date(headers, &header::RETRY_AFTER)?.duration_since(date(headers)?);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO))
}

fn http_date(headers: &HeaderMap, name: &header::HeaderName) -> Option<Timestamp> {
    DateTimeParser::new()
        .parse_timestamp(headers.get(name)?.as_bytes())
        .ok()
}

fn listed_errors(body: &Value) -> Vec<Loose<'_>> {
    let errors = Loose::new(body).field("errors");
    errors.list().unwrap_or_else(|| {
        if errors.is_given() {
            vec![errors]
        } else {
            Vec::new()
        }
    })
}

fn names_an_invalid_key(body: &Value) -> bool {
    listed_errors(body).iter().any(|error| {
        let code = error.field("code").text();
        code.is_some_and(|code| follows(&code, Consequence::KeyRejected))
    })
}

fn follows(code: &str, consequence: Consequence) -> bool {
    entry(code).is_some_and(|entry| entry.consequence == consequence)
}

/// Text from outside, made fit for one line: no control or direction characters, at most `length` characters.
fn cleaned(text: &str, length: usize) -> String {
    text.trim()
        .chars()
        .take(length)
        .map(|character| match character {
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, code: &str) -> Refusal {
        Refusal {
            status,
            code: code.to_owned(),
            message: String::new(),
            retry_after: None,
            errors: 1,
        }
    }

    fn class(status: u16, code: Option<&str>) -> Class {
        let body = code.map(|code| json!({"errors": [{"code": code}]}));
        classify(status, &HeaderMap::new(), body.as_ref())
    }

    #[test]
    fn every_status_has_its_class() {
        for status in 100..=599 {
            let (with_error, without) = match status {
                300..=399 => {
                    let class = Class::Unreadable(Unreadable::Redirect { status });
                    (class.clone(), class)
                }
                429 => {
                    let class = Class::Throttled { retry_after: None };
                    (class.clone(), class)
                }
                500..=599 => {
                    let class = Class::Unavailable {
                        status,
                        retry_after: None,
                    };
                    (class.clone(), class)
                }
                100..=299 => {
                    let class = Class::Unreadable(Unreadable::Foreign { status });
                    (class.clone(), class)
                }
                _ => {
                    let class = match status {
                        401 => Class::Unauthorized,
                        403 => Class::Forbidden(refusal(403, "x")),
                        404 => Class::NotFound,
                        _ => Class::Refused(refusal(status, "x")),
                    };
                    (class, Class::Unreadable(Unreadable::Foreign { status }))
                }
            };
            assert_eq!(
                [class(status, Some("x")), class(status, None)],
                [with_error, without]
            );
        }
    }

    #[test]
    fn an_invalid_key_is_a_403_with_its_code() {
        let code = "access_denied|access_denied_invalid_key";
        assert_eq!(class(403, Some(code)), Class::Unauthorized);
        let code = "access_denied|missing_permission";
        assert_eq!(class(403, Some(code)), Class::Forbidden(refusal(403, code)));
    }

    #[test]
    fn a_missing_route_is_not_a_missing_order() {
        assert_eq!(class(404, Some("not_found|order")), Class::NotFound);
        let code = "not_found|route";
        assert_eq!(class(404, Some(code)), Class::Refused(refusal(404, code)));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let wait = |value: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, value.parse().unwrap());
            if let Some(date) = date {
                headers.insert(header::DATE, date.parse().unwrap());
            }
            retry_after(&headers)
        };
        let now = Some("Sun, 22 Nov 2026 16:00:00 GMT");
        assert_eq!(wait("30", None), Some(Duration::from_secs(30)));
        assert_eq!(
            wait("Sun, 22 Nov 2026 16:01:30 GMT", now),
            Some(Duration::from_secs(90))
        );
        assert_eq!(wait("Sun, 22 Nov 2026 15:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait("Sun, 22 Nov 2026 16:01:30 GMT", None), None);
        assert_eq!(wait("soon", now), None);
        assert_eq!(wait("-1", now), None);
        assert_eq!(wait("99999999999999999999", now), None);
    }

    #[test]
    fn no_error_prints_what_certcentral_wrote_beyond_its_code() {
        let mut refusal = refusal(400, "bad");
        "Jane Doe".clone_into(&mut refusal.message);
        let error = Error::from(Class::Refused(refusal));
        assert_eq!(error.to_string(), "CertCentral refused (400 bad)");
        assert!(!format!("{error:?}").contains("Jane"));
    }
}
