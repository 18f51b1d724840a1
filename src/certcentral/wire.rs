//! Reading what CertCentral sends, as loosely as it sends it.
//!
//! Its back end turns an empty object into `[]`, numbers into strings and lists with gaps into objects, leaves
//! fields out, and adds statuses nobody documented. So nothing is decoded into fixed shapes: a [`Loose`] value is
//! asked for what a caller needs, and what is absent or of another type is `None`, never an error. Only the
//! callers that need completeness (look-ups) treat a missing part as an unreadable answer.

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

/// A JSON value, or its absence.
#[derive(Clone, Copy)]
pub(super) struct Loose<'a>(Option<&'a Value>);

impl<'a> Loose<'a> {
    /// The top of an answer.
    pub(super) fn new(value: &'a Value) -> Self {
        Self(Some(value))
    }

    /// A field of an object; absent on anything else, `[]` for an empty object included.
    pub(super) fn field(self, name: &str) -> Self {
        Self(
            self.0
                .and_then(|value| value.as_object())
                .and_then(|object| object.get(name)),
        )
    }

    /// An id: a positive whole number, or a string of its digits. `0` stands for "none".
    pub(super) fn id(self) -> Option<i64> {
        self.number().filter(|number| *number > 0)
    }

    /// A whole number, or a string of one.
    pub(super) fn number(self) -> Option<i64> {
        match self.0? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A flag as `true`, `1`, `"1"` or `"true"`, and their opposites.
    pub(super) fn flag(self) -> Option<bool> {
        match self.0? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            Value::Number(_) | Value::String(_) => match self.number() {
                Some(0) => Some(false),
                Some(1) => Some(true),
                Some(_) | None => None,
            },
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A text that is not empty; a number is read as its digits.
    pub(super) fn text(self) -> Option<String> {
        match self.0? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A day, `2026-11-22`, also where a time follows it.
    pub(super) fn day(self) -> Option<Date> {
        self.text()?.parse().ok()
    }

    /// A moment with its offset, `2018-10-16T20:05:28+00:00`.
    pub(super) fn moment(self) -> Option<Timestamp> {
        self.text()?.parse().ok()
    }

    /// The items of a list, or `None` where there is no list. A list with gaps comes as an object whose keys are
    /// numbers; an empty object is not a list.
    pub(super) fn list(self) -> Option<Vec<Self>> {
        match self.0? {
            Value::Array(items) => Some(items.iter().map(Loose::new).collect()),
            Value::Object(fields)
                if !fields.is_empty()
                    && fields
                        .keys()
                        .all(|key| key.bytes().all(|byte| byte.is_ascii_digit())) =>
            {
                Some(fields.values().map(Loose::new).collect())
            }
            Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    }

    /// The items of a list; none where there is no list.
    pub(super) fn items(self) -> Vec<Self> {
        self.list().unwrap_or_default()
    }

    /// The texts of a list; a text alone is a list of one.
    pub(super) fn texts(self) -> Vec<String> {
        match self.list() {
            Some(items) => items.into_iter().filter_map(Self::text).collect(),
            None => self.text().into_iter().collect(),
        }
    }

    /// Whether a field says anything: not absent, `null`, `0`, `""`, `[]` or `{}`.
    pub(super) fn is_given(self) -> bool {
        match self.0 {
            None | Some(Value::Null) => false,
            Some(Value::Bool(_)) => true,
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::String(text)) => !text.is_empty() && text != "0",
            Some(Value::Array(items)) => !items.is_empty(),
            Some(Value::Object(fields)) => !fields.is_empty(),
        }
    }

    /// Whether this is an object, or the `[]` that stands for an empty one.
    pub(super) fn is_object(self) -> bool {
        match self.0 {
            Some(Value::Object(_)) => true,
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ids_are_read_as_numbers_and_as_strings_and_beyond_32_bits() {
        let read = |value: Value| Loose::new(&value).id();
        assert_eq!(
            [
                read(json!(112_233)),
                read(json!("112233")),
                read(json!(845_166_333_113_i64)),
                read(json!("845166333113")),
                read(json!(0)),
                read(json!("0")),
                read(json!(-1)),
                read(json!(1.5)),
                read(json!(u64::MAX)),
                read(json!("")),
                read(json!("12a")),
                read(json!(null)),
                read(json!([])),
                read(json!({})),
                read(json!(true)),
            ],
            [
                Some(112_233),
                Some(112_233),
                Some(845_166_333_113),
                Some(845_166_333_113),
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
                None,
            ]
        );
    }

    #[test]
    fn flags_come_in_every_php_spelling() {
        let read = |value: Value| Loose::new(&value).flag();
        assert_eq!(
            [json!(true), json!(1), json!("1"), json!("true"), json!("TRUE")].map(read),
            [Some(true); 5]
        );
        assert_eq!(
            [json!(false), json!(0), json!("0"), json!("false")].map(read),
            [Some(false); 4]
        );
        assert_eq!(
            [json!(null), json!(2), json!("yes"), json!([])].map(read),
            [None; 4]
        );
    }

    #[test]
    fn an_empty_array_stands_for_an_empty_object() {
        let value = json!({"certificate": []});
        let certificate = Loose::new(&value).field("certificate");
        assert!(certificate.is_object());
        assert_eq!(certificate.field("id").id(), None);
        assert!(!certificate.is_given());
    }

    #[test]
    fn a_list_with_gaps_comes_as_an_object() {
        let value = json!({"requests": {"1": {"id": 7}, "3": {"id": "8"}}, "orders": {}, "years": "1"});
        let answer = Loose::new(&value);
        let ids: Vec<_> = answer
            .field("requests")
            .items()
            .into_iter()
            .map(|item| item.field("id").id())
            .collect();
        assert_eq!(ids, [Some(7), Some(8)]);
        assert!(answer.field("orders").list().is_none());
        assert!(answer.field("absent").list().is_none());
        assert_eq!(answer.field("years").texts(), ["1"]);
    }

    #[test]
    fn days_and_moments_are_read_or_absent() {
        let day = |text: &str| Loose::new(&json!(text)).day();
        assert_eq!(day("2027-01-31"), Some(jiff::civil::date(2027, 1, 31)));
        assert_eq!(
            day("2014-08-19T18:16:07+00:00"),
            Some(jiff::civil::date(2014, 8, 19))
        );
        assert_eq!(day("31 JAN 2027"), None);
        let moment = |text: &str| Loose::new(&json!(text)).moment();
        assert_eq!(
            moment("2018-10-16T20:05:28+00:00"),
            Some("2018-10-16T20:05:28Z".parse().unwrap())
        );
        assert_eq!(moment("2018-10-16"), None);
    }
}
