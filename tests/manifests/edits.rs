//! What may be changed of a manifest in which state, by what the operator wrote last.

use serde_json::{Value, json};

use super::{Change, with};

/// A change of the manifest, and the field and the words with which it is refused, if it is.
pub type Edit = (Vec<Change>, Option<(&'static str, &'static str)>);

pub fn revision(number: i64) -> Change {
    ("/spec/revision", json!(number))
}

fn longer() -> Change {
    ("/spec/order/orderValidity", json!({"years": 2}))
}

fn other_account() -> Change {
    ("/spec/accountRef", json!({"name": "other"}))
}

/// What may be changed in which state, told by what the operator wrote last.
pub fn edits() -> Vec<(&'static str, Value, Vec<Edit>)> {
    let claimed = json!({"claimedRevision": 1, "orderKey": "prod/signing/order/1"});
    let open = with(
        claimed.clone(),
        &[("/orderID", json!(112_233)), ("/orderStatus", json!("pending"))],
    );
    let issued = with(open.clone(), &[("/orderStatus", json!("issued"))]);
    let frozen_order = Some(("spec.order", "spec.order is frozen"));
    let frozen_account = Some(("spec.accountRef", "spec.accountRef is frozen"));
    let still_open = Some(("spec.revision", "still open"));
    vec![
        (
            "fresh",
            json!({"observedGeneration": 1}),
            vec![(vec![longer(), other_account()], None), (vec![revision(2)], None)],
        ),
        (
            "claimed",
            claimed,
            vec![
                (vec![longer()], frozen_order),
                (
                    vec![("/spec/order", Value::Null), ("/spec/existingOrderID", json!(1))],
                    frozen_order,
                ),
                (vec![other_account()], frozen_account),
                (vec![longer(), revision(2)], still_open),
                (
                    vec![
                        ("/spec/suspend", json!(true)),
                        ("/spec/deletionPolicy", json!("Cancel")),
                    ],
                    None,
                ),
            ],
        ),
        (
            "open",
            open,
            vec![
                (vec![longer()], frozen_order),
                (vec![revision(2)], still_open),
                (
                    vec![("/spec/existingOrderID", json!(4))],
                    Some(("spec.existingOrderID", "already bound")),
                ),
                (vec![("/spec/existingOrderID", json!(112_233))], None),
            ],
        ),
        (
            "issued",
            issued,
            vec![
                (vec![longer()], frozen_order),
                (vec![longer(), other_account(), revision(2)], None),
            ],
        ),
        (
            "bound",
            json!({}),
            vec![
                (vec![("/spec/existingOrderID", json!(4))], None),
                (
                    vec![("/spec/existingOrderID", json!(4)), revision(2)],
                    Some(("spec.existingOrderID", "same order again")),
                ),
                (vec![("/spec/existingOrderID", json!(4))], None),
            ],
        ),
    ]
}
