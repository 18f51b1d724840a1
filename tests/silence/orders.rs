//! Orders with a canary in every field, and what goes wrong with each of them.

use docsign::domain::order_key::{ClusterName, OrderKey};
use docsign::simulator::{Effect, Endpoint, Fault, Matching, Variant};
use serde_json::{Value, json};

use crate::canaries::{self, Fields};
use crate::harness::operator::CLUSTER;

/// An order and the faults that are for it alone.
pub struct Story {
    pub name: String,
    pub manifest: Value,
    pub faults: Vec<Fault>,
}

/// The Secrets that the orders refer to, those that can't be right among them.
pub fn secrets() -> Vec<Value> {
    let of = |name: &str, fields: Fields| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": fields});
    let text = |name: &str, pairs: Value| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": pairs});
    let broken = canaries::BROKEN;
    let not_text = |name: &str, key: &str| {
        let bytes = [broken.as_bytes(), &[0xff, 0xfe, 0x00]].concat();
        let data = data_encoding::BASE64.encode(&bytes);
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {key: data}})
    };
    vec![
        of("person", canaries::secret_individual()),
        of("address", canaries::secret_ship_info()),
        of("card", canaries::card()),
        text("request", json!({"csr.pem": canaries::csr()})),
        text(
            "broken-person",
            json!({"firstName": broken, "email": broken, "telephone": broken, "country": broken, "zip": canaries::PRIVATE_KEY}),
        ),
        text(
            "broken-address",
            json!({"name": broken, "country": broken, "method": broken}),
        ),
        text(
            "broken-card",
            json!({"number": broken, "expirationMonth": broken, "expirationYear": broken, "cvv": broken}),
        ),
        text("broken-request", json!({"csr.pem": canaries::PRIVATE_KEY})),
        text("odd-request", json!({"csr.pem": broken})),
        not_text("binary-person", "firstName"),
        not_text("binary-request", "csr.pem"),
        not_text("binary-key", "api-key"),
        text(
            "broken-key",
            json!({"api-key": format!("{broken}\n{}", canaries::API_KEY)}),
        ),
        text("wrong-key", json!({"api-key": broken})),
    ]
}

/// Accounts whose Secrets can't be right.
pub fn broken_accounts(good: &Value) -> Vec<Value> {
    ["binary-key", "broken-key", "wrong-key"]
        .map(|name| {
            let mut account = good.clone();
            account["metadata"]["name"] = json!(name);
            account["spec"]["apiKeySecretRef"]["name"] = json!(name);
            account
        })
        .to_vec()
}

fn manifest(name: &str, order: &Value) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder", "metadata": {"name": name},
        "spec": {"accountRef": {"name": "main"}, "order": order},
    })
}

fn with(mut order: Value, more: &Value) -> Value {
    for (field, value) in more.as_object().unwrap() {
        order[field] = value.clone();
    }
    order
}

/// Everything in the manifest that can be there.
pub fn inline(name: &str) -> Value {
    let order = json!({
        "csProvisioningMethod": "ship_token", "orderValidity": {"years": 1},
        "individual": canaries::individual(), "shipInfo": canaries::ship_info(),
        "paymentMethod": "card", "creditCardFrom": {"secretRef": {"name": "card"}, "afterOrder": "Keep"},
        "billingAddress": canaries::billing_address(),
    });
    manifest(name, &with(order, &canaries::free_text(name)))
}

/// Everything in Secrets that can be there.
pub fn hidden(name: &str) -> Value {
    let order = json!({
        "csProvisioningMethod": "ship_token", "orderValidity": {"years": 1},
        "individualFrom": {"secretRef": {"name": "person"}}, "shipInfoFrom": {"secretRef": {"name": "address"}},
        "paymentMethod": "card", "creditCardFrom": {"secretRef": {"name": "card"}, "afterOrder": "Keep"},
        "billingAddress": canaries::billing_address(),
    });
    manifest(name, &with(order, &canaries::free_text(name)))
}

/// For a CSR, in the manifest or in a Secret.
fn requested(name: &str, certificate: &Value) -> Value {
    let order = json!({
        "certificate": certificate, "csProvisioningMethod": "email", "orderValidity": {"years": 1},
        "individualFrom": {"secretRef": {"name": "person"}}, "paymentMethod": "balance",
    });
    manifest(name, &with(order, &canaries::free_text(name)))
}

fn app(name: &str) -> Value {
    let order = json!({
        "csProvisioningMethod": "client_app", "orderValidity": {"years": 1},
        "individual": canaries::individual(), "paymentMethod": "balance",
    });
    manifest(name, &with(order, &canaries::free_text(name)))
}

/// Orders that nothing is wrong with.
pub fn good() -> Vec<Value> {
    vec![
        inline("inline"),
        hidden("hidden"),
        app("app"),
        requested("csr-inline", &json!({"csr": canaries::csr()})),
        requested("csr-hidden", &from("request")),
    ]
}

fn from(secret: &str) -> Value {
    json!({"csrFrom": {"secretKeyRef": {"name": secret, "key": "csr.pem"}}})
}

/// Orders that the operator has to refuse, for what stands in the manifest or behind its references.
pub fn unusable() -> Vec<Value> {
    let mut all: Vec<Value> = ["broken-person", "binary-person"]
        .map(|secret| {
            let mut order = hidden(secret);
            order["spec"]["order"]["individualFrom"]["secretRef"]["name"] = json!(secret);
            order
        })
        .to_vec();
    let mut order = hidden("broken-address");
    order["spec"]["order"]["shipInfoFrom"]["secretRef"]["name"] = json!("broken-address");
    all.push(order);
    let mut order = inline("broken-card");
    order["spec"]["order"]["creditCardFrom"]["secretRef"]["name"] = json!("broken-card");
    all.push(order);
    for secret in ["broken-request", "odd-request", "binary-request"] {
        all.push(requested(secret, &from(secret)));
    }
    let pasted = json!(canaries::PRIVATE_KEY);
    for (name, pointer) in [
        ("pasted-comments", "/spec/order/comments"),
        ("pasted-message", "/spec/order/customRenewalMessage"),
        ("pasted-field", "/spec/order/customFields/0/value"),
        ("pasted-job", "/spec/order/individual/jobTitle"),
    ] {
        let mut order = app(name);
        *order.pointer_mut(pointer).unwrap() = pasted.clone();
        all.push(order);
    }
    for account in ["binary-key", "broken-key", "wrong-key"] {
        let mut order = inline(&format!("on-{account}"));
        order["spec"]["accountRef"]["name"] = json!(account);
        all.push(order);
    }
    all
}

fn fault(endpoint: Endpoint, contains: &str, times: Option<u64>, effect: Effect) -> Fault {
    Fault {
        matching: Matching {
            endpoint: Some(endpoint),
            contains: Some(contains.to_owned()),
            times,
            ..Matching::default()
        },
        effect,
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Effect {
    Effect::Refuse {
        status,
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// What the order holds, and the key that it is sent with.
fn held_by(manifest: &Value) -> Vec<String> {
    let inline = manifest.pointer("/spec/order/individual").is_some();
    let parts = if inline {
        [canaries::individual(), canaries::ship_info()]
    } else {
        [canaries::secret_individual(), canaries::secret_ship_info()]
    };
    let parts = parts
        .into_iter()
        .chain([canaries::card(), canaries::billing_address()]);
    let values = parts.flat_map(|fields| {
        let personal = fields
            .into_iter()
            .filter(|(field, _)| !["country", "method"].contains(field));
        personal.map(|(_, value)| value.to_owned())
    });
    let free = [
        "commentcanary for the third floor",
        "renewalcanary: call me before it ends",
        "also.canary@canary-three.example",
        "second.canary@canary-three.example",
        "fieldcanary value",
        canaries::API_KEY,
    ];
    values.chain(free.map(str::to_owned)).collect()
}

/// Every fault of a POST there is, each on an order of its own; half of the orders hold their secrets in the manifest.
pub fn faulted() -> Vec<Story> {
    let html = |status, after_commit| Effect::Html { status, after_commit };
    let mut effects = vec![
        vec![Effect::DropBeforeCommit],
        vec![Effect::DropAfterCommit],
        vec![html(200, true)],
        vec![html(302, false)],
        vec![html(403, false)],
        vec![html(502, true)],
        vec![Effect::Unavailable { after_commit: false }],
        vec![Effect::Unavailable { after_commit: true }],
        vec![Effect::TooManyRequests { retry_after: Some(1) }],
        vec![Effect::Stall { after_commit: true }],
        vec![Effect::Delay {
            before: 50,
            after: 50,
        }],
        vec![Effect::Hide { seconds: 3 }, Effect::DropAfterCommit],
        vec![refusal(400, "bad", "Something is wrong"), Effect::ErrorsAsObject],
        vec![Effect::AnswerVariant {
            variant: Variant::Approved,
        }],
        vec![Effect::AnswerVariant {
            variant: Variant::NoRequests,
        }],
    ];
    effects.extend([0, 17, 120, 150, 170, 200].map(|n| vec![Effect::CutAtByte { n }]));
    let mut stories: Vec<Story> = effects
        .into_iter()
        .enumerate()
        .map(|(number, effects)| {
            let name = format!("fault-{number:02}");
            let manifest = if number % 2 == 0 {
                inline(&name)
            } else {
                hidden(&name)
            };
            story(name, manifest, effects, Some(1))
        })
        .collect();
    for (word, make) in [
        ("inline", inline as fn(&str) -> Value),
        ("hidden", hidden as fn(&str) -> Value),
    ] {
        stories.extend(quoting(word, make));
    }
    stories
}

fn story(name: String, manifest: Value, effects: Vec<Effect>, times: Option<u64>) -> Story {
    let of_this = format!("({name})");
    let faults = effects.into_iter();
    Story {
        faults: faults
            .map(|effect| fault(Endpoint::Place, &of_this, times, effect))
            .collect(),
        name,
        manifest,
    }
}

/// Refusals that quote what was sent: several values at a time, as a code, and cut in the middle of a value.
fn quoting(word: &str, make: fn(&str) -> Value) -> Vec<Story> {
    let values = held_by(&make("any"));
    let mut messages: Vec<(String, String)> = values
        .chunks(8)
        .map(|values| {
            let says = format!("The values '{}' are not accepted.", values.join("', '"));
            ("invalid_values".to_owned(), says)
        })
        .collect();
    messages.push((
        "invalid_param".to_owned(),
        values[0].to_uppercase() + " is no name",
    ));
    messages.push((format!("invalid_{}", values[1]), String::new()));
    messages.push((format!("{}|{}", values[1], canaries::API_KEY), String::new()));
    for value in [&values[2], &values[9], &canaries::API_KEY.to_owned()] {
        let length = 500 - value.chars().count() / 2;
        let padding: String = "too long to be read to its end "
            .chars()
            .cycle()
            .take(length - 1)
            .collect();
        messages.push(("invalid_value".to_owned(), format!("{padding} {value}")));
    }
    messages
        .into_iter()
        .enumerate()
        .map(|(number, (code, message))| {
            let name = format!("quoted-{word}-{number:02}");
            let manifest = make(&name);
            story(name, manifest, vec![refusal(400, &code, &message)], None)
        })
        .collect()
}

/// Reads that are refused in words that quote the order and the key, or answered with anything else.
pub fn unread(namespace: &str) -> Vec<Story> {
    let mut stories = Vec::new();
    let says = |manifest: &Value| held_by(manifest)[..7].join(", ") + ", " + canaries::API_KEY;
    for (number, status) in [400, 403].into_iter().enumerate() {
        let name = format!("unread-{number}");
        let manifest = if number == 0 { inline(&name) } else { hidden(&name) };
        let cluster = ClusterName::parse(CLUSTER).unwrap();
        let token = OrderKey::new(cluster, namespace, &name, 1).token();
        let effect = refusal(status, "access_denied|missing_permission", &says(&manifest));
        let faults = vec![fault(Endpoint::Alternate, token.as_str(), None, effect)];
        stories.push(Story {
            name,
            manifest,
            faults,
        });
    }
    stories
}

/// What goes wrong with the reads of this endpoint, one call after the other.
pub fn in_turn(endpoint: Endpoint) -> Vec<Fault> {
    let quoting = format!(
        "The key {} of {} is odd",
        canaries::API_KEY,
        canaries::individual()["email"]
    );
    let code = format!("access_denied|{}", canaries::API_KEY);
    let html = |status| Effect::Html {
        status,
        after_commit: false,
    };
    let effects = [
        refusal(400, "invalid_anything", &quoting),
        refusal(403, &code, &quoting),
        refusal(404, "not_found|anything", &quoting),
        html(200),
        html(307),
        Effect::Unavailable { after_commit: false },
        Effect::DropAfterCommit,
        Effect::CutAtByte { n: 180 },
    ];
    let numbered = (0..).zip(effects);
    numbered
        .map(|(skip, effect)| {
            let mut fault = fault(endpoint, "", Some(1), effect);
            fault.matching.skip = skip;
            fault
        })
        .collect()
}
