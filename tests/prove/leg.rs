//! One leg of the network: a TCP port that leads somewhere else, and loses what it is told to lose.
//!
//! What it holds back it never delivers later: a byte that stays away until its connection is cut is lost. So nothing
//! arrives after the time in which the operator has to expect it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::harness::{Context as _, Result};
use crate::tally::Tally;
use crate::time::after;

/// How long a connection stands still before it is cut.
const STALL: Duration = Duration::from_secs(4);

/// A port that leads elsewhere; dropping it closes it and its connections.
pub struct Leg {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

/// Where a leg leads.
#[derive(Clone, Debug)]
pub enum Target {
    /// A port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    Unix(PathBuf),
}

/// What becomes of one connection. The numbers are bytes that still get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Course {
    /// Nothing happens to it.
    Through,
    /// It is closed as soon as it is accepted.
    Refused,
    /// Cut within what the caller says.
    CutUp(usize),
    /// Cut within what the caller is answered.
    CutDown(usize),
    /// The caller's words stop coming; cut a while later.
    StallUp(usize),
    /// The answer stops coming; cut a while later.
    StallDown(usize),
}

/// Chooses what becomes of the next connection.
pub type Choose = dyn FnMut() -> Course + Send;

struct Shared {
    target: Target,
    choose: Mutex<Box<Choose>>,
    frozen: watch::Sender<bool>,
    tally: Arc<Tally>,
    name: &'static str,
    stop: CancellationToken,
}

/// What one direction of a connection may still carry.
#[derive(Clone, Copy)]
struct Allowance {
    bytes: usize,
    stalls: bool,
}

impl Allowance {
    const UNLIMITED: Self = Self {
        bytes: usize::MAX,
        stalls: false,
    };
}

impl Leg {
    /// Opens one. `name` is what its losses are counted as.
    pub async fn start(
        name: &'static str,
        target: Target,
        tally: &Arc<Tally>,
        choose: impl FnMut() -> Course + Send + 'static,
    ) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .context(|| "cannot listen on 127.0.0.1".to_owned())?;
        let address = listener
            .local_addr()
            .context(|| "a listener has no address".to_owned())?;
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            target,
            choose: Mutex::new(Box::new(choose)),
            frozen: watch::Sender::new(false),
            tally: Arc::clone(tally),
            name,
            stop: stop.clone(),
        });
        tokio::spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self {
            address,
            shared,
            _stop: stop.drop_guard(),
        })
    }

    /// A leg on which nothing gets lost.
    pub async fn quiet(name: &'static str, target: Target) -> Result<Self> {
        Self::start(name, target, &Arc::default(), || Course::Through).await
    }

    /// Its port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// While frozen, nothing gets through in either direction and nothing is cut.
    pub fn freeze(&self, frozen: bool) {
        self.shared.frozen.send_replace(frozen);
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            () = shared.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else { continue };
        let course = shared.choose.lock().unwrap_or_else(PoisonError::into_inner)();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            tokio::select! {
                () = shared.stop.cancelled() => {}
                () = connection(stream, course, &shared) => {}
            }
        });
    }
}

async fn connection(stream: TcpStream, course: Course, shared: &Shared) {
    let limited = |bytes, stalls| Allowance { bytes, stalls };
    let (up, down) = match course {
        Course::Through => (Allowance::UNLIMITED, Allowance::UNLIMITED),
        Course::Refused => return shared.tally.fault(shared.name, "connection refused"),
        Course::CutUp(bytes) => (limited(bytes, false), Allowance::UNLIMITED),
        Course::CutDown(bytes) => (Allowance::UNLIMITED, limited(bytes, false)),
        Course::StallUp(bytes) => (limited(bytes, true), Allowance::UNLIMITED),
        Course::StallDown(bytes) => (Allowance::UNLIMITED, limited(bytes, true)),
    };
    // An answer of a few hundred bytes is not to wait for more.
    let _ = stream.set_nodelay(true);
    match &shared.target {
        Target::Tcp(address) => {
            let Ok(there) = TcpStream::connect(address).await else {
                return;
            };
            let _ = there.set_nodelay(true);
            join(stream, there, (up, down), shared).await;
        }
        Target::Unix(path) => {
            let Ok(there) = UnixStream::connect(path).await else {
                return;
            };
            join(stream, there, (up, down), shared).await;
        }
    }
}

/// Carries both directions until one has ended; then both are closed.
async fn join<There: AsyncRead + AsyncWrite + Unpin>(
    here: TcpStream,
    there: There,
    (up, down): (Allowance, Allowance),
    shared: &Shared,
) {
    let (mut asks, mut hears) = here.into_split();
    let (mut answers, mut listens) = tokio::io::split(there);
    let (lost_up, lost_down) = (
        ("request cut", "request stalled"),
        ("answer cut", "answer stalled"),
    );
    tokio::select! {
        () = carry(&mut asks, &mut listens, up, lost_up, shared) => {}
        () = carry(&mut answers, &mut hears, down, lost_down, shared) => {}
    }
}

async fn carry(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    allowance: Allowance,
    (cut, stalled): (&'static str, &'static str),
    shared: &Shared,
) {
    let mut left = allowance.bytes;
    let mut frozen = shared.frozen.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(read @ 1..) = from.read(&mut buffer).await else {
            return;
        };
        // The sender lives as long as the leg.
        let _ = frozen.wait_for(|frozen| !*frozen).await;
        let passed = read.min(left);
        if to.write_all(&buffer[..passed]).await.is_err() {
            return;
        }
        left -= passed;
        if passed < read {
            shared
                .tally
                .fault(shared.name, if allowance.stalls { stalled } else { cut });
            if allowance.stalls {
                after(STALL).await;
            }
            return;
        }
    }
}
