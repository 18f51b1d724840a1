//! `make demo`: three document signing orders, from manifest to certificate ID.
//!
//! Everything is the real thing but CertCentral: a Kubernetes API server with etcd, the operator as its own
//! process, kubectl. CertCentral is `docsign simulate`, because there is no public sandbox.
//!
//! | file | idea |
//! |---|---|
//! | [`stage`] | the processes, and what is applied before the orders |
//! | [`follow`] | every change of an order, from a watch of the API server |
//! | [`line`] | an order as one line of the table |
//! | [`guide`] | how to go on by hand |
//! | [`screen`] | what is printed, and when |
//!
//! With `--once` it ends when all three are issued; without, it stays until Ctrl-C. Whatever ends it, nothing of
//! it is left: see the harness's `Child` and `Directory`.

#[path = "../tests/harness/mod.rs"]
mod harness;

mod follow;
mod guide;
mod line;
mod screen;
mod stage;

use std::ffi::OsStr;
use std::process::ExitCode;
use std::time::Duration;

use docsign::serve::clock::Clock;
use harness::{Context as _, Error, Result};
use screen::Screen;
use stage::Stage;
use tokio::signal::unix::{SignalKind, signal};

/// The manifests of `examples/` that are followed, by the name of the file and of the order.
const ORDERS: [&str; 3] = ["email", "ship-token", "client-app"];

/// How long the three orders may take. Half a minute is usual.
const LIMIT: Duration = Duration::from_mins(5);

/// How often we look whether whoever started us is still there.
const LOOK: Duration = Duration::from_secs(1);

/// Why the demo ends before its story does.
enum Interrupted {
    /// Ctrl-C or SIGTERM.
    Asked,
    /// Whoever started us is gone; nobody can press Ctrl-C any more.
    Orphaned,
}

#[tokio::main]
async fn main() -> ExitCode {
    let once = std::env::args_os()
        .skip(1)
        .any(|argument| argument == OsStr::new("--once"));
    let clock = Clock::system();
    let screen = Screen::new(clock.clone());
    let parent = std::os::unix::process::parent_id();
    // Leaving the story drops the stage, and that ends every process of it.
    let ended = tokio::select! {
        told = tell(&screen, once) => told.map(|()| None),
        interrupted = interrupted(clock, parent) => interrupted.map(Some),
    };
    match ended {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(Interrupted::Asked)) if !once => {
            Screen::text("\nEverything is stopped, and its files are removed.");
            ExitCode::SUCCESS
        }
        Ok(Some(Interrupted::Asked | Interrupted::Orphaned)) => {
            Screen::problem("stopped before the end; everything is cleaned up");
            ExitCode::FAILURE
        }
        Err(error) => {
            Screen::problem(&format!("{error:?}"));
            ExitCode::FAILURE
        }
    }
}

/// The story: set the stage, apply the orders, follow them until they are issued, and then either end or stay.
async fn tell(screen: &Screen, once: bool) -> Result<()> {
    Screen::text("docsign-operator: three orders, from manifest to certificate ID\n");
    let stage = Stage::set(screen).await?;
    let mut orders = follow::Orders::watch(stage.client().await?);
    stage.apply_orders(screen, &ORDERS).await?;
    screen.heading(&line::heading());
    let issued = tokio::select! {
        issued = tokio::time::timeout(LIMIT, orders.until_issued(screen, &ORDERS)) => issued,
        failed = stage.a_part_ended() => return Err(failed),
    };
    match issued {
        Ok(result) => result?,
        Err(_) => return Err(stage.explain(&ORDERS, LIMIT).await),
    }
    screen.step("done", "all three are issued. What kubectl shows:");
    Screen::text("\n$ kubectl get dso");
    Screen::text(&stage.kubectl(&["get", "dso"]).await?);
    if once {
        return Ok(());
    }
    Screen::text(&guide::text(&stage)?);
    tokio::select! {
        followed = orders.for_ever(screen) => followed,
        failed = stage.a_part_ended() => Err(failed),
    }
}

/// Waits for a reason to end early.
async fn interrupted(clock: Clock, parent: u32) -> Result<Interrupted> {
    let listen = |kind| signal(kind).context(|| "cannot listen for signals".to_owned());
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(Interrupted::Asked),
            _ = terminate.recv() => return Ok(Interrupted::Asked),
            _ = hang_up.recv() => return Ok(Interrupted::Orphaned),
            () = clock.sleep(LOOK) => {
                if std::os::unix::process::parent_id() != parent {
                    return Ok(Interrupted::Orphaned);
                }
            }
        }
    }
}

/// An error about something that should be there.
fn missing(what: &str) -> Error {
    Error::new(format!("{what} is missing"))
}
