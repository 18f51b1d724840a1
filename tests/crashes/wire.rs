//! The network below a world: the HTTP client that ships, and CertCentral on a port.

use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{ClientSettings, Exchange, Network, Timeouts, Unreachable};
use docsign::simulator::{Simulation, Simulator};
use http_body::{Body, Frame};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use url::Url;

use crate::paused::{KEY, listening_certcentral};

/// The way that place calls take; it keeps no connection from one call to the next.
static PLACER: LazyLock<Arc<dyn Exchange>> = LazyLock::new(|| {
    let settings = ClientSettings {
        base_url: "https://www.digicert.com/services/v2".parse().unwrap(),
        api_key: KEY.into(),
        user_agent: "crashes".to_owned(),
        ca_pem: None,
        proxy: None,
        timeouts: Timeouts::default(),
    };
    Network::new(&settings).unwrap().placer
});

/// CertCentral on a port, and the way to it.
#[derive(Clone)]
pub struct Wire {
    certcentral: Arc<Simulator>,
}

impl Wire {
    /// A CertCentral in the time of the world that began at this moment.
    pub fn new(origin: Instant, issue: Duration) -> Self {
        let certcentral = Arc::new(listening_certcentral(origin, &[KEY], issue));
        Self { certcentral }
    }

    /// The CertCentral at the other end.
    pub fn remote(&self) -> Simulation {
        Simulation::clone(&self.certcentral)
    }

    /// Carries a request there. Time stands still until the answer has been read: the network takes none.
    pub async fn carry(&self, mut request: reqwest::Request) -> Result<reqwest::Response, Unreachable> {
        let here: Url = self.certcentral.url().parse().unwrap();
        let url = request.url_mut();
        url.set_scheme(here.scheme()).unwrap();
        url.set_host(here.host_str()).unwrap();
        url.set_port(here.port()).unwrap();
        let still = Standstill::begin();
        let answer = http::Response::<reqwest::Body>::from(PLACER.exchange(request).await?);
        Ok(answer
            .map(|body| reqwest::Body::wrap(Held { body, _still: still }))
            .into())
    }
}

/// Paused time moves on by itself whenever nothing else can be done, but not while a thread is at work.
struct Standstill {
    _end: Sender<()>,
}

impl Standstill {
    fn begin() -> Self {
        let (end, ended) = channel();
        spawn_blocking(move || ended.recv());
        Self { _end: end }
    }
}

/// An answer that time waits for.
struct Held {
    body: reqwest::Body,
    _still: Standstill,
}

impl Body for Held {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }
}
