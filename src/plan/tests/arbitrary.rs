//! Arbitrary observations, also such as no honest history leads to: the plan has to be right about all of them.

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::fixtures::{DAY, applied, at, failure, fresh, key, unusable, usable};
use super::situations::{found, nothing};
use crate::api::{
    AccountReason, DocumentSigningOrderStatus, Failure, PurchaseReason, PurchaseSpec, PurchaseState,
};
use crate::plan::{
    Account, Action, Correlation, FailedOutcome, Found, FoundOrder, Inspection, LookUp, Memory, Observed,
    Order, ReadyAccount, RemoteFailure, Repair, Request, Ticket, Unresolved, plan,
};

/// Anything.
pub fn observed() -> BoxedStrategy<Observed> {
    let world = (
        option::weighted(0.9, order().boxed()).boxed(),
        option::weighted(0.8, purchase().boxed()).boxed(),
        account().boxed(),
    );
    let pass = (
        option::weighted(0.2, ticket()),
        look_up().boxed(),
        inspection().boxed(),
        option::weighted(0.2, remote_failure()),
    );
    (
        world,
        pass,
        request(),
        memory(),
        time(),
        any::<u64>(),
        any::<bool>(),
        option::weighted(0.1, time()),
    )
        .prop_map(
            |(
                (order, purchase, account),
                (ticket, look_up, inspection, failed),
                request,
                memory,
                now,
                seed,
                lived,
                card_secret,
            )| {
                let seen = Observed {
                    now,
                    seed,
                    order,
                    purchase,
                    account,
                    request,
                    card_secret,
                    ticket,
                    look_up,
                    inspection,
                    failed,
                    memory,
                    ..fresh()
                };
                if lived { with_history(seen) } else { seen }
            },
        )
        .boxed()
}

/// The observation as an honest pass comes to it: only what the plan asked for was looked at, and it was given the
/// answers that stand here.
pub fn honest_pass(seen: Observed) -> Observed {
    let (look_up, inspection, failed) = (seen.look_up.clone(), seen.inspection.clone(), seen.failed.clone());
    let mut seen = Observed {
        ticket: None,
        look_up: LookUp::NotAsked,
        inspection: Inspection::NotAsked,
        failed: None,
        ..seen
    };
    for _ in 0..4 {
        match plan(&seen).action {
            Action::LookUp => {
                seen.look_up = match &look_up {
                    LookUp::NotAsked => LookUp::Incomplete,
                    LookUp::Incomplete | LookUp::Complete(_) => look_up.clone(),
                };
            }
            Action::DeleteCardSecret => seen.card_secret = None,
            Action::Repair(Repair::NoteShown { ids, .. }) => {
                let attempt = seen.purchase.as_mut().unwrap().attempt.as_mut().unwrap();
                attempt.shown_order_ids.extend(ids);
            }
            Action::Inspect(id) | Action::Refresh(id) => {
                seen.inspection = match inspection.clone() {
                    Inspection::NotAsked | Inspection::Failed => Inspection::Failed,
                    Inspection::Missing(_) => Inspection::Missing(id),
                    Inspection::Found(found) => Inspection::Found(FoundOrder { id, ..found }),
                };
            }
            _ => return seen,
        }
        if seen.look_up == LookUp::Incomplete || seen.inspection == Inspection::Failed {
            seen.failed.clone_from(&failed);
        }
    }
    seen
}

/// What the next pass sees, if this one was carried out as far as status and memory go.
pub fn next_pass(mut seen: Observed) -> Observed {
    let planned = plan(&seen);
    if let (Some(order), Some(status)) = (&mut seen.order, planned.status) {
        order.status = status;
    }
    if seen.look_up != LookUp::NotAsked {
        seen.memory.looked_up = Some(seen.now);
    }
    if seen.inspection != Inspection::NotAsked {
        seen.memory.look_due = false;
    }
    if seen.inspection == Inspection::Failed {
        seen.memory.look_not_before = Some(seen.now + SignedDuration::from_secs(5));
    }
    Observed {
        ticket: None,
        look_up: LookUp::NotAsked,
        inspection: Inspection::NotAsked,
        failed: None,
        card_secret: None,
        ..seen
    }
}

/// The status is one that the plan itself wrote, in another pass over the same ledgers.
fn with_history(seen: Observed) -> Observed {
    let earlier = Observed {
        ticket: None,
        ..seen.clone()
    };
    let order = next_pass(earlier).order;
    Observed { order, ..seen }
}

fn time() -> impl Strategy<Value = Timestamp> {
    select(vec![-100, 0, 5, 30, 61, 900, DAY, DAY + 120, DAY + 5000, 3 * DAY]).prop_map(at)
}

fn word(words: &[&str]) -> impl Strategy<Value = String> + use<> {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    select(words)
}

fn attempt() -> impl Strategy<Value = String> {
    word(&["a1", "a2"])
}

fn order_id() -> impl Strategy<Value = i64> {
    select(vec![1, 2, 7])
}

fn order() -> impl Strategy<Value = Order> {
    let identity = (
        word(&["uid-1", "uid-1", "uid-2"]),
        option::of(word(&["namespace-1", "namespace-1", "namespace-2"])),
        1..3_i64,
    );
    let flags = (
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.1),
    );
    let said = (
        option::weighted(0.3, word(&["a1", "a2", "1,2,7", "a1 7", ""])),
        option::weighted(0.3, order_id()),
    );
    (identity, flags, said, status()).prop_map(
        |(
            (uid, namespace_uid, generation),
            (deleting, finalizer, suspend, raised),
            (order_anew, id),
            status,
        )| Order {
            uid,
            namespace_uid,
            generation,
            deleting,
            finalizer,
            order_anew,
            revision: if raised { 2 } else { 1 },
            suspend,
            existing_order_id: id,
            status,
        },
    )
}

fn status() -> impl Strategy<Value = DocumentSigningOrderStatus> {
    let named = (
        option::of(attempt()),
        option::weighted(0.4, order_id()),
        option::of(0..3_i64),
        option::weighted(0.8, select(vec![key(1), key(1), key(1), key(2)])),
    );
    let remote = (
        option::of(order_status()),
        option::of(word(&["pending", "submitted", "approved", "rejected", "odd"])),
        option::of(time()),
        option::weighted(0.4, stored_failure()),
    );
    (named, remote).prop_map(
        |((attempt, order_id, claimed_revision, key), (order_status, request_status, next, failure))| {
            DocumentSigningOrderStatus {
                attempt,
                order_id,
                claimed_revision,
                order_key: key.map(|key| key.to_string()),
                order_status,
                request_status,
                next_check_time: next.map(Time),
                failure,
                ..applied()
            }
        },
    )
}

fn order_status() -> impl Strategy<Value = String> {
    word(&[
        "needs_approval",
        "needs_csr",
        "pending",
        "waiting_pickup",
        "issued",
        "reissue_pending",
        "expired",
        "rejected",
        "revoked",
        "odd",
    ])
}

fn stored_failure() -> impl Strategy<Value = Failure> {
    (
        word(&["NotSent", "Refused", "Unavailable", "Held", "odd"]),
        word(&["code", "PossibleDuplicate", "OrderNotFound", "NotAllowed"]),
        option::of(time()),
        1..3_i64,
        option::weighted(0.8, word(&["v1", "v2"])),
    )
        .prop_map(|(outcome, code, retry, generation, inputs)| Failure {
            count: Some(1),
            outcome: Some(outcome),
            code: Some(code),
            message: Some("what was said".to_owned()),
            retry_time: retry.map(Time),
            generation: Some(generation),
            inputs,
            ..Failure::default()
        })
}

fn purchase() -> impl Strategy<Value = PurchaseSpec> {
    let states = select(vec![
        PurchaseState::Open,
        PurchaseState::Bought,
        PurchaseState::Closed,
    ]);
    let reasons = select(vec![
        PurchaseReason::NotSent,
        PurchaseReason::Refused,
        PurchaseReason::Absent,
        PurchaseReason::Placed,
        PurchaseReason::Adopted,
    ]);
    let ids = prop_oneof![3 => Just(vec![]), 2 => order_id().prop_map(|id| vec![id]), 1 => Just(vec![1, 2])];
    let attempt = (attempt(), any::<bool>(), prop::bool::weighted(0.9));
    (states, option::of(reasons), ids, 0..2_i32, attempt).prop_map(
        |(state, reason, ids, absences, (attempt, clock, kept))| {
            let opened = fresh().opened(&attempt).purchase(|purchase| {
                purchase.state = state;
                purchase.reason = reason;
                purchase.order_ids.clone_from(&ids);
                purchase.absences = absences;
                if let Some(attempt) = purchase.attempt.as_mut().filter(|_| clock) {
                    attempt.remote_time = None;
                }
                purchase.attempt = purchase.attempt.take().filter(|_| kept);
            });
            opened.purchase.into_iter().next().unwrap()
        },
    )
}

fn account() -> impl Strategy<Value = Account> {
    let correlations = select(vec![
        Correlation::Exact,
        Correlation::Exact,
        Correlation::Unverified,
        Correlation::NotSupported,
    ]);
    let free = || option::weighted(0.2, time());
    let limits = (
        prop::bool::weighted(0.1),
        free(),
        prop::bool::weighted(0.1),
        any::<bool>(),
    );
    let budget = (free(), free(), free());
    let trust = (correlations, prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    let ready = (limits, budget, trust).prop_map(
        |(
            (forbidden, limited_until, behind, adoption),
            (resolve, place, refresh),
            (correlation, same, proven),
        )| {
            let Account::Ready(account) = fresh().account else {
                return Account::Pending;
            };
            Account::Ready(ReadyAccount {
                forbidden: forbidden.then(|| "not here".to_owned()),
                limited_until,
                behind: behind.then(|| "another".to_owned()),
                adoption,
                correlation,
                same_as_attempt: same,
                unresolved: if proven {
                    Unresolved::WhenProven
                } else {
                    Unresolved::Hold
                },
                resolve_free_at: resolve,
                place_free_at: place,
                refresh_free_at: refresh,
                ..account
            })
        },
    );
    let not_ready = |reason| Account::NotReady(reason, "why".to_owned());
    prop_oneof![
        8 => ready,
        1 => select(vec![
            Account::Pending,
            Account::Missing("main".to_owned()),
            not_ready(AccountReason::Unreachable),
            not_ready(AccountReason::KeyRejected),
        ]),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        6 => select(vec![None, Some(true), Some(false)]).prop_map(usable),
        1 => any::<bool>().prop_map(|source| unusable("spec.order", source)),
        1 => Just(Request::Absent),
    ]
}

fn ticket() -> impl Strategy<Value = Ticket> {
    (attempt(), any::<bool>()).prop_map(|(attempt, in_time)| Ticket { attempt, in_time })
}

fn found_order() -> impl Strategy<Value = FoundOrder> {
    let oddities = (
        any::<bool>(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
        any::<bool>(),
    );
    (order_id(), option::of(order_status()), oddities).prop_map(
        |(id, status, (ours, unlike, owned, after_attempt))| FoundOrder {
            ours,
            unlike: unlike.then(|| "it is unlike".to_owned()),
            owned,
            after_attempt,
            ..found(id, status.as_deref())
        },
    )
}

fn look_up() -> impl Strategy<Value = LookUp> {
    let complete = (
        prop::collection::vec(found_order(), 0..3),
        prop_oneof![3 => Just(vec![]), 1 => Just(vec![7]), 1 => Just(vec![1, 7])],
        time(),
        option::of(time()),
    )
        .prop_map(|(orders, maybe, asked, began)| {
            LookUp::Complete(Found {
                orders,
                maybe,
                asked,
                began,
            })
        });
    let empty = (time(), option::weighted(0.3, time())).prop_map(|(began, asked)| {
        LookUp::Complete(Found {
            asked: asked.unwrap_or(began),
            began: Some(began),
            ..nothing()
        })
    });
    prop_oneof![3 => Just(LookUp::NotAsked), 1 => Just(LookUp::Incomplete), 2 => complete, 2 => empty]
}

fn inspection() -> impl Strategy<Value = Inspection> {
    prop_oneof![
        5 => Just(Inspection::NotAsked),
        1 => Just(Inspection::Failed),
        1 => order_id().prop_map(Inspection::Missing),
        2 => found_order().prop_map(Inspection::Found),
    ]
}

fn remote_failure() -> impl Strategy<Value = RemoteFailure> {
    let outcomes = select(vec![
        FailedOutcome::NotSent,
        FailedOutcome::Refused,
        FailedOutcome::RefusedForNow,
        FailedOutcome::Unknown,
        FailedOutcome::Unavailable,
    ]);
    outcomes.prop_map(failure)
}

fn memory() -> impl Strategy<Value = Memory> {
    let known_for = select(vec![0, 719, 720, 899, 900, DAY, 3 * DAY]);
    (
        known_for,
        option::of(time()),
        prop::bool::weighted(0.3),
        option::weighted(0.2, time()),
    )
        .prop_map(|(known_for, looked_up, look_due, look_not_before)| Memory {
            attempt_known_for: SignedDuration::from_secs(known_for),
            looked_up,
            look_due,
            look_not_before,
        })
}
