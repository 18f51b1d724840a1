//! `docsign run`: the operator.

use std::sync::Arc;

use kube::Client;
use tokio::net::TcpListener;

use crate::certcentral;
use crate::controller::{self, Connect, StartError};
use crate::serve::admin::{self, Readiness, Step};
use crate::serve::clock::Clock;
use crate::serve::lease::{Lease, LeaseError};
use crate::serve::metrics::Metrics;
use crate::serve::{shutdown, telemetry};
use crate::settings::Settings;

/// Why the operator did not run, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The log filter can't be read.
    #[error(transparent)]
    Telemetry(#[from] telemetry::InvalidFilter),
    /// No way to the API server.
    #[error("no Kubernetes configuration: neither in a cluster, nor a kubeconfig")]
    Config(#[source] kube::config::InferConfigError),
    /// The client could not be set up.
    #[error("the Kubernetes client could not be set up")]
    Client(#[source] Box<kube::Error>),
    /// The admin server could not be started.
    #[error("--admin-address {address}")]
    Admin {
        /// The address.
        address: std::net::SocketAddr,
        /// What went wrong.
        source: std::io::Error,
    },
    /// Signals can't be handled.
    #[error("signals can't be handled")]
    Signals(#[source] std::io::Error),
    /// The lease can't be had.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// Another replica leads now; this one is started again as a standby.
    #[error("the lease is lost; another replica leads")]
    LeaseLost,
    /// The operator refuses to start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// Runs the operator until it is asked to end.
pub async fn run(settings: Settings) -> Result<(), RunError> {
    telemetry::start(settings.log_format, &settings.log_level)?;
    // One provider for all TLS of the process; a second install would be a bug in this line.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = kube::Config::infer().await.map_err(RunError::Config)?;
    // An answer must be the answer to one request: what is retried below could be taken for a conflict.
    config.default_retry = false;
    let client = Client::try_from(config).map_err(|error| RunError::Client(Box::new(error)))?;
    let address = settings.admin_address;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| RunError::Admin { address, source })?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "admin endpoints");
    }
    let shutdown = shutdown::on_signal().map_err(RunError::Signals)?;
    let readiness = Arc::new(Readiness::default());
    let metrics = Arc::new(Metrics::default());
    tokio::spawn(admin::serve(
        listener,
        Arc::clone(&readiness),
        Arc::clone(&metrics),
        shutdown.child_token(),
    ));
    let clock = Clock::system();
    let connect: Connect = Arc::new(certcentral::Client::new);
    if !settings.leader_election {
        controller::run(client, settings, clock, readiness, metrics, shutdown, connect).await?;
        return Ok(());
    }
    // A standby is ready: it is what a rolling update waits for.
    readiness.reached(Step::Ready);
    let identity = uuid::Uuid::new_v4().to_string();
    let namespace = settings.operator_namespace.clone();
    let duration = settings.times.lease();
    let Some(mut lease) = Lease::acquire(client.clone(), &namespace, identity, duration, &shutdown).await?
    else {
        return Ok(());
    };
    let work = controller::run(
        client,
        settings,
        clock.clone(),
        readiness,
        metrics,
        shutdown.clone(),
        connect,
    );
    tokio::pin!(work);
    let lost = tokio::select! {
        ended = &mut work => {
            ended?;
            false
        }
        () = lease.lost(&clock) => true,
    };
    if lost {
        tracing::warn!("the lease is lost: finishing what is open, then ending");
        shutdown.cancel();
        // It must not be taken back by a process that only finishes: nobody else could lead meanwhile.
        let (ended, ()) = tokio::join!(work, lease.release());
        ended?;
        return Err(RunError::LeaseLost);
    }
    lease.release().await;
    Ok(())
}
