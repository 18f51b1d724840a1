//! Ways to break the protocol in the sources that ship, one at a time: what stands there, and what a careless hand
//! would put in its place.

#![allow(dead_code, reason = "who only looks whether they fit needs no names")]

#[path = "accounts.rs"]
mod accounts;
#[path = "answers.rs"]
mod answers;
#[path = "clocks.rs"]
mod clocks;
#[path = "table.rs"]
mod table;

/// One broken protocol.
#[derive(Clone, Copy, Debug)]
pub struct Mutant {
    pub name: &'static str,
    /// The life in which it is expected to show; nothing is left out if it does not.
    pub script: &'static str,
    pub edits: &'static [Edit],
}

/// One change of one file.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    pub file: &'static str,
    /// Stands in the file exactly once.
    pub from: &'static str,
    pub to: &'static str,
}

const LEDGER: &str = "src/controller/ledger.rs";
const PLACE: &str = "src/controller/place.rs";
const CLAIM: &str = "src/controller/claim.rs";
const OPEN: &str = "src/plan/open.rs";

/// All of them.
pub fn mutants() -> impl Iterator<Item = &'static Mutant> {
    let more = [clocks::CLOCKS, table::TABLE, accounts::ACCOUNTS, answers::ANSWERS];
    MUTANTS.iter().chain(more.into_iter().flatten())
}

const MUTANTS: &[Mutant] = &[
    Mutant {
        name: "no purchase is written before the POST",
        script: "place",
        edits: &[Edit {
            file: LEDGER,
            from: "    let written = write(context, key, before, spec).await?;\n",
            to: "    let written = Some(Purchase { metadata: ObjectMeta::default(), spec });\n",
        }],
    },
    Mutant {
        name: "a purchase is overwritten instead of created",
        script: "rivals-hidden",
        edits: &[Edit {
            file: LEDGER,
            from: "            None => purchases.create(&parameters, &object).await,\n",
            to: "            None => match purchases.create(&parameters, &object).await {
                Err(kube::Error::Api(status)) if status.code == 409 => {
                    let mut object = object.clone();
                    object.metadata = purchases.get(token.as_str()).await?.metadata;
                    purchases.replace(token.as_str(), &parameters, &object).await
                }
                created => created,
            },\n",
        }],
    },
    Mutant {
        name: "a close does not name its attempt",
        script: "rivals-hidden",
        edits: &[Edit {
            file: LEDGER,
            from: "before.spec.state != PurchaseState::Open || !is_attempt(&before.spec, attempt)",
            to: "before.spec.state != PurchaseState::Open",
        }],
    },
    Mutant {
        name: "a lost purchase is not repaired from the status",
        script: "purchase-deleted",
        edits: &[Edit {
            file: "src/plan/ledgers.rs",
            from: "        (None, Some(attempt)) => Some(Decision::act(Action::Repair(Repair::ReopenPurchase {
            attempt: attempt.clone(),
        }))),\n",
            to: "        (None, Some(_)) => Some(unmark(seen, order, purchase)),\n",
        }],
    },
    Mutant {
        name: "a claim is not compared with what came back",
        script: "pruned-purchase",
        edits: &[
            Edit {
                file: LEDGER,
                from: "    if written.spec == object.spec {\n",
                to: "    if !written.spec.order_key.is_empty() {\n",
            },
            Edit {
                file: LEDGER,
                from: "        written.spec.state == PurchaseState::Open && is_attempt(&written.spec, &claim.attempt)\n",
                to: "        written.spec.state == PurchaseState::Open\n",
            },
            Edit {
                file: "src/plan/ticket.rs",
                from: "            .is_some_and(|attempt| attempt.id == ticket.attempt)\n",
                to: "            .is_none_or(|attempt| attempt.id == ticket.attempt)\n",
            },
        ],
    },
    Mutant {
        name: "a mark is not compared with what came back",
        script: "pruned-status",
        edits: &[
            Edit {
                file: "src/controller/record.rs",
                from: "    if written.status != object.status {\n",
                to: "    if written.status.is_none() {\n",
            },
            Edit {
                file: "src/plan/ticket.rs",
                from: "order.status.attempt.as_ref() == Some(&ticket.attempt)",
                to: "order.status.attempt.as_ref().is_none_or(|marked| *marked == ticket.attempt)",
            },
        ],
    },
    Mutant {
        name: "nothing is looked up before the claim",
        script: "namespace",
        edits: &[
            Edit {
                file: "src/plan/unbought.rs",
                from: "        LookUp::NotAsked => Some(Decision::act(Action::LookUp)),\n",
                to: "        LookUp::NotAsked => None,\n",
            },
            Edit {
                file: CLAIM,
                from: "    let (LookUp::Complete(found), Some(monotonic_start)) = (&seen.look_up, pass.look_up_began) else {
        return Err(Error::Conflict(\"claiming the key\"));
    };\n",
                to: "    let nothing = crate::plan::Found { orders: Vec::new(), maybe: Vec::new(), asked: context.clock.now(), began: Some(context.clock.now()) };
    let found = match &seen.look_up {
        LookUp::Complete(found) => found,
        LookUp::NotAsked | LookUp::Incomplete => &nothing,
    };
    let monotonic_start = pass.look_up_began.unwrap_or_else(|| context.clock.monotonic());\n",
            },
        ],
    },
    Mutant {
        name: "a purchase is re-opened on the word of an old cache",
        script: "never-arrived",
        edits: &[Edit {
            file: CLAIM,
            from: "    if pass.purchase.is_some() && marked_meanwhile(pass, &order).await? {\n",
            to: "    if pass.purchase.is_some() && marked_meanwhile(pass, &order).await? && pass.purchase.is_none() {\n",
        }],
    },
    Mutant {
        name: "an incomplete look-up is taken for proof",
        script: "blind",
        edits: &[Edit {
            file: "src/controller/act.rs",
            from: "            pass.look_up = LookUp::Incomplete;
            doubt(pass, &failure.code);\n",
            to: "            pass.look_up = LookUp::Complete(crate::plan::Found { orders: Vec::new(), maybe: Vec::new(), asked: context.clock.now(), began: Some(context.clock.now()) });
            doubt(pass, &failure.code);\n",
        }],
    },
    Mutant {
        name: "the HTTP client sends a POST again",
        script: "lost",
        edits: &[Edit {
            file: "src/certcentral/place.rs",
            from: "        let (body, seal) = gate::sealed(body, gate);
        let answer = self
            .transport
            .post(&[\"order\", \"certificate\", \"ds_individual\"], body)
            .await;\n",
            to: "        let again = body.clone();
        let (body, seal) = gate::sealed(body, gate);
        let mut answer = self
            .transport
            .post(&[\"order\", \"certificate\", \"ds_individual\"], body)
            .await;
        if answer.is_err() {
            let (body, _second) = gate::sealed(again, || true);
            answer = self
                .transport
                .post(&[\"order\", \"certificate\", \"ds_individual\"], body)
                .await;
        }\n",
        }],
    },
    Mutant {
        name: "a redirect is followed",
        script: "redirected",
        edits: &[Edit {
            file: "src/certcentral/transport.rs",
            from: ".redirect(redirect::Policy::none())",
            to: ".redirect(redirect::Policy::limited(3))",
        }],
    },
    Mutant {
        name: "an unknown outcome is treated as a refusal",
        script: "lost",
        edits: &[Edit {
            file: PLACE,
            from: "            pass.look_up = crate::plan::LookUp::NotAsked;\n",
            to: "            close(pass, &attempt, PurchaseReason::Refused).await;\n",
        }],
    },
    Mutant {
        name: "the order id is dropped when it can't be recorded",
        script: "unseen",
        edits: &[Edit {
            file: PLACE,
            from: "                record_in_status(pass, placed.id).await;
                pass.context.clock.sleep(wait).await;
                wait = (wait * 2).min(Duration::from_secs(30));\n",
            to: "                wait *= 2;
                if wait > Duration::ZERO {
                    return;
                }
                record_in_status(pass, placed.id).await;\n",
        }],
    },
    Mutant {
        name: "a connection that breaks under way is taken for one that never stood",
        script: "lost",
        edits: &[Edit {
            file: "src/certcentral/place.rs",
            from: "            (Passage::HandedOver, Err(_)) => PlaceOutcome::Unknown(UnknownReason::ConnectionLost),\n",
            to: "            (Passage::HandedOver, Err(_)) => PlaceOutcome::NotSent(NotSentReason::AnsweredEarly),\n",
        }],
    },
    Mutant {
        name: "an order that another manifest owns is bound",
        script: "adopt",
        edits: &[Edit {
            file: OPEN,
            from: "    if found.owned || !may {\n",
            to: "    if !may {\n",
        }],
    },
    Mutant {
        name: "a ticket is used twice",
        script: "lost",
        edits: &[Edit {
            file: PLACE,
            from: "            pass.look_up = crate::plan::LookUp::NotAsked;\n",
            to: "            if let Some(room) = super::ticket::Room::reserve(&connection) {
                let late = pass.context.clock.now().saturating_add(SignedDuration::from_hours(1)).unwrap_or_default();
                pass.ticket = Some(super::ticket::Ticket::new(attempt, late, Duration::MAX, room));
            }\n",
        }],
    },
    Mutant {
        name: "the key is derived from the manifest's UID",
        script: "reapply",
        edits: &[Edit {
            file: "src/controller/context.rs",
            from: "            order.name_any(),
            order.spec.revision,\n",
            to: "            order.uid().unwrap_or_default(),
            order.spec.revision,\n",
        }],
    },
    Mutant {
        name: "the first of several orders is adopted",
        script: "several",
        edits: &[
            Edit {
                file: OPEN,
                from: "    if found.orders.len() < 2 || by_hand {\n",
                to: "    if found.orders.len() < 200 || by_hand {\n",
            },
            Edit {
                file: OPEN,
                from: "    let [found] = complete(seen)?.orders.as_slice() else {\n",
                to: "    let [found, ..] = complete(seen)?.orders.as_slice() else {\n",
            },
        ],
    },
    Mutant {
        name: "an order is placed for a manifest that is being deleted",
        script: "deleting",
        edits: &[
            Edit {
                file: "src/plan/known.rs",
                from: "    (!open).then(|| Decision::keep(Wake::OnChange))\n",
                to: "    (!open && order.status.order_id.is_some()).then(|| Decision::keep(Wake::OnChange))\n",
            },
            Edit {
                file: "src/plan/ticket.rs",
                from: "    let wanted = !order.deleting\n        && !order.suspend\n",
                to: "    let wanted = !order.suspend\n",
            },
        ],
    },
    Mutant {
        name: "leadership is trusted as the fence",
        script: "rivals",
        edits: &[
            Edit {
                file: LEDGER,
                from: "            Some(_) => purchases.replace(token.as_str(), &parameters, &object).await,\n",
                to: "            Some(_) => {
                    let mut object = object.clone();
                    object.metadata = purchases.get(token.as_str()).await?.metadata;
                    purchases.replace(token.as_str(), &parameters, &object).await
                }\n",
            },
            Edit {
                file: "src/controller/record.rs",
                from: "    let request = orders.replace_status(&name, &parameters, &object);\n",
                to: "    object.metadata.resource_version =
        answered(DOING, orders.get(&name)).await?.metadata.resource_version;
    let request = orders.replace_status(&name, &parameters, &object);\n",
            },
        ],
    },
    Mutant {
        name: "absence is proven twice",
        script: "twice",
        edits: &[Edit {
            file: OPEN,
            from: "        && purchase.absences == 0\n",
            to: "        && purchase.absences >= 0\n",
        }],
    },
    Mutant {
        name: "the policy Hold is not heeded",
        script: "hold",
        edits: &[Edit {
            file: OPEN,
            from: "        && account.unresolved == Unresolved::WhenProven\n",
            to: "        && matches!(account.unresolved, Unresolved::WhenProven | Unresolved::Hold)\n",
        }],
    },
    Mutant {
        name: "the purchase is closed before the order id is recorded",
        script: "place",
        edits: &[Edit {
            file: PLACE,
            from: "    let before = pass.purchase.as_ref().map(|purchase| purchase.spec.clone());\n",
            to: "    let before = pass.purchase.as_ref().map(|purchase| purchase.spec.clone());
    if let Some(attempt) = before.as_ref().and_then(|before| before.attempt.as_ref()) {
        close(pass, &attempt.id.clone(), PurchaseReason::Placed).await;
    }\n",
        }],
    },
    Mutant {
        name: "an open purchase is taken for a closed one",
        script: "rivals",
        edits: &[Edit {
            file: OPEN,
            from: "        .filter(|purchase| purchase.state == PurchaseState::Open)?;
    Some((seen.order.as_ref(), purchase, purchase.attempt.as_ref()?))\n",
            to: "        .filter(|purchase| purchase.state == PurchaseState::Open && purchase.order_ids.len() > 7)?;
    Some((seen.order.as_ref(), purchase, purchase.attempt.as_ref()?))\n",
        },
        Edit {
            file: OPEN,
            from: "            .filter(|purchase| purchase.state != PurchaseState::Closed)?;\n",
            to: "            .filter(|purchase| purchase.state == PurchaseState::Bought)?;\n",
        },
        Edit {
            file: LEDGER,
            from: "    if closed.is_some_and(|closed| closed.state != PurchaseState::Closed) {\n",
            to: "    if closed.is_some_and(|closed| closed.state == PurchaseState::Bought) {\n",
        }],
    },
    Mutant {
        name: "a 4xx that is not CertCentral's is taken for a refusal",
        script: "answer",
        edits: &[Edit {
            file: "src/certcentral/place.rs",
            from: "        (None, _) => PlaceOutcome::Unknown(unreadable(*status, *end)),\n",
            to: "        (None, _) if (400..=499).contains(status) => PlaceOutcome::Refused(Refusal {
            status: *status,
            code: String::new(),
            message: String::new(),
            retry_after: None,
            errors: 0,
        }),
        (None, _) => PlaceOutcome::Unknown(unreadable(*status, *end)),\n",
        }],
    },
    Mutant {
        name: "a number at the cut is believed",
        script: "answer",
        edits: &[Edit {
            file: "src/certcentral/place.rs",
            from: "self.ids.iter().take(self.confirmed)",
            to: "self.ids.iter().take(self.ids.len().max(self.confirmed))",
        }],
    },
    Mutant {
        name: "a write without an answer is taken for done",
        script: "place",
        edits: &[Edit {
            file: LEDGER,
            from: "            Some(written) if written.spec == object.spec => written,
            Some(_) | None => return Err(Error::Conflict(\"writing the purchase\")),\n",
            to: "            Some(written) if written.spec == object.spec => written,
            Some(_) | None => object.clone(),\n",
        }],
    },
    Mutant {
        name: "an order that is not what was asked for is adopted",
        script: "mismatch",
        edits: &[Edit {
            file: OPEN,
            from: "    if let Some(unlike) = &found.unlike {\n",
            to: "    if let Some(unlike) = found.unlike.as_ref().filter(|_| found.id < 0) {\n",
        }],
    },
    Mutant {
        name: "orders that may be this one are overlooked",
        script: "first",
        edits: &[Edit {
            file: OPEN,
            from: "    found.maybe.iter().filter(|id| !is_waived(id)).collect()\n",
            to: "    found.maybe.iter().filter(|id| !is_waived(id) && **id < 0).collect()\n",
        }],
    },
];
