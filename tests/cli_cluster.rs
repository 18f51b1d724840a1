//! The command line against a real API server and a simulated CertCentral: what it says is what is the case.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod transcript;
mod world;

#[path = "cli_cluster/doctor.rs"]
mod doctor;
#[path = "cli_cluster/holds.rs"]
mod holds;
#[path = "cli_cluster/plan.rs"]
mod plan;
#[path = "cli_cluster/resolve.rs"]
mod resolve;
#[path = "cli_cluster/wait.rs"]
mod wait;

use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use harness::Result;
use transcript::{Said, docsign, said};
use world::World;

/// Runs it in the world's namespace.
fn cli(world: &World, arguments: &[&str]) -> Said {
    let arguments = [arguments, &["-n", &world.namespace]].concat();
    tokio::task::block_in_place(|| {
        let mut command = docsign(world.plane.directory().path(), &arguments);
        command.env("KUBECONFIG", world.plane.kubeconfig());
        said(command, "")
    })
}

/// The lines that begin with one of these words.
fn lines<'a>(text: &'a str, words: &[&str]) -> Vec<&'a str> {
    text.lines()
        .filter(|line| words.iter().any(|word| line.starts_with(word)))
        .collect()
}

fn fault(endpoint: Endpoint, effect: Effect) -> Fault {
    Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            times: Some(1),
            ..Matching::default()
        },
        effect,
    }
}

async fn account_ready(world: &World) -> Result<()> {
    world
        .kubectl(&["wait", "cca/main", "--for=condition=Ready", "--timeout=120s"])
        .await?;
    Ok(())
}
