//! The searches: each set of bounds takes one kind of trouble as far as it goes in time.

use super::bounds::{Bounds, HIDDEN, QUIET};
use super::people::{
    apply_again, apply_other, delete, lose_both, lose_purchase, make_namespace_anew, name_foreign,
    name_neighbour, name_order, order_anew, other_inputs, put_clock_as_far, put_clock_forward,
    put_clock_further, raise_revision, replace, suspend, switch_account, switch_behind_the_name, waive, wipe,
    wipe_what_is_recorded,
};
use super::world::Left;

pub const NO_FAULTS: Left = Left {
    crashes: 0,
    faults: 0,
    stale: 0,
    edits: 0,
};
pub const ONE_CRASH: Left = Left {
    crashes: 1,
    ..NO_FAULTS
};
pub const ONE_FAULT: Left = Left {
    faults: 1,
    ..NO_FAULTS
};
const ONE_STALE: Left = Left {
    stale: 1,
    ..NO_FAULTS
};
pub const ONE_EDIT: Left = Left {
    edits: 1,
    ..NO_FAULTS
};
const TWO_EDITS: Left = Left {
    edits: 2,
    ..NO_FAULTS
};

pub const PLAIN: Bounds = Bounds::PLAIN;
/// One replica, every answer to a POST, past the quiet period.
pub const ALONE: Bounds = Bounds {
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

/// Of two replicas, one has a clock that is ahead by the quiet period, so that CertCentral's alone holds it back. Once
/// that is put forward too, nothing does but whether the two agree.
pub const ONE_FAR_AHEAD: Bounds = Bounds {
    skew: [0, QUIET],
    left: ONE_EDIT,
    ..RACE
};
/// A person names an order that nobody of this world bought, and may.
pub const ADOPTING: Bounds = Bounds {
    edits: &[name_foreign],
    foreign: true,
    adoption: true,
    refusals: false,
    left: ONE_EDIT,
    ..ALONE
};
/// Without tokens, what may be the order is told by people.
pub const WAIVING: Bounds = Bounds {
    edits: &[waive, order_anew],
    foreign: true,
    tokens: false,
    refusals: false,
    left: TWO_EDITS,
    ..ALONE
};
/// A look-up was empty, and the order comes to light all the same, when another was bought.
pub const PROOF_WRONG: Bounds = Bounds {
    hidden: HIDDEN + 1,
    told_only: true,
    refusals: false,
    ..ALONE
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
        name: "another account behind the name, for good or for a while",
        edits: &[switch_behind_the_name],
        refusals: false,
        ..EDITED
    },
    Bounds {
        name: "namespace made anew",
        edits: &[make_namespace_anew],
        left: ONE_EDIT,
        ..ALONE
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
        name: "status wiped, then the purchase deleted",
        edits: &[wipe_what_is_recorded, lose_purchase],
        refusals: false,
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
        name: "a foreign order named by hand where that is allowed",
        ..ADOPTING
    },
    Bounds {
        name: "foreign orders waived, and order-anew, without tokens",
        ..WAIVING
    },
    Bounds {
        name: "absence proven wrongly, and told",
        ..PROOF_WRONG
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
        name: "two replicas, one clock behind",
        skew: [0, -3],
        ticks: 2,
        ..PLAIN
    },
    // With both clocks ahead alike, nothing covers the time that look-ups don't show an order: a stated limit. The way of
    // the POST is covered in any case.
    Bounds {
        name: "two replicas, one clock and CertCentral's ahead alike",
        edits: &[put_clock_as_far],
        ticks: 2,
        hidden: 0,
        late: false,
        ..ONE_FAR_AHEAD
    },
    Bounds {
        name: "two replicas, one clock ahead and CertCentral's further",
        edits: &[put_clock_further],
        late: false,
        ..ONE_FAR_AHEAD
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
