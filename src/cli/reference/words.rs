//! The closed lists of words in conditions and events, and what each means.

use super::markdown::{GENERATED, cell, code, table};
use crate::api::{AccountReason, ConditionType, EventReason, Reason, WaitingFor};
use crate::plan::turns;

/// `status.md`
pub fn status() -> String {
    let mut text = format!(
        "{GENERATED}\n# Conditions, reasons and events\n\nFor scripts: `kubectl wait --for=condition=Ready dso/NAME`, or `docsign wait NAME`.\n\
\n## Conditions of a DocumentSigningOrder\n\nAlways all four. A CertCentralAccount has Ready alone: whether orders can be placed on it.\n\n"
    );
    let rows: Vec<_> = ConditionType::ALL
        .iter()
        .map(|word| vec![code(word.as_str()), cell(word.about())])
        .collect();
    text.push_str(&table(&["condition", "True means"], &rows));
    text.push_str("\n## Whose turn it is: status.waitingFor\n\n");
    let rows: Vec<_> = WaitingFor::ALL
        .iter()
        .map(|word| vec![code(word.as_str()), cell(word.about())])
        .collect();
    text.push_str(&table(&["word", "who has to act"], &rows));
    text.push_str(
        "\n## Reasons of a DocumentSigningOrder\n\nThe reason of the condition Ready. Where the order is stalled nothing happens until \
somebody acts; the message of the condition says what to do.\n\n",
    );
    let rows: Vec<_> = Reason::ALL
        .iter()
        .map(|reason| {
            let (turns, stalled) = turns(*reason);
            let whose: Vec<_> = turns.iter().map(|turn| turn.as_str()).collect();
            let whose = if whose.is_empty() {
                "not given by this version".to_owned()
            } else {
                whose.join(" or ")
            };
            let stalled = if stalled { "yes" } else { "no" };
            vec![
                code(reason.as_str()),
                cell(reason.about()),
                whose,
                stalled.to_owned(),
            ]
        })
        .collect();
    text.push_str(&table(&["reason", "meaning", "whose turn", "stalled"], &rows));
    text.push_str("\n## Reasons of an account\n\nThe reason of its condition Ready.\n\n");
    let rows: Vec<_> = AccountReason::ALL
        .iter()
        .map(|reason| vec![code(reason.as_str()), cell(reason.about())])
        .collect();
    text.push_str(&table(&["reason", "meaning"], &rows));
    text.push_str(
        "\n## Events\n\nWhen an order becomes stalled, a Warning event is written for it: its action is `WaitingForOwner`, its reason one of \
these, and its note the message of the condition.\n\n",
    );
    let stalls = Reason::ALL.iter().filter(|reason| {
        let (turns, stalled) = turns(**reason);
        stalled && !turns.is_empty()
    });
    let stalls: Vec<_> = stalls.map(|reason| code(reason.as_str())).collect();
    text.push_str(&stalls.join(", "));
    text.push_str("\n\nWarnings that no condition repeats:\n\n");
    let rows: Vec<_> = EventReason::ALL
        .iter()
        .map(|reason| vec![code(reason.as_str()), code(reason.action()), cell(reason.about())])
        .collect();
    text.push_str(&table(&["reason", "action", "meaning"], &rows));
    text
}
