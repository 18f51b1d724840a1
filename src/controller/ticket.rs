//! The right to send one POST: what a successful mark hands to the code that sends.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::connection::Connection;
use crate::certcentral::Gate;

/// The right to send one POST. It can't be copied, it is consumed by sending, and it is void once its deadline has
/// passed on either clock. It holds the room for the POST in the request budget.
pub(super) struct Ticket {
    attempt: String,
    deadline: Timestamp,
    monotonic_deadline: Duration,
    room: Room,
}

/// Room for one POST in the request budget, given back when it is not used.
pub(super) struct Room {
    connection: Arc<Connection>,
    held: bool,
}

impl Room {
    /// Keeps room, if there is any.
    pub(super) fn reserve(connection: &Arc<Connection>) -> Option<Self> {
        let now = connection.clock.monotonic();
        let reserved = connection.budget().reserve(now).is_ok();
        reserved.then(|| Self {
            connection: Arc::clone(connection),
            held: true,
        })
    }

    fn spend(&mut self) {
        if std::mem::take(&mut self.held) {
            let now = self.connection.clock.monotonic();
            self.connection.budget().spend_reserved(now);
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.held {
            self.connection.budget().release();
        }
    }
}

impl Ticket {
    /// The ticket of an attempt that is claimed and marked. Both deadlines count from before its look-up.
    pub(super) fn new(
        attempt: String,
        deadline: Timestamp,
        monotonic_deadline: Duration,
        room: Room,
    ) -> Self {
        Self {
            attempt,
            deadline,
            monotonic_deadline,
            room,
        }
    }

    /// The attempt it was given for.
    pub(super) fn attempt(&self) -> &str {
        &self.attempt
    }

    /// Neither deadline has passed.
    pub(super) fn in_time(&self) -> bool {
        let clock = &self.room.connection.clock;
        clock.now() < self.deadline && clock.monotonic() < self.monotonic_deadline
    }

    /// The account's connection that it is good for.
    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.room.connection)
    }
}

/// Asked when the body is about to leave: after DNS, connection and TLS.
impl Gate for Ticket {
    fn open(&mut self) -> bool {
        let in_time = self.in_time();
        if in_time {
            self.room.spend();
        }
        in_time
    }
}
