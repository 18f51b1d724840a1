//! Whatever is held for a person is settled by a person, under both policies: the manifest says what to look for and
//! where, `docsign resolve` or the annotation says what was found, and nothing is bought in between.

use docsign::api::ANNOTATION_ORDER_ANEW;
use docsign::domain::order_key::{ClusterName, OrderKey};
use docsign::simulator::{Effect, Endpoint, Fault, Matching, People};
use serde_json::json;
use tokio::try_join;

use crate::cli;
use crate::harness::{CLUSTER, Child, Result};
use crate::world::{API_KEY, World, order, order_id, ready_reason};

/// Times so short that an attempt of unknown outcome is held, or proven absent, within seconds.
const SHORT: &str = "deadline=5,place=5,floor=5,settle=5,quiet=5,look-up=1,longest=5";

const CSR: &str = include_str!("../../examples/own-token.csr.pem");

/// A world with an account of this policy.
async fn begin(name: &str, policy: &str) -> Result<(World, Child)> {
    let world = World::new(&format!("{name}-{}", policy.to_lowercase()), People::Manual).await?;
    let mut account = world.account();
    account["spec"]["unresolved"] = json!({"policy": policy});
    world.apply(&account).await?;
    let operator = world.operator().with(&["--test-times", SHORT]);
    let operator = operator.start_ready(world.plane).await?;
    Ok((world, operator))
}

/// The same, once the account is known to let orders be looked up by their tokens.
async fn begin_exact(name: &str, policy: &str) -> Result<(World, Child)> {
    let (world, operator) = begin(name, policy).await?;
    world.apply(&order("first")).await?;
    bound(&world, "first").await?;
    world
        .kubectl(&[
            "wait",
            "cca/main",
            "--for=jsonpath={.status.correlation.method}=Exact",
            "--timeout=120s",
        ])
        .await?;
    Ok((world, operator))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_stays_unknown_is_settled_by_a_person() -> Result<()> {
    // Absence is provable here. One policy orders a second time on the proof, and holds after that; the other holds.
    let hold = async {
        let (world, _operator) = begin_exact("unknown", "Hold").await?;
        never_arrives(&world, 1);
        let attempt = unknown(&world).await?;
        assert_eq!(spent(&world), (1, 2));
        assert_eq!(absences(&world).await, 0);
        let settled = cli(&world, &["resolve", "jane", "--order-anew", "--yes"]);
        assert!(settled.code == 0 && settled.out.contains(&attempt), "{settled:?}");
        bound(&world, "jane").await?;
        assert_eq!(spent(&world), (2, 3));
        Ok(())
    };
    let when_proven = async {
        let (world, _operator) = begin_exact("unknown", "WhenProven").await?;
        never_arrives(&world, 2);
        let attempt = unknown(&world).await?;
        assert_eq!(spent(&world), (1, 3));
        assert_eq!(absences(&world).await, 1);
        let answer = format!("{ANNOTATION_ORDER_ANEW}={attempt}");
        world.kubectl(&["annotate", "dso", "jane", &answer]).await?;
        bound(&world, "jane").await?;
        assert_eq!(spent(&world), (2, 4));
        Ok(())
    };
    try_join!(hold, when_proven).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_orders_with_one_key_a_person_chooses() -> Result<()> {
    async fn choose(policy: &str) -> Result<()> {
        let (world, _operator) = begin_exact("several", policy).await?;
        let token = token(&world, "jane");
        let ids = [
            by_hand(&world, Some(&token)).await,
            by_hand(&world, Some(&token)).await,
        ];
        world.apply(&order("jane")).await?;
        let message = held(&world, "jane", "DuplicateOrders").await?;
        let either = |one, other| {
            format!(
                "orders {one}, {other} all carry this manifest's key {token}: look at them in CertCentral, cancel what is not wanted, and bind one with spec.existingOrderID"
            )
        };
        assert!(
            [either(ids[0], ids[1]), either(ids[1], ids[0])].contains(&message),
            "{message}"
        );
        let settled = cli(
            &world,
            &["resolve", "jane", "--adopt", &ids[1].to_string(), "--yes"],
        );
        assert_eq!(settled.code, 0, "{settled:?}");
        assert_eq!(bound(&world, "jane").await?, ids[1]);
        // The first order, and the two by hand.
        assert_eq!(spent(&world), (3, 3));
        Ok(())
    }
    try_join!(choose("Hold"), choose("WhenProven")).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_order_without_a_key_is_this_one_a_person_says() -> Result<()> {
    async fn ask(policy: &str, is_this_one: bool) -> Result<()> {
        let (world, _operator) = begin("maybe", policy).await?;
        let id = by_hand(&world, None).await;
        world.apply(&order("jane")).await?;
        assert_eq!(
            held(&world, "jane", "PossibleDuplicate").await?,
            format!(
                "orders {id} may be this one: they are open, no manifest owns them, and they carry no key. If one is, set spec.existingOrderID to its number; if none is, set the annotation docsign.dev/order-anew: \"{id}\""
            )
        );
        assert_eq!(spent(&world), (1, 1));
        let number = id.to_string();
        let answer = if is_this_one {
            vec!["--adopt", number.as_str()]
        } else {
            vec!["--order-anew"]
        };
        let settled = cli(
            &world,
            &[&["resolve", "jane", "--yes"], answer.as_slice()].concat(),
        );
        assert_eq!(settled.code, 0, "{settled:?}");
        let is = bound(&world, "jane").await?;
        assert_eq!(
            (is == id, spent(&world)),
            (is_this_one, if is_this_one { (1, 1) } else { (2, 2) })
        );
        Ok(())
    }
    try_join!(ask("Hold", false), ask("WhenProven", true)).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_bought_for_other_inputs_is_settled_by_putting_them_back() -> Result<()> {
    async fn put_back(policy: &str) -> Result<()> {
        let (world, _operator) = begin("changed", policy).await?;
        world.apply(&order("jane")).await?;
        let id = bound(&world, "jane").await?;
        world.kubectl(&["delete", "dso", "jane"]).await?;
        let mut other = order("jane");
        other["spec"]["order"]["orderValidity"] = json!({"years": 2});
        world.apply(&other).await?;
        assert_eq!(
            held(&world, "jane", "OrderChanged").await?,
            format!(
                "order {id} was bought under this name, and the manifest asks for something else now: put the inputs back, bind it with spec.existingOrderID: {id}, or raise spec.revision to buy another"
            )
        );
        world.apply(&order("jane")).await?;
        assert_eq!(bound(&world, "jane").await?, id);
        assert_eq!(spent(&world), (1, 1));
        Ok(())
    }
    try_join!(put_back("Hold"), put_back("WhenProven")).map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_foreign_order_is_never_bound() -> Result<()> {
    async fn refuse(policy: &str) -> Result<()> {
        let (world, _operator) = begin_exact("foreign", policy).await?;
        let first = bound(&world, "first").await?;
        let by_hand = by_hand(&world, None).await;
        let wrong = [
            (
                "longer",
                "orderValidity",
                json!({"years": 2}),
                "it is valid for 1 years, not 2",
            ),
            (
                "shipped",
                "csProvisioningMethod",
                json!("email"),
                "its csProvisioningMethod is client_app, not email",
            ),
        ];
        for (name, field, value, unlike) in wrong {
            let mut wrong = order(name);
            wrong["spec"]["order"][field] = value;
            if name == "shipped" {
                wrong["spec"]["order"]["certificate"] = json!({"csr": CSR});
            }
            wrong["spec"]["existingOrderID"] = json!(by_hand);
            world.apply(&wrong).await?;
            assert_eq!(
                held(&world, name, "OrderMismatch").await?,
                format!(
                    "order {by_hand} is not what this manifest asks for: {unlike}. Put the manifest right, or raise spec.revision to buy another"
                )
            );
        }
        let mut foreign = order("foreign");
        foreign["spec"]["existingOrderID"] = json!(first);
        world.apply(&foreign).await?;
        assert_eq!(
            held(&world, "foreign", "NotAllowed").await?,
            format!("order {first} can't be bound: another manifest owns it")
        );
        assert_eq!(spent(&world), (2, 2));
        Ok(())
    }
    try_join!(refuse("Hold"), refuse("WhenProven")).map(drop)
}

/// The next so many orders never reach CertCentral, and nobody can know.
fn never_arrives(world: &World, times: u64) {
    world.simulator.install(Fault {
        matching: Matching {
            endpoint: Some(Endpoint::Place),
            times: Some(times),
            ..Matching::default()
        },
        effect: Effect::DropBeforeCommit,
    });
}

/// Orders `jane`; waits until its outcome is held as unknown, with all that is to be said. Gives the attempt.
async fn unknown(world: &World) -> Result<String> {
    world.apply(&order("jane")).await?;
    let message = held(world, "jane", "OutcomeUnknown").await?;
    let purchase = purchase(world, "jane").await;
    let attempt = purchase.spec.attempt.unwrap();
    assert_eq!(
        message,
        format!(
            "the order was sent and its outcome was never learned. Look in CertCentral for an order with alternative order ID {token} (also in its comments), placed about {start}: if it exists set spec.existingOrderID to its number; if it does not, set the annotation docsign.dev/order-anew: {id}",
            token = token(world, "jane"),
            start = attempt.start_time.0,
            id = attempt.id
        )
    );
    Ok(attempt.id)
}

async fn absences(world: &World) -> i64 {
    purchase(world, "jane").await.spec.absences.into()
}

async fn purchase(world: &World, name: &str) -> docsign::api::Purchase {
    let token = token(world, name);
    let own = world.own_purchases().await;
    own.into_iter()
        .find(|purchase| purchase.metadata.name.as_deref() == Some(token.as_str()))
        .unwrap()
}

/// Waits until an order is held for this reason, and for a person; gives the message.
async fn held(world: &World, name: &str, reason: &str) -> Result<String> {
    let order = world
        .order_until(name, reason, |order| ready_reason(order) == Some(reason))
        .await?;
    let status = order.status.unwrap();
    assert_eq!(status.waiting_for.as_deref(), Some("Owner"));
    let shown = |type_: &str| {
        let condition = status
            .conditions
            .iter()
            .find(|condition| condition.type_ == type_)
            .unwrap();
        (
            condition.status.clone(),
            condition.reason.clone(),
            condition.message.clone(),
        )
    };
    let (stalled, because, _) = shown("Stalled");
    assert_eq!((stalled.as_str(), because.as_str()), ("True", reason));
    Ok(shown("Ready").2)
}

/// Waits until an order has its number.
async fn bound(world: &World, name: &str) -> Result<i64> {
    let order = world
        .order_until(name, "the order to be bound", |order| order_id(order).is_some())
        .await?;
    Ok(order_id(&order).unwrap())
}

/// Orders that CertCentral has, and POSTs that arrived.
fn spent(world: &World) -> (usize, u64) {
    let journal = world.simulator.journal();
    (journal.orders.len(), journal.count(Endpoint::Place).total)
}

fn token(world: &World, name: &str) -> String {
    let cluster = ClusterName::parse(CLUSTER).unwrap();
    OrderKey::new(cluster, world.namespace.as_str(), name, 1)
        .token()
        .to_string()
}

/// Places an order as a person does in CertCentral's own console; gives its number.
async fn by_hand(world: &World, token: Option<&str>) -> i64 {
    let mut body = json!({
        "certificate": {"signature_hash": "sha256", "usage_designation": {"primary_usage": "signing", "additional_usages": ["document_signing"]}},
        "cs_provisioning_method": "client_app", "order_validity": {"years": 1}, "payment_method": "balance", "csa_agreed_to": true,
        "individual": {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "telephone": "+1-555-555-5555", "country": "us"},
    });
    if let Some(token) = token {
        body["alternative_order_id"] = json!(token);
    }
    let answer = reqwest::Client::new()
        .post(format!(
            "{}/order/certificate/ds_individual",
            world.simulator.url()
        ))
        .header("x-dc-devkey", API_KEY)
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    let journal = world.simulator.journal();
    i64::try_from(journal.orders.last().unwrap().order_id).unwrap()
}
