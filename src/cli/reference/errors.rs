//! CertCentral's error codes, and what the operator makes of them.

use super::markdown::{GENERATED, cell, code, table};
use crate::domain::refusal::{About, Again, CATALOGUE, Code, Turn};

/// `errors.md`
pub fn errors() -> String {
    let rows: Vec<_> = CATALOGUE
        .iter()
        .map(|entry| {
            let written = match entry.code {
                Code::Is(whole) => code(whole),
                Code::Begins(beginning) => format!("{} and what begins so", code(beginning)),
                Code::HasPart(part) => format!("with the part {}", code(part)),
                Code::Contains(piece) => format!("with {} in it", code(piece)),
                Code::ContainsBoth(one, other) => format!("with {} and {} in it", code(one), code(other)),
            };
            let about = match entry.about {
                About::Nothing => "–".to_owned(),
                About::Named => "the one that the code names".to_owned(),
                About::Field(field) => code(field),
            };
            vec![
                written,
                turn(entry.turn).to_owned(),
                again(entry.again).to_owned(),
                about,
                cell(entry.advice),
            ]
        })
        .collect();
    let table = table(
        &["code", "whose turn", "sent again", "field", "what to do"],
        &rows,
    );
    format!(
        "{GENERATED}\n# CertCentral's error codes\n\nWhat CertCentral refuses is not bought, and a refusal costs nothing. `status.failure` has the code, CertCentral's \
message (cut, and without control characters), the HTTP status and when it is tried again; the condition Ready says whose turn it is.\n\n\
The first row that fits a code counts.\n\n{table}\n\
A code that is not in the table keeps its own text and is taken for what its HTTP status says: 401 as a rejected key, 403 as the \
administrator's turn, 429 as too many calls, any other as the owner's turn. It is sent again by itself with 401 and 429 only.\n\n\
*Slowly*: after five minutes at first, then after waits that double up to six hours, however often the operator is restarted. *When something \
changes*: the manifest, a Secret or ConfigMap it names, the account, its key, or the annotation `docsign.dev/retry`.\n\n\
Answers with a status of 500 and more, and those that are not CertCentral's, are no refusals: whether the order was bought is then found out by \
looking it up ([how](../never-pays-twice.md)).\n"
    )
}

fn turn(turn: Turn) -> &'static str {
    match turn {
        Turn::Owner => "the owner of the manifest",
        Turn::Administrator => "the administrator of the CertCentral account",
        Turn::Operator => "nobody, it heals",
    }
}

fn again(again: Again) -> &'static str {
    match again {
        Again::WhenChanged => "when something changes",
        Again::Slowly => "slowly",
    }
}
