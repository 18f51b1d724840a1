//! Ways to look for an order where it can't be seen, or to take another for it.

use super::{CLAIM, Edit, Mutant, OPEN};

const LOOK_UP: &str = "src/controller/look_up.rs";
const ACCOUNT_VIEW: &str = "src/controller/account_view.rs";
const BY_HAND: &str = "src/plan/by_hand.rs";
const CONNECTION: &str = "src/controller/connection.rs";

pub const ACCOUNTS: &[Mutant] = &[
    Mutant {
        name: "the account's quiet period is read in milliseconds",
        script: "hidden",
        edits: &[Edit {
            file: ACCOUNT_VIEW,
            from: "        quiet_period: connection.times.quiet(SignedDuration::from_secs(\n",
            to: "        quiet_period: connection.times.quiet(SignedDuration::from_millis(\n",
        }],
    },
    Mutant {
        name: "any key that finds its own orders is believed about those of another",
        script: "key-replaced",
        edits: &[Edit {
            file: CONNECTION,
            from: "            .is_some_and(|secret| secret == self.secret || lock(&self.covered).contains(&secret))\n",
            to: "            .is_some_and(|secret| secret == self.secret || self.correlation() == Correlation::Exact)\n",
        }],
    },
    Mutant {
        name: "what was found out about look-ups counts for another API key too",
        script: "key-replaced",
        edits: &[
            Edit {
                file: "src/controller/account.rs",
                from: "            known.secret_uid.as_ref() == Some(&secret.0)
                && known.secret_resource_version.as_ref() == Some(&secret.1)
                && known.endpoint.as_deref() == Some(endpoint)\n",
                to: "            known.secret_uid.as_ref() == Some(&secret.0) && known.endpoint.as_deref() == Some(endpoint)\n",
            },
            Edit {
                file: CONNECTION,
                from: "            .is_some_and(|secret| secret == self.secret || lock(&self.covered).contains(&secret))\n",
                to: "            .is_some_and(|secret| secret.0 == self.secret.0)\n",
            },
        ],
    },
    Mutant {
        name: "an open attempt is looked up where the manifest points now",
        script: "other-account",
        edits: &[Edit {
            file: "src/controller/observe.rs",
            from: "        // What may have been bought is looked for where it was bought, whatever the manifest says now.
        (Some(purchase), _) if purchase.spec.state == PurchaseState::Open => recorded(purchase),\n",
            to: "",
        }],
    },
    Mutant {
        name: "an empty answer shows that orders can be looked up by their token",
        script: "unkept",
        edits: &[Edit {
            file: "src/controller/poller.rs",
            from: "    if answer.is_ok_and(|answer| answer.value.iter().any(|order| order.order_id == known.id)) {\n",
            to: "    if answer.is_ok() {\n",
        }],
    },
    Mutant {
        name: "an order that was sent without its token is looked up by it, and proven absent",
        script: "untraced",
        edits: &[
            Edit {
                file: LOOK_UP,
                from: "        } else if self.connection.correlation() != Correlation::Exact || !self.traced {\n",
                to: "        } else if self.connection.correlation() != Correlation::Exact {\n",
            },
            Edit {
                file: OPEN,
                from: "            .is_some_and(|attempt| attempt.alternative_order_id && attempt.shown_order_ids.is_empty())\n",
                to: "            .is_some_and(|attempt| attempt.shown_order_ids.is_empty())\n",
            },
        ],
    },
    Mutant {
        name: "what was seen once is absent when it is seen no more",
        script: "place",
        edits: &[Edit {
            file: OPEN,
            from: "            .is_some_and(|attempt| attempt.alternative_order_id && attempt.shown_order_ids.is_empty())\n",
            to: "            .is_some_and(|attempt| attempt.alternative_order_id)\n",
        }],
    },
    Mutant {
        name: "of the orders that are over, only the newest are read",
        script: "place",
        edits: &[Edit {
            file: LOOK_UP,
            from: "        ids.retain(|id| !self.connection.carries_others(*id, token));\n",
            to: "        ids.retain(|id| !self.connection.carries_others(*id, token));
        ids.truncate(20);\n",
        }],
    },
    Mutant {
        name: "a token in the comments is not seen",
        script: "unkept",
        edits: &[Edit {
            file: LOOK_UP,
            from: "        .chain(comments)\n",
            to: "        .chain(comments.filter(|comment| comment.is_empty()))\n",
        }],
    },
    Mutant {
        name: "an order that carries another key's token is ours",
        script: "neighbours",
        edits: &[Edit {
            file: LOOK_UP,
            from: "        let ours = tokens(order).contains(&self.key.token());\n",
            to: "        let ours = !tokens(order).is_empty();\n",
        }],
    },
    Mutant {
        name: "nobody asks who owns an order that a person names",
        script: "neighbours",
        edits: &[Edit {
            file: "src/controller/act.rs",
            from: "            let owned = !order.ours
                && super::look_up::owned(pass.context, &connection.endpoint)
                    .await?
                    .contains(&id);\n",
            to: "            let owned = order.owned;\n",
        }],
    },
    Mutant {
        name: "an order that a person names takes the place of the one that was bought",
        script: "named-early",
        edits: &[Edit {
            file: BY_HAND,
            from: "    if !ids.is_empty() && found.orders.iter().all(|order| order.id != wanted) {\n",
            to: "    if ids.len() > 7 && found.orders.iter().all(|order| order.id != wanted) {\n",
        }],
    },
    Mutant {
        name: "attempts for one person do not wait for each other where nothing tells their orders apart",
        script: "queue",
        edits: &[
            Edit {
                file: ACCOUNT_VIEW,
                from: "    if connection.correlation() == Correlation::Exact {\n        return None;\n    }\n    let ours = pass.key.to_string();\n",
                to: "    if connection.correlation() == Correlation::Exact || !pass.key.namespace().is_empty() {\n        return None;\n    }\n    let ours = pass.key.to_string();\n",
            },
            Edit {
                file: CLAIM,
                from: "    if connection.correlation() != Correlation::Exact\n        && let Some(email) = email(&order)\n",
                to: "    if connection.correlation() == Correlation::Exact\n        && let Some(email) = email(&order)\n",
            },
        ],
    },
];
