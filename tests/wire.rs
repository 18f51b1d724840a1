//! What reaches the wire, and what is made of what comes back: the API page's three requests and four answers, and
//! answers that no page shows.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use std::collections::BTreeMap;

use docsign::api::DocumentSigningOrder;
use docsign::simulator::{
    Decision, Effect, Endpoint, Fault, Matching, People, Placed, Simulator, SimulatorSettings, Variant,
};
use harness::{Child, Result};
use serde_json::{Value, json};
use world::{QUICK, World, condition, order, ready_reason};

/// The first request of the API page, made JSON: `Analyst` in quotes.
fn first_of_page() -> Value {
    json!({
        "certificate": {
            "signature_hash": "sha256",
            "usage_designation": {
                "primary_usage": "signing",
                "additional_usages": ["adobe_authentic_documents_trust", "ms_document_signing", "document_signing"],
            },
        },
        "cs_provisioning_method": "ship_token",
        "ship_info": {
            "name": "John Doe",
            "addr1": "360 Taylor Street",
            "addr2": "Floor 74",
            "city": "Richmond",
            "state": "va",
            "zip": "69662",
            "country": "us",
            "method": "EXPEDITED",
        },
        "custom_renewal_message": "Renew me",
        "additional_emails": ["jill.valentine@example.com", "leon.kennedy@example.com"],
        "order_validity": {"years": 1},
        "individual": {
            "first_name": "Jonh",
            "last_name": "Doe",
            "email": "g@g.com",
            "telephone": "+11234567890",
            "country": "us",
            "job_title": "Analyst",
        },
        "payment_method": "balance",
    })
}

/// The second: as the first, by another way of provisioning, with nothing to ship.
fn second_of_page() -> Value {
    let mut body = first_of_page();
    body["cs_provisioning_method"] = json!("client_app");
    body.as_object_mut().unwrap().remove("ship_info");
    body
}

/// The third: as the second, with a CSR. The page's own CSR is damaged, so it is another one here, and `key_size` is
/// that of its key.
fn third_of_page() -> Value {
    let path = format!("{}/examples/own-token.csr.pem", env!("CARGO_MANIFEST_DIR"));
    let csr = std::fs::read_to_string(path).unwrap().replace('\n', "");
    assert!(csr.starts_with("-----BEGIN CERTIFICATE REQUEST-----MII"));
    assert!(csr.ends_with("-----END CERTIFICATE REQUEST-----"));
    let mut body = second_of_page();
    body["cs_provisioning_method"] = json!("email");
    body["certificate"]["csr"] = json!(csr);
    body["certificate"]["key_size"] = json!(3072);
    body["certificate"]["csr_key_type"] = json!("rsa");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_three_requests_of_the_page_reach_the_wire_field_by_field() -> Result<()> {
    let (world, _operator) = big_numbers("page", QUICK).await?;
    let of_page = [
        ("ship-token", first_of_page()),
        ("client-app", second_of_page()),
        ("email", third_of_page()),
    ];
    for (name, _) in &of_page {
        world.apply_example(name).await?;
    }
    for (name, of_page) in of_page {
        let order = world.issued(name).await?;
        let status = order.status.unwrap();
        let placed = placed(&world, status.order_id);
        let mut expected = of_page;
        expected["alternative_order_id"] = json!(status.purchase);
        expected["comments"] = json!(status.purchase);
        expected["csa_agreed_to"] = json!(true);
        assert_eq!(fields(&placed.request), fields(&expected), "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_demands_and_a_manifest_leaves_out_is_sent_empty() -> Result<()> {
    let (world, _operator) = big_numbers("addr2", QUICK).await?;
    let mut manifest = order("token");
    manifest["spec"]["order"]["csProvisioningMethod"] = json!("ship_token");
    manifest["spec"]["order"]["comments"] = json!("for Jane");
    manifest["spec"]["order"]["shipInfo"] = json!({
        "name": "Jane Doe", "addr1": "1 Main Street", "city": "Lehi", "state": "UT", "zip": "84043",
        "country": "us", "method": "STANDARD",
    });
    world.apply(&manifest).await?;
    let status = world.issued("token").await?.status.unwrap();
    let request = placed(&world, status.order_id).request;
    assert_eq!(request["ship_info"]["addr2"], json!(""));
    assert_eq!(
        request["comments"],
        json!(format!("{}\nfor Jane", status.purchase.unwrap()))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_four_answers_of_the_page_end_in_the_right_status() -> Result<()> {
    let (world, _operator) = big_numbers("answers", People::Manual).await?;
    // For now nothing but the answer to the POST tells.
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::OrderInfo),
            ..Matching::default()
        },
        effect: Effect::Unavailable { after_commit: false },
    });
    let answers = [
        ("pending", Variant::Pending),
        ("submitted", Variant::Submitted),
        ("approved", Variant::Approved),
        ("none", Variant::NoRequests),
    ];
    for (name, variant) in answers {
        install(
            &world,
            &format!("{name}@example.com"),
            Effect::AnswerVariant { variant },
        );
        world.apply(&order(name)).await?;
    }
    let validation = ["Validation", "AwaitingValidation"];
    let approval = ["Approver", "AwaitingApproval"];
    for (name, request, [waiting_for, reason]) in [
        ("pending", Some("pending"), approval),
        ("submitted", Some("submitted"), approval),
        ("approved", Some("approved"), ["DigiCert", "Placed"]),
        ("none", None, ["DigiCert", "Placed"]),
    ] {
        let order = world
            .order_until(name, "the answer to the POST to be shown", |order| {
                condition(order, "Placed") == Some(("True", "Placed"))
            })
            .await?;
        assert_eq!(
            story(&order),
            (request, None, waiting_for, ("False", reason)),
            "{name}"
        );
        let with_certificate = matches!(name, "approved" | "none");
        assert_eq!(
            order.status.unwrap().certificate_id.is_some(),
            with_certificate,
            "{name}"
        );
    }
    world.simulator.clear_faults();
    for (name, request, status, [waiting_for, reason]) in [
        ("pending", Some("pending"), "needs_approval", approval),
        ("submitted", Some("submitted"), "needs_approval", approval),
        ("approved", Some("approved"), "pending", validation),
        ("none", None, "pending", validation),
    ] {
        let order = world
            .order_until(name, "the order to be read", |order| {
                order
                    .status
                    .as_ref()
                    .is_some_and(|status| status.order_status.is_some())
            })
            .await?;
        assert_eq!(
            story(&order),
            (request, Some(status), waiting_for, ("False", reason)),
            "{name}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_page_shows_is_survived() -> Result<()> {
    let (world, _operator) = big_numbers("oddities", People::Manual).await?;
    install(&world, "refused@example.com", Effect::ErrorsAsObject);
    install(
        &world,
        "refused@example.com",
        Effect::Refuse {
            status: 400,
            code: "invalid_country".to_owned(),
            message: "The country is not allowed.".to_owned(),
        },
    );
    world.apply(&order("refused")).await?;
    world.apply(&order("moon")).await?;

    let refused = world
        .order_until("refused", "the refusal to be shown", |order| {
            ready_reason(order) == Some("Refused")
        })
        .await?;
    assert_eq!(condition(&refused, "Stalled"), Some(("True", "Refused")));
    let failure = refused.status.unwrap().failure.unwrap();
    assert_eq!(failure.code.as_deref(), Some("invalid_country"));

    let moon = world
        .order_until("moon", "the order to be placed", |order| {
            condition(order, "Placed") == Some(("True", "Placed"))
        })
        .await?;
    let id = u64::try_from(moon.status.unwrap().order_id.unwrap()).unwrap();
    assert!(id > 1 << 32, "{id}");
    world
        .simulator
        .decide(id, &Decision::Status("on_the_moon".to_owned()))
        .unwrap();
    let moon = world
        .order_until("moon", "the unknown status to be shown", |order| {
            ready_reason(order) == Some("UnknownStatus")
        })
        .await?;
    let unknown = (
        Some("pending"),
        Some("on_the_moon"),
        "DigiCert",
        ("False", "UnknownStatus"),
    );
    assert_eq!(story(&moon), unknown);
    assert_eq!(condition(&moon, "Reconciling"), Some(("True", "UnknownStatus")));
    assert_eq!(condition(&moon, "Stalled"), Some(("False", "Settled")));

    let table = world.kubectl(&["get", "dso", "moon", "--no-headers"]).await?;
    assert!(table.contains(&format!(" {id} ")), "{table}");
    for decision in [Decision::Status("pending".to_owned()), Decision::Issue] {
        world.simulator.decide(id, &decision).unwrap();
    }
    world.issued("moon").await?;
    Ok(())
}

/// A world whose CertCentral counts its orders from beyond 2^32, and its operator.
async fn big_numbers(name: &str, people: People) -> Result<(World, Child)> {
    let mut world = World::without_account(name, people).await?;
    world.simulator = Simulator::start(SimulatorSettings {
        people,
        seed: 50_000,
        ..SimulatorSettings::default()
    })
    .unwrap();
    world.apply(&world.secret(world::API_KEY)).await?;
    world.apply(&world.account()).await?;
    let operator = world.start().await?;
    Ok((world, operator))
}

/// Installs a fault for what mentions an e-mail address.
fn install(world: &World, email: &str, effect: Effect) {
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            contains: Some(email.to_owned()),
            ..Matching::default()
        },
        effect,
    });
}

fn placed(world: &World, order_id: Option<i64>) -> Placed {
    let orders = world.simulator.journal().orders;
    let of_id = |placed: &Placed| i64::try_from(placed.order_id).ok() == order_id;
    orders.into_iter().find(of_id).unwrap()
}

/// Request status, order status, who has to act, and the condition Ready.
fn story(order: &DocumentSigningOrder) -> (Option<&str>, Option<&str>, &str, (&str, &str)) {
    let status = order.status.as_ref().unwrap();
    (
        status.request_status.as_deref(),
        status.order_status.as_deref(),
        status.waiting_for.as_deref().unwrap(),
        condition(order, "Ready").unwrap(),
    )
}

/// Every field by its path: `individual/email`, `additional_emails/0`.
fn fields(body: &Value) -> BTreeMap<String, Value> {
    fn collect(path: &str, value: &Value, found: &mut BTreeMap<String, Value>) {
        let of = |name: &str| format!("{path}/{name}");
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, member) in members {
                    collect(&of(name), member, found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    collect(&of(&index.to_string()), item, found);
                }
            }
            leaf => {
                found.insert(path.to_owned(), leaf.clone());
            }
        }
    }
    let mut found = BTreeMap::new();
    collect("", body, &mut found);
    found
}
