//! An older CustomResourceDefinition comes back under a running operator, and drops what it does not know.

use docsign::api::crds;
use kube::ResourceExt;
use serde_json::Value;

use crate::etcd::{bare, own_plane};
use crate::front::Front;
use crate::harness::{Child, ControlPlane, PATIENCE, Result, eventually};
use crate::site::Site;
use crate::world::install;

const DROPPED: &str = "the API server dropped fields of the object";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_definition_drops_is_noticed_before_anything_is_sent() -> Result<()> {
    let plane = own_plane(&bare()).await?;
    let site = Site::quiet(&plane, "pruned").await?;
    let front = Front::quiet(&plane).await?;
    let operator = site.operator(&plane, &front).start(&plane)?;
    site.order("first", 0).await?;
    site.issued("first").await?;

    // A status without its attempt: the claim is taken back, and made again when the definition is right again.
    older(&plane, "documentsigningorders.docsign.dev", "status", "attempt").await?;
    site.order("ann", 0).await?;
    dropped(&operator, 1).await?;
    assert_eq!(site.posts(), 1);
    install(&plane).await?;
    site.issued("ann").await?;
    assert_eq!(site.posts(), 2);

    // A purchase without its attempt.
    older(&plane, "purchases.docsign.dev", "spec", "attempt").await?;
    let before = operator.stderr().matches(DROPPED).count();
    site.order("bob", 0).await?;
    dropped(&operator, before + 1).await?;
    assert_eq!(site.posts(), 2);
    install(&plane).await?;
    site.all_is_well().await?;
    assert_eq!(site.posts(), 3);
    assert!(operator.try_wait()?.is_none(), "it lives on");
    Ok(())
}

/// Applies a definition that lacks a field, and waits until the field is dropped.
async fn older(plane: &ControlPlane, name: &str, part: &str, field: &str) -> Result<()> {
    let definition = crds().into_iter().find(|crd| crd.name_any() == name).unwrap();
    let mut definition: Value = serde_json::to_value(definition).unwrap();
    let fields =
        &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part]["properties"];
    assert!(fields.as_object_mut().unwrap().remove(field).is_some());
    plane.apply(&definition.to_string()).await?.success()?;
    let explain = format!("{}.{part}.{field}", name.split('.').next().unwrap());
    eventually("the older definition to be served", PATIENCE, async || {
        let explained = plane.kubectl(&["explain", &explain]).await.ok()?;
        explained.success().is_err().then_some(())
    })
    .await
}

async fn dropped(operator: &Child, times: usize) -> Result<()> {
    eventually("the operator to notice", PATIENCE, async || {
        (operator.stderr().matches(DROPPED).count() >= times).then_some(())
    })
    .await
}
