//! The request parameters of *Order Document Signing for Individual*, row by row: name, whether it is required, type and
//! allowed values. Rules between parameters are in [`super::order_check`].
//!
//! Where the page contradicts itself, this is the reading: `csr`, `key_size`, `csr_key_type` and `signature_hash` belong to
//! `certificate` as in its examples; the larger curve is p-384; `individual.state` and `csa_agreed_to` are optional, since no
//! example has them; `ship_info.addr2` must be there but may be empty; `individual.job_title` exists. Four parameters are not
//! on the page but on those of the sibling products, and are taken: `alternative_order_id`, `skip_approval`, `container`,
//! `custom_fields`.

use serde_json::Value;

/// One parameter.
pub(super) struct Field {
    pub name: &'static str,
    pub required: bool,
    pub kind: Kind,
}

/// What a parameter may hold.
pub(super) enum Kind {
    /// Text that says something.
    Text,
    /// Text, or nothing.
    AnyText,
    /// Text of a form, named for the message.
    Form(fn(&str) -> bool, &'static str),
    /// One of the allowed values.
    OneOf(&'static [&'static str]),
    /// A whole number within bounds.
    Number(i64, i64),
    Flag,
    /// Allowed values of more than one type.
    Value(fn(&Value) -> bool, &'static str),
    Object(&'static [Field]),
    List(&'static Self),
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: true,
        kind,
    }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        required: false,
        kind,
    }
}

/// All parameters of the request, as paths such as `individual.first_name`, in the order of the page.
pub fn parameters() -> Vec<String> {
    fn collect(fields: &[Field], path: &str, found: &mut Vec<String>) {
        for field in fields {
            let name = format!("{path}{}", field.name);
            let below: &[Field] = match &field.kind {
                Kind::Object(fields) | Kind::List(Kind::Object(fields)) => fields,
                Kind::Text
                | Kind::AnyText
                | Kind::Form(..)
                | Kind::OneOf(_)
                | Kind::Number(..)
                | Kind::Flag
                | Kind::Value(..)
                | Kind::List(_) => &[],
            };
            found.push(name.clone());
            collect(below, &format!("{name}."), found);
        }
    }
    let mut found = Vec::new();
    collect(ORDER, "", &mut found);
    found
}

const ID: Kind = Kind::Number(1, i64::MAX);
const EMAIL: Kind = Kind::Form(is_email, "must be an email address");
const COUNTRY: Kind = Kind::Form(is_country, "must be a two-letter country code");

/// The whole request.
pub(super) const ORDER: &[Field] = &[
    required("certificate", Kind::Object(CERTIFICATE)),
    required(
        "cs_provisioning_method",
        Kind::OneOf(&["email", "ship_token", "client_app"]),
    ),
    optional("ship_info", Kind::Object(SHIP_INFO)),
    optional("comments", Kind::AnyText),
    optional("renewal_of_order_id", ID),
    optional("custom_renewal_message", Kind::AnyText),
    optional("additional_emails", Kind::List(&EMAIL)),
    optional("user_id_assignments", Kind::List(&ID)),
    optional("csa_agreed_to", Kind::Flag),
    optional("promo_code", Kind::AnyText),
    required("order_validity", Kind::Object(ORDER_VALIDITY)),
    required("individual", Kind::Object(INDIVIDUAL)),
    // the page has a row for the allowed values and no values in it; these are the ones clients of the API use
    required(
        "payment_method",
        Kind::OneOf(&["balance", "card", "profile", "wire_transfer"]),
    ),
    optional("credit_card", Kind::Object(CREDIT_CARD)),
    optional("billing_address", Kind::Object(BILLING_ADDRESS)),
    optional("skip_approval", Kind::Flag),
    optional("alternative_order_id", Kind::Text),
    optional("container", Kind::Object(&[required("id", ID)])),
    optional("custom_fields", Kind::List(&Kind::Object(CUSTOM_FIELD))),
];

const CERTIFICATE: &[Field] = &[
    optional(
        "server_platform",
        Kind::Object(&[required("id", Kind::Number(-1, i64::MAX))]),
    ),
    optional("ca_cert_id", Kind::Text),
    required("usage_designation", Kind::Object(USAGE_DESIGNATION)),
    optional("csr", Kind::Text),
    optional(
        "key_size",
        Kind::Value(is_key_size, "must be 2048, 3072, 4096, \"p-256\" or \"p-384\""),
    ),
    optional("csr_key_type", Kind::OneOf(&["rsa", "ecc"])),
    optional("signature_hash", Kind::OneOf(&["sha256", "sha384", "sha512"])),
];

const USAGE_DESIGNATION: &[Field] = &[
    required("primary_usage", Kind::OneOf(&["signing"])),
    optional(
        "additional_usages",
        Kind::List(&Kind::OneOf(&[
            "adobe_authentic_documents_trust",
            "ms_document_signing",
            "document_signing",
        ])),
    ),
];

const SHIP_INFO: &[Field] = &[
    required("name", Kind::Text),
    required("addr1", Kind::Text),
    required("addr2", Kind::AnyText),
    required("city", Kind::Text),
    required("state", Kind::Text),
    required("zip", Kind::Text),
    required("country", Kind::Text),
    required("method", Kind::OneOf(&["STANDARD", "EXPEDITED"])),
];

const ORDER_VALIDITY: &[Field] = &[
    optional("years", Kind::Number(1, 3)),
    optional("days", Kind::Number(1, 1095)),
    optional("custom_expiration_date", Kind::Text),
];

const INDIVIDUAL: &[Field] = &[
    required("first_name", Kind::Text),
    required("last_name", Kind::Text),
    required("email", EMAIL),
    required(
        "telephone",
        Kind::Form(is_telephone, "must be a phone number with the country code"),
    ),
    required("country", COUNTRY),
    optional("state", Kind::AnyText),
    optional("city", Kind::AnyText),
    optional("zip", Kind::AnyText),
    optional("job_title", Kind::AnyText),
];

const CREDIT_CARD: &[Field] = &[
    required(
        "number",
        Kind::Form(|text| digits(text, 12, 19), "must be a card number"),
    ),
    required("expiration_month", Kind::Form(is_month, "must be 01 to 12")),
    required(
        "expiration_year",
        Kind::Form(|text| digits(text, 4, 4), "must be a four-digit year"),
    ),
    required(
        "cvv",
        Kind::Form(|text| digits(text, 3, 4), "must have three or four digits"),
    ),
    required("cardholder_name", Kind::Text),
    optional(
        "save_credit_card",
        Kind::Value(
            |value| value.is_null() || value.is_boolean(),
            "must be true, false or null",
        ),
    ),
    required("set_as_default", Kind::OneOf(&["1", "0"])),
];

const BILLING_ADDRESS: &[Field] = &[
    required("address", Kind::Text),
    optional("address2", Kind::AnyText),
    required("city", Kind::Text),
    optional("state", Kind::AnyText),
    required("country", Kind::Text),
    optional("zip", Kind::AnyText),
];

const CUSTOM_FIELD: &[Field] = &[required("metadata_id", ID), required("value", Kind::AnyText)];

fn is_key_size(value: &Value) -> bool {
    matches!(value.as_u64(), Some(2048 | 3072 | 4096)) || matches!(value.as_str(), Some("p-256" | "p-384"))
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(mailbox, host)| {
        !mailbox.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !text.contains(char::is_whitespace)
    })
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_telephone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| {
        rest.bytes().filter(u8::is_ascii_digit).count() >= 5
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b" -().".contains(&byte))
    })
}

fn is_month(text: &str) -> bool {
    digits(text, 2, 2) && ("01"..="12").contains(&text)
}

fn digits(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
