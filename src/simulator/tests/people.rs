//! People who act by themselves.

use std::time::Duration;

use super::*;

fn automatic() -> World {
    World::new(People::Automatic {
        approve: Duration::from_secs(10),
        validate: Duration::from_secs(20),
        issue: Duration::from_secs(30),
    })
}

#[test]
fn each_person_acts_when_due_and_not_before() {
    let mut world = automatic();
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    for (seconds, status) in [
        (9, "needs_approval"),
        (1, "pending"),
        (20, "pending"),
        (29, "pending"),
        (1, "issued"),
    ] {
        world.pass(seconds);
        assert_eq!(world.status(id), status);
    }
}

#[test]
fn who_gets_a_token_has_to_pick_the_certificate_up() {
    for order in [ship_token_order(), client_app_order()] {
        let mut world = automatic();
        let id = world.place(&order)["id"].as_u64().unwrap();
        for (seconds, status) in [(29, "pending"), (1, "waiting_pickup"), (30, "issued")] {
            world.pass(seconds);
            assert_eq!(world.status(id), status);
        }
    }
}

#[test]
fn what_was_due_long_ago_happened_at_its_own_time() {
    let mut world = automatic();
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    world.pass(86_400);
    let issued = world.read(&format!("/order/certificate/{id}"))["certificate"]["date_issued"].clone();
    assert_eq!(issued, "2026-11-22T12:01:00+00:00");
    world.pass(366 * 86_400);
    assert_eq!(world.status(id), "expired");
}

#[test]
fn an_order_taken_out_of_their_hands_is_left_alone() {
    let mut world = automatic();
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    world.pass(10);
    let note = json!({"status": "canceled", "note": "not needed"});
    world
        .call("PUT", &format!("/order/certificate/{id}/status"), &note)
        .unwrap();
    world.pass(86_400);
    assert_eq!(world.status(id), "canceled");
}

#[test]
fn nobody_acts_when_all_is_manual() {
    let mut world = World::new(People::Manual);
    let id = world.place(&email_order())["id"].as_u64().unwrap();
    world.pass(30 * 86_400);
    assert_eq!(world.status(id), "needs_approval");
}
