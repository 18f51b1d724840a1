//! Moments in the life of an order, and what CertCentral can answer.

use super::fixtures::{DAY, ORDER, at, fresh};
use crate::plan::{Found, FoundOrder, Observed, RemoteFacts};

/// Attempt a1 is claimed and marked, at 0.
pub fn claimed() -> Observed {
    fresh()
        .looked(nothing())
        .after()
        .opened("a1")
        .asked_as_bought(true)
}

/// The order was bought by a1 and is in the status, not read yet; the answer to the POST said so at 1.
pub fn placed() -> Observed {
    claimed()
        .at(1)
        .bought(ORDER)
        .inspected(found(ORDER, None))
        .after()
}

/// The order was bought and read: CertCentral said this of it.
pub fn followed(order_status: &str) -> Observed {
    placed()
        .at(61)
        .inspected(found(ORDER, Some(order_status)))
        .after()
}

/// A complete look-up that found nothing, now.
pub fn nothing() -> Found {
    Found {
        asked: at(0),
        began: Some(at(0)),
        ..Found::default()
    }
}

/// A complete look-up that found these orders of the key.
pub fn several(ids: &[i64]) -> Found {
    Found {
        orders: ids.iter().map(|id| found(*id, Some("pending"))).collect(),
        ..nothing()
    }
}

/// A complete look-up that found orders which may be this one.
pub fn maybe(ids: &[i64]) -> Found {
    Found {
        maybe: ids.to_vec(),
        ..nothing()
    }
}

/// An order of this key.
pub fn found(id: i64, order_status: Option<&str>) -> FoundOrder {
    FoundOrder {
        id,
        ours: true,
        facts: RemoteFacts {
            order_status: order_status.map(str::to_owned),
            request_id: Some(113),
            request_status: Some("pending".to_owned()),
            ..RemoteFacts::default()
        },
        ..FoundOrder::default()
    }
}

/// An order that carries no token of ours.
pub fn foreign() -> FoundOrder {
    FoundOrder {
        ours: false,
        ..found(7, Some("issued"))
    }
}

/// An order of this key that is not what the manifest asks for.
pub fn unlike() -> FoundOrder {
    FoundOrder {
        unlike: Some("it asks for another e-mail address".to_owned()),
        ..found(ORDER, Some("pending"))
    }
}

/// Every condition of the proof of absence holds, as far as the cases do not take one away.
pub fn proven() -> Observed {
    let over = DAY + 120;
    claimed().at(over).looked_last(over).looked(Found {
        asked: at(over),
        began: Some(at(over)),
        ..nothing()
    })
}
