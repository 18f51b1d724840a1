//! etcd restored from a backup, and etcd full: the cluster forgets, or can't write down, what was paid for.

use std::path::Path;
use std::process::Command;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::fate::Fate;
use crate::front::Front;
use crate::harness::{Context as _, ControlPlane, Error, Moment, Options, PATIENCE, Result, eventually};
use crate::site::Site;
use crate::world::install;

/// A plane of its own, with our resource types.
pub async fn own_plane(options: &Options) -> Result<ControlPlane> {
    let plane = ControlPlane::start(options.clone()).await?;
    install(&plane).await?;
    Ok(plane)
}

/// No controllers: nobody deletes namespaces here.
pub fn bare() -> Options {
    Options {
        controllers: false,
        ..Options::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_bought_after_the_backup_that_etcd_is_restored_from_are_not_bought_again() -> Result<()> {
    let options = bare();
    let mut plane = own_plane(&options).await?;
    let mut site = Site::quiet(&plane, "restored").await?;
    let front = Front::quiet(&plane).await?;
    let operator = site.operator(&plane, &front).start(&plane)?;
    site.order("before", 0).await?;
    site.issued("before").await?;
    operator.kill_and_wait().await?;
    // The backup has this manifest, and no claim yet; of the next it has nothing.
    site.order("during", 0).await?;
    let backup = plane.directory().path().join("backup");
    plane.restart_etcd(&options, |data| copy(data, &backup)).await?;
    moved(&mut plane, &options, &mut site, &front).await?;
    let operator = site.operator(&plane, &front).start(&plane)?;
    site.order("after", 0).await?;
    site.all_is_well().await?;
    assert_eq!(site.posts(), 3);

    plane
        .restart_etcd(&options, |data| {
            std::fs::remove_dir_all(data).context(|| format!("cannot remove {}", data.display()))?;
            copy(&backup, data)
        })
        .await?;
    moved(&mut plane, &options, &mut site, &front).await?;
    // Its owner applies the manifest again that the cluster forgot.
    site.order("after", 0).await?;
    // The operator that lived through it remembers a future: as after every restore, what watches is started anew.
    operator.kill_and_wait().await?;
    let _operator = site.operator(&plane, &front).start(&plane)?;
    site.all_is_well().await?;
    assert_eq!(site.posts(), 3, "nothing was sent again");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_a_full_etcd_can_not_take_down_is_found_again() -> Result<()> {
    const QUOTA: u64 = 16 << 20;
    let options = Options {
        etcd_flags: vec!["--quota-backend-bytes".to_owned(), QUOTA.to_string()],
        ..bare()
    };
    let mut plane = own_plane(&options).await?;
    let mut site = Site::quiet(&plane, "full").await?;
    let front = Front::quiet(&plane).await?;
    let sender = site.operator(&plane, &front).start(&plane)?;
    site.order("first", 0).await?;
    site.issued("first").await?;
    // Paid for, and then there is no room for the record.
    front.set(|call| match call.write {
        Some(3..) => Fate::Held(Moment::Before),
        Some(_) | None => Fate::Through,
    });
    site.order("jane", 0).await?;
    front.caught(1).await?;
    assert_eq!(site.posts(), 2);
    fill(&site).await?;
    front.clear();
    front.release();
    eventually("the operator to fail to record", PATIENCE, async || {
        sender
            .stderr()
            .contains("the order is placed and not recorded yet")
            .then_some(())
    })
    .await?;
    // What it knew dies with it.
    sender.kill_and_wait().await?;

    plane.restart_etcd(&bare(), |_| Ok(())).await?;
    disarm(&plane.etcd_socket()).await?;
    moved(&mut plane, &options, &mut site, &front).await?;
    let _operator = site.operator(&plane, &front).start(&plane)?;
    site.all_is_well().await?;
    assert_eq!(site.posts(), 2, "nothing was sent again");
    Ok(())
}

/// The API server is started anew too, as after every restore: what it knows may be a future that never was.
async fn moved(plane: &mut ControlPlane, options: &Options, site: &mut Site, front: &Front) -> Result<()> {
    plane.restart_apiserver(options).await?;
    front.lead_to(plane).await?;
    site.lead_to(plane).await
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let copied = Command::new("cp")
        .arg("-a")
        .args([from, to])
        .status()
        .context(|| "cannot start cp".to_owned())?;
    if copied.success() {
        Ok(())
    } else {
        Err(Error::new(format!("cp ended with {copied}")))
    }
}

/// Writes until etcd takes no more.
async fn fill(site: &Site) -> Result<()> {
    let maps: Api<ConfigMap> = Api::namespaced(site.client.clone(), &site.namespace);
    for number in 0..100 {
        let map = ConfigMap {
            metadata: ObjectMeta {
                name: Some(format!("ballast-{number}")),
                ..ObjectMeta::default()
            },
            data: Some([("ballast".to_owned(), "x".repeat(900_000))].into()),
            ..ConfigMap::default()
        };
        match maps.create(&PostParams::default(), &map).await {
            Ok(_) => {}
            Err(error) if error.to_string().contains("database space exceeded") => return Ok(()),
            Err(error) => return Err(Error::new(format!("cannot fill etcd: {error}"))),
        }
    }
    Err(Error::new("etcd takes everything"))
}

/// What an administrator does once there is room again: the alarm outlasts its cause.
async fn disarm(socket: &Path) -> Result<()> {
    let alarms = ask(socket, r#"{"action": "GET"}"#).await?;
    let member = alarms
        .split_once(r#""memberID":""#)
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(member, _)| member.to_owned())
        .ok_or_else(|| Error::new(format!("etcd has no alarm: {alarms}")))?;
    let disarm = format!(r#"{{"action": "DEACTIVATE", "memberID": "{member}", "alarm": "NOSPACE"}}"#);
    ask(socket, &disarm).await?;
    Ok(())
}

/// Asks etcd's maintenance API about alarms.
async fn ask(socket: &Path, body: &str) -> Result<String> {
    let failed = || "cannot ask etcd about its alarms".to_owned();
    let request = format!(
        "POST /v3/maintenance/alarm HTTP/1.1\r\nHost: etcd\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = UnixStream::connect(socket).await.context(failed)?;
    stream.write_all(request.as_bytes()).await.context(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.context(failed)?;
    if answer.starts_with("HTTP/1.1 200") {
        Ok(answer)
    } else {
        Err(Error::new(format!("etcd answered {answer}")))
    }
}
