//! What the operator and its tenants may do: by RBAC, by the policy in `policies/`, and by the accounts themselves.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

mod harness;
mod world;

use docsign::api::{ANNOTATION_ORDER_ANEW, DocumentSigningOrder};
use docsign::simulator::{Effect, Endpoint, Fault, Matching};
use harness::{PATIENCE, Result, eventually};
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use serde_json::{Value, json};
use world::{API_KEY, QUICK, World, condition, order, order_id, ready_reason};

const POLICY: &str = include_str!("../policies/order-verbs.yaml");

/// All that the operator may do, as docs/security.md lists it.
const OPERATOR: &str = include_str!("../policies/operator-role.yaml");

const CARDS: &str = include_str!("../policies/card-role.yaml");

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_deleted_once_its_order_exists_and_not_before() -> Result<()> {
    let world = World::without_account("card", QUICK).await?;
    world.apply(&world.secret(API_KEY)).await?;
    world.apply(&paying_by_card(&world)).await?;
    for name in ["deleted", "kept", "declined"] {
        world.apply(&card(name)).await?;
    }
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            times: Some(1),
            ..Matching::default()
        },
        effect: Effect::Refuse {
            status: 400,
            code: "declined".to_owned(),
            message: String::new(),
        },
    });
    let _operator = world.start().await?;
    world.apply(&paid_by("declined", "declined", "Delete")).await?;
    until_reason(&world, "declined", "Refused").await?;
    world.apply(&paid_by("deleted", "deleted", "Delete")).await?;
    world.apply(&paid_by("kept", "kept", "Keep")).await?;
    for name in ["deleted", "kept"] {
        world.issued(name).await?;
    }
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    let mut left = Vec::new();
    for name in ["deleted", "kept", "declined"] {
        if secrets.get_opt(name).await.unwrap().is_some() {
            left.push(name);
        }
    }
    assert_eq!(left, ["kept", "declined"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_that_may_not_delete_secrets_says_so_and_goes_on() -> Result<()> {
    let world = World::without_account("no-delete", QUICK).await?;
    world.apply(&world.secret(API_KEY)).await?;
    world.apply(&paying_by_card(&world)).await?;
    world.apply(&card("card")).await?;
    // The very role of the documentation, without the one for cards: all else is enough.
    let role = OPERATOR.replace("name: docsign-operator", &format!("name: {}", world.namespace));
    world.plane.apply(&role).await?.success()?;
    let user = format!("{}-operator", world.namespace);
    world
        .plane
        .apply(&cluster_binding(&world.namespace, &user))
        .await?
        .success()?;
    let kubeconfig = world.plane.user_kubeconfig(&user, &[])?;
    let _operator = world
        .operator()
        .as_user(&kubeconfig)
        .start_ready(world.plane)
        .await?;
    world.apply(&paid_by("jane", "card", "Delete")).await?;
    world.issued("jane").await?;
    let said = eventually("the event", PATIENCE, async || {
        let events = world
            .kubectl(&[
                "get",
                "events",
                "-o",
                "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}",
            ])
            .await
            .ok()?;
        events
            .lines()
            .find(|event| event.starts_with("CardSecretKept"))
            .map(str::to_owned)
    })
    .await?;
    assert_eq!(
        said,
        "CardSecretKept: Secret card holds the card that the order was paid with, and could not be deleted: delete it. Where the operator may not, policies/card-role.yaml says what it needs"
    );
    // With that role, in this namespace, it can.
    let role = CARDS.replace(
        "name: docsign-operator-cards",
        &format!("name: {}-cards", world.namespace),
    );
    world.plane.apply(&role).await?.success()?;
    world
        .apply(&namespace_binding(
            "cards",
            "ClusterRole",
            &format!("{}-cards", world.namespace),
            &user,
        ))
        .await?;
    world.apply(&card("second")).await?;
    world.apply(&paid_by("joan", "second", "Delete")).await?;
    world.issued("joan").await?;
    let secrets: Api<Secret> = Api::namespaced(world.client.clone(), &world.namespace);
    assert!(secrets.get_opt("second").await.unwrap().is_none());

    // Deleted and applied again it finds its order, although the card is gone.
    let id = order_id(&world.orders().get("joan").await.unwrap());
    world.kubectl(&["delete", "dso", "joan"]).await?;
    world.apply(&paid_by("joan", "second", "Delete")).await?;
    assert_eq!(order_id(&world.issued("joan").await?), id);
    assert_eq!(world.simulator.journal().orders.len(), 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_revision_passes_every_gate_anew() -> Result<()> {
    let world = World::new("raised", QUICK).await?;
    let name = world.namespace.clone();
    let closed = json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "ClusterCertCentralAccount", "metadata": {"name": name},
        "spec": {"apiKeySecretRef": {"name": "certcentral"}, "endpoint": world.simulator.url(), "allowedNamespaces": {"names": ["another"]}},
    });
    world.apply(&closed).await?;
    let mut limited = world.account();
    limited["metadata"]["name"] = json!("limited");
    limited["spec"]["orderLimit"] = json!({"perDay": 1});
    world.apply(&limited).await?;
    let _operator = world.start().await?;
    let mut on_limited = order("limited");
    on_limited["spec"]["accountRef"] = json!({"name": "limited"});
    let orders = [order("elsewhere"), order("container"), on_limited];
    for manifest in &orders {
        world.apply(manifest).await?;
    }
    for manifest in &orders {
        world
            .issued(manifest["metadata"]["name"].as_str().unwrap())
            .await?;
    }
    let raised = [
        (
            "elsewhere",
            json!({"accountRef": {"kind": "ClusterCertCentralAccount", "name": name}}),
            "NotAllowed",
        ),
        ("container", json!({"order": {"containerId": 5}}), "NotAllowed"),
        ("limited", json!({}), "OrderLimit"),
    ];
    for (name, mut spec, _) in raised.clone() {
        spec["revision"] = json!(2);
        let patch = json!({"spec": spec}).to_string();
        world
            .kubectl(&["patch", "dso", name, "--type=merge", "-p", &patch])
            .await?;
    }
    for (name, _, reason) in raised {
        world
            .order_until(name, reason, |order| ready_reason(order) == Some(reason))
            .await?;
    }
    assert_eq!(world.simulator.journal().orders.len(), 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_renews_what_others_bought_on_a_shared_account() -> Result<()> {
    let world = World::without_account("renewals", QUICK).await?;
    let name = world.namespace.clone();
    world.apply(&world.secret(API_KEY)).await?;
    let account = json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "ClusterCertCentralAccount", "metadata": {"name": name},
        "spec": {
            "apiKeySecretRef": {"name": "certcentral"}, "endpoint": world.simulator.url(), "pollIntervalSeconds": 10,
            "allowedNamespaces": {"names": [name]},
        },
    });
    world.apply(&account).await?;
    let on_shared = |called: &str| {
        let mut order = order(called);
        order["spec"]["accountRef"] = json!({"kind": "ClusterCertCentralAccount", "name": name});
        order
    };
    let _operator = world.start().await?;
    world.apply(&on_shared("first")).await?;
    world.issued("first").await?;
    let mut own = on_shared("own");
    own["spec"]["order"]["renewalOf"] = json!({"name": "first"});
    world.apply(&own).await?;
    let renewed = order_id(&world.issued("own").await?).unwrap();
    let mut own = on_shared("own-by-id");
    own["spec"]["order"]["renewalOfOrderId"] = json!(renewed);
    world.apply(&own).await?;
    world.issued("own-by-id").await?;
    let mut foreign = on_shared("foreign");
    foreign["spec"]["order"]["renewalOfOrderId"] = json!(4711);
    world.apply(&foreign).await?;
    let refused = until_reason(&world, "foreign", "NotAllowed").await?;
    let message = refused.status.unwrap().conditions.into_iter();
    let message = message
        .filter(|condition| condition.type_ == "Ready")
        .map(|ready| ready.message);
    assert_eq!(
        message.collect::<Vec<_>>(),
        [format!(
            "spec.order.renewalOfOrderId: order 4711 was not bought from this namespace, so ClusterCertCentralAccount {name} does not let it be renewed here; its owner can (spec.allow.adoption)"
        )]
    );
    assert_eq!(world.simulator.journal().orders.len(), 3);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn adopting_ordering_anew_and_revoking_are_verbs_of_their_own() -> Result<()> {
    assert!(POLICY.contains(ANNOTATION_ORDER_ANEW));
    let world = World::new("verbs", QUICK).await?;
    let tenant = Tenant::new(&world).await?;
    // As if Git had written it: what the policy guards is the change.
    let mut bound = order("bound");
    bound["spec"]["existingOrderID"] = json!(4711);
    bound["spec"]["deletionPolicy"] = json!("Revoke");
    bound["metadata"]["annotations"] = json!({ANNOTATION_ORDER_ANEW: "a1"});
    world.apply(&bound).await?;
    world.plane.apply(POLICY).await?.success()?;
    let adopt = with(&order("adopt"), "/spec", "existingOrderID", json!(4711));
    eventually("the policy to be in force", PATIENCE, async || {
        tenant.apply(&adopt, true).await.err()
    })
    .await?;

    let namespace = &world.namespace;
    let anew = with(
        &order("anew"),
        "/metadata",
        "annotations",
        json!({ANNOTATION_ORDER_ANEW: "a1"}),
    );
    let revoke = with(&order("revoke"), "/spec", "deletionPolicy", json!("Revoke"));
    let guarded = [
        (
            "adopt",
            &adopt,
            format!(
                "spec.existingOrderID: you are not allowed to bind an order that exists: the verb adopt on documentsigningorders in namespace {namespace}"
            ),
        ),
        (
            "order-anew",
            &anew,
            format!(
                "metadata.annotations[docsign.dev/order-anew]: you are not allowed to let an order be placed anew: the verb order-anew on documentsigningorders in namespace {namespace}"
            ),
        ),
        (
            "revoke",
            &revoke,
            format!(
                "spec.deletionPolicy: you are not allowed to have certificates revoked: the verb revoke on documentsigningorders in namespace {namespace}"
            ),
        ),
    ];
    for (verb, manifest, refusal) in &guarded {
        let name = manifest["metadata"]["name"].as_str().unwrap();
        let refused = |answer: std::result::Result<(), String>| {
            let error = answer.unwrap_err();
            assert!(error.contains(refusal.as_str()), "{verb}: {error}");
        };
        refused(tenant.apply(manifest, false).await);
        // Nor by a change later on.
        tenant.apply(&order(name), false).await.unwrap();
        refused(tenant.apply(manifest, false).await);
        tenant.may(&world, verb).await?;
        eventually("the verb to be granted", PATIENCE, async || {
            tenant.apply(manifest, false).await.ok()
        })
        .await?;
    }
    tenant.may(&world, "none").await?;
    eventually("the verbs to be taken back", PATIENCE, async || {
        let other = with(&adopt, "/metadata", "name", json!("other"));
        tenant.apply(&other, true).await.err()
    })
    .await?;
    // What stands there already is nobody's wish anew.
    let edited = with(&bound, "/spec", "suspend", json!(true));
    tenant.apply(&edited, false).await.unwrap();
    Ok(())
}

/// Somebody who may write manifests in one namespace.
struct Tenant {
    namespace: String,
    user: String,
    kubeconfig: std::path::PathBuf,
    plane: &'static harness::ControlPlane,
}

impl Tenant {
    async fn new(world: &World) -> Result<Self> {
        let user = format!("{}-tenant", world.namespace);
        let tenant = Self {
            namespace: world.namespace.clone(),
            kubeconfig: world.plane.user_kubeconfig(&user, &[])?,
            user,
            plane: world.plane,
        };
        tenant.may(world, "none").await?;
        let binding = namespace_binding("tenant", "Role", "tenant", &tenant.user);
        world.apply(&binding).await?;
        Ok(tenant)
    }

    /// Gives him one verb more than those that write manifests.
    async fn may(&self, world: &World, verb: &str) -> Result<()> {
        let verbs = ["get", "list", "create", "update", "patch", verb];
        let role = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant"},
            "rules": [{"apiGroups": ["docsign.dev"], "resources": ["documentsigningorders"], "verbs": verbs}],
        });
        world.apply(&role).await
    }

    async fn apply(&self, manifest: &Value, dry_run: bool) -> std::result::Result<(), String> {
        let mut arguments = vec!["apply", "--namespace", &self.namespace, "-f", "-"];
        if dry_run {
            arguments.push("--dry-run=server");
        }
        let kubectl = self.plane.kubectl_as(&self.kubeconfig);
        let answer = kubectl.run_with_input(&arguments, &manifest.to_string()).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.code == Some(0) {
            Ok(())
        } else {
            Err(answer.stderr)
        }
    }
}

fn with(manifest: &Value, parent: &str, field: &str, value: Value) -> Value {
    let mut manifest = manifest.clone();
    manifest.pointer_mut(parent).unwrap()[field] = value;
    manifest
}

fn paying_by_card(world: &World) -> Value {
    let mut account = world.account();
    account["spec"]["allow"]["paymentMethods"] = json!(["balance", "card"]);
    account
}

fn card(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {
        "number": "4111111111111111", "expirationMonth": "12", "expirationYear": "2031", "cvv": "123",
        "cardholderName": "Jane Doe",
    }})
}

fn paid_by(name: &str, card: &str, after_order: &str) -> Value {
    let mut order = order(name);
    let fields = &mut order["spec"]["order"];
    fields["paymentMethod"] = json!("card");
    fields["creditCardFrom"] = json!({"secretRef": {"name": card}, "afterOrder": after_order});
    fields["billingAddress"] =
        json!({"address": "1 Main Street", "city": "Lehi", "state": "UT", "country": "us", "zip": "84043"});
    order
}

fn cluster_binding(role: &str, user: &str) -> String {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": role},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    })
    .to_string()
}

async fn until_reason(world: &World, name: &str, reason: &str) -> Result<DocumentSigningOrder> {
    world
        .order_until(name, reason, |order| {
            ready_reason(order) == Some(reason)
                && condition(order, "Stalled").is_some_and(|stalled| stalled.0 == "True")
        })
        .await
}

fn namespace_binding(name: &str, kind: &str, role: &str, user: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    })
}
