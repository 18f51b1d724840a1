//! The shipping controller under a CertCentral that says anything for some hours: nothing is bought twice, and once it
//! is itself again everything goes on.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::bench::{Bench, Tamper, orders, ordinary};
use crate::dice;
use crate::dice::Dice;
use crate::manifests::{any_json, bend};
use crate::paused::{KEY, in_paused_time, pass};

const WORLDS: usize = 12;
const ORDERS: usize = 4;
/// Shorter than the quiet period: a look-up that lies for longer than that is believed, as the design says.
const HOURS: u64 = 8;
/// What an order may wait for in the end: a person, where nothing could tell whether it was bought.
const ENDS: [&str; 3] = ["Issued", "OutcomeUnknown", "Refused"];

#[test]
fn a_certcentral_that_says_anything_is_never_paid_twice() {
    let mut dice = dice("tampered");
    let (mut answers, mut issued, mut bought) = (0, 0, 0);
    for world in 0..WORLDS {
        let (count, done) = in_paused_time(live(&mut dice.another()));
        let (reasons, paid) = done.unwrap_or_else(|error| panic!("world {world}: {error}"));
        answers += count;
        bought += paid;
        issued += reasons.iter().filter(|reason| *reason == "Issued").count();
    }
    println!(
        "{WORLDS} worlds, {answers} answers exchanged, {bought} orders bought, {issued} issued in the end"
    );
    assert!(
        answers > 200 && issued > WORLDS * ORDERS / 3,
        "{answers} {issued}"
    );
}

async fn live(dice: &mut Dice) -> (usize, Result<(Vec<String>, usize), String>) {
    let (lying, told) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let bench = Bench::new(&[KEY], Some(liar(&lying, &told, dice.another())));
    bench.furnish().await;
    let life = async {
        for number in 0..ORDERS {
            let order = ordinary(&format!("order-{number}"), "main");
            bench.make(&orders(), &order).await;
            pass(Duration::from_secs(dice.between(0, 600))).await;
        }
        pass(Duration::from_hours(HOURS)).await;
        lying.store(false, Ordering::SeqCst);
        // Beyond every backoff, look-up and proof of absence.
        pass(Duration::from_hours(27)).await;
        let reasons: Vec<String> = (0..ORDERS)
            .map(|number| bench.reason(&format!("order-{number}")))
            .collect();
        match reasons.iter().find(|reason| !ENDS.contains(&reason.as_str())) {
            None => Ok(reasons),
            Some(_) => Err(format!(
                "{reasons:?}: {:?}",
                bench.cluster.objects("documentsigningorders")
            )),
        }
    };
    let lived = bench.with_operator(life).await;
    let paid = bench.remote.journal().orders.len();
    let done = lived.and_then(|reasons| bench.paid_once().map(|()| (reasons, paid)));
    (told.load(Ordering::SeqCst), done)
}

/// Exchanges half of the answers.
fn liar(lying: &Arc<AtomicBool>, told: &Arc<AtomicUsize>, dice: Dice) -> Tamper {
    let (lying, told) = (Arc::clone(lying), Arc::clone(told));
    let dice = Mutex::new(dice);
    Arc::new(move |what, status, body| {
        let mut dice = dice.lock().unwrap();
        if !lying.load(Ordering::SeqCst) || dice.permille(500) {
            return (status, body);
        }
        told.fetch_add(1, Ordering::SeqCst);
        let posted = what.starts_with("POST");
        exchanged(status, body, posted, &mut dice)
    })
}

/// Another answer. That to a POST never names an order that is not there: it would be believed.
fn exchanged(status: u16, body: Bytes, posted: bool, dice: &mut Dice) -> (u16, Bytes) {
    const STATUSES: [u16; 12] = [200, 201, 204, 302, 401, 403, 404, 408, 429, 500, 503, 599];
    let other = STATUSES[dice.size(0, STATUSES.len())];
    match dice.between(0, 6) {
        0 => (other, Bytes::from(any_json(dice, 3).to_string())),
        1 => (status, Bytes::from(any_json(dice, 3).to_string())),
        2 => (
            other,
            (0..dice.between(0, 300))
                .map(|_| dice.throw().to_le_bytes()[0])
                .collect(),
        ),
        3 => (status, body.slice(..dice.size(0, body.len() + 1))),
        4 if !posted => (status, Bytes::from(bent(&body, dice).to_string())),
        _ => (other, body),
    }
}

/// The answer with one of its values exchanged.
fn bent(body: &[u8], dice: &mut Dice) -> Value {
    let mut answer = serde_json::from_slice(body).unwrap_or_default();
    bend(&mut answer, dice);
    answer
}
