//! Private keys that were pasted where they must not be.

use serde_json::Value;

/// What to do about a private key in a manifest.
pub const IN_A_MANIFEST: &str = "this is a private key: it must never be in a manifest. Treat it as exposed, make a new key and put its CSR here";

/// Whether a text holds a private key, in any form of PEM or as PuTTY writes it.
pub fn is_in(text: &str) -> bool {
    text.contains("PRIVATE KEY") || text.contains("PuTTY-User-Key-File")
}

/// Calls `tell` with the path of every text below `path` that holds a private key, and never with the text.
///
/// `below` spells the path of a field from that of its object and its name.
pub fn find(value: &Value, path: &str, below: fn(&str, &str) -> String, tell: &mut impl FnMut(String)) {
    match value {
        Value::String(text) if is_in(text) => tell(path.to_owned()),
        Value::Object(fields) => {
            for (name, value) in fields {
                find(value, &below(path, name), below, tell);
            }
        }
        Value::Array(items) => {
            for (position, item) in items.iter().enumerate() {
                find(item, &format!("{path}[{position}]"), below, tell);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
