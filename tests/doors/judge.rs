//! Puts cases to the doors and compares what they say.

use std::collections::{BTreeMap, BTreeSet};

use docsign::api::{AdmissionRules, Violation};
use docsign::cli::{Document, Place, Rules};
use docsign::domain::request::Severity;
use futures::StreamExt as _;
use serde_json::Value;

use super::cases::{Case, changed};
use super::page::{self, Page};
use super::schema::{Kind, Rule};
use super::server::{Complaint, Server, Verdict};

/// How many requests are on their way to the API server at a time.
pub const AT_A_TIME: usize = 8;

/// What came out.
#[derive(Default)]
pub struct Tally {
    pub cases: usize,
    /// Accepted and refused, by door.
    pub doors: BTreeMap<&'static str, [usize; 2]>,
    pub disagreements: Vec<String>,
    /// Places that were accepted with something, and places that were refused with something.
    pub accepted: BTreeSet<String>,
    pub refused: BTreeSet<String>,
    /// Rules that refused a case at both doors, and rules that let one pass.
    pub broken: BTreeSet<Rule>,
    pub kept: BTreeSet<Rule>,
    /// What check said, by the position of the case.
    pub said: BTreeMap<usize, Value>,
}

pub const SERVER: &str = "the CRD on the API server";
pub const CHECK: &str = "docsign check";
pub const PAGE: &str = "the simulator, as the operator sends it";
pub const RAW: &str = "the simulator, the same defect on the wire";

impl Tally {
    pub fn count(&mut self, door: &'static str, accepted: bool) {
        self.doors.entry(door).or_default()[usize::from(!accepted)] += 1;
    }

    pub fn differ(&mut self, path: &str, name: &str, what: impl std::fmt::Display) {
        self.disagreements.push(format!("{path} = {name}: {what}"));
    }

    /// Notes which rules a refusal names; both doors must name the same ones.
    pub fn rules(
        &mut self,
        rules: &[Rule],
        complaints: &[Complaint],
        violations: &[Violation],
        case: (&str, &str),
    ) {
        let server = named(
            rules,
            complaints
                .iter()
                .map(|complaint| (complaint.field.as_str(), complaint.message.as_str())),
        );
        let offline = named(
            rules,
            violations
                .iter()
                .map(|found| (found.field.as_str(), found.message.as_str())),
        );
        if server != offline {
            let text =
                |rules: &BTreeSet<Rule>| rules.iter().map(|rule| rule.message.clone()).collect::<Vec<_>>();
            self.differ(
                case.0,
                case.1,
                format!(
                    "rules broken: server {:?}, offline {:?}",
                    text(&server),
                    text(&offline)
                ),
            );
        }
        self.broken.extend(server.intersection(&offline).cloned());
    }
}

/// Whether rules alone refused it: they are judged once the schema has nothing to say.
pub fn by_rules(rules: &[Rule], complaints: &[Complaint]) -> bool {
    let of_rule = |complaint: &Complaint| {
        let found = [(complaint.field.as_str(), complaint.message.as_str())];
        !named(rules, found.into_iter()).is_empty()
    };
    complaints.iter().all(of_rule)
}

/// Which rules these fields and messages are of.
fn named<'a>(rules: &[Rule], found: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<Rule> {
    found
        .flat_map(|(field, message)| {
            let field = plain(field);
            rules
                .iter()
                .filter(move |rule| plain(&rule.field) == field && message.contains(&rule.message))
                .cloned()
        })
        .collect()
}

/// A path without the positions in lists.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for letter in path.chars() {
        match letter {
            '[' => inside = true,
            ']' => inside = false,
            _ if inside => {}
            letter => plain.push(letter),
        }
    }
    plain
}

/// The fields that are null taken away, as the API server does it.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.into_iter().filter(|(_, value)| !value.is_null());
            there.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// What `docsign check` says to a manifest.
pub struct Checked {
    /// Whether the API server would take it.
    pub admissible: bool,
    /// Whether nothing at all is wrong with it.
    pub fine: bool,
    /// The fields it speaks of.
    pub fields: Vec<String>,
    /// All it says, as the program prints it.
    pub said: Value,
}

/// The second door.
pub fn check(rules: &Rules, manifest: &Value, page: &Page) -> Checked {
    let place = Place {
        file: "-".to_owned(),
        document: 1,
        name: Some("case".to_owned()),
    };
    let document = Document {
        place,
        value: manifest.clone(),
    };
    let judged = rules.judge(&document, page.today);
    Checked {
        admissible: !judged.inadmissible,
        fine: !judged.is_wrong(),
        said: serde_json::to_value(&judged.found).unwrap(),
        fields: judged
            .found
            .into_iter()
            .filter(|found| !found.warning)
            .map(|found| found.field)
            .collect(),
    }
}

/// Puts every case to every door it can reach.
pub async fn judge(kind: &Kind, bases: &[Value], cases: &[Case], server: &Server, page: &Page) -> Tally {
    let offline = Rules::new();
    let admission = AdmissionRules::of(&kind.name).unwrap();
    let rules = kind.rules();
    let mut tally = Tally {
        cases: cases.len(),
        ..Tally::default()
    };
    let bodies = bodies(kind, bases, server, page).await;
    let mut verdicts = futures::stream::iter(cases.iter().enumerate())
        .map(|(position, case)| async move { (position, case, server.create(kind, &case.manifest).await) })
        .buffer_unordered(AT_A_TIME);
    while let Some((position, case, verdict)) = verdicts.next().await {
        let checked = check(&offline, &case.manifest, page);
        tally.said.insert(position, checked.said.clone());
        let accepted = verdict.accepted().is_some();
        tally.count(SERVER, accepted);
        tally.count(CHECK, checked.fine);
        let at = (case.path(), case.name.as_str());
        if accepted != checked.admissible && !(accepted && has_a_point(&case.manifest)) {
            tally.differ(
                at.0,
                at.1,
                format!("server {verdict:?}, check {:?}", checked.fields),
            );
        }
        if accepted && case.defect.refused_by_schema() {
            tally.differ(at.0, at.1, format!("{:?} was accepted", case.defect));
        }
        match &verdict {
            Verdict::Refused(complaints) => {
                tally.refused.extend(case.paths.iter().cloned());
                if by_rules(&rules, complaints) && !has_a_point(&case.manifest) {
                    let violations = admission.violations(&without_nulls(case.manifest.clone()), None);
                    tally.rules(&rules, complaints, &violations, at);
                }
            }
            Verdict::Accepted(stored) => {
                tally.accepted.extend(case.paths.iter().cloned());
                tally
                    .kept
                    .extend(rules.iter().filter(|rule| applies(rule, stored)).cloned());
            }
        }
        if kind.name == "DocumentSigningOrder" {
            sent(case, &verdict, &checked, page, &mut tally).await;
            raw(case, &bodies, accepted && checked.fine, page, &mut tally).await;
        }
    }
    tally
}

/// Whether a rule is asked at all when this is created.
fn applies(rule: &Rule, stored: &Value) -> bool {
    let place = super::schema::pointer(&rule.node, stored);
    !rule.text.contains("oldSelf") && !rule.node.is_empty() && stored.pointer(&place).is_some()
}

/// The body of each good manifest.
async fn bodies(kind: &Kind, bases: &[Value], server: &Server, page: &Page) -> Vec<Value> {
    let mut bodies = Vec::new();
    if kind.name != "DocumentSigningOrder" {
        return bodies;
    }
    for base in bases {
        let verdict = server.create(kind, base).await;
        let stored = verdict.accepted().unwrap_or_else(|| panic!("{verdict:?}"));
        let body = page::body(stored, page.today).unwrap().unwrap();
        bodies.push(serde_json::to_value(body).unwrap());
    }
    bodies
}

/// What the manifest's doors let through, the simulator takes; what only the operator sees is found by `docsign check`.
async fn sent(case: &Case, verdict: &Verdict, checked: &Checked, page: &Page, tally: &mut Tally) {
    let Some(stored) = verdict.accepted() else { return };
    let Some(request) = page::body(stored, page.today) else {
        return;
    };
    match request {
        Err(findings) => {
            let fields: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity == Severity::Error)
                .map(|finding| &finding.field)
                .collect();
            if !fields.iter().any(|field| checked.fields.contains(field)) {
                tally.differ(case.path(), &case.name, format!("check is silent on {fields:?}"));
            }
        }
        Ok(request) => {
            let body = serde_json::to_value(&request).unwrap();
            let said = page.place(&body).await;
            tally.count(PAGE, said.is_ok());
            if let Err(codes) = said
                && checked.fine
                && !by_design(case, &codes)
            {
                tally.differ(
                    case.path(),
                    &case.name,
                    format!("the simulator refuses what was let through: {codes:?}"),
                );
            }
        }
    }
}

/// Whether a whole number is written with a point, as 1.0. The API server takes it in places, and not where a rule reads
/// the number; check asks for a number without a point wherever it stands.
fn has_a_point(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Object(fields) => fields.values().any(has_a_point),
        Value::Array(items) => items.iter().any(has_a_point),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Refusals that no door can know of before.
fn by_design(case: &Case, codes: &[String]) -> bool {
    // The page has a row for the payment methods and no values in it. An account says which ones it allows.
    codes == ["invalid_param:payment_method"] && case.path() == "spec.order.paymentMethod"
}

/// What the page forbids, the simulator refuses by its name on the wire.
async fn raw(case: &Case, bodies: &[Value], fine: bool, page: &Page, tally: &mut Tally) {
    let Some(raw) = &case.raw else { return };
    let body = changed(bodies[raw.base].clone(), &raw.pointer, raw.value.clone());
    let said = page.place(&body).await;
    tally.count(RAW, said.is_ok());
    if raw.refused && !fine {
        let field = raw.pointer.trim_start_matches('/').replace('/', ".");
        // What is wrong with a CSR has codes of its own.
        let of_csr = field == "certificate.csr";
        match said {
            Ok(()) => tally.differ(
                case.path(),
                &case.name,
                "the simulator takes what the page forbids",
            ),
            Err(codes) if of_csr || codes.iter().any(|code| code.contains(&field)) => {}
            Err(codes) => tally.differ(
                case.path(),
                &case.name,
                format!("the simulator speaks of {codes:?}"),
            ),
        }
    }
    if raw.refused && fine {
        tally.differ(case.path(), &case.name, "let through, though the page forbids it");
    }
}
