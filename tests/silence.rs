//! Secrets and personal data stay where they belong: a canary in every field that holds any, and none of them in any
//! log, event, status, purchase, metric, admin endpoint or output of the command line, whatever goes wrong.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails; and its numbers are told"
)]

#[path = "silence/canaries.rs"]
mod canaries;
#[path = "silence/command_line.rs"]
mod command_line;
mod harness;
#[path = "silence/orders.rs"]
mod orders;
#[path = "silence/places.rs"]
mod places;
mod transcript;
mod world;

use std::path::Path;

use docsign::simulator::Endpoint;
use harness::{Child, Operator, PATIENCE, Result, admin_address, eventually, get};
use places::Places;
use serde_json::{Value, json};
use world::{QUICK, World, ready_reason};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_shown_with_logs_in_text() -> Result<()> {
    shown("silent-text", "text").await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_is_shown_with_logs_in_json() -> Result<()> {
    shown("silent-json", "json").await
}

async fn shown(name: &str, format: &str) -> Result<()> {
    let world = World::without_account(name, QUICK).await?;
    world.simulator.accept_keys(vec![canaries::API_KEY.to_owned()]);
    for secret in orders::secrets() {
        world.apply(&secret).await?;
    }
    world.apply(&world.secret(canaries::API_KEY)).await?;
    let account = account(&world);
    let broken = orders::broken_accounts(&account);
    for account in broken.iter().chain([&account]) {
        world.apply(account).await?;
    }
    let operator = talkative(&world, format).start(world.plane)?;
    ready(&operator).await?;
    let stories = live(&world).await?;

    let mut places = Places::default();
    places.of_the_operator(&operator).await?;
    places.of_the_cluster(&world).await?;
    command_line::run(&world, &mut places);
    places.of_the_operator(&operator).await?;
    places.hold_what_is_no_secret(&stories);
    let canaries = canaries::all();
    assert_eq!(places.leaks(&canaries), Vec::<String>::new());
    println!(
        "{name}: {} orders, {} canaries, {} places with {} bytes: none is shown",
        stories.len(),
        canaries.len(),
        places.count(),
        places.bytes()
    );
    Ok(())
}

/// Applies all orders and waits until each has met what it was made for. Gives their names.
async fn live(world: &World) -> Result<Vec<String>> {
    // The first order shows that the account keeps tokens: nobody waits for another's turn from then on.
    let mut names = Vec::new();
    let polls = orders::in_turn(Endpoint::StatusChanges).into_iter();
    // The wait before another look grows with each.
    let lists = orders::in_turn(Endpoint::ListOrders).into_iter().take(2);
    for fault in polls.chain(lists) {
        world.simulator.install(fault);
    }
    let good = orders::good();
    world.apply(&good[0]).await?;
    world.issued("inline").await?;
    exact(world).await?;
    for fault in orders::in_turn(Endpoint::OrderInfo) {
        world.simulator.install(fault);
    }
    for story in orders::faulted()
        .into_iter()
        .chain(orders::unread(&world.namespace))
    {
        for fault in story.faults {
            world.simulator.install(fault);
        }
        world.apply(&story.manifest).await?;
        names.push(story.name);
    }
    for manifest in good.iter().chain(&orders::unusable()) {
        world.apply(manifest).await?;
        names.push(manifest["metadata"]["name"].as_str().unwrap().to_owned());
    }
    for name in &names {
        world
            .order_until(name, "the order to meet its fate", |order| {
                !matches!(ready_reason(order), None | Some("Queued" | "Placing"))
            })
            .await?;
    }
    for manifest in &good {
        world
            .issued(manifest["metadata"]["name"].as_str().unwrap())
            .await?;
    }
    Ok(names)
}

/// Waits until the operator is ready, whatever its log looks like.
async fn ready(operator: &Child) -> Result<()> {
    let address = admin_address(operator).await?;
    eventually("the operator to be ready", PATIENCE, async || {
        let (status, ..) = get(&address, "/readyz").await.ok()?;
        (status == 200).then_some(())
    })
    .await
}

/// Waits until the account is known to keep tokens.
async fn exact(world: &World) -> Result<()> {
    let accounts: kube::Api<docsign::api::CertCentralAccount> =
        kube::Api::namespaced(world.client.clone(), &world.namespace);
    eventually("the account to keep tokens", PATIENCE, async || {
        let status = accounts.get("main").await.ok()?.status?;
        let method = serde_json::to_value(status.correlation?.method).unwrap();
        (method == "Exact").then_some(())
    })
    .await
}

fn account(world: &World) -> Value {
    let mut account = world.account();
    account["spec"]["allow"] = json!({"paymentMethods": ["balance", "card"], "skipApproval": true});
    account
}

/// An operator that says all it can, with times short enough to see how everything ends.
fn talkative(world: &World, format: &str) -> Operator {
    let endpoint = world.simulator.url();
    let arguments = [
        ["run", "--cluster-name"].as_slice(),
        &[harness::operator::CLUSTER],
        &["--namespaces", &world.namespace],
        &["--operator-namespace", &world.namespace],
        &["--allowed-endpoints", &endpoint],
        &["--admin-address", "127.0.0.1:0"],
        &["--log-level", "trace", "--log-format", format],
        &[
            "--test-times",
            "deadline=5,place=5,floor=20,settle=10,quiet=20,look-up=1,lease=3",
        ],
    ]
    .concat();
    let binary = Path::new(env!("CARGO_BIN_EXE_docsign"));
    Operator::with_arguments(binary, world.plane, &arguments)
}
