//! The paths an order can take, and the calls that find it.

use std::time::Duration;

use super::*;
use crate::simulator::state::Decision;

fn placed(world: &mut World) -> u64 {
    world.place(&email_order())["id"].as_u64().unwrap()
}

fn decide(world: &mut World, id: u64, decision: &Decision) {
    world.state.decide(id, decision, world.now).unwrap();
}

#[test]
fn the_four_answers_of_the_page() {
    for (variant, status, expected) in [
        (
            Variant::Pending,
            "needs_approval",
            json!({"id": 112_233, "requests": [{"id": 113, "status": "pending"}]}),
        ),
        (
            Variant::Submitted,
            "needs_approval",
            json!({"id": 112_233, "requests": [{"id": 113, "status": "submitted"}]}),
        ),
        (
            Variant::Approved,
            "pending",
            json!({
                "id": 112_233, "requests": [{"id": 113, "status": "approved"}],
                "certificate_id": 845_166_333_113_u64,
            }),
        ),
        (
            Variant::NoRequests,
            "pending",
            json!({"id": 112_233, "certificate_id": 845_166_333_113_u64}),
        ),
    ] {
        let mut world = World::new(People::Manual);
        world.treatment.variant = Some(variant);
        assert_eq!(world.place(&email_order()), expected);
        assert_eq!(world.status(112_233), status);
    }
}

#[test]
fn an_order_that_skips_approval_has_no_request_and_keeps_no_comments() {
    let mut world = World::new(People::Manual);
    let mut order = email_order();
    order["skip_approval"] = json!(true);
    order["comments"] = json!("for the approver");
    let answer = world.place(&order);
    assert_eq!(
        answer,
        json!({"id": 112_233, "certificate_id": 845_166_333_113_u64})
    );
    assert_eq!(world.read("/order/certificate/112233")["requests"], json!([]));
}

#[test]
fn a_request_carries_comments_and_who_processed_it() {
    let mut world = World::new(People::Manual);
    let mut order = email_order();
    order["comments"] = json!("dso-abc\nfor the approver");
    let id = world.place(&order)["id"].as_u64().unwrap();
    let approval = json!({"status": "approved", "processor_comment": "fine"});
    assert_eq!(
        world
            .call("PUT", "/request/113/status", &approval)
            .unwrap()
            .status,
        204
    );
    let request = world.read("/request/113");
    assert_eq!(
        [
            &request["status"],
            &request["comments"],
            &request["processor_comment"],
            &request["order"]["status"]
        ],
        ["approved", "dso-abc\nfor the approver", "fine", "pending"]
    );
    assert_eq!(world.status(id), "pending");
    assert_eq!(
        world.read("/request?filters[status]=pending")["requests"],
        json!([])
    );
    assert_eq!(world.read("/request")["requests"][0]["order"]["id"], id);
}

#[test]
fn a_rejected_request_ends_the_order() {
    let mut world = World::new(People::Manual);
    let id = placed(&mut world);
    world
        .call("PUT", "/request/113/status", &json!({"status": "rejected"}))
        .unwrap();
    assert_eq!(world.status(id), "rejected");
    assert_eq!(world.read("/request/113")["status"], "rejected");
    let again = world.code("PUT", "/request/113/status", &json!({"status": "approved"}));
    assert_eq!(again, (400, vec!["invalid_order_status".to_owned()]));
}

#[test]
fn canceling_needs_a_note_and_an_order_that_is_pending() {
    let mut world = World::new(People::Manual);
    let id = placed(&mut world);
    let path = format!("/order/certificate/{id}/status");
    let cancel = json!({"status": "canceled", "note": "not needed"});
    assert_eq!(
        world.code("PUT", &path, &cancel),
        (400, vec!["invalid_order_status".to_owned()])
    );
    decide(&mut world, id, &Decision::Approve);
    let without_note = world.code("PUT", &path, &json!({"status": "canceled"}));
    assert_eq!(without_note, (400, vec!["required_param:note".to_owned()]));
    assert_eq!(
        world.code("PUT", &path, &json!({"status": "CANCELED", "note": "x"})),
        (400, vec!["invalid_param:status".to_owned()])
    );
    assert_eq!(world.call("PUT", &path, &cancel).unwrap(), Response::empty());
    assert_eq!(world.status(id), "canceled");
}

#[test]
fn revoking_asks_for_approval_unless_it_is_skipped() {
    let mut world = World::new(People::Manual);
    let ids = [placed(&mut world), placed(&mut world)];
    for id in ids {
        for decision in [Decision::Approve, Decision::Validate, Decision::Issue] {
            decide(&mut world, id, &decision);
        }
    }
    let [asked, at_once] = ids.map(|id| format!("/order/certificate/{id}/revoke"));
    let answer = world.call("PUT", &asked, &json!({"comments": "lost"})).unwrap();
    assert_eq!(answer.status, 201);
    assert_eq!(world.status(ids[0]), "issued");
    let request = serde_json::from_str::<Value>(&answer.body).unwrap()["id"].clone();
    world
        .call(
            "PUT",
            &format!("/request/{request}/status"),
            &json!({"status": "approved"}),
        )
        .unwrap();
    assert_eq!(world.status(ids[0]), "revoked");

    assert_eq!(
        world
            .call("PUT", &at_once, &json!({"skip_approval": true}))
            .unwrap()
            .status,
        204
    );
    assert_eq!(
        world.code("PUT", &at_once, &json!({"skip_approval": true})),
        (400, vec!["order_already_revoked".to_owned()])
    );
}

#[test]
fn any_status_can_be_shown() {
    let mut world = World::new(People::Manual);
    let id = placed(&mut world);
    decide(&mut world, id, &Decision::Status("processing".to_owned()));
    assert_eq!(world.status(id), "processing");
}

#[test]
fn a_renewal_names_an_issued_order_that_was_not_renewed() {
    let mut world = World::new(People::Manual);
    let id = placed(&mut world);
    let mut renewal = email_order();
    renewal["renewal_of_order_id"] = json!(id);
    let path = "/order/certificate/ds_individual";
    let early = world.code("POST", path, &renewal);
    assert_eq!(early, (400, vec!["order_not_eligible_for_renewal".to_owned()]));
    for decision in [Decision::Approve, Decision::Validate, Decision::Issue] {
        decide(&mut world, id, &decision);
    }
    let new = world.place(&renewal)["id"].clone();
    let old = world.read(&format!("/order/certificate/{id}"));
    assert_eq!(
        (&old["is_renewed"], &old["renewed_order_id"]),
        (&json!(true), &new)
    );
    assert_eq!(
        world.code("POST", path, &renewal),
        (400, vec!["order_renewed_already".to_owned()])
    );
}

#[test]
fn what_is_not_there_is_named() {
    let mut world = World::new(People::Manual);
    for (path, code) in [
        ("/order/certificate/1", "not_found|order"),
        ("/order/certificate/1/validation", "not_found|order"),
        ("/request/1", "not_found|request"),
        ("/product/ssl_plus", "not_found|product"),
        ("/certificate/1/download/format/pem_all", "not_found|certificate"),
        ("/orders", "not_found|route"),
    ] {
        assert_eq!(
            world.code("GET", path, &Value::Null),
            (404, vec![code.to_owned()]),
            "{path}"
        );
    }
    assert_eq!(world.read("/user/me")["status"], "active");
    assert_eq!(world.read("/product/ds_individual")["name_id"], "ds_individual");
}

#[test]
fn orders_are_found_by_alternative_id_and_several_may_share_one() {
    let mut world = World::new(People::Manual);
    let mut order = email_order();
    order["alternative_order_id"] = json!("dso-abc");
    world.place(&order);
    world.place(&order);
    placed(&mut world);
    let found = world.read("/order/alternate/dso-abc");
    assert_eq!(
        found,
        json!({
            "orders": [
                {"order_id": 112_233, "certificate_id": null, "status": "needs_approval"},
                {"order_id": 112_234, "certificate_id": null, "status": "needs_approval"},
            ],
            "page": {"total": 2, "limit": 1000, "offset": 0},
        })
    );
    assert_eq!(world.read("/order/alternate/dso-xyz")["orders"], json!([]));
    assert_eq!(
        world.read("/order/alternate/dso-abc?offset=1&limit=1")["orders"][0]["order_id"],
        112_234
    );
}

#[test]
fn a_hidden_order_is_in_no_look_up_until_its_time() {
    let mut world = World::new(People::Manual);
    let mut order = email_order();
    order["alternative_order_id"] = json!("dso-abc");
    world.treatment.hide = Some(Duration::from_mins(1));
    let id = world.place(&order)["id"].as_u64().unwrap();
    decide(&mut world, id, &Decision::Approve);
    let look_ups = [
        "/order/alternate/dso-abc",
        "/order/certificate",
        "/order/certificate/status-changes?minutes=5",
    ];
    for (seconds, found) in [(59, 0), (1, 1)] {
        world.pass(seconds);
        for path in look_ups {
            let orders = world.read(path)["orders"].as_array().map_or(0, Vec::len);
            assert_eq!(orders, found, "{path}");
        }
        assert_eq!(world.status(id), "pending", "its number still finds it");
    }
}

#[test]
fn the_list_filters_sorts_and_pages() {
    let mut world = World::new(People::Manual);
    for (email, date) in [
        ("a@example.com", 0),
        ("b@example.com", 86_400),
        ("a@example.com", 86_400),
    ] {
        world.pass(date);
        let mut order = email_order();
        order["individual"]["email"] = json!(email);
        world.place(&order);
    }
    decide(&mut world, 112_234, &Decision::Approve);
    for (query, expected) in [
        ("", vec![112_235, 112_234, 112_233]),
        (
            "filters[product_name_id]=ds_individual&filters[email]=a@example.com",
            vec![112_235, 112_233],
        ),
        (
            "filters[product_name_id][0]=ds_individual&filters%5Bstatus%5D=pending",
            vec![112_234],
        ),
        (
            "filters[status][0]=pending&filters[status][1]=needs_approval",
            vec![112_235, 112_234, 112_233],
        ),
        ("filters[product_name_id]=ssl_plus", vec![]),
        (
            "filters[date_created]=2026-11-23...2026-11-24",
            vec![112_235, 112_234],
        ),
        ("filters[date_created]=>2026-11-23", vec![112_235]),
        ("filters[certificate_id]=845166333114", vec![112_234]),
        ("filters[search]=%25b@ex", vec![112_234]),
        ("sort=order_id&limit=2", vec![112_233, 112_234]),
        ("sort=order_id&limit=2&offset=2", vec![112_235]),
        ("sort=-date_created&limit=5000", vec![112_235, 112_234, 112_233]),
    ] {
        let list = world.read(&format!("/order/certificate?{query}"));
        let ids: Vec<u64> = list["orders"]
            .as_array()
            .unwrap()
            .iter()
            .map(|order| order["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids, expected, "{query}");
        assert!(list["page"]["limit"].as_u64().unwrap() <= 1000);
    }
    let unknown = world.code("GET", "/order/certificate?filters[e-mail]=a", &Value::Null);
    assert_eq!(unknown, (400, vec!["invalid_param:filters[e-mail]".to_owned()]));
}

#[test]
fn status_changes_want_a_window_of_at_most_seven_days_and_say_nothing_of_nothing() {
    let mut world = World::new(People::Manual);
    let path = "/order/certificate/status-changes";
    let id = placed(&mut world);
    assert_eq!(world.read(&format!("{path}?minutes=10080")), json!({}));
    decide(&mut world, id, &Decision::Approve);
    world.pass(90);
    assert_eq!(
        world.read(&format!("{path}?minutes=1&seconds=30")),
        json!({"orders": [{"order_id": id, "certificate_id": 845_166_333_113_u64, "status": "pending"}]})
    );
    assert_eq!(world.read(&format!("{path}?seconds=89")), json!({}));
    for (query, code) in [
        ("", "required_param:minutes"),
        ("?minutes=10080&seconds=1", "time_frame_too_long"),
        ("?seconds=x", "invalid_param:seconds"),
    ] {
        assert_eq!(
            world.code("GET", &format!("{path}{query}"), &Value::Null),
            (400, vec![code.to_owned()])
        );
    }
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let mut world = World::new(People::Manual);
    let refused = world.code("POST", "/order/certificate/ds_individual", &json!([]));
    assert_eq!(refused, (400, vec!["bad_request_format".to_owned()]));
}

#[test]
fn an_order_answers_as_loosely_as_the_real_one() {
    let mut world = World::new(People::Manual);
    let id = world.place(&ship_token_order())["id"].as_u64().unwrap();
    let info = world.read(&format!("/order/certificate/{id}"));
    assert_eq!(info["organization"], json!([]));
    assert_eq!(info["ship_info"]["zip"], 69662);
    assert_eq!(info["duplicates_count"], "0");
    assert!(info["certificate"].get("id").is_none(), "not before approval");
    assert_eq!(
        world.read(&format!("/order/certificate/{id}/validation"))["order_id"],
        id.to_string()
    );
}
