//! The control plane of the tests is a real one, and nothing of it outlives the tests.

mod harness;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use harness::{
    AtEnd, Child, Context as _, ControlPlane, Directory, Options, PATIENCE, Result, eventually, shared,
};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::Api;
use kube::api::{DeleteParams, ListParams, PostParams};

/// Set in a test process that is to be killed: the file it reports to.
const VICTIM: &str = "DOCSIGN_TEST_VICTIM_REPORT";

#[tokio::test]
async fn a_deleted_namespace_goes_with_its_content_and_the_audit_log_tells_it() -> Result<()> {
    let plane = shared().await?;
    let client = plane.client().await?;
    let name = plane.namespace("deleted").await?;
    let configuration: ConfigMap =
        serde_json::from_value(serde_json::json!({ "metadata": { "name": "content" } }))
            .context(|| "json".to_owned())?;
    Api::<ConfigMap>::namespaced(client.clone(), &name)
        .create(&PostParams::default(), &configuration)
        .await
        .context(|| "create a ConfigMap".to_owned())?;

    let namespaces = Api::<Namespace>::all(client);
    namespaces
        .delete(&name, &DeleteParams::default())
        .await
        .context(|| "delete the namespace".to_owned())?;
    eventually("the namespace to be gone", PATIENCE, async || {
        namespaces
            .get_opt(&name)
            .await
            .transpose()
            .is_none()
            .then_some(())
    })
    .await?;

    plane
        .audited("the namespace's deletion", |event| {
            event.verb == "delete" && event.name == name
        })
        .await?;
    let events = plane.audit()?;
    let writes: Vec<_> = events
        .iter()
        .filter(|event| event.user == "admin" && event.is_write())
        .filter(|event| event.name == name || event.namespace == name)
        // The namespace controller is an administrator as well, but not through our client.
        .filter(|event| !event.user_agent.starts_with("kube-controller-manager"))
        .map(|event| {
            (
                event.verb.as_str(),
                event.resource.as_str(),
                event.name.as_str(),
                event.code,
            )
        })
        .collect();
    assert_eq!(
        writes,
        [
            ("create", "namespaces", name.as_str(), 201),
            ("create", "configmaps", "content", 201),
            ("delete", "namespaces", name.as_str(), 200),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn kubectl_applies_and_reads_back() -> Result<()> {
    let plane = shared().await?;
    let namespace = plane.namespace("kubectl").await?;
    let manifest = format!(
        "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: colours, namespace: {namespace}}}, data: {{sky: blue}}}}"
    );

    let applied = plane.apply(&manifest).await?.success()?;
    assert_eq!(applied, "configmap/colours created\n");
    let sky = plane
        .kubectl(&[
            "get",
            "configmap",
            "colours",
            "-n",
            &namespace,
            "-o",
            "jsonpath={.data.sky}",
        ])
        .await?;
    assert_eq!(
        (sky.stdout.as_str(), sky.stderr.as_str(), sky.code),
        ("blue", "", Some(0))
    );
    let missing = plane
        .kubectl(&["get", "configmap", "smells", "-n", &namespace])
        .await?;
    assert_eq!(
        (missing.stderr.as_str(), missing.code),
        (
            "Error from server (NotFound): configmaps \"smells\" not found\n",
            Some(1)
        )
    );
    Ok(())
}

#[tokio::test]
async fn a_user_may_do_what_rbac_grants_and_nothing_else() -> Result<()> {
    let plane = shared().await?;
    let namespace = plane.namespace("rbac").await?;
    plane
        .apply(&format!(
            "
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader, namespace: {namespace}}}
rules: [{{apiGroups: [''], resources: [configmaps], verbs: [list]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: readers, namespace: {namespace}}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: {namespace}-readers}}]
"
        ))
        .await?
        .success()?;
    let user = format!("{namespace}-someone");
    let client = plane
        .user_client(&user, &["others", &format!("{namespace}-readers")])
        .await?;

    let maps = Api::<ConfigMap>::namespaced(client.clone(), &namespace);
    maps.list(&ListParams::default())
        .await
        .context(|| "list ConfigMaps".to_owned())?;
    let refused = Api::<Secret>::namespaced(client, &namespace)
        .list(&ListParams::default())
        .await;
    let Err(kube::Error::Api(status)) = refused else {
        panic!("not refused: {refused:?}")
    };
    assert_eq!(status.code, 403);

    plane
        .audited("the refusal", |event| event.user == user && event.code == 403)
        .await?;
    let asked: BTreeSet<_> = plane
        .audit()?
        .into_iter()
        .filter(|event| event.user == user)
        .map(|event| (event.verb, event.resource, event.code))
        .collect();
    let list = |resource: &str, code| ("list".to_owned(), resource.to_owned(), code);
    assert_eq!(
        asked,
        BTreeSet::from([list("configmaps", 200), list("secrets", 403)])
    );
    Ok(())
}

#[tokio::test]
async fn dropping_a_plane_stops_its_processes_and_removes_its_directory() -> Result<()> {
    let plane = ControlPlane::start(Options {
        controllers: false,
        ..Options::default()
    })
    .await?;
    let processes = processes(&plane);
    let path = plane.directory().path().to_owned();
    assert_eq!(processes.iter().filter(|pid| is_running(pid)).count(), 2);
    assert!(path.is_dir());

    drop(plane);
    assert_eq!(processes.iter().filter(|pid| is_running(pid)).count(), 0);
    assert!(!path.exists());
    Ok(())
}

#[tokio::test]
async fn a_child_is_asked_to_end_before_it_is_killed() -> Result<()> {
    let directory = Directory::create("child")?;
    let report = directory.path().join("report");
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "trap 'echo asked >\"$0\"; exit 7' TERM; echo ready; while :; do sleep 0.05; done",
        ])
        .arg(&report);
    let start = async || {
        let child = Child::spawn(&directory, "polite", &command, AtEnd::TerminateFirst)?;
        eventually("the child to be ready", PATIENCE, async || {
            (child.stdout() == "ready\n").then_some(())
        })
        .await?;
        Ok(child)
    };

    let child = start().await?;
    assert_eq!(child.try_wait()?, None);
    assert_eq!(child.terminate_and_wait(PATIENCE).await?.code(), Some(7));
    assert_eq!(read(&report), "asked\n");

    std::fs::remove_file(&report).context(|| "remove the report".to_owned())?;
    let child = start().await?;
    // Standing still does not save it.
    child.stop()?;
    drop(child);
    assert_eq!(read(&report), "asked\n");
    Ok(())
}

/// Runs this very test in a second process, which starts a plane and is then killed with no chance to clean up.
#[tokio::test]
async fn a_killed_test_process_leaves_nothing_behind() -> Result<()> {
    if let Some(report) = victim_report() {
        return be_the_victim(Path::new(&report)).await;
    }
    let directory = Directory::create("victim")?;
    let report = directory.path().join("report");
    let executable = std::env::current_exe().context(|| "find this program".to_owned())?;
    let mut command = Command::new(executable);
    command
        .args([
            "--exact",
            "a_killed_test_process_leaves_nothing_behind",
            "--nocapture",
        ])
        .env(VICTIM, &report);
    let victim = Child::spawn(&directory, "victim", &command, AtEnd::Kill)?;
    eventually("the victim's plane", PATIENCE, async || {
        match victim.try_wait().transpose() {
            Some(ended) => Some(ended.and_then(|status| Err(victim.failed(status)))),
            None => report.exists().then_some(Ok(())),
        }
    })
    .await??;
    let report = read(&report);
    let (plane_directory, pids) = report.split_once('\n').unwrap();
    let pids: Vec<&str> = pids.lines().collect();
    assert_eq!(pids.iter().filter(|pid| is_running(pid)).count(), 4, "{pids:?}");

    victim.kill_and_wait().await?;
    eventually("the victim's processes to end", PATIENCE, async || {
        (!pids.iter().any(is_running)).then_some(())
    })
    .await?;
    eventually("the victim's directory to go", PATIENCE, async || {
        (!Path::new(plane_directory).exists()).then_some(())
    })
    .await
}

async fn be_the_victim(report: &Path) -> Result<()> {
    let plane = ControlPlane::start(Options::default()).await?;
    let mut lines = vec![plane.directory().path().display().to_string()];
    lines.extend(processes(&plane));
    // The hard case: a process that stands still does not react to a polite signal. And one that is not the plane's own.
    let bystander = Child::spawn(
        plane.directory(),
        "bystander",
        Command::new("sleep").arg("3600"),
        AtEnd::TerminateFirst,
    )?;
    bystander.stop()?;
    plane.apiserver().stop()?;
    lines.push(bystander.pid().to_string());
    // Written under another name first, so that the reader never sees half a report.
    let draft = report.with_extension("draft");
    std::fs::write(&draft, lines.join("\n")).context(|| "write the report".to_owned())?;
    std::fs::rename(&draft, report).context(|| "publish the report".to_owned())?;
    std::future::pending().await
}

#[expect(
    clippy::disallowed_methods,
    reason = "how a test process learns that it is the victim"
)]
fn victim_report() -> Option<std::ffi::OsString> {
    std::env::var_os(VICTIM)
}

fn processes(plane: &ControlPlane) -> Vec<String> {
    [Some(plane.etcd()), Some(plane.apiserver()), plane.controllers()]
        .into_iter()
        .flatten()
        .map(|child| child.pid().to_string())
        .collect()
}

/// Whether a process exists and is more than an entry waiting to be collected.
fn is_running(pid: impl AsRef<str>) -> bool {
    // "pid (name) state ...", where the name may hold anything.
    let stat = read(&Path::new("/proc").join(pid.as_ref()).join("stat"));
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
