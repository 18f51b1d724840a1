//! Accounts that use one API key share its request budget, and accounts that use different keys do not: shown by what
//! arrives at CertCentral, call by call.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what a test expects is there, or the test fails; and its numbers are told"
)]

#[path = "bad_input/bench.rs"]
mod bench;
mod memory;
mod paused;

use std::time::Duration;

use bench::{Bench, Call, HERE, orders, ordinary};
use paused::in_paused_time;
use serde_json::json;

/// The limits of each account.
const PER_5_SECONDS: usize = 12;
const PER_3_MINUTES: usize = 60;
/// Orders on each account: more than either window has room for.
const ORDERS: usize = 25;

#[test]
fn accounts_with_one_key_share_its_budget() {
    // The key of a Secret may end in a line break, and is the same key.
    let calls = ordered_on(&[("first", "shared-key"), ("second", "shared-key\n")]);
    let (short, long) = (
        densest(&calls, "shared-key", 5),
        densest(&calls, "shared-key", 180),
    );
    println!("one key, two accounts: at most {short} calls in 5 s, {long} in 3 minutes");
    assert!(short <= PER_5_SECONDS && long <= PER_3_MINUTES, "{short}, {long}");
    // They used what there was.
    assert!(
        short + 2 >= PER_5_SECONDS && long + 12 >= PER_3_MINUTES,
        "{short}, {long}"
    );
    assert!(calls.iter().all(|call| call.status != 429));
}

#[test]
fn accounts_with_different_keys_have_each_their_own() {
    let calls = ordered_on(&[("first", "one-key"), ("second", "another-key")]);
    let mut of_both = calls.clone();
    for call in &mut of_both {
        "both".clone_into(&mut call.key);
    }
    let (short, long) = (densest(&of_both, "both", 5), densest(&of_both, "both", 180));
    println!("two keys, two accounts: at most {short} calls in 5 s, {long} in 3 minutes");
    assert!(short > PER_5_SECONDS && long > PER_3_MINUTES, "{short}, {long}");
    for key in ["one-key", "another-key"] {
        assert!(densest(&calls, key, 5) <= PER_5_SECONDS, "{key}");
        assert!(densest(&calls, key, 180) <= PER_3_MINUTES, "{key}");
    }
}

/// The calls that it takes until the orders on each of the accounts are issued.
fn ordered_on(accounts: &[(&str, &str)]) -> Vec<Call> {
    in_paused_time(async {
        let keys: Vec<&str> = accounts.iter().map(|(_, key)| key.trim()).collect();
        let bench = Bench::new(&keys, None);
        bench
            .make("/api/v1/namespaces", &json!({"metadata": {"name": HERE}}))
            .await;
        let limits = json!({"per3Minutes": PER_3_MINUTES, "per5Seconds": PER_5_SECONDS});
        let mut names = Vec::new();
        for (account, key) in accounts {
            bench.account(account, key, limits.clone()).await;
            for number in 0..ORDERS {
                let name = format!("{account}-{number}");
                bench.make(&orders(), &ordinary(&name, account)).await;
                names.push(name);
            }
        }
        let life = bench.until("all orders issued", |bench| {
            names.iter().all(|name| bench.reason(name) == "Issued")
        });
        bench.with_operator(life).await.unwrap();
        bench.paid_once().unwrap();
        assert_eq!(bench.remote.journal().orders.len(), accounts.len() * ORDERS);
        bench.calls()
    })
}

/// The most calls of a key in any window of so many seconds.
fn densest(calls: &[Call], key: &str, seconds: u64) -> usize {
    let times: Vec<Duration> = calls
        .iter()
        .filter(|call| call.key == key)
        .map(|call| call.at)
        .collect();
    let window = Duration::from_secs(seconds);
    let within = |begin: &Duration| {
        let from_then = times.iter().filter(|at| **at >= *begin && **at < *begin + window);
        from_then.count()
    };
    times.iter().map(within).max().unwrap_or(0)
}
