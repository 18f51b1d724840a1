//! Whole lives of careless manifests under the shipping controller: nothing is bought twice, nobody else waits, and
//! what is put right in the end is ordered.

use std::time::Duration;

use data_encoding::BASE64;
use docsign::api::AdmissionRules;
use serde_json::{Value, json};

use crate::bench::{Bench, HERE, orders, ordinary, path};
use crate::dice::Dice;
use crate::manifests::Changes;
use crate::paused::{KEY, in_paused_time, pass};
use crate::{dice, requests, secrets};

/// Lives, and how often each manifest is changed.
const LIVES: usize = 20;
const EDITS: u64 = 14;

#[derive(Debug, Default)]
struct Tally {
    edits: usize,
    stored: usize,
    bought: usize,
    put_right: usize,
}

#[test]
fn a_bad_manifest_buys_nothing_twice_and_holds_nobody_up() {
    let mut dice = dice("sequences");
    let changes = Changes::new();
    let rules = AdmissionRules::of("DocumentSigningOrder").unwrap();
    let mut tally = Tally::default();
    for life in 0..LIVES {
        let lived = in_paused_time(live(&changes, &rules, &mut dice.another(), &mut tally));
        lived.unwrap_or_else(|error| panic!("life {life}: {error}"));
    }
    println!("{LIVES} lives: {tally:?}");
    assert!(tally.stored > LIVES && tally.put_right > LIVES / 4, "{tally:?}");
}

async fn live(
    changes: &Changes,
    rules: &AdmissionRules,
    dice: &mut Dice,
    tally: &mut Tally,
) -> Result<(), String> {
    let bench = Bench::new(&[KEY], None);
    bench.furnish().await;
    sources(&bench, dice).await;
    let life = async {
        bench.make(&orders(), &ordinary("before", "main")).await;
        let mut manifest = base(changes, dice);
        manifest["metadata"]["name"] = json!("bad");
        bench.make(&orders(), &manifest).await;
        for _ in 0..EDITS {
            edit(&bench, changes, rules, dice, tally).await;
            let wait = if dice.permille(300) {
                300
            } else {
                dice.between(0, 5)
            };
            pass(Duration::from_secs(wait)).await;
        }
        bench.make(&orders(), &ordinary("after", "main")).await;
        for name in ["before", "after"] {
            bench
                .until(&format!("{name} issued"), |bench| bench.reason(name) == "Issued")
                .await?;
        }
        settled(&bench, tally).await
    };
    bench.with_operator(life).await?;
    bench.paid_once()?;
    tally.bought += bench.remote.journal().orders.len();
    Ok(())
}

/// A good manifest without what this version does not carry out.
fn base(changes: &Changes, dice: &mut Dice) -> Value {
    let mut manifest = changes.good(dice);
    let order = manifest["spec"]["order"].take();
    manifest["spec"] = json!({"accountRef": {"name": "main"}, "order": order});
    manifest
}

/// What manifests refer to, right or wrong.
async fn sources(bench: &Bench, dice: &mut Dice) {
    let csr = requests::example();
    let mut data = json!({"csr.pem": BASE64.encode(csr.as_bytes())});
    for name in ["source", "card"] {
        for (key, value) in secrets::for_a_cluster(dice) {
            data[key] = json!(BASE64.encode(&value));
        }
        let secret = json!({"metadata": {"name": name}, "data": data});
        bench
            .make(&format!("/api/v1/namespaces/{HERE}/secrets"), &secret)
            .await;
    }
    let map = json!({"metadata": {"name": "source"}, "data": {"csr.pem": csr}});
    bench
        .make(&format!("/api/v1/namespaces/{HERE}/configmaps"), &map)
        .await;
}

/// Changes the stored manifest as a person may; now and then as only an older definition lets him.
async fn edit(bench: &Bench, changes: &Changes, rules: &AdmissionRules, dice: &mut Dice, tally: &mut Tally) {
    let Some(stored) = bench.order("bad") else { return };
    let mut edited = stored.clone();
    changes.change(&mut edited, dice);
    tally.edits += 1;
    if !dice.permille(200) && !rules.violations(&edited, Some(&stored)).is_empty() {
        return;
    }
    tally.stored += usize::from(bench.ask("PUT", &path("bad"), &edited).await.is_ok());
}

/// The manifest says what it waits for; and what may still be put right is ordered.
async fn settled(bench: &Bench, tally: &mut Tally) -> Result<(), String> {
    bench
        .until("a word on the bad manifest", |bench| {
            !bench.reason("bad").is_empty()
        })
        .await?;
    let stored = bench.order("bad").unwrap_or_default();
    if !stored["status"]["claimedRevision"].is_null() {
        return Ok(());
    }
    let mut good = ordinary("bad", "main");
    good["metadata"] = stored["metadata"].clone();
    good["spec"]["revision"] = stored["spec"]["revision"].clone();
    let mut put = bench.ask("PUT", &path("bad"), &good).await;
    for _ in 0..5 {
        if put.is_ok() {
            break;
        }
        // The operator wrote in between.
        good["metadata"] = bench.order("bad").unwrap_or_default()["metadata"].clone();
        put = bench.ask("PUT", &path("bad"), &good).await;
    }
    put?;
    tally.put_right += 1;
    bench
        .until("what was put right issued", |bench| {
            bench.reason("bad") == "Issued"
        })
        .await
        .map_err(|error| format!("{error}: {}", bench.order("bad").unwrap_or_default()))
}
