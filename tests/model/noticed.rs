//! What is broken on purpose, where it has to show, and which promise it breaks.

use super::bounds::{Bounds, HIDDEN};
use super::broken::Broken;
use super::people::{
    lose_both, lose_purchase, make_namespace_anew, order_anew, put_clock_as_far, put_clock_forward,
    put_clock_further, switch_behind_the_name, wipe,
};
use super::searches::{
    ADOPTING, ALONE, ONE_CRASH, ONE_EDIT, ONE_FAR_AHEAD, ONE_FAULT, PLAIN, PROOF_WRONG, WAIVING,
};
use super::world::Left;

const GONE: &str = "an unresolved purchase never disappears";
const UNNAMED: &str = "no POST without an open purchase that names its attempt";
const TWICE: &str = "at most one accepted POST per order key";
const DROPPED: &str = "a recorded order id is never dropped or replaced";
const FOREIGN: &str = "a foreign order is never bound unasked";
const IN_FLIGHT: &str = "nothing is bound by hand while the key's own POST may be under way";
const APART: &str = "where a pass is over, both ledgers name the same attempt";
const INHERITED: &str = "what another namespace bought is not inherited";
const END: &str = "without faults, every order comes to a good end";

/// What is broken, where it shows, and which promise it breaks.
pub const BROKEN: &[(Bounds, &str)] = &[
    (
        Bounds {
            broken: Broken::CloseAnyAttempt,
            refusals: true,
            ..PLAIN
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::NoDeadline,
            ..PLAIN
        },
        UNNAMED,
    ),
    (
        Bounds {
            broken: Broken::NoQuietPeriod,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::AskedWhenUsed,
            edits: &[put_clock_forward],
            left: ONE_EDIT,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::NoLookUp,
            ticks: 2,
            edits: &[lose_both],
            left: ONE_EDIT,
            ..ALONE
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::IdsIgnored,
            left: ONE_CRASH,
            ..ALONE
        },
        DROPPED,
    ),
    (
        Bounds {
            broken: Broken::NoRepair,
            edits: &[lose_purchase],
            left: ONE_EDIT,
            ..ALONE
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::RepairedAsClosed,
            edits: &[lose_purchase],
            left: ONE_EDIT,
            ..ALONE
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::UnconditionalClaim,
            ..PLAIN
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::NoMark,
            ..ALONE
        },
        END,
    ),
    (
        Bounds {
            broken: Broken::OpenIgnored,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::IncompleteIsEmpty,
            left: ONE_FAULT,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::UnknownIsRefused,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::TicketTwice,
            ..ALONE
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::ForeignIsOurs,
            foreign: true,
            ..ALONE
        },
        FOREIGN,
    ),
    (
        Bounds {
            broken: Broken::WordCountsAtOnce,
            edits: &[order_anew],
            left: ONE_EDIT,
            ..ALONE
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::WordCountsAtOnce,
            ..ADOPTING
        },
        IN_FLIGHT,
    ),
    (
        Bounds {
            broken: Broken::AnyAccount,
            edits: &[switch_behind_the_name],
            left: ONE_EDIT,
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::AnswerOfAnotherAccount,
            edits: &[switch_behind_the_name],
            left: Left { edits: 2, ..ONE_EDIT },
            ..ALONE
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::NoFloor,
            edits: &[put_clock_as_far],
            hidden: 0,
            ..ONE_FAR_AHEAD
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::ClocksAgree,
            edits: &[put_clock_further],
            ..ONE_FAR_AHEAD
        },
        GONE,
    ),
    (
        Bounds {
            broken: Broken::NoRemark,
            edits: &[wipe],
            left: ONE_EDIT,
            ..ALONE
        },
        APART,
    ),
    (
        Bounds {
            broken: Broken::AllWaived,
            ..WAIVING
        },
        TWICE,
    ),
    (
        Bounds {
            broken: Broken::OneNamespace,
            edits: &[make_namespace_anew],
            left: ONE_EDIT,
            ..ALONE
        },
        INHERITED,
    ),
    (
        Bounds {
            broken: Broken::ProofIsFinal,
            ..PROOF_WRONG
        },
        END,
    ),
    // A stated limit: both clocks are ahead alike, and the process has not seen the time pass.
    (
        Bounds {
            name: "both clocks ahead alike, and the order hidden",
            edits: &[put_clock_as_far],
            ..ONE_FAR_AHEAD
        },
        GONE,
    ),
    // Another: an order that look-ups do not show for longer than the quiet period allows for.
    (
        Bounds {
            name: "the order hidden too long",
            hidden: HIDDEN + 1,
            ..ALONE
        },
        TWICE,
    ),
];
