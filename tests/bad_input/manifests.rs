//! Manifests that were right once, and what becomes of them in careless hands.

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::{samples, schema, values};

/// What a manifest can be changed to.
pub struct Changes {
    /// Good manifests, which hold every field there is.
    pub bases: Vec<Value>,
    /// Every place below `spec`, with what the schema suggests trying there.
    places: Vec<(String, Vec<Option<Value>>)>,
}

impl Changes {
    pub fn new() -> Self {
        let bases = samples::orders("2027-06-09");
        let nodes = schema::kinds()[0].nodes();
        let mut places = Vec::new();
        for node in nodes {
            let sample = bases
                .iter()
                .find_map(|base| base.pointer(&node.pointer(base)).map(|value| (base, value)));
            if let Some((base, sample)) = sample {
                let tries = values::tries(&node, sample);
                let values = tries.into_iter().map(|(_, value)| value).collect();
                places.push((node.pointer(base), values));
            }
        }
        Self { bases, places }
    }

    /// One of the good manifests.
    pub fn good(&self, dice: &mut Dice) -> Value {
        self.bases[dice.size(0, self.bases.len())].clone()
    }

    /// Changes one thing.
    pub fn change(&self, manifest: &mut Value, dice: &mut Dice) {
        let (pointer, tries) = &self.places[dice.size(0, self.places.len())];
        let value = match dice.between(0, 10) {
            0..=4 => tries[dice.size(0, tries.len())].clone(),
            5 => Some(any_json(dice, 3)),
            6 => self.good(dice).pointer(pointer).cloned(),
            7 => None,
            8 => Some(json!(any_text(dice))),
            _ => {
                let (other, _) = &self.places[dice.size(0, self.places.len())];
                manifest.pointer(other).cloned()
            }
        };
        put(manifest, pointer, value);
    }
}

/// Puts a value at a place, or takes it away; what has no such place stays as it is.
fn put(manifest: &mut Value, pointer: &str, value: Option<Value>) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (manifest.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(name.to_owned(), value);
        }
        (Some(Value::Object(fields)), None) => {
            fields.remove(name);
        }
        (Some(Value::Array(items)), Some(value)) => match items.get_mut(0) {
            Some(item) => *item = value,
            None => items.push(value),
        },
        (Some(Value::Array(items)), None) => items.clear(),
        (Some(_) | None, _) => {}
    }
}

/// Any JSON, so many levels deep.
pub fn any_json(dice: &mut Dice, deep: u64) -> Value {
    let kinds = if deep == 0 { 6 } else { 8 };
    match dice.between(0, kinds) {
        0 => Value::Null,
        1 => json!(dice.permille(500)),
        2 => any_number(dice),
        3..=5 => json!(any_text(dice)),
        6 => (0..dice.between(0, 5))
            .map(|_| any_json(dice, deep - 1))
            .collect(),
        _ => {
            let fields = (0..dice.between(0, 5)).map(|_| (any_text(dice), any_json(dice, deep - 1)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
    }
}

/// Exchanges one value, somewhere in this one.
pub fn bend(value: &mut Value, dice: &mut Dice) {
    match value {
        Value::Object(fields) if !fields.is_empty() && dice.permille(800) => {
            let at = dice.size(0, fields.len());
            if let Some(value) = fields.values_mut().nth(at) {
                bend(value, dice);
            }
        }
        Value::Array(items) if !items.is_empty() && dice.permille(800) => {
            let at = dice.size(0, items.len());
            bend(&mut items[at], dice);
        }
        other => *other = any_json(dice, 2),
    }
}

fn any_number(dice: &mut Dice) -> Value {
    match dice.between(0, 7) {
        0 => json!(i64::MIN),
        1 => json!(u64::MAX),
        2 => json!(1e308),
        3 => json!(-0.0),
        4 => json!(0.1),
        5 => json!(dice.between(0, 200)),
        _ => json!(dice.throw().cast_signed()),
    }
}

/// Text that a field may not be ready for.
pub fn any_text(dice: &mut Dice) -> String {
    const ODD: [&str; 16] = [
        "",
        " ",
        "\u{0}",
        "\u{202e}evil",
        "e\u{301}",
        "🖋",
        "-----BEGIN",
        "null",
        "../..",
        "{{x}}",
        "%00",
        "\r\n\r\n",
        "0x10",
        "9999-99-99",
        "spec",
        "\u{feff}",
    ];
    match dice.between(0, 6) {
        0 => ODD[dice.size(0, ODD.len())].to_owned(),
        1 => ODD[dice.size(0, ODD.len())].repeat(dice.size(1, 3000)),
        2 => format!(
            "-----BEGIN CERTIFICATE REQUEST-----{}-----END CERTIFICATE REQUEST-----",
            "A".repeat(dice.size(0, 400))
        ),
        3 => format!(
            "20{:02}-{:02}-{:02}",
            dice.between(0, 100),
            dice.between(0, 20),
            dice.between(0, 40)
        ),
        _ => (0..dice.between(0, 24))
            .filter_map(|_| char::from_u32(u32::try_from(dice.between(0, 0x3000)).unwrap()))
            .collect(),
    }
}
