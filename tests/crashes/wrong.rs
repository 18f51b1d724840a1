//! Answers that do not answer the call: a refusal, a page of something on the way, half a list, a contradiction.

use http::{Response, StatusCode, header};
use http_body_util::Full;
use http_body_util::combinators::UnsyncBoxBody;
use serde_json::{Value, json};

use crate::memory::AnswerBody;
use crate::plan::Moment;

/// The API server can't do the call now, or does not know whether it was done.
pub fn unavailable(moment: Moment) -> Response<AnswerBody> {
    let code = if moment == Moment::Lost { 504 } else { 503 };
    let message = "the server is currently unable to handle the request";
    status(code, "ServiceUnavailable", message)
}

/// The API server understood the call and does not do it, as where a permission was taken away.
pub fn forbidden() -> Response<AnswerBody> {
    status(403, "Forbidden", "forbidden: not allowed at the moment")
}

fn status(code: u16, reason: &str, message: &str) -> Response<AnswerBody> {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    });
    let body = Full::new(bytes::Bytes::from(status.to_string()));
    let mut response = Response::new(UnsyncBoxBody::new(body));
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    response
}

/// What comes in place of CertCentral's answer to a call that is not done; `None`: the call is done.
pub fn instead(moment: Moment) -> Option<Response<reqwest::Body>> {
    let (code, kind, body) = match moment {
        Moment::TurnedAway => (
            404,
            "text/html",
            "<html><body><h1>Not Found</h1></body></html>".to_owned(),
        ),
        Moment::Hollow => (200, "application/json", json!({}).to_string()),
        Moment::Missing => {
            let error =
                json!({"code": "not_found|order", "message": "The specified order could not be found."});
            (404, "application/json", json!({"errors": [error]}).to_string())
        }
        _ => return None,
    };
    let answer = Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, kind);
    Some(answer.body(body.into()).unwrap())
}

/// The same list without its last order, which its page counts all the same.
pub fn partial(list: &[u8]) -> Vec<u8> {
    let Ok(mut list) = serde_json::from_slice::<Value>(list) else {
        return list.to_vec();
    };
    if let Some(orders) = list["orders"].as_array_mut() {
        orders.pop();
    }
    list.to_string().into_bytes()
}
