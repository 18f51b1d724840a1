//! Where a field of a manifest stands on the wire: the page's names are the manifest's in another spelling, and the few
//! that are not are written down here.

use serde_json::{Value, json};

/// `renewalOfOrderId` as CertCentral spells it.
pub fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

/// Where a field of an order is on the wire, as a JSON pointer; none for what is never sent.
pub fn pointer(path: &str) -> Option<String> {
    let below = path.strip_prefix("spec.order.")?;
    let below = match below {
        "containerId" => "container.id".to_owned(),
        _ => below.replace("creditCardFrom.", "creditCard."),
    };
    let top = below.split(['.', '[']).next()?;
    // The trap, what is read from elsewhere, and what becomes of the Secret.
    let local = path.ends_with("From") || path.contains("From.") && !path.contains("creditCardFrom.");
    if local
        || below == "creditCard.afterOrder"
        || below.contains("secretRef")
        || below.contains("From.")
        || below.ends_with("From")
    {
        return None;
    }
    if top == "renewalOf" || path == "spec.order.creditCard" {
        return None;
    }
    let parts = below.split('.').map(|part| {
        let name = snake(part.trim_end_matches("[]"));
        if part.ends_with("[]") {
            format!("/{name}/0")
        } else {
            format!("/{name}")
        }
    });
    Some(parts.collect())
}

/// A value as it would be written on the wire where the operator writes it otherwise: a date in words, a flag as "1".
pub fn value(path: &str, value: &Value) -> Value {
    match (path, value) {
        ("spec.order.orderValidity.customExpirationDate", Value::String(date)) => json!(worded(date)),
        ("spec.order.creditCardFrom.setAsDefault", Value::Bool(set)) => json!(if *set { "1" } else { "0" }),
        (_, value) => value.clone(),
    }
}

/// `2027-06-09` as `09 JUN 2027`, whether or not there is such a day.
pub fn worded(date: &str) -> String {
    const MONTHS: [&str; 12] = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ];
    let parts: Vec<_> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return date.to_owned();
    };
    let month = month
        .parse::<usize>()
        .ok()
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    month.map_or_else(|| date.to_owned(), |month| format!("{day} {month} {year}"))
}
