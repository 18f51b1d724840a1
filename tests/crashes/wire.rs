//! The network below a world: the HTTP client that ships, and CertCentral on a port.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use docsign::certcentral::{ClientSettings, Exchange, Network, Timeouts, Unreachable};
use docsign::simulator::{Simulation, Simulator};
use http_body_util::BodyExt as _;
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
        let held = answer.map(|body| {
            reqwest::Body::wrap(body.map_frame(move |frame| {
                // It is dropped with the body.
                let _held = &still;
                frame
            }))
        });
        Ok(held.into())
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
