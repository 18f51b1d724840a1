use proptest::prelude::*;

use super::*;

const FIRST_VARIANT: &str = r#"{"id":112233,"requests":[{"id":113,"status":"pending"}]}"#;
const ERROR_BODY: &str = r#"{"errors":[{"code":"required_param:individual.email","message":"Missing"}]}"#;
const HTML: &str = "<html><body>Service is unavailable</body></html>";

fn answer(status: u16, body: &str, end: End) -> PlaceOutcome {
    raw_answer(status, body.as_bytes(), end)
}

fn raw_answer(status: u16, body: &[u8], end: End) -> PlaceOutcome {
    judge(&RawAnswer {
        status,
        headers: HeaderMap::new(),
        body: body.to_vec(),
        end,
    })
}

fn bare(id: i64) -> PlaceOutcome {
    PlaceOutcome::Accepted(Placed {
        id,
        requests: Vec::new(),
        certificate_id: None,
    })
}

fn refused(status: u16) -> PlaceOutcome {
    PlaceOutcome::Refused(Refusal {
        status,
        code: "required_param:individual.email".to_owned(),
        message: "Missing".to_owned(),
        retry_after: None,
        errors: 1,
    })
}

fn nothing_known(status: u16) -> PlaceOutcome {
    PlaceOutcome::Unknown(match status {
        500.. => UnknownReason::ServerError { status },
        300..=399 => UnknownReason::Redirect { status },
        _ => UnknownReason::Unreadable { status },
    })
}

#[test]
fn every_status_with_every_kind_of_body_has_its_outcome() {
    for status in 100..=599 {
        // A time-out is no refusal, whoever says so.
        let error = if (400..=499).contains(&status) && status != 408 {
            refused(status)
        } else {
            nothing_known(status)
        };
        assert_eq!(
            [
                answer(status, ERROR_BODY, End::Complete),
                answer(status, HTML, End::Complete),
                answer(status, "", End::Complete),
                answer(status, r#"{"id":112233}"#, End::Complete),
                answer(
                    status,
                    r#"{"errors":[{"code":"x"}],"id":"112233"}"#,
                    End::Complete
                ),
            ],
            [
                error,
                nothing_known(status),
                nothing_known(status),
                bare(112_233),
                bare(112_233)
            ],
            "{status}"
        );
    }
}

#[test]
fn the_four_variants_of_the_page_are_accepted() {
    let placed = |body| answer(201, body, End::Complete);
    let with = |requests: &[(i64, &str)], certificate_id| {
        let requests = requests.iter().map(|(id, status)| RequestSummary {
            id: *id,
            status: Some((*status).to_owned()),
        });
        PlaceOutcome::Accepted(Placed {
            id: 112_233,
            requests: requests.collect(),
            certificate_id,
        })
    };
    assert_eq!(placed(FIRST_VARIANT), with(&[(113, "pending")], None));
    assert_eq!(
        placed(r#"{"id":112233,"requests":[{"id":113,"status":"submitted"}]}"#),
        with(&[(113, "submitted")], None)
    );
    assert_eq!(
        placed(r#"{"id":112233,"requests":[{"id":113,"status":"approved"}],"certificate_id":113}"#),
        with(&[(113, "approved")], Some(113))
    );
    assert_eq!(
        placed(r#"{"id":112233,"certificate_id":845166333113}"#),
        with(&[], Some(845_166_333_113))
    );
    assert_eq!(
        placed(r#"{"requests":{"0":{"id":"113","status":"pending"}},"certificate_id":"","id":"112233"}"#),
        with(&[(113, "pending")], None)
    );
}

#[test]
fn a_cut_answer_is_accepted_only_once_something_follows_its_id() {
    // The id is sure as soon as the next name is whole: `{"id":112233,"requests"`.
    let sure = r#"{"id":112233,"requests""#.len();
    for length in 0..FIRST_VARIANT.len() {
        let cut = FIRST_VARIANT.get(..length).unwrap();
        let expected = if length >= sure {
            bare(112_233)
        } else {
            nothing_known(201)
        };
        assert_eq!(answer(201, cut, End::Cut), expected, "{cut}");
        // A body without an announced length is cut without a sign.
        assert_eq!(answer(201, cut, End::Complete), expected, "{cut}");
        // Cut answers of other statuses prove nothing.
        for status in [302, 400, 429, 500] {
            assert_eq!(answer(status, cut, End::Cut), nothing_known(status), "{cut}");
        }
    }
}

#[test]
fn an_id_that_can_not_be_trusted_is_neither_accepted_nor_refused() {
    let bodies = [
        r#"{"id":112233}{"id":112234}"#,
        r#"{"id":112233,"id":112234}"#,
        r#"{"id":112233}<!-- cache -->"#,
        r#"[{"id":112233}]"#,
        r#"{"order":{"id":112233}}"#,
        r#"{"id":-5}"#,
        r#"{"id":112233.5}"#,
        r#"{"id":"112233x","errors":[{"code":"x"}]}"#,
        r#"{"id":99999999999999999999,"errors":[{"code":"x"}]}"#,
        "<br/>Warning {\"id\":112233}",
    ];
    for body in bodies {
        for status in [200, 201, 400] {
            assert_eq!(
                answer(status, body, End::Complete),
                nothing_known(status),
                "{body}"
            );
        }
    }
}

#[test]
fn an_empty_id_beside_an_error_is_a_refusal() {
    for id in ["null", "0", "\"\"", "[]"] {
        let body = format!(
            r#"{{"id":{id},"errors":[{{"code":"required_param:individual.email","message":"Missing"}}]}}"#
        );
        assert_eq!(answer(400, &body, End::Complete), refused(400), "{body}");
    }
}

#[test]
fn errors_as_an_object_are_a_refusal_and_errors_without_a_code_are_not() {
    let object = r#"{"errors":{"code":"required_param:individual.email","message":"Missing"}}"#;
    assert_eq!(answer(400, object, End::Complete), refused(400));
    for body in [
        r#"{"errors":[]}"#,
        r#"{"errors":[{"message":"no"}]}"#,
        r#"{"error":"no"}"#,
        "{}",
        "[]",
    ] {
        assert_eq!(answer(400, body, End::Complete), nothing_known(400), "{body}");
    }
}

#[test]
fn a_refusal_is_cut_and_cleaned() {
    let body = serde_json::json!({"errors": [
        {"code": format!("bad\n{}", "c".repeat(500)), "message": format!("\u{1b}[31m\u{202e}{}", "m".repeat(900))},
        {"code": "second"},
    ]});
    let mut headers = HeaderMap::new();
    headers.insert("retry-after", "30".parse().unwrap());
    let outcome = judge(&RawAnswer {
        status: 429,
        headers,
        body: body.to_string().into_bytes(),
        end: End::Complete,
    });
    assert_eq!(
        outcome,
        PlaceOutcome::Refused(Refusal {
            status: 429,
            code: format!("bad {}", "c".repeat(196)),
            message: format!(" [31m {}", "m".repeat(494)),
            retry_after: Some(std::time::Duration::from_secs(30)),
            errors: 2,
        })
    );
}

#[test]
fn a_time_out_inside_the_answer_is_unknown_unless_the_id_was_there() {
    assert_eq!(
        answer(201, r#"{"id":112"#, End::TimedOut),
        PlaceOutcome::Unknown(UnknownReason::TimedOut)
    );
    assert_eq!(
        answer(201, r#"{"id":112233,"requests":["#, End::TimedOut),
        bare(112_233)
    );
    assert_eq!(
        answer(201, r#"{"id":112233,"requests":["#, End::TooLarge),
        bare(112_233)
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        "[0-9]{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("id|errors|code|message|requests|status|[a-z]{1,4}", inner, 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Complete),
        Just(End::Cut),
        Just(End::TimedOut),
        Just(End::TooLarge)
    ]
}

proptest! {
    #[test]
    fn bytes_of_any_kind_are_judged_without_panic(
        status in 100_u16..600, body in prop::collection::vec(any::<u8>(), 0..200), end in any_end(),
    ) {
        raw_answer(status, &body, end);
    }

    #[test]
    fn only_an_id_at_the_top_is_accepted_and_only_an_error_without_one_is_refused(
        status in 100_u16..600, json in any_json(),
    ) {
        let id = Loose::new(&json).field("id");
        match answer(status, &json.to_string(), End::Complete) {
            PlaceOutcome::Accepted(placed) => prop_assert_eq!(Some(placed.id), id.id()),
            PlaceOutcome::Refused(_) => {
                prop_assert!((400..=499).contains(&status));
                prop_assert!(!id.is_given());
                prop_assert!(Loose::new(&json).field("errors").is_given());
            }
            PlaceOutcome::Unknown(_) => prop_assert_eq!(id.id(), None),
            PlaceOutcome::NotSent(_) => prop_assert!(false, "an answer to a sent body"),
        }
    }

    #[test]
    fn no_cut_changes_an_id(id in 1_i64.., at in 0_usize..60) {
        let whole = format!(r#"{{"requests":[{{"id":7}}],"id":{id},"certificate_id":5}}"#);
        let cut = whole.get(..at.min(whole.len())).unwrap();
        match answer(201, cut, End::Cut) {
            PlaceOutcome::Accepted(placed) => prop_assert_eq!(placed.id, id),
            other => prop_assert_eq!(other, nothing_known(201)),
        }
    }
}
