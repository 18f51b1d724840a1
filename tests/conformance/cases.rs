//! The cases that both servers are put through.

use futures::future::{FutureExt, LocalBoxFuture};
use serde_json::{Value, json};

use crate::session::Session;

type Case = fn(Session) -> LocalBoxFuture<'static, Session>;

/// All cases by name.
pub const ALL: &[(&str, Case)] = &[
    ("create", |session| create(session).boxed_local()),
    ("replace", |session| replace(session).boxed_local()),
    ("status", |session| status(session).boxed_local()),
    ("patch", |session| patch(session).boxed_local()),
    ("delete", |session| delete(session).boxed_local()),
    ("finalizers", |session| finalizers(session).boxed_local()),
    ("purchase", |session| purchase(session).boxed_local()),
    ("rules", |session| rules(session).boxed_local()),
    ("schema", |session| schema(session).boxed_local()),
    ("list", |session| list(session).boxed_local()),
    ("watch", |session| watch(session).boxed_local()),
    ("watch ends", |session| watch_ends(session).boxed_local()),
    ("old watch", |session| old_watch(session).boxed_local()),
    ("built in", |session| built_in(session).boxed_local()),
    ("namespace", |session| namespace(session).boxed_local()),
    ("paths", |session| paths(session).boxed_local()),
];

fn order(name: &str) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder", "metadata": {"name": name},
        "spec": {"accountRef": {"name": "main"}, "order": {
            "csProvisioningMethod": "client_app", "orderValidity": {"years": 1}, "paymentMethod": "balance",
            "individual": {"firstName": "Jane", "lastName": "Doe", "email": "jane@example.com", "telephone": "+1-555-555-5555", "country": "us"},
        }},
    })
}

fn record(name: &str, state: &str) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "Purchase", "metadata": {"name": name},
        "spec": {
            "orderKey": "test/a/b/1", "orderRef": {"namespace": "a", "name": "b"}, "account": {"kind": "CertCentralAccount", "name": "main"},
            "attempt": {"id": "one", "startTime": "2026-01-01T00:00:00Z", "deadlineTime": "2026-01-01T00:01:00Z"}, "state": state,
        },
    })
}

async fn create(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let mut wished = order("a");
    wished["metadata"]["generation"] = json!(7);
    wished["metadata"]["uid"] = json!("mine");
    wished["spec"]["unknown"] = json!(1);
    wished["spec"]["order"]["individual"]["shoeSize"] = json!(44);
    wished["spec"]["suspend"] = Value::Null;
    wished["status"] = json!({"orderID": 5});
    session.send("POST", &path, &wished).await;
    session.get(&format!("{path}/a")).await;
    session.send("POST", &path, &wished).await;
    session.get(&format!("{path}/b")).await;
    session
        .send("POST", &path, &json!({"metadata": {}, "spec": {}}))
        .await;
    let elsewhere = path.replace(&session.namespace, "nowhere");
    session.send("POST", &elsewhere, &order("a")).await;
    session
}

async fn replace(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let mut whole = session.send("POST", &path, &order("model")).await;
    // With every default written out: else the first replacement adds them to what its writer owns.
    whole["metadata"] = json!({"name": "a"});
    session.send("POST", &path, &whole).await;
    let one = format!("{path}/a");
    // And with a status of its own: the default one is stored by the first replacement.
    let said = json!({"status": {"waitingFor": "Owner"}});
    let first = session.send("PATCH", &format!("{one}/status"), &said).await;
    session.send("PUT", &one, &first).await;
    let mut second = first.clone();
    second["spec"]["suspend"] = json!(true);
    session.send("PUT", &one, &second).await;
    session.send("PUT", &one, &second).await;
    let mut third = session.get(&one).await;
    third["metadata"]["labels"] = json!({"a": "b"});
    third["metadata"]["generation"] = json!(99);
    third["status"] = json!({"orderID": 5});
    let fourth = session.send("PUT", &one, &third).await;
    let mut other = fourth.clone();
    other["metadata"]["uid"] = json!("00000000-0000-0000-0000-000000000000");
    session.send("PUT", &one, &other).await;
    let mut blind = fourth.clone();
    blind["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    session.send("PUT", &one, &blind).await;
    session.send("PUT", &format!("{path}/b"), &fourth).await;
    let mut missing = order("b");
    missing["metadata"]["resourceVersion"] = json!("1");
    session.send("PUT", &format!("{path}/b"), &missing).await;
    session
}

async fn status(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let first = session.send("POST", &path, &order("a")).await;
    let one = format!("{path}/a/status");
    let mut second = first.clone();
    second["status"] = json!({"observedGeneration": 1, "orderID": 4_294_967_299_i64, "unknown": 1});
    second["spec"]["suspend"] = json!(true);
    second["metadata"]["labels"] = json!({"a": "b"});
    second["metadata"]["finalizers"] = json!(["a.example/b"]);
    session.send("PUT", &one, &second).await;
    session.send("PUT", &one, &second).await;
    session
        .send(
            "PATCH",
            &one,
            &json!({"status": {"waitingFor": "Nobody"}, "spec": {"suspend": true}}),
        )
        .await;
    session
        .send("PATCH", &one, &json!({"status": {"waitingFor": Value::Null}}))
        .await;
    let mut third = session.get(&one).await;
    third.as_object_mut().unwrap().remove("status");
    session.send("PUT", &format!("{path}/a"), &third).await;
    session
        .send("PATCH", &format!("{path}/b/status"), &json!({"status": {}}))
        .await;
    session
}

async fn patch(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let first = session.send("POST", &path, &order("a")).await;
    let one = format!("{path}/a");
    session
        .send("PATCH", &one, &json!({"metadata": {"annotations": {"x": "y"}}}))
        .await;
    session
        .send("PATCH", &one, &json!({"metadata": {"annotations": {"x": "y"}}}))
        .await;
    let stale = json!({"metadata": {"annotations": {"x": "z"}, "resourceVersion": first["metadata"]["resourceVersion"]}});
    session.send("PATCH", &one, &stale).await;
    session
        .send(
            "PATCH",
            &one,
            &json!({"metadata": {"annotations": {"x": Value::Null}}}),
        )
        .await;
    session
        .send(
            "PATCH",
            &one,
            &json!({"spec": {"suspend": true}, "status": {"orderID": 1}}),
        )
        .await;
    session
        .send("PATCH", &format!("{path}/b"), &json!({"spec": {"suspend": true}}))
        .await;
    session
}

async fn delete(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let first = session.send("POST", &path, &order("a")).await;
    let one = format!("{path}/a");
    let wrong = json!({"preconditions": {"uid": "00000000-0000-0000-0000-000000000000"}});
    session.send("DELETE", &one, &wrong).await;
    let stale = json!({"preconditions": {"resourceVersion": "1"}});
    session.send("DELETE", &one, &stale).await;
    let right = json!({"preconditions": {"uid": first["metadata"]["uid"]}});
    session.send("DELETE", &one, &right).await;
    session.send("DELETE", &one, &Value::Null).await;
    session.get(&one).await;
    session.send("POST", &path, &order("a")).await;
    session
}

async fn finalizers(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let mut held = order("a");
    held["metadata"]["finalizers"] = json!(["docsign.dev/a", "docsign.dev/b"]);
    session.send("POST", &path, &held).await;
    let one = format!("{path}/a");
    session.send("DELETE", &one, &Value::Null).await;
    session.send("DELETE", &one, &Value::Null).await;
    let more = json!({"metadata": {"finalizers": ["docsign.dev/a", "docsign.dev/b", "docsign.dev/c"]}});
    session.send("PATCH", &one, &more).await;
    session
        .send("PATCH", &one, &json!({"spec": {"suspend": true}}))
        .await;
    session
        .send(
            "PATCH",
            &format!("{one}/status"),
            &json!({"status": {"waitingFor": "Owner"}}),
        )
        .await;
    session
        .send(
            "PATCH",
            &one,
            &json!({"metadata": {"finalizers": ["docsign.dev/b"]}}),
        )
        .await;
    session
        .send("PATCH", &one, &json!({"metadata": {"finalizers": []}}))
        .await;
    session.get(&one).await;
    session
}

async fn purchase(mut session: Session) -> Session {
    let path = Session::cluster("purchases");
    let (open, bought) = (
        format!("{}-1", session.namespace),
        format!("{}-2", session.namespace),
    );
    let mut first = session.send("POST", &path, &record(&open, "Open")).await;
    session.send("POST", &path, &record(&open, "Open")).await;
    session.send("POST", &path, &record(&bought, "Bought")).await;
    let one = format!("{path}/{open}");
    session
        .send("PATCH", &format!("{one}/status"), &json!({"status": {}}))
        .await;
    first["spec"]["state"] = json!("Closed");
    first["spec"]["orderIDs"] = json!([1, 2]);
    let second = session.send("PUT", &one, &first).await;
    session.send("PUT", &one, &first).await;
    session.send("PUT", &one, &second).await;
    for state in ["Open", "Closed"] {
        session
            .get(&format!(
                "{path}?fieldSelector=spec.state%3D{state},metadata.name%3D{open}"
            ))
            .await;
    }
    session
        .get(&format!("{path}?fieldSelector=spec.reason%3DPlaced"))
        .await;
    for name in [open, bought] {
        session
            .send("DELETE", &format!("{path}/{name}"), &Value::Null)
            .await;
    }
    session
}

async fn rules(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    session.send("POST", &path, &order("a")).await;
    let one = format!("{path}/a");
    let marked =
        json!({"status": {"claimedRevision": 1, "attempt": "one", "orderKey": "test/a/b/1", "orderID": 7}});
    session.send("PATCH", &format!("{one}/status"), &marked).await;
    let changed = json!({"spec": {"order": {"orderValidity": {"years": 2}}}});
    session.send("PATCH", &one, &changed).await;
    session
        .send("PATCH", &one, &json!({"spec": {"revision": 2}}))
        .await;
    session
        .send("PATCH", &one, &json!({"spec": {"suspend": true}}))
        .await;
    for id in [json!(8), Value::Null] {
        session
            .send(
                "PATCH",
                &format!("{one}/status"),
                &json!({"status": {"orderID": id}}),
            )
            .await;
    }
    session
}

async fn schema(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let wrong: [(&str, Value); 6] = [
        ("/spec/deletionPolicy", json!("Perhaps")),
        ("/spec/revision", json!("one")),
        ("/spec/revision", json!(0)),
        ("/spec/accountRef", json!({})),
        ("/spec/order/individual/email", json!("x".repeat(5000))),
        ("/spec/order/additionalEmails", json!("one@example.com")),
    ];
    for (pointer, value) in wrong {
        let mut manifest = order("a");
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        manifest.pointer_mut(parent).unwrap()[field] = value;
        session.send("POST", &path, &manifest).await;
    }
    session
}

async fn list(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    session.get(&path).await;
    for name in ["b", "a", "c"] {
        session.send("POST", &path, &order(name)).await;
    }
    session.get(&path).await;
    session.get(&format!("{path}?limit=500")).await;
    session
        .get(&format!("{path}?fieldSelector=metadata.name%3Db"))
        .await;
    session
        .get(&format!("{path}?fieldSelector=metadata.name%21%3Db"))
        .await;
    session
        .get(&format!("{path}?fieldSelector=spec.suspend%3Dtrue"))
        .await;
    let everywhere = Session::cluster("documentsigningorders");
    let here = session.namespace.clone();
    session
        .get(&format!("{everywhere}?fieldSelector=metadata.namespace%3D{here}"))
        .await;
    session
}

async fn watch(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    session.send("POST", &path, &order("before")).await;
    let (_, listed) = session.quietly("GET", &path, &Value::Null).await;
    let version = listed["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    session.send("POST", &path, &order("a")).await;
    let one = format!("{path}/a");
    session
        .send("PATCH", &one, &json!({"spec": {"suspend": true}}))
        .await;
    session
        .send("PATCH", &one, &json!({"spec": {"suspend": true}}))
        .await;
    session
        .send(
            "PATCH",
            &format!("{one}/status"),
            &json!({"status": {"waitingFor": "Owner"}}),
        )
        .await;
    session.send("DELETE", &one, &Value::Null).await;
    session
        .watch(&format!("{path}?watch=true&resourceVersion={version}"), 4)
        .await;
    session
        .watch(&format!("{path}?watch=true&resourceVersion=0"), 1)
        .await;
    let selected = format!("{path}?watch=true&resourceVersion={version}&fieldSelector=metadata.name%3Db");
    session.watch(&format!("{selected}&timeoutSeconds=1"), 1).await;
    session
}

async fn watch_ends(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    let (_, listed) = session.quietly("GET", &path, &Value::Null).await;
    let version = listed["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
    session
        .watch(
            &format!("{path}?watch=true&resourceVersion={version}&timeoutSeconds=1"),
            1,
        )
        .await;
    session
}

async fn old_watch(mut session: Session) -> Session {
    let path = session.ours("documentsigningorders");
    session
        .watch(
            &format!("{path}?watch=true&resourceVersion=1&timeoutSeconds=5"),
            1,
        )
        .await;
    session
}

async fn built_in(mut session: Session) -> Session {
    let secrets = session.core("secrets");
    let secret =
        json!({"metadata": {"name": "a"}, "stringData": {"key": "value"}, "data": {"other": "b3RoZXI="}});
    let first = session.send("POST", &secrets, &secret).await;
    session
        .send(
            "PATCH",
            &format!("{secrets}/a"),
            &json!({"stringData": {"key": "new"}}),
        )
        .await;
    session.send("PUT", &format!("{secrets}/a"), &first).await;
    let maps = session.core("configmaps");
    let map = json!({"metadata": {"name": "a"}, "data": {"key": "value"}});
    session.send("POST", &maps, &map).await;
    session.send("PUT", &format!("{maps}/a"), &map).await;
    session.send("DELETE", &format!("{maps}/a"), &Value::Null).await;
    session.get(&format!("{maps}/a")).await;
    session
}

async fn namespace(mut session: Session) -> Session {
    let here = format!("/api/v1/namespaces/{}", session.namespace);
    let path = session.ours("documentsigningorders");
    session.get(&here).await;
    let mut held = order("held");
    held["metadata"]["finalizers"] = json!(["docsign.dev/a"]);
    session.send("POST", &path, &held).await;
    session.send("POST", &path, &order("free")).await;
    // What the namespace controller does meanwhile is a matter of time: it shows below.
    session.quietly("DELETE", &here, &Value::Null).await;
    session.send("POST", &path, &order("late")).await;
    session.gone(&format!("{path}/free")).await;
    session.get(&format!("{path}/held")).await;
    session
        .send(
            "PATCH",
            &format!("{path}/held"),
            &json!({"metadata": {"finalizers": Value::Null}}),
        )
        .await;
    session.gone(&here).await;
    session
}

async fn paths(mut session: Session) -> Session {
    let orders = session.ours("documentsigningorders");
    session.get(&session.ours("purchases")).await;
    session.get(&Session::cluster("unknowns")).await;
    session.get(&Session::cluster("documentsigningorders/a")).await;
    let map = json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}});
    let maps = session.core("configmaps");
    session.send("POST", &maps, &map).await;
    session
        .send(
            "POST",
            &orders,
            &json!({"kind": "Purchase", "apiVersion": "docsign.dev/v1alpha1", "metadata": {"name": "a"}}),
        )
        .await;
    session
}
