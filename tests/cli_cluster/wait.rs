//! `docsign wait`: who has to act, until it is done.

use docsign::simulator::{Decision, People};
use serde_json::{Value, json};

use crate::cli;
use crate::harness::Result;
use crate::transcript::{docsign, said};
use crate::world::{World, order};

#[tokio::test(flavor = "multi_thread")]
async fn wait_follows_an_order_and_says_who_has_to_act() -> Result<()> {
    let world = World::new("cli-wait", People::Manual).await?;
    let wait = |name: &str, more: &[&str]| cli(&world, &[&["wait", name], more].concat());
    let none = wait("jane", &["--until", "placed"]);
    assert_eq!(
        (none.code, none.err),
        (
            2,
            format!(
                "docsign: there is no DocumentSigningOrder jane in namespace {}\n",
                world.namespace
            )
        )
    );
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let placed = wait("jane", &["--until", "placed", "--timeout", "2m"]);
    assert_eq!(placed.code, 0, "{placed:?}");
    let late = wait("jane", &["--until", "issued", "--timeout", "1s", "-o", "json"]);
    assert_eq!(
        (late.code, late.err.as_str()),
        (1, "the time is up\n"),
        "{late:?}"
    );
    let first: Value = serde_json::from_str(late.out.lines().next().unwrap()).unwrap();
    let shown = (&first["reason"], &first["waitingFor"]);
    assert_eq!(
        shown,
        (&json!("AwaitingApproval"), &json!("Approver")),
        "{late:?}"
    );

    let id = world.simulator.journal().orders[0].order_id;
    let waiting = tokio::task::block_in_place(|| {
        let arguments = [
            "wait",
            "jane",
            "--until",
            "issued",
            "--timeout",
            "2m",
            "-n",
            &world.namespace,
        ];
        let mut command = docsign(world.plane.directory().path(), &arguments);
        command.env("KUBECONFIG", world.plane.kubeconfig());
        let waiting = std::thread::spawn(move || said(command, ""));
        for decision in [Decision::Approve, Decision::Validate, Decision::Issue] {
            // Some people act by themselves once another has.
            let _done = world.simulator.decide(id, &decision);
        }
        waiting.join().unwrap()
    });
    assert_eq!(waiting.code, 0, "{waiting:?}");
    let last = waiting.out.lines().last().unwrap();
    assert!(
        last.ends_with("  Issued: nobody has to act: the certificate is issued"),
        "{waiting:?}"
    );

    let mut refused = order("carl");
    refused["spec"]["order"]["containerId"] = json!(7);
    world.apply(&refused).await?;
    let stalled = wait("carl", &["--until", "placed", "--timeout", "2m"]);
    assert_eq!(stalled.code, 1, "{stalled:?}");
    let last = stalled.out.lines().last().unwrap();
    assert!(
        last.contains("  NotAllowed: the owner of the manifest has to act: spec.order.containerId: "),
        "{stalled:?}"
    );
    Ok(())
}
