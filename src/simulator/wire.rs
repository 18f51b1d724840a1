//! What goes over the wire, free of any HTTP library: requests as the simulator sees them, answers as it gives them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

/// A call as the simulator sees it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Upper-case HTTP method.
    pub method: String,
    /// Path with the `/services/v2` in front.
    pub path: String,
    /// Query string without the question mark, still percent-encoded.
    pub query: String,
    /// The `X-DC-DEVKEY` header.
    pub api_key: Option<String>,
    /// The body, uninterpreted.
    pub body: Vec<u8>,
    /// Number of the TCP connection the call came on, counted from 1.
    pub connection: u64,
}

impl Request {
    /// The body as JSON, or the refusal CertCentral has for what isn't.
    pub fn json(&self) -> Result<Value, Refusal> {
        match serde_json::from_slice(&self.body) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) | Err(_) => Err(Refusal::new(
                400,
                "bad_request_format",
                "The request body is not a JSON object.",
            )),
        }
    }

    /// The query's names and values, decoded, in their order.
    pub fn parameters(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .into_owned()
            .collect()
    }
}

/// An answer before it becomes HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// `Content-Type`; none where there is no body.
    pub content_type: Option<&'static str>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u64>,
    /// `Location` of a redirect.
    pub location: Option<String>,
    /// The body.
    pub body: String,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            content_type: Some("application/json"),
            retry_after: None,
            location: None,
            body: body.to_string(),
        }
    }

    /// `204 No Content`.
    pub fn empty() -> Self {
        Self {
            status: 204,
            content_type: None,
            retry_after: None,
            location: None,
            body: String::new(),
        }
    }

    /// A body of some other type.
    pub fn raw(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type: Some(content_type),
            retry_after: None,
            location: None,
            body,
        }
    }

    /// Another place to ask, and no body.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self {
            status,
            location: Some(location.to_owned()),
            ..Self::empty()
        }
    }

    /// Whether the call was done as asked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A refused call: CertCentral's status, and one entry per finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status code.
    pub status: u16,
    /// What was found, in the order of the page.
    pub errors: Vec<Finding>,
}

/// One entry of an error body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `name`, `name|detail` or `name:json.path`.
    pub code: String,
    /// For people.
    pub message: String,
}

impl Refusal {
    /// A refusal with one entry.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            errors: vec![Finding {
                code: code.into(),
                message: message.into(),
            }],
        }
    }

    /// The 404 of an order, request or certificate this account doesn't have.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            404,
            format!("not_found|{what}"),
            format!("The specified {what} could not be found."),
        )
    }

    /// A required parameter that is not there.
    pub fn required(path: &str) -> Self {
        Self {
            status: 400,
            errors: vec![Finding::required(path)],
        }
    }

    /// A call that doesn't fit the status the order is in.
    pub fn order_status() -> Self {
        Self::new(
            400,
            "invalid_order_status",
            "The order's status does not allow this.",
        )
    }

    /// The error body; `as_object` gives the form that was seen once, an object where the list belongs.
    pub fn into_response(self, as_object: bool) -> Response {
        let errors = if as_object {
            json!(self.errors.first())
        } else {
            json!(self.errors)
        };
        Response::json(self.status, &json!({ "errors": errors }))
    }
}

impl Finding {
    /// A required parameter that is not there, or is empty.
    pub fn required(path: &str) -> Self {
        Self {
            code: format!("required_param:{path}"),
            message: format!("Missing required parameter: {path}."),
        }
    }

    /// A parameter of the wrong type, a value outside the documented ones, or a name the page doesn't have.
    pub fn invalid(path: &str, why: &str) -> Self {
        Self {
            code: format!("invalid_param:{path}"),
            message: format!("Invalid parameter {path}: {why}."),
        }
    }
}

/// A moment as CertCentral writes it: `2018-10-16T20:05:28+00:00`.
pub fn date_time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// A day as CertCentral writes it in answers: `2027-06-09`.
pub fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// A moment as the `Date` header writes it.
pub fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
