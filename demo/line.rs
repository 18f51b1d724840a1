//! An order as one line of the table: the columns of `kubectl get dso`, with the reason beside READY.

use docsign::api::DocumentSigningOrder;
use kube::ResourceExt as _;

use crate::screen::Style;

/// The columns: heading and width.
const COLUMNS: [(&str, usize); 7] = [
    ("NAME", 11),
    ("ORDER", 9),
    ("REQUEST", 9),
    ("STATUS", 15),
    ("CERTIFICATE", 12),
    ("WAITING FOR", 12),
    ("READY", 26),
];

/// What the table shows of an order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Line {
    cells: [String; 7],
    reason: String,
    message: String,
}

/// The heads of the columns.
pub(crate) fn heading() -> String {
    let cells: Vec<String> = COLUMNS
        .iter()
        .map(|(name, width)| format!("{name:<width$}"))
        .collect();
    cells.join(" ").trim_end().to_owned()
}

impl Line {
    /// What there is to show of an order; `None` before the operator has said anything.
    pub(crate) fn of(order: &DocumentSigningOrder) -> Option<Self> {
        let status = order.status.as_ref()?;
        let ready = status
            .conditions
            .iter()
            .find(|condition| condition.type_ == "Ready")?;
        let number = |id: Option<i64>| id.map_or_else(String::new, |id| id.to_string());
        let word = |word: &Option<String>| word.clone().unwrap_or_default();
        let cells = [
            order.name_any(),
            number(status.order_id),
            word(&status.request_status),
            word(&status.order_status),
            number(status.certificate_id),
            word(&status.waiting_for),
            format!("{} ({})", ready.status, ready.reason),
        ];
        Some(Self {
            cells,
            reason: ready.reason.clone(),
            message: ready.message.clone(),
        })
    }

    /// The reason of the condition Ready.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The message of the condition Ready.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The line, with what is new since `before` standing out.
    pub(crate) fn pieces(&self, before: Option<&Self>) -> Vec<(String, Style)> {
        let styled = |(position, (cell, (_, width))): (usize, (&String, &(&str, usize)))| {
            let same = before.is_some_and(|before| before.cells.get(position) == Some(cell));
            let style = if same || position == 0 {
                Style::Plain
            } else {
                Style::Bold
            };
            (format!("{cell:<width$} "), style)
        };
        self.cells.iter().zip(&COLUMNS).enumerate().map(styled).collect()
    }
}
