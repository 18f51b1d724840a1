//! How the CEL rules of the CRDs are written down.
//!
//! The reasons Forbidden and Required are the two whose message the API server prints without the value: a rule may
//! look at personal data or at a pasted private key, its message never shows it. A `pattern` would.
//!
//! Blanks are spelt out: to the API server `\s` is the blanks of ASCII, to `docsign check` those of all scripts.

use kube::core::cel::{Reason, Rule};

/// A rule whose breach means that the field at `path` is missing.
pub(super) fn required(path: &str, rule: &str, message: &str) -> Rule {
    Rule::new(rule)
        .message(message)
        .reason(Reason::FieldValueRequired)
        .field_path(path)
}

/// A rule whose breach means that the field at `path` must not be there, or not like this.
pub(super) fn forbidden(path: &str, rule: &str, message: &str) -> Rule {
    Rule::new(rule)
        .message(message)
        .reason(Reason::FieldValueForbidden)
        .field_path(path)
}

/// A rule over the field's own value.
pub(super) fn value(rule: &str, message: &str) -> Rule {
    Rule::new(rule)
        .message(message)
        .reason(Reason::FieldValueForbidden)
}

/// The value looks like an e-mail address.
pub(super) fn email() -> Rule {
    value(
        "self.matches('^[^@\\\\p{Z}\\\\p{Cc}]+@[^@\\\\p{Z}\\\\p{Cc}]+[.][^@\\\\p{Z}\\\\p{Cc}]+$')",
        "write one e-mail address, such as name@example.com",
    )
}

/// The value is a two-letter country code.
pub(super) fn country() -> Rule {
    value(
        "self.matches('^[A-Za-z]{2}$')",
        "write the two-letter country code in quotes, such as \"us\" or \"no\"",
    )
}

/// The value is a CSR or public key in PEM, by its first line; what is inside is checked by `docsign check`.
pub(super) fn request_or_public_key() -> Rule {
    value(
        "self.matches('^[[:space:]]*-----BEGIN ((NEW )?CERTIFICATE REQUEST|PUBLIC KEY)-----')",
        "write the CSR or public key in PEM, beginning with -----BEGIN CERTIFICATE REQUEST----- or -----BEGIN PUBLIC KEY-----",
    )
}

/// The value is not a private key.
pub(super) fn no_private_key() -> Rule {
    value(
        "!self.contains('PRIVATE KEY')",
        "this is a private key: it must never be in a manifest. Treat it as exposed, make a new key and put its CSR here",
    )
}
