//! The simulator over TCP, byte by byte: a client of its own, so that nothing is retried, pooled or made up on the way.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use serde_json::Value;

use super::*;
use crate::simulator::{
    Clock, Count, Effect, Ended, Endpoint, Fault, Matching, Simulator, SimulatorSettings,
};

const PLACE: &str = "/services/v2/order/certificate/ds_individual";

fn start() -> Simulator {
    let clock = Clock::standing_at("2026-11-22T12:00:00Z".parse().unwrap());
    Simulator::start(SimulatorSettings {
        clock,
        ..SimulatorSettings::default()
    })
    .unwrap()
}

/// A simulator with one fault on the call that places orders.
fn start_with(effect: Effect) -> Simulator {
    let simulator = start();
    let matching = Matching {
        endpoint: Some(Endpoint::Place),
        times: Some(1),
        ..Matching::default()
    };
    simulator.install(Fault { matching, effect });
    simulator
}

fn send(simulator: &Simulator, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(simulator.address).unwrap();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: simulator\r\nX-DC-DEVKEY: simulator-key\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn rest_of(mut stream: TcpStream) -> String {
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    String::from_utf8(received).unwrap()
}

fn exchange(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, String, String) {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let received = rest_of(send(simulator, method, path, &body));
    let (head, body) = received.split_once("\r\n\r\n").expect("an answer");
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

fn json_of(simulator: &Simulator, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (status, _, body) = exchange(simulator, method, path, body);
    (status, serde_json::from_str(&body).unwrap())
}

fn order() -> Value {
    let mut order = email_order();
    order["alternative_order_id"] = json!("dso-abc");
    order["comments"] = json!("dso-abc\nplease");
    order
}

fn place(simulator: &Simulator) -> (u16, Value) {
    json_of(simulator, "POST", PLACE, &order())
}

fn ended(simulator: &Simulator) -> Vec<Ended> {
    simulator
        .journal()
        .orders
        .iter()
        .map(|order| order.ended)
        .collect()
}

fn found(simulator: &Simulator) -> usize {
    let (_, found) = json_of(
        simulator,
        "GET",
        "/services/v2/order/alternate/dso-abc",
        &Value::Null,
    );
    found["orders"].as_array().unwrap().len()
}

/// Waits for what a connection of its own is about to do.
fn until(reached: impl Fn() -> bool) {
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
async fn a_refused_order_is_not_placed() {
    let simulator = start_with(Effect::Refuse {
        status: 400,
        code: "insufficient_subscription".to_owned(),
        message: "none left".to_owned(),
    });
    let expected = json!({"errors": [{"code": "insufficient_subscription", "message": "none left"}]});
    assert_eq!(place(&simulator), (400, expected));
    assert_eq!(ended(&simulator), []);
    assert_eq!(place(&simulator).0, 201, "the fault was for one call");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_before_commit_there_is_neither_order_nor_answer() {
    let simulator = start_with(Effect::DropBeforeCommit);
    assert_eq!(rest_of(send(&simulator, "POST", PLACE, &order().to_string())), "");
    assert_eq!(ended(&simulator), []);
    assert_eq!(simulator.journal().count(Endpoint::Place).dropped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_after_commit_there_is_an_order_and_no_answer() {
    let simulator = start_with(Effect::DropAfterCommit);
    assert_eq!(rest_of(send(&simulator, "POST", PLACE, &order().to_string())), "");
    assert_eq!(ended(&simulator), [Ended::Dropped]);
    assert_eq!(found(&simulator), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_cut_at_every_byte() {
    let whole = rest_of(send(&start(), "GET", "/services/v2/user/me", ""));
    let simulator = start();
    for bytes in 0..=whole.len() {
        simulator.clear_faults();
        let effect = Effect::CutAtByte { n: bytes as u64 };
        simulator.install(Fault {
            matching: Matching::default(),
            effect,
        });
        let received = rest_of(send(&simulator, "GET", "/services/v2/user/me", ""));
        assert_eq!(received.len(), bytes, "{received}");
        // the rate limit is not what is tried here
        simulator.advance(Duration::from_secs(5));
    }
    assert_eq!(
        simulator.journal().count(Endpoint::User).dropped,
        whole.len() as u64 + 1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_leaves_its_order_placed() {
    let simulator = start_with(Effect::CutAtByte { n: 20 });
    assert_eq!(
        rest_of(send(&simulator, "POST", PLACE, &order().to_string())).len(),
        20
    );
    assert_eq!(ended(&simulator), [Ended::Dropped]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_order_is_placed_also_when_its_caller_hangs_up() {
    let simulator = start_with(Effect::Delay {
        before: 200,
        after: 0,
    });
    let stream = send(&simulator, "POST", PLACE, &order().to_string());
    until(|| simulator.journal().count(Endpoint::Place).total == 1);
    stream.shutdown(Shutdown::Both).unwrap();
    drop(stream);
    until(|| ended(&simulator).len() == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_answer_arrives() {
    let simulator = start_with(Effect::Delay { before: 0, after: 20 });
    let stream = send(&simulator, "POST", PLACE, &order().to_string());
    until(|| ended(&simulator).len() == 1);
    assert!(rest_of(stream).starts_with("HTTP/1.1 201 Created"));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_may_say_when_to_come_back() {
    for (retry_after, expected) in [(None, false), (Some(7), true)] {
        let simulator = start_with(Effect::TooManyRequests { retry_after });
        let (status, head, body) = exchange(&simulator, "POST", PLACE, &order());
        assert_eq!(status, 429);
        assert_eq!(head.to_lowercase().contains("retry-after: 7"), expected);
        assert!(body.contains("request_limit_exceeded"));
        assert_eq!(ended(&simulator), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_certcentrals_may_hide_an_order() {
    for (effect, status, orders) in [
        (Effect::Unavailable { after_commit: false }, 503, 0),
        (Effect::Unavailable { after_commit: true }, 503, 1),
        (
            Effect::Html {
                status: 403,
                after_commit: false,
            },
            403,
            0,
        ),
        (
            Effect::Html {
                status: 200,
                after_commit: true,
            },
            200,
            1,
        ),
    ] {
        let simulator = start_with(effect);
        let (answered, _, body) = exchange(&simulator, "POST", PLACE, &order());
        assert_eq!((answered, ended(&simulator).len()), (status, orders));
        assert!(serde_json::from_str::<Value>(&body).is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_order_is_found_after_its_time() {
    let simulator = start_with(Effect::Hide { seconds: 60 });
    assert_eq!(place(&simulator).0, 201);
    assert_eq!(found(&simulator), 0);
    simulator.advance(Duration::from_mins(1));
    assert_eq!(found(&simulator), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ignored_alternative_order_id_finds_nothing_and_stays_in_the_journal() {
    let simulator = start_with(Effect::IgnoreAlternativeOrderId);
    assert_eq!(place(&simulator).0, 201);
    assert_eq!(found(&simulator), 0);
    assert_eq!(simulator.journal().orders_of("dso-abc").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_alternative_order_id_refuses_only_orders_that_have_one() {
    let simulator = start();
    simulator.install(Fault {
        matching: Matching::default(),
        effect: Effect::RefuseAlternativeOrderId,
    });
    let (status, body) = place(&simulator);
    assert_eq!(
        (status, &body["errors"][0]["code"]),
        (400, &json!("invalid_param:alternative_order_id"))
    );
    assert_eq!(exchange(&simulator, "POST", PLACE, &email_order()).0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_an_order_can_be_chosen() {
    let simulator = start_with(Effect::AnswerVariant {
        variant: Variant::NoRequests,
    });
    assert_eq!(
        place(&simulator),
        (201, json!({"id": 112_233, "certificate_id": 845_166_333_113_u64}))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_can_be_an_object() {
    let simulator = start_with(Effect::ErrorsAsObject);
    let (status, body) = json_of(&simulator, "POST", PLACE, &json!({"a": 1}));
    assert_eq!(
        (status, body["errors"]["code"].as_str()),
        (400, Some("required_param:certificate"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_call_is_never_answered() {
    for (after_commit, orders) in [(false, vec![]), (true, vec![Ended::Dropped])] {
        let simulator = start_with(Effect::Stall { after_commit });
        let stream = send(&simulator, "POST", PLACE, &order().to_string());
        until(|| simulator.journal().count(Endpoint::Place).dropped == 1);
        assert_eq!(ended(&simulator), orders);
        assert_eq!(place(&simulator).0, 201, "other connections are served");
        drop(simulator);
        assert_eq!(rest_of(stream), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_is_for_the_calls_it_names() {
    let simulator = start();
    let fault = json!([{
        "match": {"contains": "leon.kennedy@example.com", "skip": 1, "times": 1},
        "effect": {"kind": "unavailable"},
    }]);
    assert_eq!(
        json_of(&simulator, "POST", "/_sim/faults", &fault),
        (200, json!({}))
    );
    let without = client_app_order().to_string().replace("leon.kennedy", "nobody");
    let without: Value = serde_json::from_str(&without).unwrap();
    let statuses = [&without, &order(), &without, &order(), &order()]
        .map(|order| exchange(&simulator, "POST", PLACE, order).0);
    assert_eq!(statuses, [201, 201, 201, 503, 201]);
    assert_eq!(
        json_of(&simulator, "GET", "/_sim/faults", &Value::Null).1[0]["applied"],
        1
    );
    json_of(&simulator, "DELETE", "/_sim/faults", &Value::Null);
    assert_eq!(
        json_of(&simulator, "GET", "/_sim/faults", &Value::Null).1,
        json!([])
    );
    let unknown = json!({"effect": {"kind": "earthquake"}});
    assert_eq!(json_of(&simulator, "POST", "/_sim/faults", &unknown).0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_with_a_probability_is_drawn_from_the_seed() {
    let drawn = |seed: u64| -> Vec<bool> {
        let clock = Clock::standing_at("2026-11-22T12:00:00Z".parse().unwrap());
        let settings = SimulatorSettings {
            seed,
            clock,
            ..SimulatorSettings::default()
        };
        let simulator = Simulator::start(settings).unwrap();
        let matching = Matching {
            probability: Some(0.5),
            ..Matching::default()
        };
        simulator.install(Fault {
            matching,
            effect: Effect::Unavailable { after_commit: false },
        });
        let me = || exchange(&simulator, "GET", "/services/v2/user/me", &Value::Null).0;
        (0..32).map(|_| me() == 503).collect()
    };
    let first = drawn(1);
    assert_eq!(first, drawn(1));
    assert_ne!(first, drawn(2));
    assert!(
        (8..=24).contains(&first.iter().filter(|failed| **failed).count()),
        "{first:?}"
    );
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
