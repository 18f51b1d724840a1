//! `/livez`, `/readyz` and `/metrics`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;

/// What the process still waits for before it is ready.
#[derive(Debug, Default)]
pub struct Readiness(AtomicU8);

/// The steps to being ready, in order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Step {
    /// Waits for the custom resource definitions.
    Definitions = 0,
    /// Waits for the first list of every kind.
    Caches = 1,
    /// Ready.
    Ready = 2,
}

impl Readiness {
    /// Says how far the process is.
    pub fn reached(&self, step: Step) {
        self.0.store(step as u8, Ordering::Release);
    }

    fn waits_for(&self) -> Option<&'static str> {
        match self.0.load(Ordering::Acquire) {
            0 => Some(
                "waiting for the CustomResourceDefinitions of docsign.dev; apply them (docsign crds | kubectl apply -f -)\n",
            ),
            1 => Some("waiting for the first list of every kind\n"),
            _ => None,
        }
    }
}

/// Serves until the token is cancelled.
pub async fn serve(
    listener: TcpListener,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(text))
        .with_state((readiness, metrics));
    axum::serve(listener, router)
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

type Shared = State<(Arc<Readiness>, Arc<Metrics>)>;

async fn ready(State((readiness, _)): Shared) -> impl IntoResponse {
    match readiness.waits_for() {
        None => (StatusCode::OK, "ok\n"),
        Some(what) => (StatusCode::SERVICE_UNAVAILABLE, what),
    }
}

async fn text(State((_, metrics)): Shared) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], metrics.text())
}
