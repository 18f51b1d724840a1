//! An API server that lags: two on one etcd, and the second sees late what happened.

use crate::harness::{ControlPlane, Result, SecondApiServer};
use crate::leg::{Leg, Target};

/// A second API server, whose connection to etcd can stand still.
pub struct Lagging {
    server: SecondApiServer,
    etcd: Leg,
}

impl Lagging {
    /// Starts one beside the plane's own.
    pub async fn start(plane: &ControlPlane) -> Result<Self> {
        let etcd = Leg::quiet("etcd", Target::Unix(plane.etcd_socket())).await?;
        let server = SecondApiServer::start(plane, &format!("http://{}", etcd.address())).await?;
        Ok(Self { server, etcd })
    }

    /// A client of it.
    pub async fn client(&self) -> Result<kube::Client> {
        self.server.client().await
    }

    /// From now on it learns nothing new; or it learns all at once what it missed.
    pub fn behind(&self, behind: bool) {
        self.etcd.freeze(behind);
    }
}
