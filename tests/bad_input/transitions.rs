//! 20,000 changes of manifests, put to everything that looks at a manifest and decides: `docsign check`, the body, and
//! the plan.

use docsign::api::{AdmissionRules, DocumentSigningOrder};
use docsign::cli::{Document, Place, Rules};
use docsign::domain::order_key::{ClusterName, OrderKey};
use docsign::domain::request::{Confidential, Marks, OrderRequest, Severity, Sources, order_request};
use docsign::plan::{
    Account, Action, Correlation, Finding, Found, Inspection, LookUp, Memory, Observed, Order, ProtocolTimes,
    ReadyAccount, Request, Row, Unresolved, plan,
};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::dice::Dice;
use crate::manifests::Changes;
use crate::{dice, requests, secrets};

const TRANSITIONS: usize = 20_000;
const TODAY: Date = date(2026, 6, 9);

/// How many came how far.
#[derive(Debug, Default)]
struct Tally {
    inadmissible: usize,
    decoded: usize,
    orderable: usize,
    refused: usize,
    claims: usize,
    edits_refused: usize,
}

#[test]
fn no_change_of_a_manifest_makes_anything_panic() {
    let mut dice = dice("transitions");
    let (changes, rules) = (Changes::new(), Rules::new());
    let of_edits = AdmissionRules::of("DocumentSigningOrder").unwrap();
    let mut tally = Tally::default();
    let mut manifest = changes.good(&mut dice);
    let mut left = 0;
    for _ in 0..TRANSITIONS {
        if left == 0 {
            manifest = changes.good(&mut dice);
            left = dice.between(1, 9);
        }
        left -= 1;
        let before = manifest.clone();
        changes.change(&mut manifest, &mut dice);
        let checked = rules.judge(&document(&manifest), TODAY);
        if checked.inadmissible {
            tally.inadmissible += 1;
        } else if dice.permille(300) && !of_edits.violations(&manifest, Some(&before)).is_empty() {
            tally.edits_refused += 1;
        }
        // What is null is not stored; else an older definition may have let anything in.
        let Ok(object) = serde_json::from_value::<DocumentSigningOrder>(without_nulls(manifest.clone()))
        else {
            assert!(
                checked.is_wrong(),
                "check takes what can't be decoded: {manifest}"
            );
            continue;
        };
        tally.decoded += 1;
        decided(&object, checked.is_wrong(), &mut tally, &mut dice);
    }
    println!("{TRANSITIONS} transitions: {tally:?}");
    assert!(
        tally.orderable > 500 && tally.claims > 500 && tally.edits_refused > 0,
        "{tally:?}"
    );
}

/// The fields that are null taken away, as the API server does it.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.into_iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn document(manifest: &Value) -> Document {
    Document {
        place: Place {
            file: "-".to_owned(),
            document: 1,
            name: Some("case".to_owned()),
        },
        value: manifest.clone(),
    }
}

/// Makes the body and the plan; what can't be ordered is never claimed.
fn decided(object: &DocumentSigningOrder, wrong: bool, tally: &mut Tally, dice: &mut Dice) {
    let key = OrderKey::new(
        ClusterName::parse("test").unwrap(),
        "signing",
        "case",
        object.spec.revision,
    );
    let token = key.token();
    let marks = Marks {
        token: &token,
        alternative_order_id: dice.permille(500),
    };
    let good = dice.permille(700);
    let sources = if good {
        good_sources()
    } else {
        secrets::any_sources(dice)
    };
    let made = object
        .spec
        .order
        .as_ref()
        .map(|order| order_request(order, &sources, marks, TODAY));
    if let Some(Ok(request)) = &made {
        tally.orderable += 1;
        // All that is ever done with it.
        let sent = serde_json::to_vec(request).unwrap();
        assert!(!sent.is_empty() && !format!("{request:?}").contains("zebulon@"));
        let masked = request.masked();
        for part in [
            "individual",
            "ship_info",
            "comments",
            "additional_emails",
            "custom_renewal_message",
        ] {
            assert!(!masked[part].to_string().contains("zebulon@"), "{part}");
        }
        request.inputs_digest("salt", "CertCentralAccount/main");
        if dice.permille(100) {
            // As long as a message is kept.
            let said: String = String::from_utf8_lossy(&sent).chars().take(500).collect();
            assert!(!request.redact(&said).contains("zebulon@"));
        }
    }
    let request = asked(made.as_ref());
    let unusable = matches!(request, Request::Unusable { .. });
    // A key that only the cluster holds, or Secrets that are not right, are nothing that check could see.
    let order = object.spec.order.as_ref();
    let unknown = !good || order.is_some_and(|order| order.certificate.csr_from.is_some());
    if unusable {
        tally.refused += 1;
    }
    assert!(
        wrong || unknown || !unusable,
        "check takes what the operator refuses: {request:?}"
    );
    for looked_up in [false, true] {
        let seen = observed(object, &key, request.clone(), looked_up, dice.throw());
        let planned = plan(&seen);
        assert_ne!(planned.row, Row::Place);
        let claims = planned.action == Action::Claim;
        assert!(!(claims && unusable), "{request:?}");
        tally.claims += usize::from(claims);
        assert!(
            planned.action != Action::Nothing || planned.status.is_some(),
            "nothing is said of {seen:?}"
        );
    }
}

fn asked(made: Option<&Result<OrderRequest, Vec<docsign::domain::request::Finding>>>) -> Request {
    let inputs = String::new();
    match made {
        None => Request::Absent,
        Some(Ok(_)) => Request::Usable {
            as_bought: None,
            inputs,
        },
        Some(Err(findings)) => {
            let errors = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error);
            let findings: Vec<_> = errors
                .map(|finding| Finding {
                    field: finding.field.clone(),
                    message: finding.message.clone(),
                    source: false,
                })
                .collect();
            assert!(!findings.is_empty());
            Request::Unusable { findings, inputs }
        }
    }
}

fn good_sources() -> Sources {
    Sources {
        csr: Some(Confidential::new(requests::example())),
        renewal_of_order_id: Some(112_200),
        ..secrets::good_sources()
    }
}

fn observed(
    object: &DocumentSigningOrder,
    key: &OrderKey,
    request: Request,
    looked_up: bool,
    seed: u64,
) -> Observed {
    Observed {
        now: Timestamp::from_second(1_800_000_000).unwrap(),
        seed,
        next_attempt: "attempt".to_owned(),
        times: ProtocolTimes::STANDARD,
        key: key.clone(),
        order: Some(Order {
            uid: "uid".to_owned(),
            namespace_uid: None,
            generation: 1,
            deleting: false,
            finalizer: false,
            order_anew: None,
            revision: object.spec.revision,
            suspend: object.spec.suspend,
            existing_order_id: object.spec.existing_order_id,
            status: object.status.clone().unwrap_or_default(),
        }),
        purchase: None,
        account: Account::Ready(ReadyAccount {
            forbidden: None,
            limited_until: None,
            behind: None,
            adoption: true,
            correlation: Correlation::Exact,
            same_as_attempt: true,
            unresolved: Unresolved::WhenProven,
            quiet_period: SignedDuration::from_hours(24),
            poll_interval: SignedDuration::from_mins(1),
            resolve_free_at: None,
            place_free_at: None,
            refresh_free_at: None,
        }),
        request,
        card_secret: None,
        ticket: None,
        look_up: if looked_up {
            LookUp::Complete(Found::default())
        } else {
            LookUp::NotAsked
        },
        inspection: Inspection::NotAsked,
        failed: None,
        memory: Memory::default(),
    }
}
