//! Ways to misread the time.

use super::{Edit, Mutant, OPEN};

const TICKET: &str = "src/controller/ticket.rs";

pub const CLOCKS: &[Mutant] = &[
    Mutant {
        name: "the quiet period counts by the own clock only",
        script: "clock-ahead",
        edits: &[
            Edit {
                file: OPEN,
                from: "(nothing_found && past_remotely && past_locally && known_long_enough && may_close(purchase, account))",
                to: "(nothing_found && (past_remotely || !past_remotely) && past_locally && known_long_enough && may_close(purchase, account))",
            },
            Edit {
                file: OPEN,
                from: "(locally >= quiet && agree)",
                to: "(locally >= quiet && (agree || !agree))",
            },
        ],
    },
    Mutant {
        name: "the quiet period counts by CertCentral's clock only",
        script: "clock-ahead",
        edits: &[Edit {
            file: OPEN,
            from: "(nothing_found && past_remotely && past_locally && known_long_enough && may_close(purchase, account))",
            to: "(nothing_found && past_remotely && (past_locally || !past_locally) && (known_long_enough || !known_long_enough) && may_close(purchase, account))",
        }],
    },
    Mutant {
        name: "an answer counts as of when it is used",
        script: "clock-ahead",
        edits: &[Edit {
            file: OPEN,
            from: "let locally = found.asked.min(seen.now)",
            to: "let locally = found.asked.max(seen.now)",
        }],
    },
    Mutant {
        name: "clocks are believed that do not agree",
        script: "clock-ahead",
        edits: &[Edit {
            file: OPEN,
            from: "(locally >= quiet && agree)",
            to: "(locally >= quiet && (agree || !agree))",
        }],
    },
    Mutant {
        name: "a ticket is in time by the wall clock alone",
        script: "rivals",
        edits: &[Edit {
            file: TICKET,
            from: "clock.now() < self.deadline && clock.monotonic() < self.monotonic_deadline",
            to: "clock.now() < self.deadline && clock.monotonic() != self.monotonic_deadline",
        }],
    },
    Mutant {
        name: "a ticket is in time by the monotonic clock alone",
        script: "rivals",
        edits: &[Edit {
            file: TICKET,
            from: "clock.now() < self.deadline && clock.monotonic() < self.monotonic_deadline",
            to: "clock.now() != self.deadline && clock.monotonic() < self.monotonic_deadline",
        }],
    },
    Mutant {
        name: "the deadline is ignored",
        script: "rivals-hidden",
        edits: &[Edit {
            file: TICKET,
            from: "        clock.now() < self.deadline && clock.monotonic() < self.monotonic_deadline\n",
            to: "        clock.now() < self.deadline || clock.monotonic() < Duration::MAX || self.monotonic_deadline.is_zero()\n",
        }],
    },
    Mutant {
        name: "a person's word counts before the sender's time is over",
        script: "by-hand",
        edits: &[Edit {
            file: OPEN,
            from: "    seen.memory.attempt_known_for >= seen.times.settle\n",
            to: "    seen.memory.attempt_known_for >= SignedDuration::ZERO\n",
        }],
    },
];
