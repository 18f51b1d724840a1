//! The simulator on a TCP port. Connections are served by hand, not by a web framework, because a fault has to be able to close
//! one without an answer, or after any byte of it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use super::{
    body::CutBody,
    clock::Clock,
    control,
    core::Shared,
    faults::Ending,
    wire::{Refusal, Request, Response, http_date},
};

/// The longest body that is read; the longest order is a fraction of it.
const BODY_LIMIT: usize = 1 << 20;
/// A connection that may write as much as it likes.
const UNLIMITED: u64 = u64::MAX;

/// Serves until `stop`; then every open connection is closed as it is.
pub(super) async fn serve(listener: TcpListener, shared: Shared, stop: CancellationToken) {
    let mut connection: u64 = 0;
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connection += 1;
                let serving = serve_connection(stream, connection, shared.clone());
                let stop = stop.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = serving => {}
                    }
                });
            }
            // the caller left already, or there are no file descriptors left: a moment later there may be
            Err(_) => Clock::wait(Duration::from_millis(50)).await,
        }
    }
}

async fn serve_connection(stream: TcpStream, connection: u64, shared: Shared) {
    // an answer of a few hundred bytes is not to wait for more
    let _ = stream.set_nodelay(true);
    let allowance = Arc::new(AtomicU64::new(UNLIMITED));
    let cuttable = Cuttable {
        stream,
        allowance: Arc::clone(&allowance),
    };
    let service = service_fn(move |request| {
        let (shared, allowance) = (shared.clone(), Arc::clone(&allowance));
        async move { respond(request, connection, shared, &allowance).await }
    });
    // how a connection ends is the caller's business, or the script's
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(cuttable), service)
        .await;
}

/// Answers a call; an error closes the connection without an answer.
async fn respond(
    request: http::Request<Incoming>,
    connection: u64,
    shared: Shared,
    allowance: &AtomicU64,
) -> io::Result<http::Response<Full<Bytes>>> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
        let refusal = Refusal::new(413, "bad_request_format", "The request body is too long.");
        return render(refusal.into_response(false), &shared);
    };
    let (response, ending) = answer(
        http::Request::from_parts(head, body.to_bytes()),
        connection,
        &shared,
    )
    .await?;
    if let Ending::Cut(bytes) = ending {
        allowance.store(bytes, Ordering::SeqCst);
    }
    render(response, &shared)
}

/// Answers a call that came without a connection.
pub(super) async fn exchange(
    request: http::Request<Bytes>,
    shared: &Shared,
) -> io::Result<http::Response<CutBody>> {
    let (response, ending) = answer(request, 0, shared).await?;
    let (head, body) = render(response, shared)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let body = match ending {
        Ending::Cut(length) => CutBody::cut(&body, length),
        Ending::Answered
        | Ending::DroppedBefore
        | Ending::DroppedAfter
        | Ending::StalledBefore
        | Ending::StalledAfter => CutBody::whole(body),
    };
    Ok(http::Response::from_parts(head, body))
}

/// What a call is answered, and how the answer ends; an error is no answer.
async fn answer(
    request: http::Request<Bytes>,
    connection: u64,
    shared: &Shared,
) -> io::Result<(Response, Ending)> {
    let (head, body) = request.into_parts();
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        api_key: head
            .headers
            .get("x-dc-devkey")
            .and_then(|key| key.to_str().ok())
            .map(str::to_owned),
        body: body.to_vec(),
        connection,
    };
    if request.path.starts_with(control::BASE) {
        let response = control::answer(&mut shared.lock(), &request);
        return Ok((response, Ending::Answered));
    }
    // a task of its own: a call that was received is done, also when its caller hangs up meanwhile
    let handled = tokio::spawn(shared.clone().exchange(request))
        .await
        .map_err(io::Error::other)?;
    if !handled.treatment.delay_after.is_zero() {
        Clock::wait(handled.treatment.delay_after).await;
    }
    let dropped = || io::Error::new(io::ErrorKind::ConnectionAborted, "dropped by the fault script");
    match handled.treatment.ending {
        ending @ (Ending::Answered | Ending::Cut(1..)) => Ok((handled.response.ok_or_else(dropped)?, ending)),
        Ending::Cut(0) | Ending::DroppedBefore | Ending::DroppedAfter => Err(dropped()),
        Ending::StalledBefore | Ending::StalledAfter => std::future::pending().await,
    }
}

fn render(response: Response, shared: &Shared) -> io::Result<http::Response<Full<Bytes>>> {
    let now = shared.lock().clock.now();
    let mut rendered = http::Response::builder()
        .status(response.status)
        .header(header::DATE, http_date(now));
    if let Some(content_type) = response.content_type {
        rendered = rendered.header(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(seconds) = response.retry_after {
        rendered = rendered.header(header::RETRY_AFTER, seconds);
    }
    if let Some(location) = response.location {
        rendered = rendered.header(header::LOCATION, location);
    }
    rendered
        .body(Full::new(Bytes::from(response.body)))
        .map_err(io::Error::other)
}

/// A stream that closes once its allowance of bytes is written.
struct Cuttable {
    stream: TcpStream,
    allowance: Arc<AtomicU64>,
}

impl AsyncRead for Cuttable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = self.allowance.load(Ordering::SeqCst);
        if left == 0 {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "cut by the fault script",
            )));
        }
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let allowed = buffer.get(..most).unwrap_or(buffer);
        let written = std::task::ready!(Pin::new(&mut self.stream).poll_write(context, allowed))?;
        if left != UNLIMITED {
            self.allowance
                .store(left.saturating_sub(written as u64), Ordering::SeqCst);
        }
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
