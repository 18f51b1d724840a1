//! Which orders changed lately: one call for all orders of a key.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use super::Client;
use super::error::{Class, Error, Unreadable};
use super::transport::{Answer, BODY_CAP};
use super::wire::Loose;

/// The longest window CertCentral answers for: seven days.
pub const LONGEST_WINDOW: Duration = Duration::from_hours(7 * 24);

/// How many changes an answer holds at most.
const PAGE: usize = 1000;

/// An order whose status changed. A hint to read the order, not a fact to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The order id.
    pub order_id: i64,
    /// Its certificate. Not a sign of issuance.
    pub certificate_id: Option<i64>,
    /// The status it has now, as CertCentral says.
    pub status: Option<String>,
}

impl Client {
    /// Asks which orders changed within the last `window`, rounded up to a second, at most [`LONGEST_WINDOW`]; what
    /// changed before is not in the answer, however long the window.
    pub async fn status_changes(&self, window: Duration) -> Result<Answer<Vec<StatusChange>>, Error> {
        let window = window.min(LONGEST_WINDOW);
        let seconds = window.as_secs() + u64::from(window.subsec_nanos() > 0);
        let seconds = seconds.max(1).to_string();
        let path = ["order", "certificate", "status-changes"];
        let mut offset = 0;
        let mut changes: Vec<StatusChange> = Vec::new();
        let mut begun = None;
        loop {
            let from = offset.to_string();
            let paging = (offset > 0).then_some(("offset", from.as_str()));
            let query: Vec<_> = [("seconds", seconds.as_str())]
                .into_iter()
                .chain(paging)
                .collect();
            let answer = self.transport.ask(&path, &query, BODY_CAP).await;
            begun = begun.or(answer.date);
            let page = read(&answer.value?).ok_or(Class::Unreadable(Unreadable::Unexpected))?;
            let full = page.len() >= PAGE;
            offset += page.len();
            let known: HashSet<i64> = changes.iter().map(|change| change.order_id).collect();
            let before = changes.len();
            changes.extend(
                page.into_iter()
                    .filter(|change| !known.contains(&change.order_id)),
            );
            // A full page without news: paging is not understood here.
            if !full || changes.len() == before {
                return Ok(Answer {
                    value: changes,
                    date: begun,
                });
            }
        }
    }
}

/// `{}` says that nothing changed. A change without an id that can be read is left out: the slow look at every
/// order finds it.
fn read(json: &Value) -> Option<Vec<StatusChange>> {
    let answer = Loose::new(json);
    let changes = answer.is_object().then(|| answer.field("orders").items())?;
    let read = |change: Loose<'_>| {
        Some(StatusChange {
            order_id: change.field("order_id").id()?,
            certificate_id: change.field("certificate_id").id(),
            status: change.field("status").text(),
        })
    };
    Some(changes.into_iter().filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_changed_in_any_spelling() {
        let empty = [
            json!({}),
            json!([]),
            json!({"orders": []}),
            json!({"orders": {}}),
            json!({"orders": null}),
        ];
        for json in empty {
            assert_eq!(read(&json), Some(Vec::new()), "{json}");
        }
    }

    #[test]
    fn an_answer_of_another_kind_is_not_no_change() {
        for json in [json!(null), json!("ok"), json!(1), json!([1])] {
            assert_eq!(read(&json), None, "{json}");
        }
    }

    #[test]
    fn changes_are_read_loosely() {
        let json = json!({"orders": [
            {"order_id": 265, "certificate_id": 845_166_333_113_i64, "status": "issued"},
            {"order_id": "266", "certificate_id": null, "status": "brand_new"},
            {"certificate_id": 5},
            {"order_id": 267},
        ]});
        let change = |order_id, certificate_id, status: Option<&str>| StatusChange {
            order_id,
            certificate_id,
            status: status.map(str::to_owned),
        };
        assert_eq!(
            read(&json),
            Some(vec![
                change(265, Some(845_166_333_113), Some("issued")),
                change(266, None, Some("brand_new")),
                change(267, None, None),
            ])
        );
    }
}
