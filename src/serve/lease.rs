//! Leader election: which of several replicas works. It is politeness and saves calls; it is not what keeps an
//! order from being bought twice. A paused leader that wakes up late is stopped by the purchases, not by the lease.

use std::time::Duration;

use kube::Client;
use kube_lease_manager::LeaseManagerBuilder;
use tokio::sync::watch::Receiver;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The name of the Lease.
const NAME: &str = "docsign-operator";

/// How long giving the lease back may take.
const RELEASE: Duration = Duration::from_secs(10);

/// The lease can't be had.
#[derive(Debug, thiserror::Error)]
#[error("leader election with the Lease {NAME} failed")]
pub struct LeaseError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A held lease. Dropping it gives it back.
pub struct Lease {
    state: Receiver<bool>,
    task: JoinHandle<()>,
}

impl Lease {
    /// Waits until this replica leads, or the token is cancelled (`None`). A leader that says nothing for `duration`
    /// (at least 3 seconds) leads no more; it speaks when a third of it is left.
    pub async fn acquire(
        client: Client,
        namespace: &str,
        identity: String,
        duration: Duration,
        shutdown: &CancellationToken,
    ) -> Result<Option<Self>, LeaseError> {
        let manager = LeaseManagerBuilder::new(client, NAME)
            .with_namespace(namespace)
            .with_identity(identity)
            .with_duration(duration.as_secs())
            .with_grace(duration.as_secs() / 3)
            .build()
            .await
            .map_err(|error| LeaseError(Box::new(error)))?;
        let (mut state, task) = manager.watch().await;
        // Its errors are logged where they happen; what counts here is that it ends.
        let task = tokio::spawn(async move {
            let _ = task.await;
        });
        tracing::info!("standing by for the lease");
        let leads = tokio::select! {
            () = shutdown.cancelled() => false,
            leads = state.wait_for(|leads| *leads) => leads.is_ok(),
        };
        if !leads && !shutdown.is_cancelled() {
            return Err(LeaseError("the lease task ended".into()));
        }
        if leads {
            tracing::info!("leading");
        }
        let lease = Self { state, task };
        if leads {
            return Ok(Some(lease));
        }
        lease.release().await;
        Ok(None)
    }

    /// Waits until the lease is lost.
    pub async fn lost(&mut self) {
        // An error means that the task is gone, and the lease with it.
        let _ = self.state.wait_for(|leads| !*leads).await;
    }

    /// Competes for the lease no more, and gives it back if it is still held, so that the next replica need not wait
    /// for it to expire.
    pub async fn release(self) {
        drop(self.state);
        // An API server that does not answer lets it expire.
        let _ = tokio::time::timeout(RELEASE, self.task).await;
    }
}
