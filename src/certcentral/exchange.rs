//! One request out, one answer back: the last thing below the client. The network, unless another is given.

use std::error::Error as StdError;
use std::io;

use futures::future::BoxFuture;
use reqwest::{Client, Request, Response};

use super::error::Unreachable;

/// Carries requests to CertCentral, and nothing more: it follows, retries and adds nothing.
///
/// It polls a request's body only once it could hand it over, since a body that was polled counts as sent; and it
/// gives up in time by itself. Dropping the returned future gives the exchange up.
pub trait Exchange: Send + Sync {
    /// Sends a request, and returns when the head of the answer is there. An error: no answer began.
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Response, Unreachable>>;
}

impl Exchange for Client {
    fn exchange(&self, request: Request) -> BoxFuture<'_, Result<Response, Unreachable>> {
        Box::pin(async move { self.execute(request).await.map_err(|error| unreachable(&error)) })
    }
}

/// Where the way ended, from the chain of causes. Their texts name hosts, so only their types are used.
fn unreachable(error: &reqwest::Error) -> Unreachable {
    if error.is_dns() {
        Unreachable::Dns
    } else if error.is_connect() && causes(error).any(is_tls) {
        Unreachable::Tls
    } else if error.is_timeout() {
        Unreachable::TimedOut
    } else if error.is_connect() {
        Unreachable::Connect
    } else {
        Unreachable::Lost
    }
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// An I/O error hides what it wraps from the chain of causes; a peer that closes inside the handshake is an early end.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    let io = error.downcast_ref::<io::Error>();
    error.is::<rustls::Error>()
        || io.is_some_and(|io| io.kind() == io::ErrorKind::UnexpectedEof)
        || io.and_then(io::Error::get_ref).is_some_and(|inner| is_tls(inner))
}
