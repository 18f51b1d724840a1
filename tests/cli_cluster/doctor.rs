//! `docsign doctor`: each cause in one line, with what to do.

use docsign::api::{crd_yaml, crds};
use docsign::simulator::{Effect, Endpoint, People};
use serde_json::{Value, json};

use crate::harness::{ControlPlane, Options, Result};
use crate::transcript::{Said, docsign, said};
use crate::world::{self, World};
use crate::{account_ready, cli, fault, lines};

/// The only line that says that something failed.
fn failed(said: &Said) -> String {
    assert_eq!(said.code, 1, "{said:?}");
    let failed = lines(&said.out, &["failed"]);
    assert_eq!(failed.len(), 1, "{said:?}");
    failed[0].to_owned()
}

/// What goes wrong with which call, and the line that says so.
fn troubles() -> Vec<(Endpoint, Effect, &'static str)> {
    let refuse = |status, code: &str| Effect::Refuse {
        status,
        code: code.to_owned(),
        message: String::new(),
    };
    let html = |status| Effect::Html {
        status,
        after_commit: false,
    };
    vec![
        (
            Endpoint::User,
            refuse(403, "access_denied|access_denied_invalid_key"),
            "failed  key          CertCentral does not accept the API key: put a valid one into the Secret, and check that spec.region is the key's region",
        ),
        (
            Endpoint::User,
            refuse(404, "not_found|route"),
            "failed  endpoint     CertCentral refused (404 not_found|route): the address is not that of CertCentral's API: correct spec.region or spec.endpoint of the account; an endpoint ends in /services/v2",
        ),
        (
            Endpoint::Product,
            refuse(404, "not_found|product"),
            "failed  product      the product ds_individual can't be ordered with this key: have DigiCert switch it on for the account",
        ),
        (
            Endpoint::Alternate,
            refuse(403, "access_denied|missing_permission"),
            "failed  permissions  the key may not look orders up, and nothing is ordered that can't be: give the key access to orders, requests and certificates",
        ),
        (
            Endpoint::User,
            Effect::Unavailable { after_commit: false },
            "failed  endpoint     CertCentral is unavailable (503): maintenance, or a fault of its own; there is nothing to do but to wait",
        ),
        (
            Endpoint::Product,
            html(500),
            "failed  endpoint     CertCentral is unavailable (500): maintenance, or a fault of its own; there is nothing to do but to wait",
        ),
        (
            Endpoint::User,
            html(403),
            "failed  endpoint     an answer that is not CertCentral's (403): a proxy or firewall speaks in its place, or spec.endpoint is not the address of its API",
        ),
        (
            Endpoint::User,
            html(200),
            "failed  endpoint     an answer that is not JSON: a proxy or firewall speaks in its place, or spec.endpoint is not the address of its API",
        ),
        (
            Endpoint::Alternate,
            Effect::TooManyRequests { retry_after: None },
            "failed  endpoint     too many calls with this API key: it is blocked for some minutes; if others use the key too, lower spec.rateLimit",
        ),
        (
            Endpoint::User,
            Effect::DropBeforeCommit,
            "failed  endpoint     the connection to CertCentral broke: a firewall or proxy may have cut it",
        ),
        (
            Endpoint::User,
            Effect::Stall { after_commit: false },
            "failed  endpoint     CertCentral did not answer in time: a firewall may swallow the calls; where a proxy is needed, name it in spec.proxyURL",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_certcentral_or_the_way_to_it_lacks_in_one_line() -> Result<()> {
    let world = World::new("doctor-remote", People::Manual).await?;
    let url = world.simulator.url();
    let main = ["doctor", "main", "--allowed-endpoints", &url];
    for (endpoint, effect, line) in troubles() {
        // A connection that breaks is tried once more where it was an old one: here they are all new.
        world.simulator.install(fault(endpoint, effect.clone()));
        assert_eq!(failed(&cli(&world, &main)), line, "{effect:?}");
        world.simulator.clear_faults();
    }

    let port = url.split('/').nth(2).unwrap();
    let tls = format!("https://{port}/services/v2");
    for (name, endpoint, proxy, line) in [
        (
            "nobody-listens",
            "http://127.0.0.1:9/services/v2",
            None,
            "failed  endpoint     no connection to CertCentral: check spec.endpoint and spec.proxyURL, and that a firewall lets this side out",
        ),
        (
            "no-such-host",
            "http://certcentral.invalid/services/v2",
            None,
            "failed  endpoint     the host name of CertCentral does not resolve: check the host of spec.endpoint and spec.proxyURL, and name resolution on this side",
        ),
        (
            "no-tls",
            tls.as_str(),
            None,
            "failed  endpoint     no TLS session with CertCentral: where a private CA signs its certificate (a proxy that opens TLS has one too), name that in spec.caBundleFrom",
        ),
        (
            "no-proxy",
            tls.as_str(),
            Some("http://127.0.0.1:9"),
            "failed  endpoint     no connection to CertCentral: check spec.endpoint and spec.proxyURL, and that a firewall lets this side out",
        ),
        (
            "wrong-path",
            &format!("http://{port}/services/v1"),
            None,
            "failed  endpoint     CertCentral refused (404 not_found|route): the address is not that of CertCentral's API: correct spec.region or spec.endpoint of the account; an endpoint ends in /services/v2",
        ),
    ] {
        let mut account = world.account();
        account["metadata"]["name"] = json!(name);
        account["spec"]["endpoint"] = json!(endpoint);
        if let Some(proxy) = proxy {
            account["spec"]["proxyURL"] = json!(proxy);
        }
        world.apply(&account).await?;
        let said = cli(&world, &["doctor", name, "--allowed-endpoints", endpoint]);
        assert_eq!(failed(&said), line, "{name}");
    }
    assert_eq!(world.simulator.journal().orders.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_the_cluster_lacks_in_one_line() -> Result<()> {
    let world = World::new("doctor-local", People::Manual).await?;
    let namespace = &world.namespace;
    let url = world.simulator.url();
    let main = ["doctor", "main", "--allowed-endpoints", &url];
    assert_eq!(
        failed(&cli(&world, &main)),
        "failed  operator     no operator has looked at this account as it is now: is one running that serves this namespace, and may it read the account's Secret? Its log says"
    );
    assert_eq!(
        failed(&cli(&world, &["doctor"])),
        "failed  endpoint     the operator has not accepted spec.endpoint, so the key is not sent there: start the operator with it in --allowed-endpoints, or name it here the same way"
    );

    let wrong = "a-wrong-key";
    for (secret, line) in [
        (
            json!({"api-key": wrong}),
            "failed  key          CertCentral does not accept the API key: put a valid one into the Secret, and check that spec.region is the key's region".to_owned(),
        ),
        (
            json!({"api-key": "two\nlines"}),
            "failed  key          spec.apiKeySecretRef: what the Secret holds can't be an API key: put the key alone there, in one line".to_owned(),
        ),
        (
            json!({"api-key": ""}),
            format!("failed  secret       Secret {namespace}/certcentral has nothing under the key api-key; put the API key there"),
        ),
        (
            json!({"api-key": " \n"}),
            format!("failed  secret       Secret {namespace}/certcentral has nothing under the key api-key; put the API key there"),
        ),
        (
            json!({"key": wrong}),
            format!("failed  secret       Secret {namespace}/certcentral has no key api-key; put the API key there"),
        ),
    ] {
        world.kubectl(&["delete", "secret", "certcentral"]).await?;
        let mut manifest = world.secret(wrong);
        manifest["stringData"] = secret;
        world.apply(&manifest).await?;
        let said = cli(&world, &main);
        assert_eq!(failed(&said), line);
        assert!(!format!("{said:?}").contains(wrong), "{said:?}");
    }
    world.kubectl(&["delete", "secret", "certcentral"]).await?;
    assert_eq!(
        failed(&cli(&world, &main)),
        format!(
            "failed  secret       Secret {namespace}/certcentral does not exist; create it with the API key under the key api-key"
        )
    );
    world.apply(&world.secret(world::API_KEY)).await?;

    let mut bundled = world.account();
    bundled["metadata"]["name"] = json!("bundled");
    bundled["spec"]["caBundleFrom"] = json!({"configMapKeyRef": {"name": "ca", "key": "ca.pem"}});
    world.apply(&bundled).await?;
    let with_bundle = ["doctor", "bundled", "--allowed-endpoints", &url];
    assert_eq!(
        failed(&cli(&world, &with_bundle)),
        format!(
            "failed  ca bundle    ConfigMap {namespace}/ca with the key ca.pem does not exist; create it"
        )
    );
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.pem": "nothing"}});
    world.apply(&map).await?;
    assert_eq!(
        failed(&cli(&world, &with_bundle)),
        "failed  ca bundle    spec.caBundleFrom: there is no certificate in PEM that can be read: put the CA's there"
    );
    assert_eq!(cli(&world, &["doctor", "nobody"]).code, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_is_not_allowed_in_one_line() -> Result<()> {
    let world = World::new("doctor-allowed", People::Manual).await?;
    let (namespace, url) = (&world.namespace, world.simulator.url());

    // A container that the account allows and the key may not use.
    let mut contained = world.account();
    contained["metadata"]["name"] = json!("contained");
    contained["spec"]["allow"] = json!({"containerIDs": [5, 6]});
    world.apply(&contained).await?;
    let mut not_there = fault(
        Endpoint::Product,
        Effect::Refuse {
            status: 403,
            code: "access_denied|missing_permission".to_owned(),
            message: String::new(),
        },
    );
    not_there.matching.contains = Some("container_id=6".to_owned());
    world.simulator.install(not_there);
    assert_eq!(
        failed(&cli(
            &world,
            &["doctor", "contained", "--allowed-endpoints", &url]
        )),
        "failed  containers   the key may not order in container 6: give its user that container (division) in CertCentral, or take it out of spec.allow.containerIDs"
    );

    // A cluster account that serves other namespaces. Its Secret lies in this one, which stands in for the operator's.
    let shared = format!("shared-{namespace}");
    let mut account = world.account();
    account["kind"] = json!("ClusterCertCentralAccount");
    account["metadata"]["name"] = json!(shared);
    world.apply(&account).await?;
    let arguments = [
        "doctor",
        &shared,
        "--cluster",
        "--operator-namespace",
        namespace,
        "--allowed-endpoints",
        &url,
    ];
    assert_eq!(
        failed(&cli(&world, &arguments)),
        format!(
            "failed  namespace    orders of namespace {namespace} may not use it: whoever owns the account can allow that in spec.allowedNamespaces"
        )
    );
    world
        .kubectl(&["delete", "clustercertcentralaccount", &shared])
        .await?;

    // A user who may read the account, and not its Secret.
    let user = format!("reader-{namespace}");
    let role = [
        "create",
        "role",
        "reader",
        "--verb=get,list",
        "--resource=certcentralaccounts.docsign.dev",
    ];
    world.kubectl(&role).await?;
    let user_flag = format!("--user={user}");
    world
        .kubectl(&["create", "rolebinding", "reader", "--role=reader", &user_flag])
        .await?;
    let kubeconfig = world.plane.user_kubeconfig(&user, &[])?;
    let said = tokio::task::block_in_place(|| {
        let arguments = ["doctor", "main", "-n", namespace, "--allowed-endpoints", &url];
        let mut command = docsign(world.plane.directory().path(), &arguments);
        command.env("KUBECONFIG", kubeconfig);
        said(command, "")
    });
    assert_eq!(
        failed(&said),
        format!(
            "failed  secret       you may not read Secret {namespace}/certcentral: ask for the right to get it, or have somebody run this who has it"
        )
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_definitions_that_are_missing_or_old() -> Result<()> {
    let plane = ControlPlane::start(Options::default()).await?;
    let doctor = || {
        tokio::task::block_in_place(|| {
            let mut command = docsign(plane.directory().path(), &["doctor", "main"]);
            command.env("KUBECONFIG", plane.kubeconfig());
            said(command, "")
        })
    };
    let line = |what: &str| {
        format!(
            "cluster\nfailed  definitions  CustomResourceDefinition documentsigningorders.docsign.dev {what}; apply those of this version: docsign crds | kubectl apply --server-side -f -\n"
        )
    };
    let missing = doctor();
    assert_eq!((missing.code, missing.out), (1, line("is not there")));
    let mut old = serde_json::to_value(&crds()[0]).unwrap();
    let status = "/spec/versions/0/schema/openAPIV3Schema/properties/status/properties";
    let fields = old.pointer_mut(status).unwrap().as_object_mut().unwrap();
    fields.remove("attempt").unwrap();
    plane.apply(&old.to_string()).await?.success()?;
    let wait = [
        "wait",
        "--for=condition=Established",
        "crd",
        "--all",
        "--timeout=60s",
    ];
    plane.kubectl(&wait).await?.success()?;
    let old = doctor();
    assert_eq!(
        (old.code, old.out),
        (1, line("lacks .status.attempt, it is older than this docsign"))
    );
    let all: Vec<_> = crds().iter().map(crd_yaml).collect();
    plane.apply(&all.join("---\n")).await?.success()?;
    plane.kubectl(&wait).await?.success()?;
    assert_eq!(doctor().code, 2, "there is no account main");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_a_healthy_account_healthy() -> Result<()> {
    let world = World::new("doctor-healthy", People::Manual).await?;
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
