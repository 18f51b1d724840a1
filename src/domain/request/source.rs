//! What a manifest refers to, after somebody read it: Secrets, ConfigMaps and the order that is renewed.

use std::collections::BTreeMap;

use super::confidential::Confidential;
use super::wire::{CreditCard, Individual, ShipInfo};
use crate::api;
use crate::domain::private_key;

/// The data of a Secret.
pub type SecretData = BTreeMap<String, Vec<u8>>;

/// What the references of one manifest lead to; what is not referred to stays `None`.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The text behind certificate.csrFrom.
    pub csr: Option<Confidential>,
    /// What is behind individualFrom.
    pub individual: Option<Individual>,
    /// What is behind shipInfoFrom.
    pub ship_info: Option<ShipInfo>,
    /// What is behind creditCardFrom.
    pub credit_card: Option<Card>,
    /// The order ID of the DocumentSigningOrder that renewalOf names.
    pub renewal_of_order_id: Option<i64>,
}

/// The card itself, as a Secret holds it.
#[derive(Clone, Debug)]
pub struct Card {
    number: Confidential,
    expiration_month: Confidential,
    expiration_year: Confidential,
    cvv: Confidential,
    cardholder_name: Confidential,
}

/// Why the data of a Secret is not what the manifest needs. Names keys, never values.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SourceError {
    /// A key is missing or empty.
    #[error("the key {0} is missing or empty in the Secret; add it")]
    Missing(&'static str),
    /// A value is not text.
    #[error("the value of the key {0} in the Secret is not text (UTF-8); write it again")]
    NotText(&'static str),
    /// A value holds a private key.
    #[error(
        "the value of the key {0} in the Secret holds a private key: treat that as exposed, and write what belongs here"
    )]
    PrivateKey(&'static str),
    /// A value has the wrong shape.
    #[error("the value of the key {key} in the Secret can't be right: {expected}")]
    Shape {
        /// The key.
        key: &'static str,
        /// What is expected.
        expected: &'static str,
    },
}

impl Individual {
    /// Reads a Secret with the field names of spec.order.individual as keys.
    pub fn parse(data: &SecretData) -> Result<Self, Vec<SourceError>> {
        let mut reader = Reader::new(data);
        let individual = Self {
            first_name: reader.required("firstName"),
            last_name: reader.required("lastName"),
            email: reader.shaped("email", is_email, "write one e-mail address"),
            telephone: reader.shaped(
                "telephone",
                is_telephone,
                "write the number with country code, such as +1-555-555-5555",
            ),
            country: reader.shaped("country", is_country, "write the two-letter country code"),
            state: reader.optional("state"),
            city: reader.optional("city"),
            zip: reader.optional("zip"),
            job_title: reader.optional("jobTitle"),
        };
        reader.finish(individual)
    }
}

impl ShipInfo {
    /// Reads a Secret with the field names of spec.order.shipInfo as keys.
    pub fn parse(data: &SecretData) -> Result<Self, Vec<SourceError>> {
        let mut reader = Reader::new(data);
        let expected = "write STANDARD or EXPEDITED";
        let method = match reader
            .shaped("method", |text| ship_method(text).is_some(), expected)
            .text()
        {
            "EXPEDITED" => api::ShipMethod::Expedited,
            _ => api::ShipMethod::Standard,
        };
        let ship_info = Self {
            name: reader.required("name"),
            addr1: reader.required("addr1"),
            addr2: reader.optional("addr2").unwrap_or_else(|| Confidential::new("")),
            city: reader.required("city"),
            state: reader.required("state"),
            zip: reader.required("zip"),
            country: reader.shaped("country", is_country, "write the two-letter country code"),
            method,
        };
        reader.finish(ship_info)
    }
}

impl Card {
    /// The keys of its Secret.
    pub const KEYS: [&'static str; 5] = [
        "number",
        "expirationMonth",
        "expirationYear",
        "cvv",
        "cardholderName",
    ];

    /// Stands for the card of an order that exists, whose Secret is gone: to compare with, never to be sent.
    pub fn gone() -> Self {
        let gone = || Confidential::new("");
        Self {
            number: gone(),
            expiration_month: gone(),
            expiration_year: gone(),
            cvv: gone(),
            cardholder_name: gone(),
        }
    }

    /// Reads a Secret with the keys number, expirationMonth, expirationYear, cvv and cardholderName.
    pub fn parse(data: &SecretData) -> Result<Self, Vec<SourceError>> {
        let mut reader = Reader::new(data);
        let card = Self {
            number: reader.shaped(
                "number",
                |text| is_digits(text, 12..=19),
                "write the digits alone",
            ),
            expiration_month: reader.shaped(
                "expirationMonth",
                |text| is_digits(text, 2..=2) && ("01"..="12").contains(&text),
                "write two digits from 01 to 12",
            ),
            expiration_year: reader.shaped(
                "expirationYear",
                |text| is_digits(text, 4..=4),
                "write four digits",
            ),
            cvv: reader.shaped("cvv", |text| is_digits(text, 3..=4), "write three or four digits"),
            cardholder_name: reader.required("cardholderName"),
        };
        reader.finish(card)
    }

    /// The card with what the manifest says about it, as it is sent.
    pub(super) fn sent(&self, options: &api::CreditCardFrom) -> CreditCard {
        CreditCard {
            number: self.number.clone(),
            expiration_month: self.expiration_month.clone(),
            expiration_year: self.expiration_year.clone(),
            cvv: self.cvv.clone(),
            cardholder_name: self.cardholder_name.clone(),
            save: options.save_credit_card,
            set_as_default: if options.set_as_default { "1" } else { "0" },
        }
    }
}

/// Reads keys, and collects all that is wrong before it gives up.
struct Reader<'a> {
    data: &'a SecretData,
    errors: Vec<SourceError>,
}

impl<'a> Reader<'a> {
    fn new(data: &'a SecretData) -> Self {
        Self {
            data,
            errors: Vec::new(),
        }
    }

    /// The text of a key without surrounding blanks (files end in a line break); absent when empty.
    fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let bytes = self.data.get(key)?;
        let Ok(text) = std::str::from_utf8(bytes) else {
            self.errors.push(SourceError::NotText(key));
            return None;
        };
        if private_key::is_in(text) {
            self.errors.push(SourceError::PrivateKey(key));
            return None;
        }
        Some(text.trim()).filter(|text| !text.is_empty())
    }

    fn optional(&mut self, key: &'static str) -> Option<Confidential> {
        self.text(key).map(Confidential::new)
    }

    fn required(&mut self, key: &'static str) -> Confidential {
        self.shaped(key, |_| true, "")
    }

    fn shaped(
        &mut self,
        key: &'static str,
        fits: impl Fn(&str) -> bool,
        expected: &'static str,
    ) -> Confidential {
        let before = self.errors.len();
        match self.text(key) {
            Some(text) if fits(text) => return Confidential::new(text),
            Some(_) => self.errors.push(SourceError::Shape { key, expected }),
            None if self.errors.len() == before => self.errors.push(SourceError::Missing(key)),
            None => {}
        }
        Confidential::new("")
    }

    fn finish<T>(self, value: T) -> Result<T, Vec<SourceError>> {
        if self.errors.is_empty() {
            Ok(value)
        } else {
            Err(self.errors)
        }
    }
}

fn ship_method(text: &str) -> Option<api::ShipMethod> {
    match text {
        "STANDARD" => Some(api::ShipMethod::Standard),
        "EXPEDITED" => Some(api::ShipMethod::Expedited),
        _ => None,
    }
}

fn is_email(text: &str) -> bool {
    let parts: Vec<_> = text.split('@').collect();
    let [name, domain] = parts.as_slice() else {
        return false;
    };
    let dotted = domain
        .split_once('.')
        .is_some_and(|(host, rest)| !host.is_empty() && !rest.is_empty());
    !name.is_empty() && dotted && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

fn is_telephone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|rest| {
        rest.chars().filter(char::is_ascii_digit).count() >= 5
            && rest.starts_with(|first: char| first.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || " ().-".contains(c))
    })
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> SecretData {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn a_person_is_read_by_the_field_names_of_the_manifest() {
        let complete = data(&[
            ("firstName", "Jonh\n"),
            ("lastName", "Doe"),
            ("email", "g@example.com"),
            ("telephone", "+11234567890"),
            ("country", "us"),
            ("jobTitle", "Analyst"),
        ]);
        assert_eq!(
            serde_json::to_value(Individual::parse(&complete).unwrap()).unwrap(),
            serde_json::json!({"first_name": "Jonh", "last_name": "Doe", "email": "g@example.com",
                "telephone": "+11234567890", "country": "us", "job_title": "Analyst"})
        );
    }

    #[test]
    fn all_missing_keys_are_named_at_once_and_no_value() {
        let mut partial = data(&[
            ("firstName", " "),
            ("email", "nobody"),
            ("telephone", "5551234"),
            ("country", "us"),
        ]);
        partial.insert("lastName".to_owned(), vec![0xff]);
        let errors = Individual::parse(&partial).unwrap_err();
        assert_eq!(
            errors,
            [
                SourceError::Missing("firstName"),
                SourceError::NotText("lastName"),
                SourceError::Shape {
                    key: "email",
                    expected: "write one e-mail address"
                },
                SourceError::Shape {
                    key: "telephone",
                    expected: "write the number with country code, such as +1-555-555-5555"
                },
            ]
        );
        let printed: String = errors.iter().map(ToString::to_string).collect();
        assert!(
            !printed.contains("nobody") && !printed.contains("5551234"),
            "{printed}"
        );
    }

    #[test]
    fn a_private_key_in_a_secret_is_named_by_its_key() {
        let pasted = "-----BEGIN EC PRIVATE KEY-----MHcC-----END EC PRIVATE KEY-----";
        let address = data(&[
            ("name", "Jane Doe"),
            ("addr1", "1 Main Street"),
            ("addr2", pasted),
            ("city", "Lehi"),
            ("state", pasted),
            ("zip", "84043"),
            ("country", "us"),
            ("method", "STANDARD"),
        ]);
        let errors = ShipInfo::parse(&address).unwrap_err();
        assert_eq!(
            errors,
            [SourceError::PrivateKey("addr2"), SourceError::PrivateKey("state")]
        );
        let printed: String = errors.iter().map(ToString::to_string).collect();
        assert!(!printed.contains("MHcC"), "{printed}");
    }

    #[test]
    fn a_card_is_sent_with_what_the_manifest_says_about_it_and_never_printed() {
        let card = Card::parse(&data(&[
            ("number", "4111111111111111"),
            ("expirationMonth", "09"),
            ("expirationYear", "2031"),
            ("cvv", "333"),
            ("cardholderName", "Jane Doe"),
        ]))
        .unwrap();
        assert!(!format!("{card:?}").contains("4111"));
        let options: api::CreditCardFrom =
            serde_json::from_value(serde_json::json!({"secretRef": {"name": "card"}, "setAsDefault": true}))
                .unwrap();
        assert_eq!(
            serde_json::to_value(card.sent(&options)).unwrap(),
            serde_json::json!({"number": "4111111111111111", "expiration_month": "09", "expiration_year": "2031",
                "cvv": "333", "cardholder_name": "Jane Doe", "set_as_default": "1"})
        );
        let wrong = data(&[
            ("number", "4111 1111"),
            ("expirationMonth", "13"),
            ("cvv", "1"),
            ("cardholderName", "x"),
        ]);
        assert_eq!(Card::parse(&wrong).unwrap_err().len(), 4);
    }

    #[test]
    fn an_address_without_a_second_line_sends_an_empty_one() {
        let address = data(&[
            ("name", "Jane Doe"),
            ("addr1", "1 Main Street"),
            ("city", "Lehi"),
            ("state", "ut"),
            ("zip", "84043"),
            ("country", "us"),
            ("method", "EXPEDITED"),
        ]);
        let sent = serde_json::to_value(ShipInfo::parse(&address).unwrap()).unwrap();
        assert_eq!(
            (sent["addr2"].as_str(), sent["method"].as_str()),
            (Some(""), Some("EXPEDITED"))
        );
    }
}
