//! Which parameter of CertCentral's page a field of `spec.order` becomes: found out by ordering, not listed.
//!
//! For each field of the schema a request is made twice, with two values of that field; where the two bodies differ
//! stands its parameter. So a name in the reference is a name that is sent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::schema::Property;
use crate::api::Order;
use crate::cli::stand_in::PUBLIC_KEY;
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::domain::request::{
    Card, Confidential, Individual, Marks, SecretData, ShipInfo, SourceError, Sources, order_request,
};

/// The day on which the requests are made.
const TODAY: Date = date(2026, 1, 1);

/// From fields below `spec.order` (`individual.firstName`, `customFields[].value`) to parameters
/// (`individual.first_name`, `custom_fields.value`).
#[derive(Debug, Default)]
pub struct WireNames {
    /// By field.
    pub fields: BTreeMap<String, String>,
    /// The keys of the card's Secret, with the parameters they become and the shape they must have.
    pub card_keys: Vec<(String, String, String)>,
    /// What is sent although no field of the manifest says so.
    pub added: Vec<String>,
}

impl WireNames {
    /// Makes the requests, for the properties of `spec.order`.
    pub fn of(order: &[Property]) -> Self {
        let mut names = Self::default();
        names.probe(order, "");
        for (field, from, one, other) in sources() {
            let bodies = (body(&from, &one), body(&from, &other));
            if let (Some(one), Some(other)) = bodies {
                let found = common_beginning(&differing(&one, &other));
                names.fields.extend(found.map(|name| (field.to_owned(), name)));
            }
        }
        names.card_keys = card_keys();
        let sent = bases()
            .into_iter()
            .filter_map(|base| body(&base, &card_sources("x")));
        let sent: BTreeSet<String> = sent.flat_map(Leaves::into_keys).collect();
        let known: BTreeSet<&String> = names
            .fields
            .values()
            .chain(names.card_keys.iter().map(|(_, name, _)| name))
            .collect();
        names.added = sent.into_iter().filter(|name| !known.contains(name)).collect();
        names
    }

    fn probe(&mut self, properties: &[Property], path: &str) {
        for property in properties {
            let field = format!("{path}{}", property.name);
            if property.children.is_empty() {
                let name = parameter(&field, property);
                self.fields.extend(name.map(|name| (field, name)));
                continue;
            }
            let below = property.path_below(path);
            self.probe(&property.children, &below);
            let names = self.fields.iter().filter(|(one, _)| one.starts_with(&below));
            let names: BTreeSet<String> = names.map(|(_, name)| name.clone()).collect();
            self.fields
                .extend(common_object(&names).map(|name| (field, name)));
        }
    }
}

/// The leaves of a body, by path without positions.
type Leaves = BTreeMap<String, Value>;

/// The parameter that a field becomes.
fn parameter(field: &str, property: &Property) -> Option<String> {
    let values = values(field, property);
    let one = values.first()?;
    let sources = card_sources("x");
    for base in bases() {
        let Some(body_one) = body(&with(&base, field, Some(one)), &sources) else {
            continue;
        };
        let others = [values.get(1), None].map(|other| with(&base, field, other));
        let other = others.iter().find_map(|other| {
            let body = body(other, &sources)?;
            let differing = differing(&body_one, &body);
            (!differing.is_empty()).then_some(differing)
        });
        let candidates = other.unwrap_or_else(|| body_one.keys().cloned().collect());
        if let [only] = candidates.iter().collect::<Vec<_>>().as_slice() {
            return Some((*only).clone());
        }
        let mut alike = candidates
            .iter()
            .filter(|name| body_one.get(*name).is_some_and(|sent| plain(sent) == plain(one)));
        if let (Some(name), None) = (alike.next(), alike.next()) {
            return Some(name.clone());
        }
    }
    None
}

/// Two values that the field may have; one where there is no other.
fn values(field: &str, property: &Property) -> Vec<Value> {
    let schema = &property.schema;
    let allowed: Vec<Value> = schema
        .enum_
        .iter()
        .flatten()
        .map(|value| value.0.clone())
        .collect();
    match field {
        "certificate.csr" => vec![json!(PUBLIC_KEY)],
        "orderValidity.customExpirationDate" => vec![json!("2027-06-09"), json!("2027-06-10")],
        "certificate.keySize" => vec![json!(3072), json!(4096)],
        _ => match schema.type_.as_deref() {
            _ if !allowed.is_empty() => allowed,
            Some("integer") => vec![json!(2), json!(3)],
            Some("boolean") => vec![json!(true), json!(false)],
            Some("array") if property.name.ends_with("Emails") => {
                vec![json!(["a@example.com"]), json!(["b@example.com"])]
            }
            Some("array") => match property.items_enum.as_slice() {
                [one, other, ..] => vec![json!([one]), json!([other])],
                _ => vec![json!([4]), json!([5])],
            },
            Some("string") => vec![json!("one of two"), json!("two of two")],
            _ => Vec::new(),
        },
    }
}

/// Orders that can be placed: together they have every object of the page.
fn bases() -> [Value; 3] {
    let person = json!({"firstName": "x", "lastName": "x", "email": "x@example.com", "telephone": "+10000000", "country": "us"});
    let own_key = json!({
        "csProvisioningMethod": "email", "certificate": {"csr": PUBLIC_KEY}, "individual": person,
        "orderValidity": {"years": 1}, "paymentMethod": "balance",
    });
    let shipped = json!({
        "csProvisioningMethod": "ship_token", "individual": person, "orderValidity": {"days": 1},
        "shipInfo": {"name": "x", "addr1": "x", "city": "x", "state": "x", "zip": "x", "country": "us", "method": "STANDARD"},
        "paymentMethod": "card", "creditCardFrom": {"secretRef": {"name": "x"}},
        "billingAddress": {"address": "x", "city": "x", "country": "us"},
    });
    let software = json!({
        "csProvisioningMethod": "client_app", "individual": person, "paymentMethod": "balance",
        "orderValidity": {"customExpirationDate": "2027-06-09"},
        "customFields": [{"metadataId": 1, "value": "x"}],
    });
    [own_key, shipped, software]
}

/// Objects that are read from elsewhere: the field, an order that has it, and two contents of what it names.
fn sources() -> Vec<(&'static str, Value, Sources, Sources)> {
    let base = |base: usize, without: &str, field: &str, value: Value| {
        let mut order = bases().into_iter().nth(base).unwrap_or_default();
        order = with(&order, without, None);
        with(&order, field, Some(&value))
    };
    let secret = json!({"secretRef": {"name": "x"}});
    let csr = |text: &str| Sources {
        csr: Some(Confidential::new(text)),
        ..Sources::default()
    };
    let individual = |name: &str| Sources {
        individual: Individual::parse(&data(&[
            ("firstName", name),
            ("lastName", name),
            ("email", "x@example.com"),
            ("telephone", "+10000000"),
            ("country", "us"),
        ]))
        .ok(),
        ..Sources::default()
    };
    let ship_info = |name: &str| Sources {
        ship_info: ShipInfo::parse(&data(&[
            ("name", name),
            ("addr1", name),
            ("city", "x"),
            ("state", "x"),
            ("zip", "x"),
            ("country", "us"),
            ("method", "STANDARD"),
        ]))
        .ok(),
        ..card_sources("x")
    };
    let renewal = |id: i64| Sources {
        renewal_of_order_id: Some(id),
        ..Sources::default()
    };
    let key_ref = json!({"configMapKeyRef": {"name": "x", "key": "x"}});
    vec![
        (
            "certificate.csrFrom",
            base(0, "certificate.csr", "certificate.csrFrom", key_ref),
            csr(PUBLIC_KEY),
            csr(OTHER_PUBLIC_KEY),
        ),
        (
            "individualFrom",
            base(2, "individual", "individualFrom", secret.clone()),
            individual("x"),
            individual("y"),
        ),
        (
            "shipInfoFrom",
            base(1, "shipInfo", "shipInfoFrom", secret),
            ship_info("x"),
            ship_info("y"),
        ),
        (
            "creditCardFrom",
            base(1, "-", "comments", json!("x")),
            card_sources("x"),
            card_sources("y"),
        ),
        (
            "renewalOf",
            base(2, "-", "renewalOf", json!({"name": "x"})),
            renewal(1),
            renewal(2),
        ),
    ]
}

/// Another key like the one that stands in for a person's.
const OTHER_PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEQGktJFwEOknHSqfijxHqQSOtkHDO
vKlSU7w3AVzysXMzv0cHPDotTMLWFS6n5Ue0Hm+k6VFV9bp25I5XsqSPaA==
-----END PUBLIC KEY-----";

/// Two contents of a card's Secret that differ in all they can.
const CARD: [(&str, &str, &str); 5] = [
    ("number", "000000000000", "111111111111"),
    ("expirationMonth", "01", "02"),
    ("expirationYear", "2000", "2001"),
    ("cvv", "000", "111"),
    ("cardholderName", "x", "y"),
];

fn card_sources(which: &str) -> Sources {
    let values = CARD.map(|(key, one, other)| (key, if which == "x" { one } else { other }));
    Sources {
        credit_card: Card::parse(&data(&values)).ok(),
        ..Sources::default()
    }
}

/// Each key that a card's Secret needs: what it becomes, and what its value must look like.
fn card_keys() -> Vec<(String, String, String)> {
    let [_, base, _] = bases();
    let missing = Card::parse(&SecretData::new()).err().unwrap_or_default();
    let keys = missing.into_iter().filter_map(|error| match error {
        SourceError::Missing(key) => Some(key),
        SourceError::NotText(_) | SourceError::PrivateKey(_) | SourceError::Shape { .. } => None,
    });
    let rows = keys.filter_map(|key| {
        let changed = CARD.map(|(one, x, y)| (one, if one == key { y } else { x }));
        let other = Sources {
            credit_card: Card::parse(&data(&changed)).ok(),
            ..Sources::default()
        };
        let differing = differing(&body(&base, &card_sources("x"))?, &body(&base, &other)?);
        let name = differing.into_iter().next()?;
        let wrong = CARD.map(|(one, x, _)| (one, if one == key { "?" } else { x }));
        let shape = Card::parse(&data(&wrong)).err().unwrap_or_default();
        let expected = shape.into_iter().find_map(|error| match error {
            SourceError::Shape { expected, .. } => Some(expected.to_owned()),
            SourceError::Missing(_) | SourceError::NotText(_) | SourceError::PrivateKey(_) => None,
        });
        Some((
            key.to_owned(),
            name,
            expected.unwrap_or_else(|| "write text".to_owned()),
        ))
    });
    rows.collect()
}

fn data(values: &[(&str, &str)]) -> SecretData {
    let values = values.iter();
    values
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// The body of an order, as leaves; `None`: it can't be ordered.
fn body(order: &Value, sources: &Sources) -> Option<Leaves> {
    let order: Order = serde_json::from_value(order.clone()).ok()?;
    let cluster = ClusterName::parse("docs").ok()?;
    let token = OrderKey::new(cluster, "docs", "docs", 1).token();
    let marks = Marks {
        token: &token,
        alternative_order_id: true,
    };
    let request = order_request(&order, sources, marks, TODAY).ok()?;
    let mut leaves = Leaves::new();
    collect(&serde_json::to_value(&request).ok()?, "", &mut leaves);
    Some(leaves)
}

fn collect(value: &Value, path: &str, leaves: &mut Leaves) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                collect(value, &path, leaves);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for item in items {
                collect(item, path, leaves);
            }
        }
        leaf => {
            leaves.insert(path.to_owned(), leaf.clone());
        }
    }
}

/// The order with another value in a field; without it where there is none.
fn with(order: &Value, field: &str, value: Option<&Value>) -> Value {
    let mut order = order.clone();
    let mut at = &mut order;
    let mut names = field.split('.').peekable();
    while let Some(name) = names.next() {
        let (name, in_list) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        let Some(fields) = at.as_object_mut() else { break };
        if names.peek().is_none() {
            match value {
                Some(value) => fields.insert(name.to_owned(), value.clone()),
                None => fields.remove(name),
            };
            break;
        }
        let below = fields
            .entry(name)
            .or_insert_with(|| if in_list { json!([{}]) } else { json!({}) });
        at = match below {
            Value::Array(items) => match items.first_mut() {
                Some(first) => first,
                None => break,
            },
            below => below,
        };
    }
    order
}

fn differing(one: &Leaves, other: &Leaves) -> BTreeSet<String> {
    let names = one.keys().chain(other.keys());
    names
        .filter(|name| one.get(*name) != other.get(*name))
        .cloned()
        .collect()
}

/// The text of a value, without what PEM may lose.
fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.split_whitespace().collect()
}

/// The object that all of these are in.
fn common_object(names: &BTreeSet<String>) -> Option<String> {
    let objects: BTreeSet<&str> = names
        .iter()
        .map(|name| name.rsplit_once('.').map_or("", |(object, _)| object))
        .collect();
    let shortest = objects.iter().min_by_key(|object| object.len())?;
    let common = objects.iter().all(|object| object.starts_with(shortest));
    (common && !shortest.is_empty()).then(|| (*shortest).to_owned())
}

/// The one name, or the object that all of these are in.
fn common_beginning(names: &BTreeSet<String>) -> Option<String> {
    match names.iter().collect::<Vec<_>>().as_slice() {
        [only] => Some((*only).clone()),
        _ => common_object(names),
    }
}
