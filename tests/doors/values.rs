//! What a field is tried with, by its schema alone: the ends of what it allows, what lies beyond, and what is of another
//! type.

use serde_json::{Number, Value, json};

use super::patterns;
use super::schema::Node;

/// How a value differs from a good one.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Defect {
    /// The field is not there.
    Absent,
    /// It is null, which Kubernetes takes for not there.
    Null,
    /// It is of another type.
    Type,
    /// It is none of the words there are.
    Word,
    /// It is a number outside the bounds.
    Beyond,
    /// It is text longer than the bound.
    Long,
    /// It is empty text, or a list with too few entries.
    Empty,
    /// It is a list with too many entries.
    Many,
    /// It has a field that nobody knows.
    Unknown,
    /// As far as the schema tells it is right; a rule may still refuse it.
    None,
}

impl Defect {
    /// Whether the schema refuses it, whatever rules say.
    pub fn refused_by_schema(self) -> bool {
        matches!(
            self,
            Self::Type | Self::Word | Self::Beyond | Self::Long | Self::Many | Self::Unknown
        )
    }
}

/// A value to try; none takes the field away.
pub type Try = (Defect, Option<Value>);

/// All that a place is tried with, where `sample` is a good value.
pub fn tries(node: &Node, sample: &Value) -> Vec<Try> {
    let mut tries = vec![(Defect::Absent, None), (Defect::Null, Some(Value::Null))];
    let schema = &node.schema;
    let whole = json!({"text": "x"});
    let all = [
        json!("text"),
        json!(7),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["x"]),
        json!({}),
        whole,
    ];
    let fits = |value: &Value| match (schema["type"].as_str(), value) {
        (Some("string"), Value::String(_))
        | (Some("integer"), Value::Number(_))
        | (Some("boolean"), Value::Bool(_))
        | (Some("array"), Value::Array(_))
        | (Some("object"), Value::Object(_))
        | (None, Value::String(_) | Value::Number(_)) => true,
        (_, _) => false,
    };
    let others = all.into_iter().filter(|value| !fits(value));
    tries.extend(others.map(|value| (Defect::Type, Some(value))));
    match schema["type"].as_str() {
        Some("string") => texts(schema, sample.as_str().unwrap(), &mut tries),
        Some("integer") => numbers(schema, &mut tries),
        Some("boolean") => {
            tries.extend([true, false].map(|value| (Defect::None, Some(json!(value)))));
            tries.extend(["true", "yes", ""].map(|value| (Defect::Type, Some(json!(value)))));
        }
        Some("array") => lists(schema, sample, &mut tries),
        Some("object") => objects(schema, sample, &mut tries),
        _ => sizes(&mut tries),
    }
    tries
}

fn texts(schema: &Value, sample: &str, tries: &mut Vec<Try>) {
    let mut add = |defect, text: String| tries.push((defect, Some(Value::String(text))));
    if let Some(words) = schema["enum"].as_array() {
        for word in words.iter().filter_map(Value::as_str) {
            add(Defect::None, word.to_owned());
            for near in [swapped(word), format!("{word} "), format!("{word}s")] {
                add(Defect::Word, near);
            }
        }
        add(Defect::Word, "other".to_owned());
        add(Defect::Word, "größe".to_owned());
        add(Defect::Word, String::new());
        return;
    }
    let bound = |key: &str| schema[key].as_u64().map(|bound| usize::try_from(bound).unwrap());
    let (least, most) = (bound("minLength").unwrap_or(0), bound("maxLength"));
    let empty = if least > 0 { Defect::Empty } else { Defect::None };
    add(empty, String::new());
    add(Defect::None, sample.to_owned());
    for length in (1..=least).chain([least + 1]) {
        add(Defect::None, sample.chars().take(length).collect());
    }
    let length = sample.chars().count();
    for (most, defect) in most
        .into_iter()
        .flat_map(|most| [(most, Defect::None), (most + 1, Defect::Long)])
    {
        let more = most.saturating_sub(length);
        add(defect, format!("{sample}{}", "a".repeat(more)));
        add(defect, format!("{sample}{}", "0".repeat(more)));
        add(defect, format!("{sample}{}", "\n".repeat(more)));
        add(defect, format!("{}{sample}", "é".repeat(more)));
        add(defect, "名".repeat(most));
    }
    for text in [
        "Žofie Ångström",
        "名前 🖋",
        "e\u{301}",
        "0",
        " ",
        "null",
        "a\u{0}b",
        "two\nlines",
        "PRIVATE KEY",
        "<b>&amp;\"'\\",
    ] {
        add(Defect::None, text.to_owned());
    }
    for blank in [
        " ", "\n", "\t", "\u{b}", "\u{85}", "\u{a0}", "\u{2003}", "\u{3000}", "\u{feff}", "\u{200b}",
    ] {
        let middle = sample.char_indices().nth(length / 2).map_or(0, |(at, _)| at);
        let (before, after) = sample.split_at(middle);
        add(Defect::None, format!("{sample}{blank}"));
        add(Defect::None, format!("{blank}{sample}"));
        add(Defect::None, format!("{before}{blank}{after}"));
    }
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        for text in patterns::of(rule["rule"].as_str().unwrap_or_default()) {
            if most.is_none_or(|most| text.chars().count() <= most) {
                add(Defect::None, text);
            }
        }
    }
}

/// The word in the other case.
fn swapped(word: &str) -> String {
    if word == word.to_uppercase() {
        word.to_lowercase()
    } else {
        word.to_uppercase()
    }
}

fn numbers(schema: &Value, tries: &mut Vec<Try>) {
    let bound = |key: &str| schema[key].as_f64();
    let (least, most) = (bound("minimum"), bound("maximum"));
    #[expect(clippy::cast_possible_truncation, reason = "bounds are small")]
    let ends = [least, most].into_iter().flatten().map(|end| end as i64);
    let near = ends.flat_map(|end| [end - 1, end, end + 1]);
    for number in near.chain([0, 1, -1, 7, i64::MAX, i64::MIN]) {
        #[expect(clippy::cast_precision_loss, reason = "bounds are small")]
        let fits =
            least.is_none_or(|least| number as f64 >= least) && most.is_none_or(|most| number as f64 <= most);
        let defect = if fits { Defect::None } else { Defect::Beyond };
        tries.push((defect, Some(json!(number))));
    }
    tries.push((Defect::Type, Some(json!(1.5))));
    tries.push((Defect::Type, Some(json!("1"))));
    tries.push((Defect::Type, Some(json!("one"))));
    // What YAML makes of 1.0 and 1e3: whole numbers all the same.
    for whole in [1.0, 30.0] {
        tries.push((
            Defect::None,
            Some(Value::Number(Number::from_f64(whole).unwrap())),
        ));
    }
    tries.push((Defect::None, Some(json!(u64::MAX))));
}

fn lists(schema: &Value, sample: &Value, tries: &mut Vec<Try>) {
    let bound = |key: &str| schema[key].as_u64().map(|bound| usize::try_from(bound).unwrap());
    let (least, most) = (bound("minItems").unwrap_or(0), bound("maxItems"));
    let item = sample[0].clone();
    let mut add = |defect, items: Vec<Value>| tries.push((defect, Some(Value::Array(items))));
    let empty = if least > 0 { Defect::Empty } else { Defect::None };
    add(empty, vec![]);
    for length in [least, 1, 2] {
        add(
            if length < least {
                Defect::Empty
            } else {
                Defect::None
            },
            vec![item.clone(); length],
        );
    }
    if let Some(most) = most {
        add(Defect::None, vec![item.clone(); most]);
        add(Defect::Many, vec![item.clone(); most + 1]);
    }
    if let Some(words) = schema["items"]["enum"].as_array() {
        for length in 1..=words.len() {
            add(Defect::None, words[..length].to_vec());
        }
    }
    add(Defect::Type, vec![item.clone(), json!([])]);
    add(Defect::Type, vec![item, Value::Null]);
}

fn objects(schema: &Value, sample: &Value, tries: &mut Vec<Try>) {
    let mut add = |defect, value: Value| tries.push((defect, Some(value)));
    let with = |name: &str, value: Value| {
        let mut object = sample.clone();
        object[name] = value;
        object
    };
    add(Defect::None, json!({}));
    add(Defect::None, sample.clone());
    let open = schema["x-kubernetes-preserve-unknown-fields"] == true || schema.get("properties").is_none();
    if !open {
        add(Defect::Unknown, with("nobodyKnows", json!("x")));
        add(Defect::Unknown, with("größe", json!({"a": 1})));
        for name in schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
        {
            let mut object = sample.clone();
            let value = object.as_object_mut().unwrap().remove(name);
            let snake = super::wire_names::snake(name);
            if snake != *name {
                object[&snake] = value.unwrap_or(json!("x"));
                add(Defect::Unknown, object);
            }
        }
    }
}

/// The one place that takes numbers and text: the size of a key.
fn sizes(tries: &mut Vec<Try>) {
    for size in [2048, 3072, 4096] {
        tries.push((Defect::None, Some(json!(size))));
        tries.push((Defect::None, Some(json!(size.to_string()))));
    }
    for size in [
        "p-256", "p-384", "p-354", "p-521", "P-256", "", " 2048", "2048\n", "０",
    ] {
        tries.push((Defect::None, Some(json!(size))));
    }
    for size in [0, -1, 1024, 2047, 8192, i64::MAX] {
        tries.push((Defect::None, Some(json!(size))));
    }
    tries.push((Defect::None, Some(json!(3072.0))));
    tries.push((Defect::None, Some(json!(3072.5))));
}
