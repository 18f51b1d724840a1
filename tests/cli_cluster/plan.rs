//! `docsign plan NAME`: what the operator would do next, without asking CertCentral.

use docsign::simulator::People;
use serde_json::{Value, json};

use crate::harness::Result;
use crate::transcript::{docsign, said};
use crate::world::{QUICK, World, order, order_id};
use crate::{account_ready, cli, lines};

#[tokio::test(flavor = "multi_thread")]
async fn plan_tells_the_life_of_an_order() -> Result<()> {
    let world = World::new("cli-plan", People::Manual).await?;
    world.apply(&order("jane")).await?;
    let plan = |more: &[&str]| cli(&world, &[&["plan", "jane"], more].concat());

    let unknown = plan(&[]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err.contains("add --cluster-name"), "{unknown:?}");
    let waiting = plan(&["--cluster-name", "test"]);
    assert_eq!(
        lines(&waiting.out, &["next", "because", "purchase"]),
        [
            "next       wait",
            "because    the account, its limits or a failure before do not let an order be placed now (row GateClosed)",
            "purchase   none",
        ]
    );

    let operator = world.start().await?;
    world
        .order_until("jane", "the order to be placed", |order| {
            order_id(order).is_some()
        })
        .await?;
    account_ready(&world).await?;
    operator.kill_and_wait().await?;

    // Nobody acts now: what is said is what the next operator will do.
    let calls = world.simulator.journal().calls;
    world.apply(&order("john")).await?;
    let next = cli(&world, &["plan", "john", "--cluster-name", "test"]);
    assert_eq!(
        lines(&next.out, &["next", "because", "then", "purchase"]),
        [
            "next       look in CertCentral for an order with this key",
            "because    nothing was bought under this key, as far as is known here (row LookUp)",
            "then       if it is found it is bound; if not, the key is claimed and the order is placed",
            "purchase   none",
        ]
    );
    assert!(next.out.contains(r#""first_name": "***""#), "{next:?}");
    for personal in ["Jane", "Doe", "@example.com", "555"] {
        assert!(!next.out.contains(personal), "{next:?}");
    }

    let mut refused = order("carl");
    refused["spec"]["order"]["containerId"] = json!(7);
    world.apply(&refused).await?;
    let refused = cli(&world, &["plan", "carl", "--cluster-name", "test"]);
    assert_eq!(
        lines(&refused.out, &["next", "shows"]),
        [
            "next       wait",
            "shows      NotAllowed: spec.order.containerId: CertCentralAccount main does not allow this container (spec.allow.containerIDs)",
        ]
    );

    let known = plan(&["-o", "json"]);
    let known: Value = serde_json::from_str(&known.out).unwrap();
    let id = world.simulator.journal().orders[0].order_id;
    assert!(
        known["purchase"]
            .as_str()
            .unwrap()
            .starts_with(&format!("bought, order {id}")),
        "{known}"
    );
    assert_eq!(known["shows"]["orderID"], json!(id));
    assert_eq!(known["body"], Value::Null);
    assert_eq!(
        world.simulator.journal().calls,
        calls,
        "it asks CertCentral nothing"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_the_plan_of_his_order_without_seeing_purchases() -> Result<()> {
    let world = World::new("cli-tenant", QUICK).await?;
    let _operator = world.start().await?;
    world.apply(&order("jane")).await?;
    let issued = world.issued("jane").await?;
    let user = format!("{}-owner", world.namespace);
    world
        .kubectl(&[
            "create",
            "role",
            "owner",
            "--verb=get",
            "--resource=documentsigningorders.docsign.dev",
        ])
        .await?;
    world
        .kubectl(&[
            "create",
            "rolebinding",
            "owner",
            "--role=owner",
            &format!("--user={user}"),
        ])
        .await?;
    let kubeconfig = world.plane.user_kubeconfig(&user, &[])?;
    let arguments = ["plan", "jane", "-n", &world.namespace];
    let plan = tokio::task::block_in_place(|| {
        let mut command = docsign(world.plane.directory().path(), &arguments);
        command.env("KUBECONFIG", kubeconfig);
        said(command, "")
    });
    assert_eq!(plan.code, 0, "{plan:?}");
    let id = order_id(&issued).unwrap();
    assert_eq!(
        lines(&plan.out, &["next", "because", "shows", "purchase", "note"]),
        [
            "next       wait",
            "because    the order exists, and no look at it is due (row Known)",
            "shows      Issued: the certificate is issued",
            &format!(
                "purchase   bought, order {id}, attempt {}",
                issued.status.unwrap().attempt.unwrap()
            ),
            "note       you may not read purchases: the status is taken for the whole truth",
            "note       you may not read CertCentralAccount main: it is taken as not checked yet",
        ]
    );
    Ok(())
}
