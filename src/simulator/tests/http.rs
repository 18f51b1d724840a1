//! The simulator over TCP, byte by byte: a client of its own, so that nothing is retried, pooled or made up on the way.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use serde_json::Value;

use super::*;
use crate::simulator::{
    Clock, Count, Effect, Ended, Endpoint, Fault, Matching, Simulator, SimulatorSettings,
};

pub(super) const PLACE: &str = "/services/v2/order/certificate/ds_individual";

pub(super) fn start() -> Simulator {
    let clock = Clock::standing_at("2026-11-22T12:00:00Z".parse().unwrap());
    Simulator::start(SimulatorSettings {
        clock,
        ..SimulatorSettings::default()
    })
    .unwrap()
}

/// A simulator with one fault on the call that places orders.
pub(super) fn start_with(effect: Effect) -> Simulator {
    let simulator = start();
    let matching = Matching {
        endpoint: Some(Endpoint::Place),
        times: Some(1),
        ..Matching::default()
    };
    simulator.install(Fault { matching, effect });
    simulator
}

pub(super) fn send(simulator: &Simulator, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(simulator.address).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: simulator\r\nX-DC-DEVKEY: simulator-key\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

pub(super) fn rest_of(mut stream: TcpStream) -> String {
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    String::from_utf8(received).unwrap()
}

pub(super) fn exchange(
    simulator: &Simulator,
    method: &str,
    path: &str,
    body: &Value,
) -> (u16, String, String) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let received = rest_of(send(simulator, method, path, &body));
    let (head, body) = received.split_once("\r\n\r\n").expect("an answer");
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

pub(super) fn json_of(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (status, _, body) = exchange(simulator, method, path, body);
    (status, serde_json::from_str(&body).unwrap())
}

pub(super) fn order() -> Value {
    let mut order = email_order();
    order["alternative_order_id"] = json!("dso-abc");
    order["comments"] = json!("dso-abc\nplease");
    order
}

pub(super) fn place(simulator: &Simulator) -> (u16, Value) {
    json_of(simulator, "POST", PLACE, &order())
}

pub(super) fn ended(simulator: &Simulator) -> Vec<Ended> {
    simulator
        .journal()
        .orders
        .iter()
        .map(|order| order.ended)
        .collect()
}

pub(super) fn found(simulator: &Simulator) -> usize {
    let (_, found) = json_of(
        simulator,
        "GET",
        "/services/v2/order/alternate/dso-abc",
        &Value::Null,
    );
    found["orders"].as_array().unwrap().len()
}

/// Waits for what a connection of its own is about to do.
pub(super) fn until(reached: impl Fn() -> bool) {
    // far more turns than any machine needs: a failure, not a test that never ends
    for _ in 0..5_000_000 {
        if reached() {
            return;
        }
        thread::yield_now();
    }
    panic!("it never happened");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_order_is_in_the_journal_as_it_was_sent() {
    let simulator = start();
    let expected = json!({"id": 112_233, "requests": [{"id": 113, "status": "pending"}]});
    assert_eq!(place(&simulator), (201, expected));
    let journal = simulator.journal();
    let placed = &journal.orders[0];
    assert_eq!(placed.request, order());
    assert_eq!(placed.alternative_order_id.as_deref(), Some("dso-abc"));
    assert_eq!(placed.comments_first_line.as_deref(), Some("dso-abc"));
    assert_eq!((placed.connection, placed.ended), (1, Ended::Answered));
    assert_eq!(
        journal.count(Endpoint::Place),
        Count {
            total: 1,
            answered: 1,
            refused: 0,
            dropped: 0
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_denied_with_403_and_a_good_one_may_be_withdrawn() {
    let simulator = start();
    simulator.accept_keys(vec!["another".to_owned()]);
    let (status, body) = place(&simulator);
    assert_eq!(
        (status, &body["errors"][0]["code"]),
        (403, &json!("access_denied|access_denied_invalid_key"))
    );
    assert_eq!(ended(&simulator), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hundred_and_first_call_in_five_seconds_is_refused() {
    let simulator = start();
    let me = || exchange(&simulator, "GET", "/services/v2/user/me", &Value::Null).0;
    assert!((0..100).all(|_| me() == 200));
    assert_eq!(place(&simulator).1["errors"][0]["code"], "request_limit_exceeded");
    assert_eq!(ended(&simulator), []);
    simulator.advance(Duration::from_secs(5));
    assert_eq!(me(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_date_header_follows_the_clock() {
    let simulator = start();
    let date = || {
        exchange(&simulator, "GET", "/services/v2/user/me", &Value::Null)
            .1
            .to_lowercase()
    };
    assert!(date().contains("date: sun, 22 nov 2026 12:00:00 gmt"));
    json_of(&simulator, "POST", "/_sim/advance", &json!({"seconds": 86_400}));
    assert!(date().contains("date: mon, 23 nov 2026 12:00:00 gmt"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_api_does_what_people_would() {
    let simulator = start();
    place(&simulator);
    for (what, status) in [
        ("approve", "pending"),
        ("validate", "pending"),
        ("issue", "issued"),
        ("revoke", "revoked"),
    ] {
        let (code, order) = json_of(
            &simulator,
            "POST",
            &format!("/_sim/orders/112233/{what}"),
            &Value::Null,
        );
        assert_eq!((code, order["status"].as_str()), (200, Some(status)), "{what}");
    }
    let odd = json!({"status": "on_fire"});
    json_of(&simulator, "POST", "/_sim/orders/112233/status", &odd);
    assert_eq!(simulator.order_status(112_233).as_deref(), Some("on_fire"));
    let (_, state) = json_of(&simulator, "GET", "/_sim/state", &Value::Null);
    assert_eq!(state["orders"][0]["status"], "on_fire");
    assert_eq!(
        json_of(&simulator, "GET", "/_sim/calls", &Value::Null).1["place"]["answered"],
        1
    );
    assert_eq!(
        json_of(&simulator, "GET", "/_sim/journal", &Value::Null).1["orders"][0]["order_id"],
        112_233
    );
    assert_eq!(
        json_of(&simulator, "POST", "/_sim/orders/1/approve", &Value::Null).0,
        404
    );
}
