//! An answer's body that ends too early.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use hyper::body::{Frame, SizeHint};
use kube::client::Body;

use crate::harness::Error;
use crate::time::after;

/// So many bytes of a body; then, perhaps after a while of silence, an error, which closes the connection.
pub struct Ragged {
    body: Body,
    left: usize,
    silence: Option<Duration>,
    waiting: Option<BoxFuture<'static, ()>>,
}

impl Ragged {
    /// The first `bytes` of `body`.
    pub fn new(body: Body, bytes: usize, silence: Option<Duration>) -> Self {
        Self {
            body,
            left: bytes,
            silence,
            waiting: None,
        }
    }
}

impl hyper::body::Body for Ragged {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if self.left > 0 {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(_)) => return Poll::Ready(Some(Err(Error::new("the API server broke off")))),
                None => return Poll::Ready(None),
            };
            let Ok(mut data) = frame.into_data() else {
                return Poll::Ready(None);
            };
            data.truncate(self.left);
            self.left -= data.len();
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if let Some(silence) = self.silence.take() {
            self.waiting = Some(Box::pin(after(silence)));
        }
        if let Some(waiting) = &mut self.waiting {
            ready!(waiting.as_mut().poll(context));
        }
        Poll::Ready(Some(Err(Error::new("cut"))))
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
