//! An approval request: `GET request/{id}`.
//!
//! Its copy of the order is known to be stale and is not read; the people in it are not kept.

use jiff::Timestamp;
use serde_json::Value;

use super::Client;
use super::error::{Class, Error, Unreadable};
use super::transport::Answer;
use super::wire::Loose;

/// An approval request. Every field but the id may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request id.
    pub id: i64,
    /// `new_request`, `reissue`, `revoke`, ... or something new.
    pub kind: Option<String>,
    /// `submitted`, `pending`, `approved`, `rejected`, or something new.
    pub status: Option<String>,
    /// When it was made.
    pub date: Option<Timestamp>,
    /// When it was approved or rejected.
    pub date_processed: Option<Timestamp>,
    /// The order it is about.
    pub order_id: Option<i64>,
}

impl Client {
    /// Reads an approval request. `NotFound`: there is none, or none this key may see.
    pub async fn request(&self, id: i64) -> Result<Answer<Request>, Error> {
        let answer = self.transport.get(&["request", &id.to_string()]).await?;
        let request = read(id, &answer.value).ok_or(Class::Unreadable(Unreadable::Unexpected))?;
        Ok(answer.map(|_| request))
    }
}

/// Reads the request that was asked for. `None`: not a request, or another one.
fn read(asked: i64, json: &Value) -> Option<Request> {
    let request = Loose::new(json);
    let id = request.field("id");
    if !request.is_object() || (id.is_given() && id.id() != Some(asked)) {
        return None;
    }
    Some(Request {
        id: asked,
        kind: request.field("type").text(),
        status: request.field("status").text(),
        date: request.field("date").moment(),
        date_processed: request.field("date_processed").moment(),
        order_id: request.field("order").field("id").id(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_read_loosely() {
        let json = json!({
            "id": "113", "type": "new_request", "status": "approved", "date": "2026-11-22T18:20:00+00:00",
            "requester": {"id": 1, "first_name": "x"}, "processor": [],
            "order": {"id": 112_233, "organization": []}, "date_processed": "",
        });
        assert_eq!(
            read(113, &json),
            Some(Request {
                id: 113,
                kind: Some("new_request".to_owned()),
                status: Some("approved".to_owned()),
                date: Some("2026-11-22T18:20:00Z".parse().unwrap()),
                date_processed: None,
                order_id: Some(112_233),
            })
        );
    }

    #[test]
    fn another_request_is_not_an_answer() {
        assert_eq!(read(113, &json!({"id": 114, "status": "approved"})), None);
        assert_eq!(read(113, &json!("approved")), None);
    }
}
