//! The body of an answer, whole or cut.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of an answer in one piece, and perhaps a connection that breaks after it.
#[derive(Debug)]
pub struct CutBody {
    bytes: Option<Bytes>,
    announced: u64,
    breaks: bool,
}

impl CutBody {
    /// All of it.
    pub(super) fn whole(bytes: Bytes) -> Self {
        let announced = bytes.len() as u64;
        Self {
            bytes: Some(bytes),
            announced,
            breaks: false,
        }
    }

    /// The first `length` bytes of it, if it has more.
    pub(super) fn cut(bytes: &Bytes, length: u64) -> Self {
        let announced = bytes.len() as u64;
        let arriving = usize::try_from(length.min(announced)).unwrap_or(bytes.len());
        Self {
            bytes: Some(bytes.slice(..arriving)),
            announced,
            breaks: length < announced,
        }
    }
}

impl Body for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(bytes) = self.bytes.take().filter(|bytes| !bytes.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        Poll::Ready(std::mem::take(&mut self.breaks).then(|| {
            Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "cut by the fault script",
            ))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.bytes.is_some() { self.announced } else { 0 })
    }
}
