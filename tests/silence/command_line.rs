//! What the command line says about the same orders: of files, and of the cluster.

use docsign::simulator::Endpoint;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::canaries;
use crate::orders;
use crate::places::Places;
use crate::transcript::{Said, docsign, said};
use crate::world::World;

/// Runs everything that prints, in text and in JSON.
pub fn run(world: &World, places: &mut Places) {
    files(places);
    cluster(world, places);
    for endpoint in [Endpoint::User, Endpoint::Product, Endpoint::Alternate] {
        world.simulator.clear_faults();
        for fault in orders::in_turn(endpoint) {
            world.simulator.install(fault);
        }
        for call in 0..9 {
            let format = if call % 2 == 0 { "text" } else { "json" };
            let doctor = cli(world, &["doctor", "main", "-o", format]);
            places.add(format!("doctor {endpoint:?} {call}"), all(&doctor));
        }
    }
    for account in ["binary-key", "broken-key", "wrong-key"] {
        places.add(
            format!("doctor {account}"),
            all(&cli(world, &["doctor", account])),
        );
    }
}

fn all(said: &Said) -> String {
    format!("{}\n{}", said.out, said.err)
}

fn cli(world: &World, arguments: &[&str]) -> Said {
    let arguments = [arguments, &["-n", &world.namespace]].concat();
    tokio::task::block_in_place(|| {
        let mut command = docsign(world.plane.directory().path(), &arguments);
        command
            .env("KUBECONFIG", world.plane.kubeconfig())
            .env("RUST_LOG", "trace");
        said(command, "")
    })
}

fn cluster(world: &World, places: &mut Places) {
    let names = [
        "inline",
        "hidden",
        "csr-hidden",
        "quoted-inline-00",
        "quoted-hidden-03",
        "fault-00",
        "fault-01",
        "unread-0",
        "unread-1",
        "broken-person",
        "broken-card",
        "binary-request",
        "pasted-comments",
        "on-broken-key",
    ];
    for name in names {
        for format in ["text", "json"] {
            let plan = cli(world, &["plan", name, "--cluster-name", "test", "-o", format]);
            assert_ne!(plan.code, 2, "{plan:?}");
            places.add(format!("plan {name} {format}"), all(&plan));
        }
    }
    let wait = cli(
        world,
        &["wait", "quoted-hidden-00", "--until", "issued", "--timeout", "5"],
    );
    places.add("wait quoted-hidden-00", all(&wait));
}

fn files(places: &mut Places) {
    let directory = TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let mut names = Vec::new();
    for (number, manifest) in orders::good()
        .iter()
        .chain(&orders::unusable())
        .chain(&wrong())
        .enumerate()
    {
        let name = format!("order-{number:02}.json");
        write(&name, &manifest.to_string());
        names.push(name);
    }
    // What is no YAML, and breaks in the middle of a secret.
    let text = format!("spec:\n  order: {{comments: \"{}\n", canaries::BROKEN);
    write("broken.yaml", &text);
    names.push("broken.yaml".to_owned());
    let text = format!("kind: [{}\n{}: \t - x", canaries::BROKEN, canaries::API_KEY);
    write("odd.yaml", &text);
    names.push("odd.yaml".to_owned());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for format in ["text", "json"] {
        let arguments = [["check", "-o", format].as_slice(), &names].concat();
        let check = said(docsign(directory.path(), &arguments), "");
        assert_eq!(check.code, 1, "{check:?}");
        places.add(format!("check {format}"), all(&check));
        let arguments = [
            ["plan", "--cluster-name", "test", "-o", format].as_slice(),
            &names,
        ]
        .concat();
        let plan = said(docsign(directory.path(), &arguments), "");
        places.add(format!("plan {format}"), all(&plan));
    }
    let plan = said(
        docsign(
            directory.path(),
            &["plan", "order-00.json", "--cluster-name", "test"],
        ),
        "",
    );
    assert!(
        plan.out.contains(r#""custom_renewal_message": "***""#)
            && plan.out.contains(r#""first_name": "***""#),
        "{plan:?}"
    );
}

/// Manifests with a secret where something else belongs.
fn wrong() -> Vec<Value> {
    let places = [
        "/spec/order/individual/telephone",
        "/spec/order/individual/country",
        "/spec/order/individual/email",
        "/spec/order/individual/zip",
        "/spec/order/shipInfo/country",
        "/spec/order/shipInfo/method",
        "/spec/order/csProvisioningMethod",
        "/spec/order/paymentMethod",
        "/spec/order/orderValidity",
        "/spec/order/orderValidity/years",
        "/spec/order/creditCardFrom",
        "/spec/order/customFields",
        "/spec/order/customFields/0/metadataId",
        "/spec/order/additionalEmails/0",
        "/spec/order",
        "/spec",
    ];
    let values = [
        json!(canaries::BROKEN),
        json!([canaries::BROKEN]),
        json!({"brokenField": canaries::PRIVATE_KEY}),
        json!(format!("{}\u{0}é{}", canaries::BROKEN, "x".repeat(2000))),
    ];
    let mut all = Vec::new();
    for pointer in places {
        for value in &values {
            let mut manifest = orders::inline("wrong");
            *manifest.pointer_mut(pointer).unwrap() = value.clone();
            all.push(manifest);
        }
    }
    let mut manifest = orders::inline("wrong");
    manifest["spec"]["accountRef"]["kind"] = json!(canaries::BROKEN);
    all.push(manifest);
    for (field, value) in [
        ("creditCard", json!(canaries::card())),
        ("certificate", json!({"csr": canaries::PRIVATE_KEY})),
        ("certificate", json!({"csr": canaries::BROKEN})),
        ("certificate", json!({"keySize": canaries::BROKEN})),
        ("orderValidity", json!({"customExpirationDate": canaries::BROKEN})),
    ] {
        let mut manifest = orders::inline("wrong");
        manifest["spec"]["order"][field] = value;
        all.push(manifest);
    }
    all
}
