//! The in-memory API server answers as a real one does: the same cases against both, and the same results.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

#[path = "conformance/cases.rs"]
mod cases;
mod harness;
mod memory;
#[path = "conformance/session.rs"]
mod session;

use docsign::api::{crd_yaml, crds};
use harness::{Result, shared};
use kube::ResourceExt;
use memory::Cluster;
use session::Session;

#[tokio::test(flavor = "multi_thread")]
async fn both_servers_answer_alike() -> Result<()> {
    let plane = shared().await?;
    plane.controllers()?;
    let all: Vec<_> = crds().iter().map(crd_yaml).collect();
    plane.apply(&all.join("---\n")).await?.success()?;
    for crd in crds() {
        let name = format!("crd/{}", crd.name_any());
        plane
            .kubectl(&["wait", "--for=condition=Established", &name, "--timeout=60s"])
            .await?
            .success()?;
    }
    let cluster = Cluster::new(now);
    // A real server does not know how it came to what it found when it started.
    cluster.compact();
    let mut unlike = Vec::new();
    for (name, case) in cases::ALL {
        let real = Session::new(plane.client().await?, name).await;
        let real = case(real).await.results();
        let ours = Session::new(cluster.client(), name).await;
        let ours = case(ours).await.results();
        assert!(!real.is_empty(), "{name} does nothing");
        for step in 0..real.len().max(ours.len()) {
            if real.get(step) != ours.get(step) {
                unlike.push(format!(
                    "{name}, step {step}:\n  real: {:?}\n  ours: {:?}",
                    real.get(step),
                    ours.get(step)
                ));
            }
        }
    }
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a server has a clock")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
