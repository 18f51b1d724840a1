//! What stands between one operator and the API servers: it answers wrongly, late or never when it is told to.
//!
//! The operator speaks plain HTTP to it (its kubeconfig names it); it passes everything on as administrator. Unlike the
//! harness's proxy, which catches one write, it is asked about each request, and may lead to two API servers: what is
//! watched and listed comes from the one that lags.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use kube::client::Body;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fate::{Answer, Fate, failure};
use crate::harness::{Context as _, ControlPlane, Error, Moment, PATIENCE, Result, eventually, proxy};
use crate::leg::{Course, Leg, Target};
use crate::ragged::Ragged;
use crate::tally::Tally;
use crate::time::after;

/// How long a request that is not answered stays open.
const STALL: Duration = Duration::from_secs(4);
/// What the operator watches and lists.
const KINDS: [&str; 4] = [
    "documentsigningorders",
    "purchases",
    "certcentralaccounts",
    "clustercertcentralaccounts",
];
/// What its faults are counted as.
pub const PLACE: &str = "API server";

/// A front; dropping it closes its port and its connections.
pub struct Front {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    _leg: Leg,
    _stop: DropGuard,
}

/// A request, as far as what becomes of it may depend on it.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET, PUT, ...
    pub method: http::Method,
    /// The path, without the query.
    pub path: String,
    /// It is a watch.
    pub watch: bool,
    /// Which write to purchases, manifests and their statuses it is, counted from 1; `None`: it is none.
    pub write: Option<usize>,
}

type Forecast = dyn FnMut(&Call) -> Fate + Send;

struct Shared {
    client: Mutex<kube::Client>,
    lagging: Option<kube::Client>,
    forecast: Mutex<Box<Forecast>>,
    writes: Mutex<usize>,
    held: watch::Sender<usize>,
    released: watch::Sender<usize>,
    tally: Arc<Tally>,
}

/// How a front is set up.
pub struct FrontSettings<'a> {
    /// The plane it leads to.
    pub plane: &'a ControlPlane,
    /// Another API server of the plane, from which watches and lists are answered.
    pub lagging: Option<kube::Client>,
    /// Counts the faults.
    pub tally: Arc<Tally>,
    /// What becomes of the connections to it.
    pub courses: Box<dyn FnMut() -> Course + Send>,
}

impl Front {
    /// Starts one that passes everything on.
    pub async fn quiet(plane: &ControlPlane) -> Result<Self> {
        Self::start(FrontSettings {
            plane,
            lagging: None,
            tally: Arc::default(),
            courses: Box::new(|| Course::Through),
        })
        .await
    }

    /// Starts one; requests get through until [`Front::set`].
    pub async fn start(settings: FrontSettings<'_>) -> Result<Self> {
        let plane = settings.plane;
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context(|| "cannot listen on 127.0.0.1".to_owned())?;
        let address = listener
            .local_addr()
            .context(|| "a listener has no address".to_owned())?;
        let leg = Leg::start(PLACE, Target::Tcp(address), &settings.tally, settings.courses).await?;
        let kubeconfig = proxy::kubeconfig_to(plane, &leg.address().to_string())?;
        let shared = Arc::new(Shared {
            client: Mutex::new(once_only(plane).await?),
            lagging: settings.lagging,
            forecast: Mutex::new(Box::new(|_| Fate::Through)),
            writes: Mutex::default(),
            held: watch::Sender::new(0),
            released: watch::Sender::new(0),
            tally: settings.tally,
        });
        let stop = CancellationToken::new();
        let answering = Arc::clone(&shared);
        let answer = move |request| {
            let shared = Arc::clone(&answering);
            async move { shared.answer(request).await }
        };
        tokio::spawn(proxy::serve(listener, stop.clone(), answer));
        Ok(Self {
            kubeconfig,
            shared,
            _leg: leg,
            _stop: stop.drop_guard(),
        })
    }

    /// The kubeconfig that leads here.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// From now on this decides, and writes are counted from here.
    pub fn set(&self, forecast: impl FnMut(&Call) -> Fate + Send + 'static) {
        *lock(&self.shared.writes) = 0;
        *lock(&self.shared.forecast) = Box::new(forecast);
    }

    /// From now on all get through.
    pub fn clear(&self) {
        self.set(|_| Fate::Through);
    }

    /// How many writes there were since what decides was set.
    pub fn writes(&self) -> usize {
        *lock(&self.shared.writes)
    }

    /// How many requests were held so far.
    pub fn held(&self) -> usize {
        *self.shared.held.borrow()
    }

    /// Waits until so many requests were held since the front started.
    pub async fn caught(&self, number: usize) -> Result<()> {
        eventually("a request to be held", PATIENCE, async || {
            (self.held() >= number).then_some(())
        })
        .await
    }

    /// Lets all that was held so far go on.
    pub fn release(&self) {
        self.shared.released.send_replace(self.held());
    }

    /// The API server has moved: leads to where the plane says now.
    pub async fn lead_to(&self, plane: &ControlPlane) -> Result<()> {
        let client = once_only(plane).await?;
        *lock(&self.shared.client) = client;
        Ok(())
    }
}

/// A client that asks once: what it repeated would be our doing, not the operator's.
pub async fn once_only(plane: &ControlPlane) -> Result<kube::Client> {
    let mut config = plane.config().await?;
    config.default_retry = false;
    kube::Client::try_from(config).context(|| "cannot create a client".to_owned())
}

impl Shared {
    fn fate(&self, call: &Call) -> Fate {
        lock(&self.forecast)(call)
    }

    fn call(&self, request: &http::Request<Incoming>) -> Call {
        let path = request.uri().path().to_owned();
        let write = proxy::is_counted(request).then(|| {
            let mut writes = lock(&self.writes);
            *writes += 1;
            *writes
        });
        Call {
            method: request.method().clone(),
            path,
            watch: request
                .uri()
                .query()
                .is_some_and(|query| query.contains("watch=")),
            write,
        }
    }

    async fn answer(&self, request: http::Request<Incoming>) -> Result<Answer> {
        let call = self.call(&request);
        let fate = self.fate(&call);
        if let Some(class) = fate.class() {
            self.tally.fault(PLACE, class);
        }
        let lost = || Error::new("the answer is lost");
        match fate {
            Fate::Through => Ok(self.pass_on(request, &call).await?.map(whole)),
            Fate::Cut(bytes) => Ok(self
                .pass_on(request, &call)
                .await?
                .map(|body| Ragged::new(body, bytes, None).boxed_unsync())),
            Fate::Starved(bytes) => Ok(self
                .pass_on(request, &call)
                .await?
                .map(|body| Ragged::new(body, bytes, Some(STALL)).boxed_unsync())),
            Fate::Answered(code, moment) => {
                self.done_if(moment, request, &call).await?;
                failure(code)
            }
            Fate::Dropped(moment) => {
                self.done_if(moment, request, &call).await?;
                Err(lost())
            }
            Fate::Stalled(moment) => {
                self.done_if(moment, request, &call).await?;
                after(STALL).await;
                Err(lost())
            }
            Fate::Held(moment) => {
                let done = match moment {
                    Moment::Before => None,
                    Moment::After => Some(self.pass_on_whole(&request_parts(request).await?, &call).await?),
                };
                let mut released = self.released.subscribe();
                let mut number = 0;
                self.held.send_modify(|held| {
                    *held += 1;
                    number = *held;
                });
                // The sender lives as long as this.
                let _ = released.wait_for(|released| *released >= number).await;
                // Held before the API server saw it: lost, so that nothing arrives late.
                done.ok_or_else(lost)
            }
        }
    }

    async fn done_if(&self, moment: Moment, request: http::Request<Incoming>, call: &Call) -> Result<()> {
        match moment {
            Moment::Before => Ok(()),
            Moment::After => {
                self.pass_on_whole(&request_parts(request).await?, call).await?;
                Ok(())
            }
        }
    }

    /// Passes it on, and waits for all of the answer.
    async fn pass_on_whole(
        &self,
        (head, body): &(http::request::Parts, Bytes),
        call: &Call,
    ) -> Result<Answer> {
        let answer = self.send(head.clone(), body.clone(), call).await?;
        let (head, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .context(|| "the API server broke off".to_owned())?
            .to_bytes();
        let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
        Ok(http::Response::from_parts(head, body))
    }

    async fn pass_on(&self, request: http::Request<Incoming>, call: &Call) -> Result<http::Response<Body>> {
        let (head, body) = request_parts(request).await?;
        self.send(head, body, call).await
    }

    async fn send(
        &self,
        mut head: http::request::Parts,
        body: Bytes,
        call: &Call,
    ) -> Result<http::Response<Body>> {
        // These belong to the connection we were called on.
        for name in [http::header::HOST, http::header::CONNECTION] {
            head.headers.remove(name);
        }
        let collection = call
            .path
            .rsplit('/')
            .next()
            .is_some_and(|last| KINDS.contains(&last));
        let from_lagging = call.method == http::Method::GET && collection;
        let client = match &self.lagging {
            Some(lagging) if from_lagging => lagging.clone(),
            Some(_) | None => lock(&self.client).clone(),
        };
        client
            .send(http::Request::from_parts(head, Body::from(body.to_vec())))
            .await
            .context(|| "the API server did not answer".to_owned())
    }
}

async fn request_parts(request: http::Request<Incoming>) -> Result<(http::request::Parts, Bytes)> {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .context(|| "the operator broke off".to_owned())?
        .to_bytes();
    Ok((head, body))
}

fn whole(body: Body) -> UnsyncBoxBody<Bytes, Error> {
    body.map_err(|_| Error::new("the API server broke off"))
        .boxed_unsync()
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
