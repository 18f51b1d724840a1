//! Answers with anything in them, to every call of the client: each is taken for what the table of outcomes says, an
//! order is accepted only if its number was read, nothing is asked twice, and no more is read than the client keeps.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{
    Class, Client, ClientSettings, Error, Exchange, OrderFilter, PlaceOutcome, Timeouts, Unreachable,
    Unreadable,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::dice;
use crate::dice::Dice;
use crate::manifests::{any_json, any_text, bend};

const ANSWERS: usize = 12_000;
/// A list has at most so many pages.
const MOST_CALLS: usize = 200;
/// Part of every body, and never to be quoted.
const MARK: &str = "canary4711";

/// Answers every call alike, and counts them.
pub struct Answers {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
    /// How often the body is repeated.
    pub times: usize,
    /// How many calls were answered.
    pub calls: Arc<AtomicUsize>,
    /// How many bytes were taken from the answers.
    pub read: Arc<AtomicUsize>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Bytes::new(),
            times: 1,
            calls: Arc::default(),
            read: Arc::default(),
        }
    }
}

impl Answers {
    /// How many calls were answered, and how many bytes were taken from the answers.
    pub fn counters(&self) -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
        (Arc::clone(&self.calls), Arc::clone(&self.read))
    }
}

struct Repeated {
    piece: Bytes,
    left: usize,
    read: Arc<AtomicUsize>,
}

impl http_body::Body for Repeated {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        self.read.fetch_add(self.piece.len(), Ordering::SeqCst);
        Poll::Ready(Some(Ok(http_body::Frame::data(self.piece.clone()))))
    }
}

impl Exchange for Answers {
    fn exchange(&self, request: reqwest::Request) -> BoxFuture<'_, Result<reqwest::Response, Unreachable>> {
        async move {
            let request = http::Request::<reqwest::Body>::try_from(request).unwrap();
            request
                .into_body()
                .collect()
                .await
                .map_err(|_| Unreachable::Lost)?;
            self.calls.fetch_add(1, Ordering::SeqCst);
            let mut answer = http::Response::builder().status(self.status);
            for (name, value) in &self.headers {
                if let Ok(value) = http::HeaderValue::from_bytes(value.as_bytes()) {
                    answer = answer.header(*name, value);
                }
            }
            let body = Repeated {
                piece: self.body.clone(),
                left: self.times,
                read: Arc::clone(&self.read),
            };
            Ok(answer.body(reqwest::Body::wrap(body)).unwrap().into())
        }
        .boxed()
    }
}

/// The calls that read.
pub const READS: [&str; 7] = [
    "me",
    "request",
    "order",
    "alternate",
    "list",
    "changes",
    "product",
];

/// Makes a call; what it prints when it worked, or its error.
pub async fn read(client: &Client, call: &str) -> Result<String, Error> {
    Ok(match call {
        "me" => format!("{:?}", client.me().await?.value),
        "request" => format!("{:?}", client.request(113).await?.value),
        "order" => format!("{:?}", client.order(112_233).await?.value),
        "alternate" => format!("{:?}", client.orders_by_alternative_id("dso-x").await?.value),
        "list" => format!("{:?}", client.list_orders(&OrderFilter::default()).await?.value),
        "changes" => format!(
            "{:?}",
            client.status_changes(Duration::from_mins(1)).await?.value.len()
        ),
        _ => format!("{:?}", client.product().await?.value),
    })
}

/// The settings of a client.
pub fn settings(url: &str, timeouts: Timeouts) -> ClientSettings {
    ClientSettings {
        base_url: url.parse().unwrap(),
        api_key: "simulator-key".into(),
        user_agent: "docsign/test".to_owned(),
        ca_pem: None,
        proxy: None,
        timeouts,
    }
}

/// A client whose calls are answered like this.
pub fn client(answers: Answers) -> Client {
    let settings = settings("https://www.digicert.com/services/v2", Timeouts::default());
    Client::through(settings, Arc::new(answers)).unwrap()
}

#[tokio::test]
async fn any_answer_is_taken_for_what_it_proves() {
    let mut dice = dice("answers");
    let (mut outcomes, mut readable, mut calls_made) = ([0; 4], 0, 0);
    for number in 0..ANSWERS {
        let call = if number % 2 == 0 {
            "place"
        } else {
            READS[dice.size(0, READS.len())]
        };
        let (status, body) = (any_status(&mut dice), any_body(call, &mut dice));
        let answers = Answers {
            status,
            headers: any_headers(&mut dice),
            body: Bytes::from(body.clone()),
            ..Answers::default()
        };
        let (calls, _) = answers.counters();
        let client = client(answers);
        if call == "place" {
            let outcome = client.place(Bytes::from_static(b"{}"), || true).await;
            outcomes[proven(status, &body, &outcome)] += 1;
            assert_eq!(calls.load(Ordering::SeqCst), 1);
        } else {
            readable += usize::from(understood(status, &body, read(&client, call).await));
            let calls = calls.load(Ordering::SeqCst);
            assert!((1..=MOST_CALLS).contains(&calls), "{call}: {calls}");
            calls_made += calls;
        }
    }
    let [accepted, refused, unknown, _] = outcomes;
    println!(
        "{ANSWERS} answers: {accepted} orders accepted, {refused} refused, {unknown} unknown; {readable} of {} reads understood, in {calls_made} calls",
        ANSWERS / 2
    );
    assert!(accepted > 100 && refused > 100 && unknown > 1000 && readable > 50);
}

/// Holds an outcome to the table; its number there.
fn proven(status: u16, body: &[u8], outcome: &PlaceOutcome) -> usize {
    let whole = serde_json::from_slice::<Value>(body).ok();
    let object = whole.as_ref().and_then(Value::as_object);
    let id = object.and_then(|object| object.get("id"));
    let number = id.and_then(|id| match id {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    let number = number.filter(|number| *number > 0);
    let printed = format!("{outcome:?}");
    assert!(!printed.contains(MARK), "{printed}");
    match outcome {
        PlaceOutcome::Accepted(placed) => {
            let text = String::from_utf8_lossy(body).into_owned();
            assert!(
                placed.id > 0 && text.contains(&placed.id.to_string()),
                "{placed:?}: {text}"
            );
            if whole.is_some() {
                assert_eq!(Some(placed.id), number, "{text}");
            } else {
                // Cut after the number.
                assert!(
                    (200..300).contains(&status) && text.trim_start().starts_with('{'),
                    "{status} {text}"
                );
            }
            0
        }
        PlaceOutcome::Refused(refusal) => {
            // What PHP has for nothing is no number.
            let nothing = [
                json!(null),
                json!(0),
                json!(0.0),
                json!(-0.0),
                json!(""),
                json!("0"),
                json!([]),
                json!({}),
            ];
            assert!(
                (400..500).contains(&status) && id.is_none_or(|id| nothing.contains(id)),
                "{status} {whole:?}"
            );
            assert!(
                object.is_some_and(|object| object.contains_key("errors")),
                "{whole:?}"
            );
            assert_eq!(refusal.status, status);
            1
        }
        PlaceOutcome::Unknown(_) => {
            assert_eq!(number, None, "{status} {whole:?}");
            2
        }
        PlaceOutcome::NotSent(_) => panic!("it was sent: {printed}"),
    }
}

/// Holds what was made of a read to its status and body; whether it was understood.
fn understood(status: u16, body: &[u8], answer: Result<String, Error>) -> bool {
    let whole = serde_json::from_slice::<Value>(body).is_ok();
    let error = match answer {
        Ok(printed) => {
            // A 404 of CertCentral's own is an answer: there is no such order.
            assert!(
                whole && ((200..300).contains(&status) || status == 404),
                "{status}"
            );
            assert!(!printed.contains(MARK), "{printed}");
            return true;
        }
        Err(error) => error,
    };
    let printed = format!("{error:?} {error}");
    assert!(!printed.contains(MARK), "{printed}");
    let fits = match error.kind() {
        Class::Unauthorized => status == 401 || status == 403,
        Class::Forbidden(_) => status == 403,
        Class::NotFound => status == 404,
        Class::Throttled { .. } => status == 429,
        Class::Refused(refusal) => (400..500).contains(&status) && refusal.status == status,
        Class::Unavailable { .. } => status >= 500,
        Class::Unreadable(Unreadable::Redirect { .. }) => (300..400).contains(&status),
        Class::Unreadable(Unreadable::NotJson) => (200..300).contains(&status) && !whole,
        Class::Unreadable(Unreadable::Unexpected) => (200..300).contains(&status) && whole,
        Class::Unreadable(Unreadable::Foreign { .. }) => (400..500).contains(&status) || status < 200,
        Class::Unreadable(Unreadable::Cut | Unreadable::TooLarge) | Class::Unreachable(_) => false,
    };
    assert!(fits, "{status} {printed}: {}", String::from_utf8_lossy(body));
    false
}

fn any_status(dice: &mut Dice) -> u16 {
    const USUAL: [u16; 14] = [
        200, 201, 201, 200, 204, 301, 307, 400, 401, 403, 404, 429, 500, 503,
    ];
    if dice.permille(100) {
        u16::try_from(dice.between(200, 1000)).unwrap()
    } else {
        USUAL[dice.size(0, USUAL.len())]
    }
}

fn any_headers(dice: &mut Dice) -> Vec<(&'static str, String)> {
    [
        "date",
        "retry-after",
        "content-type",
        "location",
        "content-encoding",
    ]
    .into_iter()
    .filter_map(|name| {
        let value = match dice.between(0, 5) {
            0 => any_text(dice),
            1 => "99999999999999999999".to_owned(),
            2 => "Sun, 22 Nov 2026 16:00:00 GMT".to_owned(),
            _ => return None,
        };
        Some((name, value))
    })
    .collect()
}

fn any_body(call: &str, dice: &mut Dice) -> Vec<u8> {
    let mut good = good_body(call, dice);
    match dice.between(0, 10) {
        0 => (0..dice.between(0, 400))
            .map(|_| dice.throw().to_le_bytes()[0])
            .collect(),
        1 => any_json(dice, 4).to_string().into_bytes(),
        2 => format!("<html>{MARK}</html>").into_bytes(),
        3 => {
            let code = [
                "access_denied|access_denied_invalid_key",
                "not_found|order",
                "invalid_value",
                "",
            ][dice.size(0, 4)];
            let errors = json!([{"code": code, "message": MARK}, any_json(dice, 2)]);
            let errors = if dice.permille(500) {
                errors[0].clone()
            } else {
                errors
            };
            let mut answer = json!({"errors": errors});
            if dice.permille(100) {
                answer["id"] = any_json(dice, 1);
            }
            answer.to_string().into_bytes()
        }
        4 => {
            let mut whole = good.to_string().into_bytes();
            whole.truncate(dice.size(0, whole.len() + 1));
            whole
        }
        5 => {
            let again = good_body(call, dice);
            format!("{good}{again}").into_bytes()
        }
        6 => format!(
            "{}{good}{}",
            "[".repeat(dice.size(0, 5000)),
            "]".repeat(dice.size(0, 5000))
        )
        .into_bytes(),
        7 | 8 => {
            bend(&mut good, dice);
            good.to_string().into_bytes()
        }
        _ => good.to_string().into_bytes(),
    }
}

/// An answer that the call can read.
fn good_body(call: &str, dice: &mut Dice) -> Value {
    let id = dice.between(1, 1 << 40);
    let order = json!({
        "id": 112_233, "status": "issued", "alternative_order_id": "dso-x", "product": {"name_id": "ds_individual"},
        "certificate": {"id": id, "csr": MARK, "serial_number": "01", "thumbprint": "AB", "valid_from": "2026-01-01"},
        "requests": [{"id": id, "status": "approved", "type": "new_request", "comments": MARK}],
        "additional_emails": [MARK], "order_valid_till": "2027-01-01", "ship_info": {"name": MARK},
        "hardware_init_code": MARK, "cs_provisioning_method": "email", "date_created": "2026-01-01T00:00:00+00:00",
        "individual": {"first_name": MARK},
    });
    match call {
        "place" => json!({"id": id, "requests": [{"id": id, "status": "pending"}], "note": MARK}),
        "me" => json!({"id": id, "username": MARK, "email": MARK, "account": {"id": "1"}, "status": "active",
            "access_roles": [{"id": 1, "name": "Administrator"}]}),
        "request" => {
            json!({"id": 113, "status": "pending", "type": "new_request", "order": order, "comments": MARK})
        }
        "order" => order,
        "changes" => json!({"orders": [{"order_id": id, "status": "issued", "certificate_id": id}]}),
        "product" => json!({"name_id": "ds_individual", "name": MARK, "allowed_order_validity_years": ["1"]}),
        _ => json!({"orders": [order], "page": {"total": 1, "limit": 0, "offset": 0}}),
    }
}
