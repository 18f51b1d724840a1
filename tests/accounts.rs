//! What is wrong with an account shows within seconds, on the account and on its orders, with what to do about it;
//! and it heals by itself when it is put right, without a restart.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use std::net::SocketAddr;

use docsign::api::DocumentSigningOrder;
use docsign::simulator::{Effect, Endpoint, Fault, Matching, People, Simulator, SimulatorSettings};
use harness::{PATIENCE, Result, eventually};
use serde_json::{Value, json};
use world::{API_KEY, QUICK, World, condition, order, ready_reason};

/// All troubles at once, on one operator: none of them holds up the others, and they heal side by side.
#[tokio::test(flavor = "multi_thread")]
async fn every_trouble_of_an_account_shows_and_heals() -> Result<()> {
    let mut world = World::without_account("troubles", QUICK).await?;
    // A port where nobody listens yet: it was somebody's a moment ago.
    let nobody = simulator_at(SocketAddr::from(([127, 0, 0, 1], 0)));
    let unreachable = nobody.url();
    drop(nobody);
    world.simulator = simulator_at(SocketAddr::from(([127, 0, 0, 1], 0)));
    let operator = world.operator().with(&["--allowed-endpoints", &unreachable]);
    let _operator = operator.start_ready(world.plane).await?;
    tokio::try_join!(
        an_account_that_does_not_exist(&world),
        a_secret_that_does_not_exist(&world),
        a_secret_without_the_key(&world),
        a_key_that_is_not_accepted(&world),
        an_endpoint_that_does_not_answer(&world, &unreachable),
        an_endpoint_that_is_not_allowed(&world),
        a_source_that_does_not_exist(&world),
    )?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_read_orders_shows_and_heals() -> Result<()> {
    let world = World::without_account("no-permission", QUICK).await?;
    for endpoint in [Endpoint::User, Endpoint::Product, Endpoint::StatusChanges] {
        world.simulator.install(Fault {
            matching: Matching {
                endpoint: Some(endpoint),
                ..Matching::default()
            },
            effect: Effect::Refuse {
                status: 403,
                code: "access_denied".to_owned(),
                message: String::new(),
            },
        });
    }
    let _operator = world.start().await?;
    world.apply(&secret("restricted", API_KEY)).await?;
    world.apply(&account(&world, "restricted")).await?;
    world.apply(&order_on("restricted")).await?;
    let says =
        "the API key may not read orders: give it access to Orders, Requests, Certificates in CertCentral";
    account_says(&world, "restricted", "PermissionMissing", says).await?;
    world.simulator.clear_faults();
    world.issued("restricted").await.map(drop)
}

async fn an_account_that_does_not_exist(world: &World) -> Result<()> {
    world.apply(&order_on("nowhere")).await?;
    let says = "CertCentralAccount nowhere does not exist";
    stalled(world, "nowhere", "AccountNotFound", says).await?;
    world.apply(&secret("nowhere", API_KEY)).await?;
    world.apply(&account(world, "nowhere")).await?;
    world.issued("nowhere").await.map(drop)
}

async fn a_secret_that_does_not_exist(world: &World) -> Result<()> {
    world.apply(&account(world, "no-secret")).await?;
    world.apply(&order_on("no-secret")).await?;
    let says = format!(
        "spec.apiKeySecretRef: Secret {}/no-secret does not exist; create it",
        world.namespace
    );
    account_says(world, "no-secret", "SecretMissing", &says).await?;
    stalled(world, "no-secret", "AccountNotReady", &says).await?;
    world.apply(&secret("no-secret", API_KEY)).await?;
    world.issued("no-secret").await?;
    account_says(world, "no-secret", "Accepted", "accepts the key").await
}

async fn a_secret_without_the_key(world: &World) -> Result<()> {
    let mut empty = secret("no-key", API_KEY);
    empty["stringData"] = json!({"another": "value"});
    world.apply(&empty).await?;
    world.apply(&account(world, "no-key")).await?;
    world.apply(&order_on("no-key")).await?;
    account_says(world, "no-key", "SecretMissing", "no-key has no such key").await?;
    stalled(world, "no-key", "AccountNotReady", "no-key has no such key").await?;
    world.apply(&secret("no-key", API_KEY)).await?;
    world.issued("no-key").await.map(drop)
}

async fn a_key_that_is_not_accepted(world: &World) -> Result<()> {
    world.apply(&secret("bad-key", "not-the-key")).await?;
    world.apply(&account(world, "bad-key")).await?;
    world.apply(&order_on("bad-key")).await?;
    let says = "put a valid one into the Secret";
    account_says(world, "bad-key", "KeyRejected", says).await?;
    stalled(world, "bad-key", "AccountNotReady", says).await?;
    world.apply(&secret("bad-key", API_KEY)).await?;
    world.issued("bad-key").await.map(drop)
}

async fn an_endpoint_that_does_not_answer(world: &World, endpoint: &str) -> Result<()> {
    world.apply(&secret("unreachable", API_KEY)).await?;
    let mut account = account(world, "unreachable");
    account["spec"]["endpoint"] = json!(endpoint);
    world.apply(&account).await?;
    world.apply(&order_on("unreachable")).await?;
    account_says(world, "unreachable", "Unreachable", "trying again").await?;
    // Nobody has to do anything: it is tried again.
    let order = world
        .order_until("unreachable", "the trouble to be shown", |order| {
            ready_reason(order) == Some("Retrying")
        })
        .await?;
    assert_eq!(condition(&order, "Reconciling"), Some(("True", "Retrying")));
    assert!(
        ready_message(&order).contains("trying again"),
        "{}",
        ready_message(&order)
    );
    let address = endpoint.trim_start_matches("http://").split('/').next();
    let _later = simulator_at(address.unwrap().parse().unwrap());
    world.issued("unreachable").await.map(drop)
}

async fn an_endpoint_that_is_not_allowed(world: &World) -> Result<()> {
    world.apply(&secret("elsewhere", API_KEY)).await?;
    let mut wrong = account(world, "elsewhere");
    wrong["spec"]["endpoint"] = json!("https://certcentral.example.com/services/v2");
    world.apply(&wrong).await?;
    world.apply(&order_on("elsewhere")).await?;
    let says = "its administrator can allow the endpoint with --allowed-endpoints";
    account_says(world, "elsewhere", "EndpointNotAllowed", says).await?;
    stalled(world, "elsewhere", "AccountNotReady", says).await?;
    // An account's endpoint never changes: another account takes the name.
    world
        .kubectl(&["delete", "certcentralaccount", "elsewhere"])
        .await?;
    stalled(world, "elsewhere", "AccountNotFound", "elsewhere does not exist").await?;
    world.apply(&account(world, "elsewhere")).await?;
    world.issued("elsewhere").await.map(drop)
}

async fn a_source_that_does_not_exist(world: &World) -> Result<()> {
    world.apply(&secret("source", API_KEY)).await?;
    world.apply(&account(world, "source")).await?;
    let mut manifest = order_on("source");
    manifest["spec"]["order"]["csProvisioningMethod"] = json!("email");
    manifest["spec"]["order"]["certificate"] =
        json!({"csrFrom": {"configMapKeyRef": {"name": "csr-of-jane", "key": "csr.pem"}}});
    world.apply(&manifest).await?;
    let says = "spec.order.certificate.csrFrom: csr-of-jane with the key csr.pem does not exist; create it";
    stalled(world, "source", "SourceMissing", says).await?;
    let path = format!("{}/examples/own-token.csr.pem", env!("CARGO_MANIFEST_DIR"));
    let csr = std::fs::read_to_string(path).unwrap();
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "csr-of-jane"}, "data": {"csr.pem": csr}});
    world.apply(&map).await?;
    world.issued("source").await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_stops_being_accepted_is_named_and_its_open_orders_are_still_known() -> Result<()> {
    let world = World::new("revoked-key", People::Manual).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    world
        .order_until("jane", "the order to wait", |order| {
            ready_reason(order) == Some("AwaitingApproval")
        })
        .await?;
    world.simulator.accept_keys(vec!["another-key".to_owned()]);
    account_says(&world, "main", "KeyRejected", "put a valid one into the Secret").await?;
    let jane = world.orders().get("jane").await.unwrap();
    assert_eq!(condition(&jane, "Placed"), Some(("True", "Placed")));
    assert_eq!(ready_reason(&jane), Some("AwaitingApproval"));
    world.apply(&order("john")).await?;
    stalled(
        &world,
        "john",
        "AccountNotReady",
        "put a valid one into the Secret",
    )
    .await?;
    world.apply(&world.secret("another-key")).await?;
    account_says(&world, "main", "Accepted", "accepts the key").await?;
    world
        .order_until("john", "the other order to be placed", |order| {
            condition(order, "Placed") == Some(("True", "Placed"))
        })
        .await?;
    assert_eq!(world.simulator.journal().orders.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_bought_on_an_account_that_was_deleted() -> Result<()> {
    let world = World::new("deleted", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&order("before")).await?;
    world.issued("before").await?;
    world.kubectl(&["delete", "certcentralaccount", "main"]).await?;
    world.apply(&order("after")).await?;
    stalled(
        &world,
        "after",
        "AccountNotFound",
        "CertCentralAccount main does not exist",
    )
    .await?;
    let before = world.orders().get("before").await.unwrap();
    assert_eq!(ready_reason(&before), Some("Issued"));
    assert_eq!(world.simulator.journal().orders.len(), 1);
    world.apply(&world.account()).await?;
    world.issued("after").await.map(drop)
}

/// Cluster accounts are everybody's: their Secret is in the namespace of the operator, and other operators of this
/// plane write about them too. So it is the orders that tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_account_serves_the_namespaces_it_names_or_selects() -> Result<()> {
    let world = World::without_account("cluster", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&world.secret(API_KEY)).await?;
    let shared = format!("shared-{}", world.namespace);
    let with = |allowed: Option<Value>| {
        let mut account = account(&world, &shared);
        account["kind"] = json!("ClusterCertCentralAccount");
        account["spec"]["apiKeySecretRef"]["name"] = json!("certcentral");
        if let Some(allowed) = allowed {
            account["spec"]["allowedNamespaces"] = allowed;
        }
        account
    };
    let on_shared = |name: &str| {
        let mut manifest = order(name);
        manifest["spec"]["accountRef"] = json!({"kind": "ClusterCertCentralAccount", "name": shared});
        manifest
    };
    let says = "does not allow this namespace; its owner can (spec.allowedNamespaces)";

    world.apply(&with(None)).await?;
    world.apply(&on_shared("named")).await?;
    stalled(&world, "named", "NotAllowed", says).await?;
    world
        .apply(&with(Some(json!({"names": ["somebody-else"]}))))
        .await?;
    world
        .apply(&with(Some(json!({"names": [world.namespace]}))))
        .await?;
    world.issued("named").await?;

    let selector = json!({"selector": {"matchLabels": {"buys": "signatures"}}});
    world.apply(&with(Some(selector))).await?;
    world.apply(&on_shared("selected")).await?;
    stalled(&world, "selected", "NotAllowed", says).await?;
    let namespace = format!("namespace/{}", world.namespace);
    world.kubectl(&["label", &namespace, "buys=signatures"]).await?;
    world.issued("selected").await?;
    assert_eq!(world.simulator.journal().orders.len(), 2);
    world
        .kubectl(&["delete", "clustercertcentralaccount", &shared])
        .await?;
    Ok(())
}

fn simulator_at(address: SocketAddr) -> Simulator {
    Simulator::start(SimulatorSettings {
        address,
        people: QUICK,
        ..SimulatorSettings::default()
    })
    .unwrap()
}

/// A Secret with an API key.
fn secret(name: &str, key: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"api-key": key}})
}

/// An account whose key is in the Secret of the same name.
fn account(world: &World, name: &str) -> Value {
    let mut account = world.account();
    account["metadata"]["name"] = json!(name);
    account["spec"]["apiKeySecretRef"]["name"] = json!(name);
    account
}

/// An order on the account of the same name.
fn order_on(account: &str) -> Value {
    let mut manifest = order(account);
    manifest["spec"]["accountRef"]["name"] = json!(account);
    manifest
}

fn ready_message(order: &DocumentSigningOrder) -> &str {
    let conditions = order.status.iter().flat_map(|status| &status.conditions);
    let mut ready = conditions.filter(|condition| condition.type_ == "Ready");
    ready.next().map_or("", |condition| condition.message.as_str())
}

/// Waits until the order says that its owner has to act, why, and what to do.
async fn stalled(world: &World, name: &str, reason: &str, message: &str) -> Result<()> {
    let what = format!("order {name} to say {reason}: {message}");
    let order = world
        .order_until(name, &what, |order| {
            ready_reason(order) == Some(reason) && ready_message(order).contains(message)
        })
        .await?;
    assert_eq!(condition(&order, "Stalled"), Some(("True", reason)), "{name}");
    assert_eq!(condition(&order, "Placed"), Some(("False", reason)), "{name}");
    let status = order.status.unwrap();
    assert_eq!(status.waiting_for.as_deref(), Some("Owner"), "{name}");
    Ok(())
}

/// Waits until the account's condition Ready gives this reason, and what to do.
async fn account_says(world: &World, name: &str, reason: &str, message: &str) -> Result<()> {
    let truth = if reason == "Accepted" { "True" } else { "False" };
    let accounts: kube::Api<docsign::api::CertCentralAccount> =
        kube::Api::namespaced(world.client.clone(), &world.namespace);
    let what = format!("account {name} to say {reason}: {message}");
    eventually(&what, PATIENCE, async || {
        let account = accounts.get(name).await.ok()?;
        let conditions = account.status?.conditions;
        let ready = conditions.iter().find(|condition| condition.type_ == "Ready")?;
        let said = ready.status == truth && ready.reason == reason && ready.message.contains(message);
        said.then_some(())
    })
    .await
}
