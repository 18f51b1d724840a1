//! Placing an order: each way an answer can end, and its one outcome.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{Class, NotSentReason, PlaceOutcome, Placed, Refusal, UnknownReason, Unreachable};

use super::server::{Script, Server};
use super::{BODY, KEY, PENDING, accepted, client, http, impatient, place};

/// The outcome of one place call that a server answers like this, which must be all it ever sees.
async fn placed_against(script: Script) -> PlaceOutcome {
    let server = Server::start(&[script]);
    let outcome = place(&client(&server.url())).await;
    assert_eq!(
        server.requests(),
        ["POST /services/v2/order/certificate/ds_individual"]
    );
    outcome
}

fn unknown(reason: UnknownReason) -> PlaceOutcome {
    PlaceOutcome::Unknown(reason)
}

#[tokio::test]
async fn an_order_leaves_in_one_piece_with_its_headers() {
    let server = Server::answering(&[&http("201 Created", "", PENDING)]);
    assert_eq!(place(&client(&server.url())).await, accepted());
    let received = server.received().concat();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<_> = head.lines().skip(1).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "accept: application/json",
            &format!("content-length: {}", BODY.len()),
            "content-type: application/json",
            &format!("host: {}", server.address),
            "user-agent: docsign/test",
            &format!("x-dc-devkey: {KEY}"),
        ]
    );
    assert_eq!(body, BODY);
}

#[tokio::test]
async fn an_answer_cut_at_any_byte_never_yields_a_wrong_id_and_never_a_second_post() {
    let whole = http("201 Created", "", PENDING);
    let head = whole.find("\r\n\r\n").unwrap() + 4;
    // The id is sure once the next name is whole.
    let sure = head + r#"{"id":112233,"requests""#.len();
    let cuts = (0..=whole.len()).map(|length| Script::Answer(vec![whole.as_bytes()[..length].to_vec()]));
    let server = Server::start(&cuts.collect::<Vec<_>>());
    let client = client(&server.url());
    for length in 0..=whole.len() {
        let expected = if length == whole.len() {
            accepted()
        } else if length >= sure {
            PlaceOutcome::Accepted(Placed {
                id: 112_233,
                requests: vec![],
                certificate_id: None,
            })
        } else if length >= head {
            unknown(UnknownReason::Unreadable { status: 201 })
        } else {
            unknown(UnknownReason::ConnectionLost)
        };
        assert_eq!(place(&client).await, expected, "{length}");
        assert_eq!(server.requests().len(), length + 1);
    }
}

#[tokio::test]
async fn a_connection_that_closes_around_the_body_leaves_the_outcome_unknown() {
    for script in [Script::CloseAfterHead, Script::CloseAfterBody] {
        assert_eq!(
            placed_against(script).await,
            unknown(UnknownReason::ConnectionLost)
        );
    }
}

#[tokio::test]
async fn a_connection_that_closes_at_once_is_never_tried_again() {
    let server = Server::start(&[Script::CloseAtOnce]);
    let outcome = place(&client(&server.url())).await;
    // Whether the body was handed over before the end was seen is a race; both are the truth.
    let truths = [
        unknown(UnknownReason::ConnectionLost),
        PlaceOutcome::NotSent(NotSentReason::Unreachable(Unreachable::Lost)),
    ];
    assert!(truths.contains(&outcome), "{outcome:?}");
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_the_outcome_unknown() {
    let server = Server::start(&[Script::Silence]);
    let outcome = place(&impatient(&server.url())).await;
    assert_eq!(outcome, unknown(UnknownReason::TimedOut));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn answers_that_are_not_certcentrals_leave_the_outcome_unknown() {
    let html = "<html>Service is unavailable</html>";
    let huge = format!("{{\"x\":\"{}\"}}", "x".repeat(5 << 20));
    let cases = [
        (
            http("503 Service Unavailable", "", html),
            UnknownReason::ServerError { status: 503 },
        ),
        (
            http("500 Internal Server Error", "", r#"{"errors":[{"code":"x"}]}"#),
            UnknownReason::ServerError { status: 500 },
        ),
        (
            http("403 Forbidden", "", html),
            UnknownReason::Unreadable { status: 403 },
        ),
        (
            http("429 Too Many Requests", "", html),
            UnknownReason::Unreadable { status: 429 },
        ),
        (
            http("201 Created", "", "{}"),
            UnknownReason::Unreadable { status: 201 },
        ),
        (
            http("200 OK", "", html),
            UnknownReason::Unreadable { status: 200 },
        ),
        (
            http("200 OK", "", &huge),
            UnknownReason::Unreadable { status: 200 },
        ),
        (
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            UnknownReason::Unreadable { status: 204 },
        ),
        ("garbage\r\n\r\n".to_owned(), UnknownReason::ConnectionLost),
    ];
    for (answer, reason) in cases {
        assert_eq!(
            placed_against(Script::Answer(vec![answer.into_bytes()])).await,
            unknown(reason)
        );
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let location = "Location: /services/v2/order/certificate/ds_individual\r\n";
        let answer = http(&format!("{status} Moved"), location, "");
        let outcome = placed_against(Script::Answer(vec![answer.into_bytes()])).await;
        assert_eq!(outcome, unknown(UnknownReason::Redirect { status }));
    }
}

#[tokio::test]
async fn a_refusal_says_why_and_how_long_to_wait() {
    let body = r#"{"errors":[{"code":"request_limit_exceeded","message":"Service unavailable"}]}"#;
    let answer = http("429 Too Many Requests", "Retry-After: 7\r\n", body);
    assert_eq!(
        placed_against(Script::Answer(vec![answer.into_bytes()])).await,
        PlaceOutcome::Refused(Refusal {
            status: 429,
            code: "request_limit_exceeded".to_owned(),
            message: "Service unavailable".to_owned(),
            retry_after: Some(Duration::from_secs(7)),
            errors: 1,
        })
    );
}

#[tokio::test]
async fn an_order_without_a_connection_is_not_sent() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = Server::start(&[Script::Interrupt("HTTP/1.1 400 Bad Request\r\n\r\n")]);
    let closing = Server::start(&[Script::Interrupt("")]);
    let cases = [
        (format!("http://{closed}"), Unreachable::Connect),
        (format!("https://{closed}"), Unreachable::Connect),
        ("http://certcentral.invalid".to_owned(), Unreachable::Dns),
        (server.url().replace("http", "https"), Unreachable::Tls),
        (closing.url().replace("http", "https"), Unreachable::Tls),
    ];
    for (url, unreachable) in cases {
        let outcome = client(&url)
            .place(Bytes::from_static(BODY.as_bytes()), || {
                panic!("asked without a connection")
            })
            .await;
        assert_eq!(
            outcome,
            PlaceOutcome::NotSent(NotSentReason::Unreachable(unreachable)),
            "{url}"
        );
        let read = client(&url).order(1).await.unwrap_err();
        assert_eq!(read.kind(), &Class::Unreachable(unreachable), "{url}");
    }
}

#[tokio::test]
async fn a_tls_handshake_that_never_ends_is_not_sent() {
    let server = Server::start(&[Script::Silence]);
    let outcome = place(&impatient(&server.url().replace("http", "https"))).await;
    assert_eq!(
        outcome,
        PlaceOutcome::NotSent(NotSentReason::Unreachable(Unreachable::TimedOut))
    );
}

#[tokio::test]
async fn a_closed_gate_lets_no_byte_of_the_body_out() {
    let server = Server::start(&[Script::Silence]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let closed = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    };
    let outcome = client(&server.url())
        .place(Bytes::from_static(BODY.as_bytes()), closed)
        .await;
    assert_eq!(outcome, PlaceOutcome::NotSent(NotSentReason::GateClosed));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(!server.received().concat().contains("primary_usage"));
}

#[tokio::test]
async fn an_open_gate_is_asked_once() {
    let server = Server::answering(&[&http("201 Created", "", PENDING)]);
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let open = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        true
    };
    let outcome = client(&server.url())
        .place(Bytes::from_static(BODY.as_bytes()), open)
        .await;
    assert_eq!(outcome, accepted());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn every_order_has_a_connection_of_its_own_and_reads_share_one() {
    let answer = http("201 Created", "", PENDING);
    let server = Server::answering(&[&answer, &answer, &answer, &answer]);
    let client = client(&server.url());
    for _ in 0..2 {
        assert_eq!(place(&client).await, accepted());
    }
    for _ in 0..2 {
        client.order(112_233).await.unwrap();
    }
    let per_connection: Vec<_> = server
        .received()
        .iter()
        .map(|text| text.matches(" HTTP/1.1").count())
        .collect();
    assert_eq!(per_connection, [1, 1, 2]);
}

#[tokio::test]
async fn an_order_taken_back_before_the_connection_stands_never_leaves() {
    let server = Server::answering(&[&http("201 Created", "", PENDING)]);
    let client = client(&server.url());
    let mut taken_back = Box::pin(place(&client));
    assert!(futures::poll!(&mut taken_back).is_pending());
    drop(taken_back);
    assert_eq!(place(&client).await, accepted());
    assert_eq!(server.requests().len(), 1);
}
