//! A request body that asks once before it leaves.
//!
//! Between the decision to order and the first byte of the body lie DNS, a connection and a TLS handshake, and
//! each may take as long as it likes. The [`Gate`] is therefore asked when the body is first polled, which the
//! HTTP/1.1 sender does once the connection stands. The same lock tells afterwards, without a race, whether the
//! body was ever handed over: [`Seal::conclude`] shuts a body that was not.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Decides at the last moment whether a body may leave.
pub trait Gate: Send + 'static {
    /// Asked at most once, when the body is first polled. `false`: not a byte of the body is sent.
    fn open(&mut self) -> bool;
}

impl<F: FnMut() -> bool + Send + 'static> Gate for F {
    fn open(&mut self) -> bool {
        self()
    }
}

/// What became of a gated body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passage {
    /// Nobody asked for the body, and from now on nobody gets it.
    NeverPolled,
    /// The body was asked for and the gate was closed.
    Refused,
    /// The body was handed to the connection: it may have arrived.
    HandedOver,
}

/// The sender's end of a gated body. Dropping it shuts a body that was not yet asked for.
pub(super) struct Seal(Arc<Mutex<State>>);

/// The connection's end: the body itself, in one piece.
pub(super) struct GatedBody {
    bytes: Option<Bytes>,
    state: Arc<Mutex<State>>,
}

enum State {
    Waiting(Box<dyn Gate>),
    Decided(Passage),
}

/// Splits a body and its gate into the two ends.
pub(super) fn sealed(bytes: Bytes, gate: impl Gate) -> (GatedBody, Seal) {
    let state = Arc::new(Mutex::new(State::Waiting(Box::new(gate))));
    (
        GatedBody {
            bytes: Some(bytes),
            state: Arc::clone(&state),
        },
        Seal(state),
    )
}

impl Seal {
    /// Says what became of the body, finally: a body not yet polled stays unsent.
    pub(super) fn conclude(&self) -> Passage {
        let mut state = locked(&self.0);
        match *state {
            State::Decided(passage) => passage,
            State::Waiting(_) => {
                *state = State::Decided(Passage::NeverPolled);
                Passage::NeverPolled
            }
        }
    }
}

impl Drop for Seal {
    fn drop(&mut self) {
        self.conclude();
    }
}

/// The gate was closed; ends the request before a byte of its body was written.
#[derive(Debug, thiserror::Error)]
#[error("the gate was closed")]
pub(super) struct GateClosed;

impl Body for GatedBody {
    type Data = Bytes;
    type Error = GateClosed;

    fn poll_frame(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, GateClosed>>> {
        let this = self.get_mut();
        let Some(bytes) = this.bytes.take() else {
            return Poll::Ready(None);
        };
        let mut state = locked(&this.state);
        // Closed first, opened after: a gate that panics leaves a body that was not sent.
        let before = std::mem::replace(&mut *state, State::Decided(Passage::Refused));
        match before {
            State::Waiting(mut gate) => {
                if gate.open() {
                    *state = State::Decided(Passage::HandedOver);
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
            }
            decided @ State::Decided(_) => *state = decided,
        }
        Poll::Ready(Some(Err(GateClosed)))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // Every write leaves a whole state, so a poisoned lock still tells the truth.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut GatedBody) -> Poll<Option<Result<Bytes, String>>> {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(body).poll_frame(&mut context).map(|frame| {
            frame.map(|frame| {
                frame
                    .map(|frame| frame.into_data().unwrap())
                    .map_err(|error| error.to_string())
            })
        })
    }

    #[test]
    fn an_open_gate_is_asked_once_and_hands_the_body_over_whole() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let (mut body, seal) = sealed(Bytes::from_static(b"order"), move || {
            counter.fetch_add(1, Ordering::SeqCst);
            true
        });
        assert_eq!(asked.load(Ordering::SeqCst), 0);
        assert_eq!(body.size_hint().exact(), Some(5));
        assert_eq!(
            poll(&mut body),
            Poll::Ready(Some(Ok(Bytes::from_static(b"order"))))
        );
        assert_eq!(poll(&mut body), Poll::Ready(None));
        assert_eq!(seal.conclude(), Passage::HandedOver);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_closed_gate_sends_nothing() {
        let (mut body, seal) = sealed(Bytes::from_static(b"order"), || false);
        assert_eq!(
            poll(&mut body),
            Poll::Ready(Some(Err("the gate was closed".to_owned())))
        );
        assert_eq!(poll(&mut body), Poll::Ready(None));
        assert_eq!(seal.conclude(), Passage::Refused);
    }

    #[test]
    fn a_concluded_body_can_no_longer_leave() {
        let (mut body, seal) = sealed(Bytes::from_static(b"order"), || panic!("must not be asked"));
        assert_eq!(seal.conclude(), Passage::NeverPolled);
        assert_eq!(
            poll(&mut body),
            Poll::Ready(Some(Err("the gate was closed".to_owned())))
        );
        assert_eq!(seal.conclude(), Passage::NeverPolled);
    }

    #[test]
    fn a_sender_that_goes_away_shuts_the_body() {
        let (mut body, seal) = sealed(Bytes::from_static(b"order"), || panic!("must not be asked"));
        drop(seal);
        assert_eq!(
            poll(&mut body),
            Poll::Ready(Some(Err("the gate was closed".to_owned())))
        );
    }

    #[test]
    fn a_gate_that_panics_counts_as_closed() {
        let (mut body, seal) = sealed(Bytes::from_static(b"order"), || panic!("no clock"));
        let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut body)));
        assert!(polled.is_err());
        assert_eq!(seal.conclude(), Passage::Refused);
    }
}
