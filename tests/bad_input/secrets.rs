//! Secrets with anything in them: whatever is wrong is told by the key, and never by the value.

use docsign::domain::csr::Csr;
use docsign::domain::request::{Card, Confidential, Individual, SecretData, ShipInfo, SourceError, Sources};

use crate::dice;
use crate::dice::Dice;

const SECRETS: usize = 20_000;
/// Part of every value, so that it can be found where it should not be.
const MARK: &str = "canary4711";

const PERSON: &[(&str, &str)] = &[
    ("firstName", "Zebulon"),
    ("lastName", "Quux"),
    ("email", "zebulon@example.com"),
    ("telephone", "+1-555-777-8888"),
    ("country", "us"),
    ("state", "Utah"),
    ("city", "Lehi"),
    ("zip", "84043"),
    ("jobTitle", "Analyst"),
];
const ADDRESS: &[(&str, &str)] = &[
    ("name", "Zebulon Quux"),
    ("addr1", "1 Hidden Road"),
    ("addr2", "Floor 2"),
    ("city", "Lehi"),
    ("state", "Utah"),
    ("zip", "84043"),
    ("country", "us"),
    ("method", "EXPEDITED"),
];
const CARD: &[(&str, &str)] = &[
    ("number", "4111111111111111"),
    ("expirationMonth", "09"),
    ("expirationYear", "2031"),
    ("cvv", "333"),
    ("cardholderName", "Zebulon Quux"),
];

#[test]
fn whatever_is_wrong_with_a_secret_is_told_by_its_key_alone() {
    let mut dice = dice("secrets");
    let (mut read, mut refused, mut errors) = (0, 0, 0);
    for number in 0..SECRETS {
        let (fields, outcome) = match number % 4 {
            0 => (
                PERSON,
                Individual::parse(&any_secret(PERSON, &mut dice)).map(|person| format!("{person:?}")),
            ),
            1 => (
                ADDRESS,
                ShipInfo::parse(&any_secret(ADDRESS, &mut dice)).map(|address| format!("{address:?}")),
            ),
            2 => (
                CARD,
                Card::parse(&any_secret(CARD, &mut dice)).map(|card| format!("{card:?}")),
            ),
            _ => {
                let request = String::from_utf8_lossy(&any_bytes(&mut dice)).into_owned();
                if let Err(error) = Csr::parse(&request) {
                    assert!(!format!("{error:?} {error}").contains(MARK));
                }
                continue;
            }
        };
        match outcome {
            Ok(printed) => {
                read += 1;
                assert!(
                    !printed.contains(MARK) && !printed.contains("Zebulon"),
                    "{printed}"
                );
            }
            Err(found) => {
                refused += 1;
                errors += found.len();
                assert!(!found.is_empty());
                for error in found {
                    names_its_key(&error, fields);
                }
            }
        }
    }
    println!("{SECRETS} Secrets: {read} read, {refused} refused for {errors} reasons");
    assert!(read > 100 && refused > 1000, "{read}, {refused}");
}

fn names_its_key(error: &SourceError, fields: &[(&str, &str)]) {
    let (key, printed) = (
        match error {
            SourceError::Missing(key)
            | SourceError::NotText(key)
            | SourceError::PrivateKey(key)
            | SourceError::Shape { key, .. } => *key,
        },
        format!("{error} {error:?}"),
    );
    assert!(
        fields.iter().any(|(field, _)| *field == key) && printed.contains(key),
        "{printed}"
    );
    assert!(!printed.contains(MARK), "{printed}");
}

/// A Secret that was right once.
fn any_secret(fields: &[(&str, &str)], dice: &mut Dice) -> SecretData {
    let mut data = secret(fields);
    for _ in 0..dice.between(0, 4) {
        let (field, _) = fields[dice.size(0, fields.len())];
        match dice.between(0, 5) {
            0 => {
                data.remove(field);
            }
            1 => {
                data.insert(field.to_uppercase(), any_bytes(dice));
            }
            2 => {
                let (_, other) = fields[dice.size(0, fields.len())];
                data.insert(field.to_owned(), other.as_bytes().to_vec());
            }
            _ => {
                data.insert(field.to_owned(), any_bytes(dice));
            }
        }
    }
    data
}

/// Bytes that may be text, with the mark in them.
fn any_bytes(dice: &mut Dice) -> Vec<u8> {
    let length = if dice.permille(20) {
        200_000
    } else {
        dice.size(0, 64)
    };
    let noise: Vec<u8> = (0..length).map(|_| dice.throw().to_le_bytes()[0]).collect();
    match dice.between(0, 6) {
        0 => [MARK.as_bytes(), &noise].concat(),
        1 => [&noise, MARK.as_bytes()].concat(),
        2 => format!("{MARK}{}", String::from_utf8_lossy(&noise)).into_bytes(),
        3 => format!("-----BEGIN EC PRIVATE KEY-----{MARK}-----END EC PRIVATE KEY-----").into_bytes(),
        4 => {
            format!("-----BEGIN CERTIFICATE REQUEST-----{MARK}-----END CERTIFICATE REQUEST-----").into_bytes()
        }
        _ => format!(" {MARK}\n").into_bytes(),
    }
}

fn secret(fields: &[(&str, &str)]) -> SecretData {
    fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// The person, the address and the card of Secrets that are right.
pub fn good_sources() -> Sources {
    Sources {
        individual: Individual::parse(&secret(PERSON)).ok(),
        ship_info: ShipInfo::parse(&secret(ADDRESS)).ok(),
        credit_card: Card::parse(&secret(CARD)).ok(),
        ..Sources::default()
    }
}

/// What may be behind the references of a manifest: anything that can be read, or nothing.
pub fn any_sources(dice: &mut Dice) -> Sources {
    Sources {
        csr: dice
            .permille(600)
            .then(|| Confidential::new(String::from_utf8_lossy(&any_bytes(dice)))),
        individual: Individual::parse(&any_secret(PERSON, dice)).ok(),
        ship_info: ShipInfo::parse(&any_secret(ADDRESS, dice)).ok(),
        credit_card: Card::parse(&any_secret(CARD, dice)).ok(),
        renewal_of_order_id: dice.permille(500).then(|| dice.throw().cast_signed()),
    }
}

/// Secrets for a cluster: right, or wrong in some way.
pub fn for_a_cluster(dice: &mut Dice) -> SecretData {
    let good = dice.permille(600);
    let mut all = SecretData::new();
    for fields in [CARD, ADDRESS, PERSON] {
        all.extend(if good {
            secret(fields)
        } else {
            any_secret(fields, dice)
        });
    }
    all
}
