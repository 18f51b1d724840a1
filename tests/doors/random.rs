//! For random orders the body is a function of the manifest and its sources alone, and says neither more nor less than
//! they do.
//!
//! What the simulator has to receive is worked out from the manifest's JSON by the page's spelling,
//! with the few deviations of [`said`], and not by the code that is tested.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use docsign::api::Order;
use docsign::cli::Rules;
use docsign::domain::request::{Card, Confidential, Individual, SecretData, ShipInfo, Sources};
use docsign::simulator::Clock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::judge::{check, without_nulls};
use super::page::{Page, render, token};
use super::schema::{Node, kinds};
use super::wanted::{Wanted, any_wanted, keys};
use super::wire_names::{pointer, snake, worded};

const ORDERS: u32 = 1500;

fn data(values: &Value) -> SecretData {
    let pairs = values.as_object().unwrap().iter();
    // Files end in a line break.
    pairs
        .map(|(key, value)| (key.clone(), format!("{}\n", value.as_str().unwrap()).into_bytes()))
        .collect()
}

fn sources(wanted: &Wanted, renewed: i64) -> Sources {
    let refers = |field: &str| wanted.order.get(field).is_some();
    Sources {
        csr: wanted.order["certificate"]
            .get("csrFrom")
            .map(|_| Confidential::new(keys()[wanted.key].2)),
        individual: refers("individualFrom").then(|| Individual::parse(&data(&wanted.person)).unwrap()),
        ship_info: refers("shipInfoFrom").then(|| ShipInfo::parse(&data(&wanted.address)).unwrap()),
        credit_card: refers("creditCardFrom").then(|| Card::parse(&data(&wanted.card)).unwrap()),
        renewal_of_order_id: refers("renewalOf").then_some(renewed),
    }
}

/// The page's spelling of a manifest's names.
fn spelt(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (snake(name), spelt(value)))
            .collect(),
        Value::Array(items) => items.iter().map(spelt).collect(),
        other => other.clone(),
    }
}

/// What has to arrive: the manifest in the page's spelling, what it refers to, the documented defaults, the token.
fn said(wanted: &Wanted, renewed: i64) -> Value {
    let mut body = spelt(&wanted.order);
    let (kind, size, csr) = keys()[wanted.key];
    let fields = body.as_object_mut().unwrap();
    let mut from = |name: &str| fields.remove(name).is_some();
    let (person, address, by_order) = (
        from("individual_from"),
        from("ship_info_from"),
        from("renewal_of"),
    );
    let card = fields.remove("credit_card_from");
    if person {
        fields.insert("individual".to_owned(), spelt(&wanted.person));
    }
    if address {
        fields.insert("ship_info".to_owned(), spelt(&wanted.address));
    }
    if let Some(address) = fields.get_mut("ship_info").and_then(Value::as_object_mut) {
        address.entry("addr2").or_insert(json!(""));
    }
    if by_order {
        fields.insert("renewal_of_order_id".to_owned(), json!(renewed));
    }
    if let Some(options) = card {
        let mut sent = spelt(&wanted.card);
        sent["save_credit_card"] = options["save_credit_card"].clone();
        sent["set_as_default"] = json!(if options["set_as_default"] == true {
            "1"
        } else {
            "0"
        });
        fields.insert("credit_card".to_owned(), without_nulls(sent));
    }
    if let Some(id) = fields.remove("container_id") {
        fields.insert("container".to_owned(), json!({ "id": id }));
    }
    fields.retain(|_, value| *value != json!([]));
    let skip = fields.remove("skip_approval") == Some(json!(true));
    if skip {
        fields.insert("skip_approval".to_owned(), json!(true));
    } else {
        let comments = fields.get("comments").and_then(Value::as_str);
        let marked = comments.map_or_else(
            || token().to_string(),
            |comments| format!("{}\n{comments}", token()),
        );
        fields.insert("comments".to_owned(), json!(marked));
    }
    fields.insert("alternative_order_id".to_owned(), json!(token().as_str()));
    fields.entry("csa_agreed_to").or_insert(json!(true));
    fields.entry("cs_provisioning_method").or_insert(json!("email"));
    let certificate = fields["certificate"].as_object_mut().unwrap();
    certificate.entry("signature_hash").or_insert(json!("sha256"));
    let usage = certificate
        .entry("usage_designation")
        .or_insert(json!({}))
        .as_object_mut()
        .unwrap();
    usage.entry("primary_usage").or_insert(json!("signing"));
    usage
        .entry("additional_usages")
        .or_insert(json!(["document_signing"]));
    let referred = certificate.remove("csr_from").is_some();
    if referred || certificate.contains_key("csr") {
        certificate.insert("csr".to_owned(), json!(csr.replace('\n', "")));
        certificate.entry("csr_key_type").or_insert(json!(kind));
        certificate.entry("key_size").or_insert(json!(size));
    }
    if let Some(size) = certificate.get_mut("key_size") {
        let bits = size.as_str().and_then(|size| size.parse::<i64>().ok());
        if let Some(bits) = bits {
            *size = json!(bits);
        }
    }
    if let Some(date) = body.pointer_mut("/order_validity/custom_expiration_date") {
        *date = json!(worded(date.as_str().unwrap()));
    }
    body
}

/// Every value by its place.
fn flat(value: &Value, place: &str, all: &mut BTreeMap<String, Value>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| flat(value, &format!("{place}/{name}"), all)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(at, value)| flat(value, &format!("{place}/{at}"), all)),
        other => {
            all.insert(place.to_owned(), other.clone());
        }
    }
}

fn places(value: &Value) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    flat(value, "", &mut all);
    all
}

#[test]
fn a_body_is_a_function_of_its_manifest_and_says_the_same_field_by_field() {
    let now = Clock::real().now();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (today, renewed) = (Page::at(now).today, runtime.block_on(renewable(&Page::at(now))));
    let rules = Rules::new();
    let sent = Mutex::new(BTreeSet::new());
    let mut runner = TestRunner::new(Config {
        cases: ORDERS,
        ..Config::default()
    });
    let result = runner.run(&any_wanted(today), |mut wanted| {
        let page = Page::at(now);
        prop_assert_eq!(runtime.block_on(renewable(&page)), renewed);
        if let Some(id) = wanted.order.get_mut("renewalOfOrderId") {
            *id = json!(renewed);
        }
        let manifest = json!({"apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder",
            "metadata": {"name": "case"}, "spec": {"accountRef": {"name": "main"}, "order": wanted.order}});
        let checked = check(&rules, &manifest, &page);
        prop_assert!(checked.fine, "{:?}", checked.fields);
        let order: Order = serde_json::from_value(wanted.order.clone()).unwrap();
        let body = || render(&order, &sources(&wanted, renewed), today).unwrap();
        let once = serde_json::to_string(&body()).unwrap();
        prop_assert_eq!(&once, &serde_json::to_string(&body()).unwrap());
        let body: Value = serde_json::from_str(&once).unwrap();
        prop_assert_eq!(runtime.block_on(page.place(&body)), Ok(()));
        let received = page.simulation.journal().orders.pop().unwrap().request;
        prop_assert_eq!(places(&received), places(&said(&wanted, renewed)));
        let fields = places(&received).into_keys().map(|place| first(&place));
        sent.lock().unwrap().extend(fields);
        Ok(())
    });
    result.unwrap();
    let sent = sent.into_inner().unwrap();
    assert_eq!(
        sent,
        names(),
        "on the left what was sent, on the right what can be"
    );
    println!(
        "{ORDERS} random orders, {} parameters: each received as its manifest says, and nothing else",
        sent.len()
    );
}

/// Orders something that is issued at once, so that it can be renewed; the order's ID.
async fn renewable(page: &Page) -> i64 {
    let body = json!({
        "certificate": {"usage_designation": {"primary_usage": "signing"}},
        "cs_provisioning_method": "client_app",
        "order_validity": {"years": 1},
        "individual": {"first_name": "Zebulon", "last_name": "Quux", "email": "zebulon@example.com",
            "telephone": "+15557778888", "country": "us"},
        "payment_method": "balance",
    });
    page.place(&body).await.unwrap();
    let id = page.simulation.journal().orders[0].order_id;
    assert_eq!(page.simulation.order_status(id).as_deref(), Some("issued"));
    id.try_into().unwrap()
}

/// A place with the first entry in the place of any entry.
fn first(place: &str) -> String {
    let parts = place
        .split('/')
        .map(|part| if part.parse::<usize>().is_ok() { "0" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The places on the wire of all fields that have one, of what a card's Secret holds, and of the token.
fn names() -> BTreeSet<String> {
    let order = &kinds()[0];
    let fields = order.nodes().into_iter().filter(Node::is_leaf);
    let of_card = [
        "number",
        "expiration_month",
        "expiration_year",
        "cvv",
        "cardholder_name",
    ];
    fields
        .filter_map(|node| pointer(&node.path))
        .chain(of_card.map(|name| format!("/credit_card/{name}")))
        .chain(["/alternative_order_id".to_owned()])
        .collect()
}
