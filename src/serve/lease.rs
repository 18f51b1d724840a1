//! Leader election: which of several replicas works. It is politeness and saves calls; it is not what keeps an
//! order from being bought twice. A paused leader that wakes up late is stopped by the purchases, not by the lease.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1;
use kube::{Api, Client};
use kube_lease_manager::LeaseManagerBuilder;
use tokio::sync::watch::Receiver;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::clock::Clock;

/// The name of the Lease.
const NAME: &str = "docsign-operator";

/// How long giving the lease back may take.
const RELEASE: Duration = Duration::from_secs(10);

/// How often a held lease is looked at while it lasts.
const LOOKS: u32 = 6;
/// How many looks in a row may see no renewal: a third more than the lease lasts, since renewals take time to be seen.
const PATIENCE: u32 = LOOKS + LOOKS / 3;

/// The lease can't be had.
#[derive(Debug, thiserror::Error)]
#[error("leader election with the Lease {NAME} failed")]
pub struct LeaseError(#[source] Box<dyn std::error::Error + Send + Sync>);

/// A held lease. Dropping it gives it back.
pub struct Lease {
    state: Receiver<bool>,
    task: JoinHandle<()>,
    leases: Api<v1::Lease>,
    identity: String,
    duration: Duration,
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
        let leases = Api::namespaced(client.clone(), namespace);
        let manager = LeaseManagerBuilder::new(client, NAME)
            .with_namespace(namespace)
            .with_identity(identity.as_str())
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
        let lease = Self {
            state,
            task,
            leases,
            identity,
            duration,
        };
        if leads {
            return Ok(Some(lease));
        }
        lease.release().await;
        Ok(None)
    }

    /// Waits until the lease is lost: another replica holds it, or this one has not been seen to renew it for longer
    /// than it lasts, as where it can't reach the API server.
    pub async fn lost(&mut self, clock: &Clock) {
        let unseen = unseen(&self.leases, &self.identity, self.duration / LOOKS, clock);
        tokio::select! {
            // An error means that the task is gone, and the lease with it.
            _ = self.state.wait_for(|leads| !*leads) => {}
            () = unseen => {}
        }
    }

    /// Competes for the lease no more, and gives it back if it is still held, so that the next replica need not wait
    /// for it to expire.
    pub async fn release(self) {
        drop(self.state);
        // An API server that does not answer lets it expire.
        let _ = tokio::time::timeout(RELEASE, self.task).await;
    }
}

/// Looks at the lease until it is no longer seen to be held. Who renews it says nothing where it can't.
async fn unseen(leases: &Api<v1::Lease>, identity: &str, step: Duration, clock: &Clock) {
    let mut sight = Sight::default();
    loop {
        clock.sleep(step).await;
        // No answer is a look that sees nothing.
        let lease = tokio::time::timeout(step, leases.get(NAME)).await;
        let seen = lease.ok().and_then(Result::ok).and_then(|lease| lease.spec);
        if !sight.look(seen.as_ref(), identity) {
            return;
        }
    }
}

/// What was seen of a held lease so far. Looks are counted, and no clock is read: a process that was stopped has its
/// next look before it gives up.
#[derive(Debug, Default)]
struct Sight {
    renewed: Option<Timestamp>,
    in_vain: u32,
}

impl Sight {
    /// Takes one look in; says whether the lease is still held.
    fn look(&mut self, seen: Option<&v1::LeaseSpec>, identity: &str) -> bool {
        let holder = seen.and_then(|lease| lease.holder_identity.as_deref());
        if holder.is_some_and(|holder| holder != identity) {
            return false;
        }
        let renewed = seen.and_then(|lease| Some(lease.renew_time.as_ref()?.0));
        if holder.is_some() && renewed.is_some() && renewed != self.renewed {
            self.renewed = renewed;
            self.in_vain = 0;
        } else {
            self.in_vain += 1;
        }
        self.in_vain < PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;

    use super::*;

    fn renewed(holder: &str, second: i64) -> v1::LeaseSpec {
        v1::LeaseSpec {
            holder_identity: Some(holder.to_owned()),
            renew_time: Some(MicroTime(Timestamp::from_second(second).unwrap())),
            ..v1::LeaseSpec::default()
        }
    }

    /// After how many looks the lease is lost, if it is.
    fn lost_after(looks: impl IntoIterator<Item = Option<v1::LeaseSpec>>) -> Option<usize> {
        let mut sight = Sight::default();
        let position = looks
            .into_iter()
            .position(|seen| !sight.look(seen.as_ref(), "me"))?;
        Some(position + 1)
    }

    #[test]
    fn a_lease_that_is_renewed_in_time_is_held() {
        let rarely = (0..600).map(|look| Some(renewed("me", look / 6)));
        assert_eq!(lost_after(rarely), None);
    }

    #[test]
    fn a_lease_that_is_not_renewed_is_lost_after_a_third_more_than_it_lasts() {
        assert_eq!(lost_after((0..100).map(|_| Some(renewed("me", 1)))), Some(9));
    }

    #[test]
    fn a_lease_that_can_not_be_seen_is_lost() {
        assert_eq!(lost_after((0..100).map(|_| None)), Some(8));
        let gone = (0..100).map(|_| Some(v1::LeaseSpec::default()));
        assert_eq!(lost_after(gone), Some(8));
    }

    #[test]
    fn a_lease_that_another_holds_is_lost_at_once() {
        let looks = [renewed("me", 1), renewed("me", 2), renewed("another", 3)].map(Some);
        assert_eq!(lost_after(looks), Some(3));
    }
}
