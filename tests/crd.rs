//! The CRDs on a real API server: what is accepted, what is refused and with which words, what is frozen, what is shown.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the tables of a test are well formed, or the test fails"
)]

mod harness;
mod manifests;

use docsign::api::{crd_yaml, crds};
use harness::{ControlPlane, Kubectl, Output, Result, shared};
use manifests::{assert_nothing_personal, client_app, edits, revision, right, with, wrong};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

const EXAMPLES: [(&str, &str); 4] = [
    ("account", include_str!("../examples/account.yaml")),
    ("ship-token", include_str!("../examples/ship-token.yaml")),
    ("client-app", include_str!("../examples/client-app.yaml")),
    ("email", include_str!("../examples/email.yaml")),
];

/// The shared plane with the CRDs on it, and a namespace of the test's own.
struct Place {
    plane: &'static ControlPlane,
    namespace: String,
}

impl Place {
    async fn new(name: &str) -> Result<Self> {
        static INSTALLED: OnceCell<()> = OnceCell::const_new();
        let plane = shared().await?;
        INSTALLED.get_or_try_init(|| install(plane)).await?;
        Ok(Self {
            plane,
            namespace: plane.namespace(name).await?,
        })
    }

    fn kubectl(&self) -> Kubectl<'static> {
        self.plane.kubectl_as(self.plane.kubeconfig())
    }

    async fn apply(&self, manifest: &Value) -> Result<Output> {
        let arguments = ["apply", "--namespace", &self.namespace, "-f", "-"];
        self.kubectl()
            .run_with_input(&arguments, &manifest.to_string())
            .await
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.kubectl()
            .run(&[arguments, &["--namespace", &self.namespace]].concat())
            .await
    }

    async fn status(&self, status: Value) -> Result<Output> {
        let patch = json!({ "status": status }).to_string();
        let subresource = [
            "patch",
            "dso",
            "order",
            "--subresource=status",
            "--type=merge",
            "-p",
        ];
        self.run(&[&subresource[..], &[&patch]].concat()).await
    }
}

async fn install(plane: &ControlPlane) -> Result<()> {
    let all: Vec<_> = crds().iter().map(crd_yaml).collect();
    let all = all.join("---\n");
    let kubectl = plane.kubectl_as(plane.kubeconfig());
    // Client-side apply too: its annotation must have room for the definition.
    kubectl
        .run_with_input(&["apply", "-f", "-"], &all)
        .await?
        .success()?;
    let waiting = ["wait", "--for=condition=Established", "--timeout=60s", "crd"];
    let names: Vec<_> = crds().into_iter().filter_map(|crd| crd.metadata.name).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    kubectl.run(&[&waiting[..], &names].concat()).await?.success()?;
    for name in names {
        plane.discovered(name).await?;
    }
    plane.discovered("dso").await
}

#[tokio::test]
async fn examples_are_accepted() -> Result<()> {
    let place = Place::new("examples").await?;
    let arguments = ["apply", "--namespace", &place.namespace, "-f", "-"];
    for (_, text) in EXAMPLES {
        place
            .kubectl()
            .run_with_input(&arguments, text)
            .await?
            .success()?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_right_is_accepted() -> Result<()> {
    let place = Place::new("right").await?;
    for (name, changes) in right() {
        let output = place.apply(&with(client_app(), &changes)).await?;
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{name}");
        place.run(&["delete", "dso", "order"]).await?.success()?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_is_refused_with_the_field_and_what_to_do_and_nothing_personal() -> Result<()> {
    let place = Place::new("wrong").await?;
    for case in wrong() {
        let output = place.apply(&with(client_app(), &case.changes)).await?;
        assert_eq!(output.code, Some(1), "{}: {output:?}", case.name);
        let field = format!("{}: ", case.field);
        let found = output.stderr.contains(&field) && output.stderr.contains(case.message);
        assert!(found, "{}: {}", case.name, output.stderr);
        assert_nothing_personal(&output.stderr, case.name);
    }
    Ok(())
}

#[tokio::test]
async fn defaults_are_those_of_the_page_and_a_fresh_order_is_in_progress() -> Result<()> {
    let place = Place::new("defaults").await?;
    place.apply(&client_app()).await?.success()?;
    let stored: Value = serde_json::from_str(
        &place
            .run(&["get", "dso", "order", "-o", "json"])
            .await?
            .success()?,
    )
    .unwrap();
    assert_eq!(stored["status"], json!({"observedGeneration": 0}));
    let spec = &stored["spec"];
    assert_eq!(
        json!([
            spec["revision"],
            spec["suspend"],
            spec["deletionPolicy"],
            spec["accountRef"]["kind"]
        ]),
        json!([1, false, "Retain", "CertCentralAccount"])
    );
    let certificate = json!({"signatureHash": "sha256",
        "usageDesignation": {"primaryUsage": "signing", "additionalUsages": ["document_signing"]}});
    let order = &spec["order"];
    assert_eq!(
        json!([order["certificate"], order["csaAgreedTo"], order["skipApproval"]]),
        json!([certificate, true, false])
    );
    Ok(())
}

#[tokio::test]
async fn what_was_claimed_is_frozen_until_the_revision_rises_and_that_needs_a_closed_order() -> Result<()> {
    let place = Place::new("frozen").await?;
    for (name, status, edits) in edits() {
        place.apply(&client_app()).await?.success()?;
        place.status(status).await?.success()?;
        for (changes, refusal) in edits {
            let output = place.apply(&with(client_app(), &changes)).await?;
            let Some((field, message)) = refusal else {
                output.success()?;
                continue;
            };
            let found = output.stderr.contains(&format!("{field}: ")) && output.stderr.contains(message);
            assert!(output.code == Some(1) && found, "{name}, {changes:?}: {output:?}");
            assert_nothing_personal(&output.stderr, name);
        }
        place.run(&["delete", "dso", "order"]).await?.success()?;
    }
    Ok(())
}

#[tokio::test]
async fn a_revision_never_falls() -> Result<()> {
    let place = Place::new("falling").await?;
    place
        .apply(&with(client_app(), &[revision(2)]))
        .await?
        .success()?;
    let output = place.apply(&with(client_app(), &[revision(1)])).await?;
    assert!(
        output
            .stderr
            .contains("spec.revision: Forbidden: revision never falls"),
        "{output:?}"
    );
    Ok(())
}

#[tokio::test]
async fn an_order_id_is_never_dropped_or_replaced_under_the_same_key() -> Result<()> {
    let place = Place::new("ledger").await?;
    place.apply(&client_app()).await?.success()?;
    let rule = "status.orderID: Forbidden: an order ID is never dropped or replaced";
    place
        .status(json!({"orderKey": "a/b/c/1", "orderID": 5_000_000_000_i64, "orderStatus": "x".repeat(5000)}))
        .await?
        .success()?;
    for status in [
        json!({"orderID": 6}),
        json!({"orderID": null}),
        json!({"orderID": null, "orderKey": null}),
    ] {
        let output = place.status(status).await?;
        assert!(output.stderr.contains(rule), "{output:?}");
    }
    place
        .status(json!({"orderKey": "a/b/c/2", "orderID": 6}))
        .await?
        .success()?;
    place
        .status(json!({"orderKey": "a/b/c/3", "orderID": null}))
        .await?
        .success()?;
    Ok(())
}

#[tokio::test]
async fn an_account_keeps_its_region_and_names_where_it_lives() -> Result<()> {
    let place = Place::new("accounts").await?;
    for kind in ["CertCentralAccount", "ClusterCertCentralAccount"] {
        let account = |spec: Value| {
            let spec = with(spec, &[("/apiKeySecretRef", json!({"name": "key"}))]);
            json!({"apiVersion": "docsign.dev/v1alpha1", "kind": kind, "metadata": {"name": "main"}, "spec": spec})
        };
        let nowhere = place.apply(&account(json!({}))).await?;
        assert!(
            nowhere
                .stderr
                .contains("spec.region: Required value: set region: US"),
            "{nowhere:?}"
        );
        let with_password = place
            .apply(&account(
                json!({"endpoint": "https://user:Hidden@host/services/v2"}),
            ))
            .await?;
        assert!(
            with_password
                .stderr
                .contains("spec.endpoint: Forbidden: write a URL"),
            "{with_password:?}"
        );
        assert_nothing_personal(&with_password.stderr, kind);
        place.apply(&account(json!({"region": "US"}))).await?.success()?;
        let moved = place.apply(&account(json!({"region": "EU"}))).await?;
        assert!(
            moved
                .stderr
                .contains("spec.region: Forbidden: the region can't be changed"),
            "{moved:?}"
        );
        let resource = if kind == "CertCentralAccount" {
            "cca"
        } else {
            "ccca"
        };
        let stored = place
            .run(&["get", resource, "main", "-o", "jsonpath={.spec}"])
            .await?
            .success()?;
        let stored: Value = serde_json::from_str(&stored).unwrap();
        assert_eq!(
            stored,
            json!({"apiKeySecretRef": {"name": "key", "key": "api-key"}, "region": "US", "pollIntervalSeconds": 60,
                "rateLimit": {"per3Minutes": 1000, "per5Seconds": 100},
                "allow": {"paymentMethods": ["balance"], "skipApproval": false},
                "unresolved": {"policy": "WhenProven", "quietPeriodSeconds": 86400}})
        );
    }
    Ok(())
}

#[tokio::test]
async fn columns_tell_the_story_in_140_characters() -> Result<()> {
    let place = Place::new("columns").await?;
    place.apply(&client_app()).await?.success()?;
    let ready = json!({"type": "Ready", "status": "False", "reason": "AwaitingValidation", "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z"});
    let status = json!({"orderID": 1_122_334_455, "requestStatus": "submitted", "orderStatus": "reissue_pending",
        "certificateID": 845_166_333_113_i64, "waitingFor": "Validation", "conditions": [ready],
        "orderKey": "prod/columns/order/1"});
    place.status(status).await?.success()?;
    let table = place.run(&["get", "dso"]).await?.success()?;
    let lines: Vec<_> = table.lines().collect();
    let words = |line: &str| {
        line.split("   ")
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        words(lines[0]),
        [
            "NAME",
            "ORDER",
            "REQUEST",
            "STATUS",
            "CERTIFICATE",
            "WAITING FOR",
            "READY",
            "AGE"
        ]
    );
    assert_eq!(
        words(lines[1])[..7],
        [
            "order",
            "1122334455",
            "submitted",
            "reissue_pending",
            "845166333113",
            "Validation",
            "False"
        ]
    );
    let width_of_name = "order   ".len();
    assert!(
        table.lines().all(|line| line.len() - width_of_name < 120),
        "{table}"
    );
    let wide = place.run(&["get", "dso", "-o", "wide"]).await?.success()?;
    assert!(
        wide.contains("REASON")
            && wide.contains("AwaitingValidation")
            && wide.contains("prod/columns/order/1")
    );
    Ok(())
}

#[tokio::test]
async fn explain_says_what_a_user_needs() -> Result<()> {
    let place = Place::new("explain").await?;
    let text = place
        .kubectl()
        .run(&["explain", "dso.spec.order.individual"])
        .await?
        .success()?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "DESCRIPTION: The person the certificate is for.",
        "firstName <string> -required- The first name",
        "quote it: \"+1-555-555-5555\"",
        "state <string> The state or province.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    Ok(())
}
