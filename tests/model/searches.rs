//! The searches: each set of bounds takes one kind of trouble as far as it goes in time.

use super::bounds::{Bounds, HIDDEN};
use super::broken::Broken;
use super::people::{
    apply_again, apply_other, delete, lose_both, lose_purchase, name_foreign, name_neighbour, name_order,
    order_anew, other_inputs, put_clock_forward, raise_revision, replace, suspend, switch_account, wipe,
};
use super::world::Left;

const NO_FAULTS: Left = Left {
    crashes: 0,
    faults: 0,
    stale: 0,
    edits: 0,
};
const ONE_CRASH: Left = Left {
    crashes: 1,
    ..NO_FAULTS
};
const ONE_FAULT: Left = Left {
    faults: 1,
    ..NO_FAULTS
};
const ONE_STALE: Left = Left {
    stale: 1,
    ..NO_FAULTS
};
const ONE_EDIT: Left = Left {
    edits: 1,
    ..NO_FAULTS
};
const TWO_EDITS: Left = Left {
    edits: 2,
    ..NO_FAULTS
};

const PLAIN: Bounds = Bounds::PLAIN;
/// One replica, every answer to a POST, past the quiet period.
const ALONE: Bounds = Bounds {
    replicas: 1,
    refusals: true,
    ..PLAIN
};
const EDITED: Bounds = Bounds {
    left: TWO_EDITS,
    ..ALONE
};
/// Two replicas on both sides of a deadline.
const RACE: Bounds = Bounds { ticks: 3, ..PLAIN };
const RACE_EDITED: Bounds = Bounds {
    ticks: 1,
    left: ONE_EDIT,
    ..PLAIN
};
const TWO_ORDERS: Bounds = Bounds {
    two_orders: true,
    ticks: 2,
    ..PLAIN
};

/// All searches that must find nothing, the large ones last.
pub const SEARCHES: &[Bounds] = &[
    Bounds {
        name: "the ledger between two replicas",
        edits: &[lose_purchase, order_anew, name_order, raise_revision],
        ..RACE_EDITED
    },
    Bounds {
        name: "two orders without tokens, one replica",
        tokens: false,
        replicas: 1,
        ticks: 4,
        ..TWO_ORDERS
    },
    Bounds {
        name: "the neighbour's order named by hand",
        edits: &[name_neighbour],
        adoption: true,
        replicas: 1,
        left: ONE_EDIT,
        ..TWO_ORDERS
    },
    Bounds {
        name: "suspended and not",
        edits: &[suspend],
        ..EDITED
    },
    Bounds {
        name: "other inputs",
        edits: &[other_inputs],
        ..EDITED
    },
    Bounds {
        name: "another account",
        edits: &[switch_account],
        ..EDITED
    },
    Bounds {
        name: "revision raised",
        edits: &[raise_revision],
        ..EDITED
    },
    Bounds {
        name: "deleted and applied again, the same or not",
        edits: &[delete, apply_again, apply_other],
        ticks: 4,
        ..EDITED
    },
    Bounds {
        name: "replaced at once",
        edits: &[replace],
        ..EDITED
    },
    Bounds {
        name: "status wiped",
        edits: &[wipe],
        ..EDITED
    },
    Bounds {
        name: "purchase deleted",
        edits: &[lose_purchase],
        ..EDITED
    },
    Bounds {
        name: "purchase deleted, the process dies",
        edits: &[lose_purchase],
        ticks: 4,
        left: Left {
            crashes: 1,
            edits: 1,
            ..NO_FAULTS
        },
        ..ALONE
    },
    Bounds {
        name: "both ledgers lost, the order in sight",
        edits: &[lose_both],
        ..EDITED
    },
    Bounds {
        name: "order-anew, at any time",
        edits: &[order_anew],
        ..EDITED
    },
    Bounds {
        name: "the order named by hand",
        edits: &[name_order],
        ..EDITED
    },
    Bounds {
        name: "a foreign order named by hand",
        edits: &[name_foreign],
        foreign: true,
        ..EDITED
    },
    Bounds {
        name: "CertCentral's clock put forward",
        edits: &[put_clock_forward],
        left: ONE_EDIT,
        ..ALONE
    },
    Bounds {
        name: "people between two replicas",
        edits: &[suspend, other_inputs, wipe, replace, delete],
        ..RACE_EDITED
    },
    Bounds {
        name: "two orders, one replica",
        replicas: 1,
        ticks: 3,
        ..TWO_ORDERS
    },
    Bounds {
        name: "two orders, two replicas",
        ticks: 0,
        ..TWO_ORDERS
    },
    Bounds {
        name: "two orders without tokens, two replicas",
        tokens: false,
        ticks: 0,
        ..TWO_ORDERS
    },
    Bounds {
        name: "two replicas, one dies",
        left: ONE_CRASH,
        ..RACE
    },
    Bounds {
        name: "two replicas, a conflict or a lost answer",
        ticks: 2,
        left: ONE_FAULT,
        ..PLAIN
    },
    Bounds {
        name: "two replicas, a stale cache",
        ticks: 2,
        left: ONE_STALE,
        ..PLAIN
    },
    Bounds {
        name: "two replicas, one clock ahead",
        skew: [0, 3],
        ..RACE
    },
    Bounds {
        name: "two replicas, one clock behind",
        skew: [0, -3],
        ticks: 2,
        ..PLAIN
    },
    Bounds {
        name: "two replicas, refused or not sent",
        ticks: 2,
        refusals: true,
        not_sent: true,
        ..PLAIN
    },
    Bounds {
        name: "one replica dies twice, a conflict or a lost answer",
        not_sent: true,
        left: Left {
            crashes: 2,
            faults: 1,
            ..NO_FAULTS
        },
        ..ALONE
    },
    Bounds {
        name: "two replicas, past the quiet period",
        ticks: 5,
        ..PLAIN
    },
];

const GONE: &str = "an unresolved purchase never disappears";
const UNNAMED: &str = "no POST without an open purchase that names its attempt";
const TWICE: &str = "at most one accepted POST per order key";
const DROPPED: &str = "a recorded order id is never dropped or replaced";
const FOREIGN: &str = "a foreign order is never bound";
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
    // The stated limit: an order that look-ups do not show for longer than the quiet period allows for.
    (
        Bounds {
            hidden: HIDDEN + 1,
            ..ALONE
        },
        TWICE,
    ),
];
