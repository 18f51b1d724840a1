//! Ways to misread the decision table, where only worlds that few people live in show it: accounts that change behind
//! their names, orders that people name or waive, namespaces made anew.

use super::{Edit, Mutant, OPEN};

const LEDGERS: &str = "src/plan/ledgers.rs";

pub const TABLE: &[Mutant] = &[
    Mutant {
        name: "absence is proven on any account",
        script: "hidden",
        edits: &[Edit {
            file: OPEN,
            from: "    account.same_as_attempt\n        && account.correlation == Correlation::Exact\n",
            to: "    account.correlation == Correlation::Exact\n",
        }],
    },
    Mutant {
        name: "absence is believed by a process that has just learned of the attempt",
        script: "clock-ahead",
        edits: &[Edit {
            file: OPEN,
            from: "    let known_long_enough = known_for >= seen.times.floor;\n",
            to: "    let known_long_enough = known_for >= SignedDuration::ZERO;\n",
        }],
    },
    Mutant {
        name: "clocks that are less than an hour apart agree",
        script: "clock-ahead",
        edits: &[Edit {
            file: OPEN,
            from: "const APART: SignedDuration = SignedDuration::from_mins(5);\n",
            to: "const APART: SignedDuration = SignedDuration::from_hours(1);\n",
        }],
    },
    Mutant {
        name: "an order that a person names is bound while the POST may be under way",
        script: "by-hand",
        edits: &[Edit {
            file: "src/plan/by_hand.rs",
            from: "    if !settled(seen) || failure::holding(seen, order).is_some() {\n",
            to: "    if failure::holding(seen, order).is_some() {\n",
        }],
    },
    Mutant {
        name: "a number within another number waives an order",
        script: "first",
        edits: &[Edit {
            file: OPEN,
            from: "    let is_waived = |id: &i64| waived.split([',', ' ']).any(|word| word == id.to_string());\n",
            to: "    let is_waived = |id: &i64| waived.contains(&id.to_string());\n",
        }],
    },
    Mutant {
        name: "a wiped status is not marked again",
        script: "status-wiped",
        edits: &[Edit {
            file: LEDGERS,
            from: "        (Some(PurchaseState::Open), None) => remark(seen, order, purchase?),\n",
            to: "        (Some(PurchaseState::Open), None) => None,\n",
        }],
    },
    Mutant {
        name: "a namespace made anew inherits what the earlier one bought",
        script: "namespace",
        edits: &[Edit {
            file: LEDGERS,
            from: "        (Some(then), Some(now)) => then != now,\n",
            to: "        (Some(then), Some(now)) => then.is_empty() != now.is_empty(),\n",
        }],
    },
    Mutant {
        name: "the key of a second POST is not looked up again",
        script: "never-arrived",
        edits: &[Edit {
            file: "src/plan/known.rs",
            from: "        status.order_id.is_some() && purchase.state == PurchaseState::Bought && purchase.absences > 0;\n",
            to: "        status.order_id.is_some() && purchase.state == PurchaseState::Bought && purchase.absences > 1;\n",
        }],
    },
];
