//! The cases: every field tried with every value, every rule with every combination of what it speaks of.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::manifests;
use super::requests;
use super::schema::{Kind, Node, Rule, pointer};
use super::values::{Defect, tries};
use super::wire_names;

/// One manifest, and what is special about it.
pub struct Case {
    /// The places that were changed.
    pub paths: Vec<String>,
    /// What was done there.
    pub name: String,
    pub defect: Defect,
    pub manifest: Value,
    /// Which of the good manifests was changed, and the same change on the wire.
    pub raw: Option<Raw>,
}

/// A change of the wire body.
pub struct Raw {
    /// Which good manifest's body.
    pub base: usize,
    pub pointer: String,
    /// None takes it away.
    pub value: Option<Value>,
    /// Whether the page speaks of it, so that the simulator must refuse it.
    pub refused: bool,
}

/// All cases of a kind, each manifest once.
pub fn cases(kind: &Kind, bases: &[Value], today: Date) -> Vec<Case> {
    let mut cases: Vec<_> = bases
        .iter()
        .map(|base| case("spec", "a good manifest", Defect::None, base.clone()))
        .collect();
    for node in kind.nodes() {
        cases.extend(of_field(&node, bases));
    }
    for rule in kind.rules() {
        cases.extend(of_rule(kind, &rule, bases));
    }
    if kind.name == "DocumentSigningOrder" {
        cases.extend(of_requests(bases));
        cases.extend(of_dates(bases, today));
        cases.extend(by_hand());
    }
    let mut each: BTreeMap<String, Case> = BTreeMap::new();
    for case in cases {
        match each.entry(case.manifest.to_string()) {
            Entry::Vacant(place) => {
                place.insert(case);
            }
            Entry::Occupied(same) => {
                let same = same.into_mut();
                same.paths.extend(case.paths);
                same.raw = same.raw.take().or(case.raw);
            }
        }
    }
    each.into_values().collect()
}

impl Case {
    /// The place that was changed.
    pub fn path(&self) -> &str {
        &self.paths[0]
    }
}

fn case(path: &str, name: impl Into<String>, defect: Defect, manifest: Value) -> Case {
    Case {
        paths: vec![path.to_owned()],
        name: name.into(),
        defect,
        manifest,
        raw: None,
    }
}

/// `manifest` with another value, or none, at a place.
pub fn changed(mut manifest: Value, pointer: &str, value: Option<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match (manifest.pointer_mut(parent), value) {
        (Some(Value::Object(fields)), Some(value)) => {
            fields.insert(name.to_owned(), value);
        }
        (Some(Value::Object(fields)), None) => {
            fields.remove(name);
        }
        (Some(Value::Array(items)), value) => {
            let at: usize = name.parse().unwrap();
            match value {
                Some(value) if at < items.len() => items[at] = value,
                Some(value) => items.push(value),
                None => {
                    items.remove(at);
                }
            }
        }
        // What would hold it is not there: nothing to take away.
        (_, None) => {}
        (_, Some(value)) => {
            manifest = changed(manifest, parent, Some(json!({ name: value })));
        }
    }
    manifest
}

/// A good value of a field, out of the manifests that have it.
fn sample(path: &str, bases: &[Value]) -> Option<(usize, Value)> {
    let found = bases.iter().enumerate().find_map(|(position, base)| {
        let value = base.pointer(&pointer(path, base))?;
        Some((position, value.clone()))
    });
    // The trap is in no good manifest.
    found.or_else(|| (path == "spec.order.creditCard").then(|| (0, json!({"number": "4111111111111111"}))))
}

fn of_field(node: &Node, bases: &[Value]) -> Vec<Case> {
    let (base, sample) =
        sample(&node.path, bases).unwrap_or_else(|| panic!("{} is in no good manifest", node.path));
    let place = node.pointer(&bases[base]);
    let cases = tries(node, &sample).into_iter().map(|(defect, value)| {
        let manifest = changed(bases[base].clone(), &place, value.clone());
        let name = value.as_ref().map_or_else(|| "absent".to_owned(), cut);
        let raw = on_the_wire(node, defect, base, value);
        Case {
            raw,
            ..case(&node.path, name, defect, manifest)
        }
    });
    cases.collect()
}

/// The same defect on the wire, where the field has a name there.
fn on_the_wire(node: &Node, defect: Defect, base: usize, value: Option<Value>) -> Option<Raw> {
    let pointer = match node.path.as_str() {
        "spec.order" => String::new(),
        path => wire_names::pointer(path)?,
    };
    let raw = |pointer, value, refused| {
        Some(Raw {
            base,
            pointer,
            value,
            refused,
        })
    };
    let is_object = node.schema["type"] == "object";
    match defect {
        Defect::Unknown => raw(format!("{pointer}/nobody_knows"), Some(json!("x")), true),
        _ if pointer.is_empty() => None,
        Defect::Absent => raw(pointer, None, node.required),
        // A null is never sent.
        Defect::Null => None,
        Defect::Type | Defect::Word | Defect::Beyond => raw(
            pointer,
            value.map(|value| wire_names::value(&node.path, &value)),
            true,
        ),
        Defect::Long | Defect::Many | Defect::Empty | Defect::None
            if is_object || node.schema["type"] == "array" =>
        {
            None
        }
        Defect::Long | Defect::Many | Defect::Empty | Defect::None => {
            let value = value.map(|value| wire_names::value(&node.path, &value));
            let refused = defect == Defect::Empty && node.required;
            raw(pointer, value, refused)
        }
    }
}

fn cut(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 60 {
        format!(
            "{}... ({} characters)",
            text.chars().take(40).collect::<String>(),
            text.chars().count()
        )
    } else {
        text
    }
}

/// Every combination of what a rule speaks of, in each good manifest.
fn of_rule(kind: &Kind, rule: &Rule, bases: &[Value]) -> Vec<Case> {
    if rule.text.contains("oldSelf") || rule.node.is_empty() || rule.node.starts_with("status") {
        return Vec::new();
    }
    let nodes = kind.nodes();
    let fields: Vec<_> = mentioned(&rule.text, "self.")
        .into_iter()
        .filter_map(|below| {
            let path = format!("{}.{below}", rule.node);
            nodes.iter().find(|node| node.path == path)
        })
        .collect();
    let mut cases = Vec::new();
    for base in bases
        .iter()
        .filter(|base| base.pointer(&pointer(&rule.node, base)).is_some())
    {
        let mut all = vec![base.clone()];
        for field in &fields {
            let place = field.pointer(base);
            let own = base.pointer(&place).cloned();
            let choices = choices(
                field,
                own.or_else(|| Some(sample(&field.path, bases)?.1)),
                &rule.text,
            );
            all = all
                .iter()
                .flat_map(|manifest| {
                    choices
                        .iter()
                        .map(|value| changed(manifest.clone(), &place, value.clone()))
                })
                .collect();
        }
        let paths = || {
            let spoken_of = fields.iter().map(|field| field.path.clone());
            [rule.field.clone()].into_iter().chain(spoken_of).collect()
        };
        cases.extend(all.into_iter().map(|manifest| Case {
            paths: paths(),
            ..case(
                "",
                format!("combination for: {}", rule.message),
                Defect::None,
                manifest,
            )
        }));
    }
    cases
}

/// What stands behind each `self.` or `oldSelf.` of a rule, each once.
pub fn mentioned(rule: &str, prefix: &str) -> BTreeSet<String> {
    let of_self =
        |text: &str, at: usize| at == 0 || !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
    rule.match_indices(prefix)
        .filter(|(at, _)| of_self(rule, *at))
        .filter_map(|(at, _)| {
            let rest = &rule[at + prefix.len()..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
                .unwrap_or(rest.len());
            let name = &rest[..end];
            // A method is no field.
            (!rest[end..].starts_with('(')).then(|| name.to_owned())
        })
        .collect()
}

/// The words in quotes of a rule.
pub fn words(rule: &str) -> BTreeSet<String> {
    rule.split('\'').skip(1).step_by(2).map(str::to_owned).collect()
}

fn choices(field: &Node, sample: Option<Value>, rule: &str) -> Vec<Option<Value>> {
    let mut choices: Vec<Option<Value>> = if field.required { Vec::new() } else { vec![None] };
    match (field.schema["type"].as_str(), field.schema["enum"].as_array()) {
        (_, Some(words)) => choices.extend(words.iter().cloned().map(Some)),
        (Some("string"), None) if rule.contains(" == '") || rule.contains(" != '") => {
            let short = words(rule).into_iter().filter(|word| sample_like(field, word));
            choices.extend(short.map(|word| Some(json!(word))));
            choices.push(sample);
        }
        (None, None) if field.schema["x-kubernetes-int-or-string"] == true => {
            choices.extend(words(rule).into_iter().map(|word| Some(json!(word))));
            choices.extend([2048, 3072].map(|size| Some(json!(size))));
            choices.push(sample);
        }
        (_, None) => choices.push(sample),
    }
    choices
}

/// Only a short text without a rule of its own form is compared with words.
fn sample_like(field: &Node, word: &str) -> bool {
    field.schema["maxLength"]
        .as_u64()
        .is_some_and(|most| word.len() as u64 <= most && most <= 64)
}

/// CSRs and what is taken for them, in both places where one can stand.
fn of_requests(bases: &[Value]) -> Vec<Case> {
    let mut cases = Vec::new();
    for path in ["spec.order.certificate.csr", "spec.replacementCSR"] {
        let (base, _) = sample(path, bases).unwrap();
        for request in requests::all() {
            let manifest = changed(
                bases[base].clone(),
                &pointer(path, &bases[base]),
                Some(json!(request.text)),
            );
            let raw = (path == "spec.order.certificate.csr").then(|| Raw {
                base,
                pointer: "/certificate/csr".to_owned(),
                value: Some(json!(request.text)),
                // What is not what it says is refused; a mark before it is our own rule.
                refused: !request.orderable && !request.name.starts_with("behind"),
            });
            cases.push(Case {
                raw,
                ..case(path, format!("CSR: {}", request.name), Defect::None, manifest)
            });
        }
    }
    cases
}

/// Days around the ends of what may be asked for, and days that do not exist.
fn of_dates(bases: &[Value], today: Date) -> Vec<Case> {
    let path = "spec.order.orderValidity.customExpirationDate";
    let (base, _) = sample(path, bases).unwrap();
    let last = today.saturating_add(3.years());
    let year = today.year() + 1;
    let near = [-1, 0, 2, 3].map(|days| today.saturating_add(days.days()).to_string());
    let far = [-1, 0, 2, 400].map(|days| last.saturating_add(days.days()).to_string());
    let odd = ["02-29", "02-30", "04-31", "06-31", "12-31", "01-01"].map(|day| format!("{year}-{day}"));
    let mut cases = Vec::new();
    for date in near
        .into_iter()
        .chain(far)
        .chain(odd)
        .chain(["2024-02-29".to_owned(), "2099-12-31".to_owned()])
    {
        let parsed: Option<Date> = date.parse().ok();
        let wrong = parsed.is_none_or(|date| date < today || date > last.saturating_add(1.day()));
        let manifest = changed(
            bases[base].clone(),
            &pointer(path, &bases[base]),
            Some(json!(date)),
        );
        let raw = Raw {
            base,
            pointer: wire_names::pointer(path).unwrap(),
            value: Some(json!(wire_names::worded(&date))),
            refused: wrong,
        };
        cases.push(Case {
            raw: Some(raw),
            ..case(path, format!("date {date}"), Defect::None, manifest)
        });
    }
    cases
}

/// The manifests that were written by hand for the rules.
fn by_hand() -> Vec<Case> {
    let named = |manifest: Value| changed(manifest, "/metadata/name", Some(json!("case")));
    let right = manifests::right().into_iter();
    let right = right.map(|(name, changes)| (name, changes, "spec"));
    let wrong = manifests::wrong()
        .into_iter()
        .map(|wrong| (wrong.name, wrong.changes, wrong.field));
    right
        .chain(wrong)
        .map(|(name, changes, field)| {
            let manifest = named(manifests::with(manifests::client_app(), &changes));
            case(field, name, Defect::None, manifest)
        })
        .collect()
}
