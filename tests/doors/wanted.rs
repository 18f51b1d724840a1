//! Random orders that are right, made from the schema: a field that is added is in them. Only what a rule between fields
//! demands is put right afterwards.

use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::judge::without_nulls;
use super::requests;
use super::schema::kinds;

/// An order, and what it refers to.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub order: Value,
    /// The person, the address and the card of its Secrets, by the names of their keys.
    pub person: Value,
    pub address: Value,
    pub card: Value,
    /// Which of [`keys`] its CSR is of, where it has one.
    pub key: usize,
}

/// CSRs that can be ordered for: type, size and text.
pub fn keys() -> Vec<(&'static str, &'static str, &'static str)> {
    let sizes = [
        ("rsa", "2048"),
        ("rsa", "3072"),
        ("rsa", "4096"),
        ("ecc", "p-256"),
        ("ecc", "p-384"),
    ];
    sizes
        .into_iter()
        .map(|(kind, size)| (kind, size, requests::fitting(Some(kind), Some(size))))
        .collect()
}

/// Any value of a schema that its own rules allow.
fn any_value(schema: &Value, today: Date) -> BoxedStrategy<Value> {
    if let Some(words) = schema["enum"].as_array() {
        return prop::sample::select(words.clone()).boxed();
    }
    let bound = |key: &str| schema[key].as_f64();
    match schema["type"].as_str() {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("integer") => {
            #[expect(clippy::cast_possible_truncation, reason = "bounds are small")]
            let end = |key: &str, none: i64| bound(key).map_or(none, |bound| bound as i64);
            (end("minimum", i64::MIN)..=end("maximum", i64::MAX))
                .prop_map(Value::from)
                .boxed()
        }
        Some("string") => any_text(schema, &schema["x-kubernetes-validations"]),
        Some("array") => {
            let items = if schema["items"]["type"] == "string" && schema["items"].get("enum").is_none() {
                any_text(&schema["items"], &schema["x-kubernetes-validations"])
            } else {
                any_value(&schema["items"], today)
            };
            let least = usize::try_from(schema["minItems"].as_u64().unwrap_or(0)).unwrap();
            match schema["items"]["enum"].as_array() {
                Some(words) => prop::sample::subsequence(words.clone(), least..=words.len())
                    .prop_map(Value::from)
                    .boxed(),
                None => prop::collection::vec(items, least..4)
                    .prop_map(Value::from)
                    .boxed(),
            }
        }
        Some("object") => any_object(schema, today),
        // the size of a key: put right with the CSR
        _ => Just(json!("3072")).boxed(),
    }
}

/// Text as its own rules, or those of the list it is in, want it.
fn any_text(schema: &Value, rules: &Value) -> BoxedStrategy<Value> {
    let most = usize::try_from(schema["maxLength"].as_u64().unwrap()).unwrap();
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap();
    let pattern = rules.as_array().into_iter().flatten().find_map(|rule| {
        let (_, rest) = rule["rule"].as_str()?.split_once(".matches('^")?;
        let (pattern, _) = rest.split_once("$')")?;
        Some(pattern.replace("\\\\", "\\"))
    });
    let free = format!("(?s:.){{{least},{}}}", most.min(24));
    let text = proptest::string::string_regex(&pattern.unwrap_or(free)).unwrap();
    text.prop_filter("within its bounds", move |text| {
        (least..=most).contains(&text.chars().count())
    })
    .prop_map(Value::from)
    .boxed()
}

fn any_object(schema: &Value, today: Date) -> BoxedStrategy<Value> {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let all = fields.into_iter().map(|(name, field)| {
        let there = required.contains(&json!(name));
        let value = any_value(&field, today);
        let value = if there {
            value.prop_map(Some).boxed()
        } else {
            prop::option::of(value).boxed()
        };
        value.prop_map(move |value| value.map(|value| (name.clone(), value)))
    });
    let all: Vec<_> = all.collect();
    all.prop_map(|fields| Value::Object(fields.into_iter().flatten().collect::<Map<_, _>>()))
        .boxed()
}

/// Text that a Secret may hold: it neither begins nor ends with a blank, which is taken off.
fn secret_text() -> impl Strategy<Value = String> {
    "[a-zé名-][a-z0-9é名 .-]{0,12}[a-z0-9é]"
}

pub fn any_wanted(today: Date) -> impl Strategy<Value = Wanted> {
    let schema = kinds()[0].schema["properties"]["spec"]["properties"]["order"].clone();
    let dates = (1..1090_i32).prop_map(move |days| today.saturating_add(days.days()).to_string());
    let method = prop::sample::select(vec!["balance", "card", "card", "profile", "wire_transfer"]);
    let choices = (
        any::<[bool; 6]>(),
        0..5_usize,
        0..3_usize,
        0..4_usize,
        0..3_usize,
        dates,
        method,
    );
    let person = (secret_text(), secret_text(), prop::option::of(secret_text()), prop::option::of("[0-9]{5}")).prop_map(
        |(first, last, state, zip)| {
            json!({"firstName": first, "lastName": last, "email": "a@example.com", "telephone": "+49 (89) 555-5555",
                "country": "de", "state": state, "city": "Köln", "zip": zip, "jobTitle": "x"})
        },
    );
    let address = (secret_text(), prop::option::of(secret_text()), any::<bool>()).prop_map(|(name, addr2, fast)| {
        json!({"name": name, "addr1": "1 Hidden Road", "addr2": addr2, "city": "Lehi", "state": "ut", "zip": "84043",
            "country": "us", "method": if fast { "EXPEDITED" } else { "STANDARD" }})
    });
    let card = (
        "[0-9]{12,19}",
        "0[1-9]",
        "20[3-9][0-9]",
        "[0-9]{3,4}",
        secret_text(),
    )
        .prop_map(|(number, month, year, cvv, holder)| {
            json!({"number": number, "expirationMonth": month, "expirationYear": year, "cvv": cvv,
            "cardholderName": holder})
        });
    (any_object(&schema, today), choices, person, address, card).prop_map(
        |(order, choices, person, address, card)| Wanted {
            order: put_right(order, &choices),
            person: without_nulls(person),
            address: without_nulls(address),
            card,
            key: choices.1,
        },
    )
}

/// What the rules between fields demand.
type Choices = ([bool; 6], usize, usize, usize, usize, String, &'static str);

fn put_right(mut order: Value, choices: &Choices) -> Value {
    let ([one, two, three, four, typed, bits], key, _, size, validity, date, method) = choices;
    let fields = order.as_object_mut().unwrap();
    let secret = || json!({"secretRef": {"name": "source"}});
    let person = json!({"firstName": "Zebulon", "lastName": "Quux", "email": "z@example.com", "telephone": "+15557778888", "country": "us"});
    one_of(
        fields,
        "individual",
        true,
        *one,
        (("individualFrom", secret()), person),
    );
    one_of(
        fields,
        "renewalOfOrderId",
        *two,
        *three,
        (("renewalOf", json!({"name": "earlier"})), json!(5)),
    );
    let provisioning = fields
        .get("csProvisioningMethod")
        .and_then(Value::as_str)
        .unwrap_or("email")
        .to_owned();
    let address = json!({"name": "Z", "addr1": "1", "city": "Lehi", "state": "ut", "zip": "84043", "country": "us", "method": "STANDARD"});
    let shipped = provisioning == "ship_token";
    one_of(
        fields,
        "shipInfo",
        shipped,
        *four,
        (("shipInfoFrom", secret()), address),
    );
    fields.remove("creditCard");
    fields.insert("paymentMethod".to_owned(), json!(method));
    let card = fields.remove("creditCardFrom");
    if *method == "card" {
        fields.insert("creditCardFrom".to_owned(), card.unwrap_or_else(secret));
        let billing = json!({"address": "1", "city": "Lehi", "country": "us"});
        fields.entry("billingAddress").or_insert(billing);
    }
    let validities = [
        json!({"years": 1 + *key % 3}),
        json!({"days": 1 + *key * 200}),
        json!({"customExpirationDate": date}),
    ];
    fields.insert("orderValidity".to_owned(), validities[*validity].clone());
    let certificate = fields
        .entry("certificate")
        .or_insert(json!({}))
        .as_object_mut()
        .unwrap();
    for name in ["csr", "csrFrom", "csrKeyType", "keySize"] {
        certificate.remove(name);
    }
    let (kind, of_key, text) = keys()[*key];
    if provisioning == "email" && *four {
        certificate.insert(
            "csrFrom".to_owned(),
            json!({"secretKeyRef": {"name": "a", "key": "b"}}),
        );
    } else if provisioning == "email" {
        certificate.insert("csr".to_owned(), json!(text));
    }
    // A curve is named together with its type, and a type of curves without a CSR with one of them.
    let curve = kind == "ecc";
    let sized = *size > 0 || curve && *typed && provisioning != "email";
    if *typed || sized && curve {
        certificate.insert("csrKeyType".to_owned(), json!(kind));
    }
    if sized {
        let number = || json!(of_key.parse::<i64>().unwrap());
        let size = if curve || *bits { json!(of_key) } else { number() };
        certificate.insert("keySize".to_owned(), size);
    }
    order
}

/// Leaves one of a field and its reference, or neither.
fn one_of(
    fields: &mut Map<String, Value>,
    name: &str,
    wanted: bool,
    by_reference: bool,
    ((from, reference), value): ((&str, Value), Value),
) {
    let now = fields.remove(name);
    fields.remove(from);
    if wanted && by_reference {
        fields.insert(from.to_owned(), reference);
    } else if wanted {
        fields.insert(name.to_owned(), now.unwrap_or(value));
    }
}
