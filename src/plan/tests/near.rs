//! Observations close to the moments that matter: most of one is as it should be, and a little is anything.

use proptest::prelude::*;
use proptest::sample::select;

use super::arbitrary;
use super::fixtures::fresh;
use super::situations::{claimed, maybe, nothing, proven};
use crate::plan::Observed;

/// Anything, or close to a place, a claim, a hold or a proof of absence.
pub fn observed() -> BoxedStrategy<Observed> {
    let moments = vec![
        claimed().ticket("a1", true),
        fresh().looked(nothing()),
        fresh().looked(maybe(&[1, 7])),
        proven(),
    ];
    let near = (select(moments), arbitrary::observed(), 0..10_usize).prop_map(|(moment, any, what)| {
        let mut seen = moment;
        match what {
            0 => seen.order = any.order,
            1 => seen.purchase = any.purchase,
            2 => seen.account = any.account,
            3 => seen.request = any.request,
            4 => seen.ticket = any.ticket,
            5 => seen.look_up = any.look_up,
            6 => seen.inspection = any.inspection,
            7 => seen.failed = any.failed,
            8 => seen.memory = any.memory,
            _ => seen.now = any.now,
        }
        seen
    });
    prop_oneof![2 => arbitrary::observed(), 1 => near.boxed()].boxed()
}
