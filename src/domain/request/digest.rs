//! The order without its token and without what came from Secrets, and the order for printing.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;

use super::wire;
use crate::api::Order;
use crate::domain::order_key::Token;

/// What was asked for, in a form that is the same for the same manifest.
///
/// Where a part came from a Secret, the Secret's name stands for it.
#[derive(Clone, Serialize)]
pub(super) struct Stable {
    body: wire::Body,
    #[serde(skip_serializing_if = "Option::is_none")]
    csr_from: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    individual_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ship_info_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_card_from: Option<String>,
}

/// What the digest is taken over.
#[derive(Serialize)]
struct Inputs<'a> {
    account_ref: &'a str,
    order: &'a Stable,
}

impl Stable {
    pub(super) fn new(order: &Order, body: &wire::Body) -> Self {
        let mut body = body.clone();
        body.alternative_order_id = None;
        body.comments.clone_from(&order.comments);
        let csr_from = order
            .certificate
            .csr_from
            .as_ref()
            .and_then(|from| from.secret_key_ref.as_ref());
        if csr_from.is_some() {
            // Type and size may have been read out of the CSR: what the manifest says of them is kept elsewhere.
            body.certificate.csr = None;
            if order.certificate.key_size.is_none() {
                body.certificate.key_size = None;
            }
            if order.certificate.csr_key_type.is_none() {
                body.certificate.csr_key_type = None;
            }
        }
        if order.individual_from.is_some() {
            body.individual = None;
        }
        if order.ship_info_from.is_some() {
            body.ship_info = None;
        }
        body.credit_card = None;
        Self {
            body,
            csr_from: csr_from.map(|from| (from.name.clone(), from.key.clone())),
            individual_from: order
                .individual_from
                .as_ref()
                .map(|from| from.secret_ref.name.clone()),
            ship_info_from: order
                .ship_info_from
                .as_ref()
                .map(|from| from.secret_ref.name.clone()),
            credit_card_from: order
                .credit_card_from
                .as_ref()
                .map(|from| from.secret_ref.name.clone()),
        }
    }

    #[expect(
        clippy::expect_used,
        reason = "HMAC takes keys of any length; the inputs have string keys only"
    )]
    pub(super) fn digest(&self, salt: &str, account_ref: &str) -> String {
        let inputs = serde_json::to_vec(&Inputs {
            account_ref,
            order: self,
        })
        .expect("string keys only");
        let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes()).expect("any length");
        mac.update(&inputs);
        format!("v1.{salt}.{}", HEXLOWER.encode(&mac.finalize().into_bytes()))
    }
}

/// What says something about a person or pays. Nobody knows what people write into free text, so it counts as well.
const PERSONAL: [&str; 8] = [
    "additional_emails",
    "billing_address",
    "comments",
    "credit_card",
    "custom_fields",
    "custom_renewal_message",
    "individual",
    "ship_info",
];

/// Words of the page within them, which say nothing about anybody.
const WORDS: [&str; 2] = ["method", "set_as_default"];

/// The texts of the body that are not to be seen, line by line.
pub(super) fn confidential(body: &wire::Body) -> Vec<String> {
    let body = serde_json::to_value(body).unwrap_or_default();
    let mut texts = Vec::new();
    for key in PERSONAL {
        if let Some(part) = body.get(key) {
            collect(part, &mut texts);
        }
    }
    if let Some(csr) = body.pointer("/certificate/csr") {
        collect(csr, &mut texts);
    }
    texts
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            // The token says nothing about the person, and is what one looks for.
            let lines = text.lines().filter(|line| Token::find_all(line).is_empty());
            texts.extend(lines.map(str::to_owned));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
        Value::Object(values) => {
            let values = values.iter().filter(|(key, _)| !WORDS.contains(&key.as_str()));
            values.for_each(|(_, value)| collect(value, texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The body with `***` in the place of all that says something about a person or pays.
pub(super) fn masked(body: &wire::Body) -> Value {
    let mut value = serde_json::to_value(body).unwrap_or_default();
    for key in PERSONAL {
        if let Some(part) = value.get_mut(key) {
            mask(part);
        }
    }
    if let Some(csr) = value.pointer_mut("/certificate/csr") {
        mask(csr);
    }
    if let Some(token) = body.alternative_order_id.as_deref()
        && let (Some(comments), Some(masked)) = (&body.comments, value.get_mut("comments"))
    {
        // The token says nothing about the person, and is what one looks for.
        let rest = if comments == token { "" } else { "\n***" };
        *masked = Value::String(format!("{token}{rest}"));
    }
    value
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => "***".clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(values) => values.values_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
