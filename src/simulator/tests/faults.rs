//! One test per fault, over TCP.

use std::{net::Shutdown, time::Duration};

use serde_json::Value;

use super::{
    http::{PLACE, ended, exchange, found, json_of, order, place, rest_of, send, start, start_with, until},
    *,
};
use crate::simulator::{Clock, Effect, Ended, Endpoint, Fault, Matching, Simulator, SimulatorSettings};

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
async fn a_redirect_says_where_and_may_hide_an_order() {
    for (after_commit, orders) in [(false, 0), (true, 1)] {
        let simulator = start_with(Effect::Redirect {
            status: 307,
            location: "/services/v2/elsewhere".to_owned(),
            after_commit,
        });
        let (answered, head, _) = exchange(&simulator, "POST", PLACE, &order());
        assert_eq!((answered, ended(&simulator).len()), (307, orders));
        assert!(
            head.to_lowercase()
                .contains("location: /services/v2/elsewhere\r\n"),
            "{head}"
        );
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
