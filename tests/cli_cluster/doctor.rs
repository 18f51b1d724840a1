//! `docsign doctor`: each cause in one line.

use docsign::simulator::{Effect, Endpoint, People};
use serde_json::{Value, json};

use crate::harness::Result;
use crate::transcript::{Said, docsign, said};
use crate::world::{self, World};
use crate::{account_ready, cli, fault, lines};

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_each_cause_in_one_line() -> Result<()> {
    let world = World::new("cli-doctor", People::Manual).await?;
    let allow = ["--allowed-endpoints", &world.simulator.url()].map(str::to_owned);
    let doctor = |more: &[&str]| {
        let allow: Vec<_> = allow.iter().map(String::as_str).collect();
        cli(&world, &[&["doctor", "main"], &allow[..], more].concat())
    };
    let failed = |said: &Said| {
        assert_eq!(said.code, 1, "{said:?}");
        let failed: Vec<_> = lines(&said.out, &["failed"])
            .into_iter()
            .map(str::to_owned)
            .collect();
        assert_eq!(failed.len(), 1, "{said:?}");
        failed[0].clone()
    };

    assert_eq!(
        failed(&doctor(&[])),
        "failed  operator     no operator has looked at this account as it is now: is one running that serves this namespace?"
    );
    assert_eq!(
        failed(&cli(&world, &["doctor"])),
        "failed  endpoint     the operator has not accepted spec.endpoint, so the key is not sent there: start the operator with it in --allowed-endpoints, or name it here the same way"
    );
    let refuse = |endpoint, status, code: &str| {
        let code = code.to_owned();
        let message = String::new();
        world.simulator.install(fault(
            endpoint,
            Effect::Refuse {
                status,
                code,
                message,
            },
        ));
    };
    refuse(Endpoint::Product, 404, "not_found|product");
    assert_eq!(
        failed(&doctor(&[])),
        "failed  product      the product ds_individual can't be ordered with this key: have DigiCert switch it on for the account"
    );
    refuse(Endpoint::Alternate, 403, "access_denied|missing_permission");
    assert_eq!(
        failed(&doctor(&[])),
        "failed  permissions  the key may not look orders up, and nothing is ordered that can't be: give the key access to orders, requests and certificates"
    );
    world.apply(&world.secret("a-wrong-key")).await?;
    let wrong = doctor(&[]);
    assert_eq!(
        failed(&wrong),
        "failed  key          CertCentral does not accept the API key: put a valid one into the Secret, and check that spec.region is the key's region"
    );
    assert!(!format!("{wrong:?}").contains("a-wrong-key"), "{wrong:?}");
    world.kubectl(&["delete", "secret", "certcentral"]).await?;
    assert_eq!(
        failed(&doctor(&[])),
        format!(
            "failed  secret       Secret {}/certcentral does not exist; create it with the API key under the key api-key",
            world.namespace
        )
    );
    world.apply(&world.secret(world::API_KEY)).await?;

    // A port that nobody listens on.
    let mut away = world.account();
    away["metadata"]["name"] = json!("away");
    away["spec"]["endpoint"] = json!("http://127.0.0.1:9/services/v2");
    world.apply(&away).await?;
    let arguments = [
        "doctor",
        "away",
        "--allowed-endpoints",
        "http://127.0.0.1:9/services/v2",
    ];
    let away = cli(&world, &arguments);
    assert_eq!(
        lines(&away.out, &["failed"]),
        ["failed  endpoint     no connection to CertCentral"]
    );
    assert_eq!(cli(&world, &["doctor", "nobody"]).code, 2);

    let _operator = world.start().await?;
    account_ready(&world).await?;
    let healthy = cli(&world, &["doctor", "main"]);
    assert_eq!(
        (healthy.code, healthy.out),
        (
            0,
            format!(
                "CertCentralAccount main\n\
         ok      endpoint     {}\n\
         ok      key          CertCentral accepts it, with the role Administrator\n\
         ok      product      ds_individual can be ordered\n\
         ok      permissions  the key may look orders up\n\
         ok      clock        within 30 s of CertCentral's\n\
         ok      correlation  not verified yet: the first order shows whether it is found again by its alternative order ID\n\
         ok      operator     the operator uses this account\n",
                world.simulator.url(),
            )
        )
    );
    assert_eq!(world.simulator.journal().orders.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_needs_no_cluster_with_an_endpoint_and_a_key() -> Result<()> {
    let world = World::without_account("cli-bare", People::Manual).await?;
    let directory = world.plane.directory();
    let right = directory.write("key.txt", &format!("{}\n", world::API_KEY))?;
    let wrong = directory.write("wrong.txt", "wrong\n")?;
    let url = world.simulator.url();
    for (key, code, checks) in [(right, 0, 6), (wrong, 1, 6)] {
        let key = key.display().to_string();
        let arguments = ["doctor", "--endpoint", &url, "--api-key-file", &key, "-o", "json"];
        let answer = tokio::task::block_in_place(|| said(docsign(directory.path(), &arguments), ""));
        assert_eq!(answer.code, code, "{answer:?}");
        let json: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(
            json["accounts"][0]["checks"].as_array().unwrap().len(),
            checks,
            "{json}"
        );
    }
    Ok(())
}
