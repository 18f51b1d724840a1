//! How far one search goes: everything that makes it larger or smaller.

use std::fmt;

use super::broken::Broken;
use super::people::Edit;
use super::world::Left;

/// Ticks that an attempt may begin to send for, after its look-up began.
pub const DEADLINE: i8 = 2;
/// Ticks that a POST may take until CertCentral has decided, answered or not.
pub const FLIGHT: i8 = 1;
/// Ticks after which a person's word counts.
pub const SETTLE: i8 = 4;
/// Ticks that a replica must have known an attempt before it believes that no order exists: whatever the clocks say, its
/// POST is on its way no more.
pub const FLOOR: i8 = DEADLINE + FLIGHT;
/// Ticks from a claim until the emptiness of a look-up counts. The last byte leaves one tick after the claim's
/// look-up at the latest, CertCentral decides one later and shows it [`HIDDEN`] ticks after that: just in time.
pub const QUIET: i8 = 4;
/// Ticks for which look-ups may not see an order: as many as the protocol bears.
pub const HIDDEN: i8 = 2;

/// The bounds of one search.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub name: &'static str,
    pub ticks: i8,
    pub replicas: u8,
    pub two_orders: bool,
    pub left: Left,
    /// What people may do.
    pub edits: &'static [Edit],
    /// How far each replica's clock is from the true time, in ticks.
    pub skew: [i8; 2],
    /// CertCentral may refuse, for good and for now.
    pub refusals: bool,
    /// A POST may not be sent at all.
    pub not_sent: bool,
    /// CertCentral may decide after the sender gave up.
    pub late: bool,
    /// Look-ups may not see an order for so long.
    pub hidden: i8,
    /// These bounds are beyond the limits: a second order may be bought, and has to be told.
    pub told_only: bool,
    /// Orders carry the key's token, and the account is known to show it.
    pub tokens: bool,
    /// Somebody else's order stands on the account.
    pub foreign: bool,
    /// The account allows to bind orders that do not carry the token.
    pub adoption: bool,
    /// What is broken, to see that the search notices.
    pub broken: Broken,
}

impl Bounds {
    /// One order, two replicas, every answer, no faults.
    pub const PLAIN: Self = Self {
        name: "plain",
        ticks: 5,
        replicas: 2,
        two_orders: false,
        left: Left {
            crashes: 0,
            faults: 0,
            stale: 0,
            edits: 0,
        },
        edits: &[],
        skew: [0, 0],
        refusals: false,
        not_sent: false,
        late: true,
        hidden: HIDDEN,
        told_only: false,
        tokens: true,
        foreign: false,
        adoption: false,
        broken: Broken::Nothing,
    };
}

impl fmt::Display for Bounds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Left {
            crashes,
            faults,
            stale,
            edits,
        } = self.left;
        let orders = 1 + u8::from(self.two_orders);
        write!(
            out,
            "{} ({} replicas, {orders} orders, {} ticks",
            self.name, self.replicas, self.ticks
        )?;
        for (number, what) in [
            (crashes, "crashes"),
            (faults, "faults"),
            (stale, "stale reads"),
            (edits, "edits"),
        ] {
            if number > 0 {
                write!(out, ", {number} {what}")?;
            }
        }
        write!(out, ")")
    }
}
