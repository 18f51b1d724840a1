//! Checks a request as strictly as the API page says: every parameter's type and allowed values, what is required when, and
//! nothing the page doesn't have. All findings of a request are reported together.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    certificates::Subject,
    order_fields::{Field, Kind, ORDER},
    wire::{Finding, Refusal},
};

/// What a good request asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub subject: Subject,
    pub validity: Validity,
    pub provisioning: Provisioning,
    pub csr: Option<String>,
    pub email: String,
    pub skip_approval: bool,
    pub alternative_order_id: Option<String>,
    pub comments: Option<String>,
    pub renewal_of: Option<u64>,
}

/// How long order and certificate last; a date overrides days, days override years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Validity {
    Years(i64),
    Days(i64),
    Until(Date),
}

impl Validity {
    /// The end of a certificate issued, or an order placed, at `start`.
    pub fn end(self, start: Timestamp) -> Timestamp {
        let start = start.to_zoned(TimeZone::UTC);
        let end = match self {
            Self::Years(years) => start.checked_add(years.years()),
            Self::Days(days) => start.checked_add(days.days()),
            Self::Until(date) => date.at(23, 59, 59, 0).to_zoned(TimeZone::UTC),
        };
        end.map_or(Timestamp::MAX, |end| end.timestamp())
    }
}

/// Where the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provisioning {
    /// On the subscriber's own HSM: the certificate answers his CSR.
    Email,
    /// On a token that DigiCert ships.
    ShipToken,
    /// On the subscriber's own token, filled by DigiCert's program.
    ClientApp,
}

/// Checks the body of `POST /order/certificate/ds_individual`.
pub(super) fn check(body: &Value, now: Timestamp) -> Result<Wanted, Refusal> {
    let mut findings = Vec::new();
    check_object(ORDER, body, "", &mut findings);
    check_between(body, now, &mut findings);
    if !findings.is_empty() {
        return Err(Refusal {
            status: 400,
            errors: findings,
        });
    }
    let csr = text(body, "/certificate/csr").map(str::to_owned);
    if let Some(csr) = &csr {
        super::certificates::public_key(csr)?;
    }
    Ok(Wanted {
        subject: Subject::of(body),
        validity: validity(body).unwrap_or(Validity::Years(1)),
        provisioning: match text(body, "/cs_provisioning_method") {
            Some("ship_token") => Provisioning::ShipToken,
            Some("client_app") => Provisioning::ClientApp,
            // the table has refused every other value
            Some(_) | None => Provisioning::Email,
        },
        csr,
        email: text(body, "/individual/email").unwrap_or_default().to_owned(),
        skip_approval: body.pointer("/skip_approval") == Some(&Value::Bool(true)),
        alternative_order_id: text(body, "/alternative_order_id").map(str::to_owned),
        comments: text(body, "/comments").map(str::to_owned),
        renewal_of: body.pointer("/renewal_of_order_id").and_then(Value::as_u64),
    })
}

/// The text at a JSON pointer.
pub(super) fn text<'a>(body: &'a Value, pointer: &str) -> Option<&'a str> {
    body.pointer(pointer).and_then(Value::as_str)
}

fn check_object(fields: &[Field], value: &Value, path: &str, findings: &mut Vec<Finding>) {
    let Some(object) = value.as_object() else {
        findings.push(Finding::invalid(path, "must be an object"));
        return;
    };
    for field in fields {
        let path = join(path, field.name);
        match object.get(field.name) {
            None if field.required => findings.push(Finding::required(&path)),
            None => {}
            Some(value) => check_value(&field.kind, value, &path, field.required, findings),
        }
    }
    for name in object
        .keys()
        .filter(|name| fields.iter().all(|field| field.name != *name))
    {
        findings.push(Finding::invalid(
            &join(path, name),
            "is not a parameter of this request",
        ));
    }
}

fn check_value(kind: &Kind, value: &Value, path: &str, required: bool, findings: &mut Vec<Finding>) {
    let wrong = match (kind, value) {
        (Kind::Object(fields), _) => return check_object(fields, value, path, findings),
        (Kind::List(kind), Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                check_value(kind, item, &format!("{path}.{index}"), false, findings);
            }
            return;
        }
        (Kind::Text | Kind::Form(..) | Kind::OneOf(_), Value::String(text))
            if text.is_empty() && required =>
        {
            findings.push(Finding::required(path));
            return;
        }
        (Kind::Text, Value::String(text)) => text.is_empty().then_some("must not be empty"),
        (Kind::AnyText, Value::String(_)) | (Kind::Flag, Value::Bool(_)) => None,
        (Kind::Form(fits, why), Value::String(text)) => (!fits(text)).then_some(*why),
        (Kind::OneOf(allowed), Value::String(text)) => {
            (!allowed.contains(&text.as_str())).then_some("is not an allowed value")
        }
        (Kind::Number(least, most), Value::Number(number)) => {
            let fits = number
                .as_i64()
                .is_some_and(|number| (*least..=*most).contains(&number));
            (!fits).then_some("is out of range")
        }
        (Kind::Value(fits, why), value) => (!fits(value)).then_some(*why),
        (Kind::Text | Kind::AnyText | Kind::Form(..) | Kind::OneOf(_), _) => Some("must be a string"),
        (Kind::Number(..), _) => Some("must be a whole number"),
        (Kind::Flag, _) => Some("must be true or false"),
        (Kind::List(_), _) => Some("must be an array"),
    };
    if let Some(why) = wrong {
        findings.push(Finding::invalid(path, why));
    }
}

/// The rules between parameters.
fn check_between(body: &Value, now: Timestamp, findings: &mut Vec<Finding>) {
    if text(body, "/cs_provisioning_method") == Some("email") && body.pointer("/certificate/csr").is_none() {
        findings.push(Finding::required("certificate.csr"));
    }
    let size = body.pointer("/certificate/key_size");
    let of_curve = size.is_some_and(Value::is_string);
    match text(body, "/certificate/csr_key_type") {
        Some("ecc") if size.is_some() && !of_curve => {
            findings.push(Finding::invalid(
                "certificate.key_size",
                "must be p-256 or p-384 for ecc",
            ));
        }
        Some("rsa") | None if of_curve => {
            findings.push(Finding::invalid(
                "certificate.key_size",
                "must be 2048, 3072 or 4096 for rsa",
            ));
        }
        Some(_) | None => {}
    }
    if text(body, "/payment_method") == Some("card") {
        for name in ["credit_card", "billing_address"] {
            if body.get(name).is_none() {
                findings.push(Finding::required(name));
            }
        }
    }
    if let Some(given) = text(body, "/order_validity/custom_expiration_date") {
        let path = "order_validity.custom_expiration_date";
        match expiration_date(given) {
            None => findings.push(Finding::invalid(path, "must have the form dd MMM YYYY")),
            Some(date) => {
                let end = Validity::Until(date).end(now);
                // a day may start up to half a day later where the caller is
                let latest = Validity::Years(3)
                    .end(now)
                    .saturating_add(24.hours())
                    .unwrap_or(Timestamp::MAX);
                if end <= now || end > latest {
                    findings.push(Finding::invalid(path, "must be within three years of today"));
                }
            }
        }
    } else if body.get("order_validity").is_some_and(Value::is_object) && validity(body).is_none() {
        findings.push(Finding::required("order_validity.years"));
    }
}

fn validity(body: &Value) -> Option<Validity> {
    let number = |name: &str| {
        body.pointer(&format!("/order_validity/{name}"))
            .and_then(Value::as_i64)
    };
    let date = text(body, "/order_validity/custom_expiration_date").and_then(expiration_date);
    date.map(Validity::Until)
        .or_else(|| number("days").map(Validity::Days))
        .or_else(|| number("years").map(Validity::Years))
}

/// `09 JUN 2027`
fn expiration_date(text: &str) -> Option<Date> {
    let shape: Vec<usize> = text.split(' ').map(str::len).collect();
    if shape != [2, 3, 4] || text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    Date::strptime("%d %b %Y", text).ok()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
