//! A world for one test: a namespace on the shared plane, a simulator of its own, and the real operator.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test expects is there, or the test fails"
)]

use std::path::Path;
use std::time::Duration;

use docsign::api::{DocumentSigningOrder, Purchase, crd_yaml, crds};
use docsign::simulator::{People, Simulator, SimulatorSettings};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::harness::{Child, ControlPlane, Operator, PATIENCE, Result, eventually, shared};

/// The API key that the simulator accepts.
pub const API_KEY: &str = "simulator-key";

/// A world for one test.
pub struct World {
    pub plane: &'static ControlPlane,
    pub namespace: String,
    pub client: Client,
    pub simulator: Simulator,
}

/// People who act so fast that the first look at an order finds it issued.
pub const QUICK: People = People::Automatic {
    approve: Duration::ZERO,
    validate: Duration::ZERO,
    issue: Duration::ZERO,
};

impl World {
    /// A world with an account `main`, and no operator yet.
    pub async fn new(name: &str, people: People) -> Result<Self> {
        let world = Self::without_account(name, people).await?;
        world.apply(&world.secret(API_KEY)).await?;
        world.apply(&world.account()).await?;
        Ok(world)
    }

    /// A world whose CertCentral counts its orders from another number than all others.
    pub async fn numbered(name: &str, people: People, seed: u64) -> Result<Self> {
        let world = Self::bare(name, people, seed).await?;
        world.apply(&world.secret(API_KEY)).await?;
        world.apply(&world.account()).await?;
        Ok(world)
    }

    /// A world without an account.
    pub async fn without_account(name: &str, people: People) -> Result<Self> {
        Self::bare(name, people, SimulatorSettings::default().seed).await
    }

    async fn bare(name: &str, people: People, seed: u64) -> Result<Self> {
        let plane = installed().await?;
        let simulator = Simulator::start(SimulatorSettings {
            people,
            seed,
            ..SimulatorSettings::default()
        })
        .unwrap();
        Ok(Self {
            plane,
            namespace: plane.namespace(name).await?,
            client: plane.client().await?,
            simulator,
        })
    }

    /// How the operator of this world is run.
    pub fn operator(&self) -> Operator {
        let binary = Path::new(env!("CARGO_BIN_EXE_docsign"));
        Operator::new(binary, self.plane, &self.namespace, &self.simulator.url())
    }

    /// Starts the operator.
    pub async fn start(&self) -> Result<Child> {
        self.operator().start_ready(self.plane).await
    }

    /// Applies a manifest, as users do.
    pub async fn apply(&self, manifest: &Value) -> Result<()> {
        let arguments = ["apply", "--namespace", &self.namespace, "-f", "-"];
        let kubectl = self.plane.kubectl_as(self.plane.kubeconfig());
        kubectl
            .run_with_input(&arguments, &manifest.to_string())
            .await?
            .success()?;
        Ok(())
    }

    /// Applies a manifest file of `examples/`.
    pub async fn apply_example(&self, name: &str) -> Result<()> {
        let path = format!("{}/examples/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        self.plane
            .kubectl(&["apply", "--namespace", &self.namespace, "-f", &path])
            .await?
            .success()?;
        Ok(())
    }

    /// Runs kubectl in the world's namespace.
    pub async fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        let arguments = [arguments, &["--namespace", &self.namespace]].concat();
        self.plane.kubectl(&arguments).await?.success()
    }

    /// The Secret with an API key.
    #[allow(clippy::unused_self, reason = "a part of the world, like the account")]
    pub fn secret(&self, key: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "certcentral"}, "stringData": {"api-key": key}})
    }

    /// The account `main`.
    pub fn account(&self) -> Value {
        json!({
            "apiVersion": "docsign.dev/v1alpha1",
            "kind": "CertCentralAccount",
            "metadata": {"name": "main"},
            "spec": {
                "apiKeySecretRef": {"name": "certcentral"},
                "endpoint": self.simulator.url(),
                "pollIntervalSeconds": 10,
                "allow": {"skipApproval": true},
            },
        })
    }

    /// The orders of this world's namespace.
    pub fn orders(&self) -> Api<DocumentSigningOrder> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// All purchases.
    pub fn purchases(&self) -> Api<Purchase> {
        Api::all(self.client.clone())
    }

    /// The purchases of this world.
    pub async fn own_purchases(&self) -> Vec<Purchase> {
        let all = self
            .purchases()
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        all.items
            .into_iter()
            .filter(|purchase| purchase.spec.order_ref.namespace == self.namespace)
            .collect()
    }

    /// Waits until the order is as wanted.
    pub async fn order_until(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&DocumentSigningOrder) -> bool,
    ) -> Result<DocumentSigningOrder> {
        let orders = self.orders();
        let last = std::sync::Mutex::new(None);
        let reached = eventually(what, PATIENCE, async || {
            let order = orders.get_opt(name).await.ok()??;
            let reached = wanted(&order);
            last.lock().unwrap().clone_from(&order.status);
            reached.then_some(order)
        })
        .await;
        reached.map_err(|error| {
            crate::harness::Error::new(format!("{error}; last seen: {:#?}", last.lock().unwrap()))
        })
    }

    /// Waits until the order's certificate is issued.
    pub async fn issued(&self, name: &str) -> Result<DocumentSigningOrder> {
        self.order_until(name, "the order to be issued", |order| {
            ready_reason(order) == Some("Issued")
        })
        .await
    }
}

/// A small order, as a manifest.
pub fn order(name: &str) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1",
        "kind": "DocumentSigningOrder",
        "metadata": {"name": name},
        "spec": {
            "accountRef": {"name": "main"},
            "order": {
                "csProvisioningMethod": "client_app",
                "orderValidity": {"years": 1},
                "individual": {
                    "firstName": "Jane", "lastName": "Doe", "email": format!("{name}@example.com"),
                    "telephone": "+1-555-555-5555", "country": "us",
                },
                "paymentMethod": "balance",
            },
        },
    })
}

/// The status of a condition.
pub fn condition<'a>(order: &'a DocumentSigningOrder, type_: &str) -> Option<(&'a str, &'a str)> {
    let conditions = &order.status.as_ref()?.conditions;
    let condition = conditions.iter().find(|condition| condition.type_ == type_)?;
    Some((condition.status.as_str(), condition.reason.as_str()))
}

/// The reason of the condition Ready.
pub fn ready_reason(order: &DocumentSigningOrder) -> Option<&str> {
    condition(order, "Ready").map(|(_, reason)| reason)
}

/// The order ID in the status.
pub fn order_id(order: &DocumentSigningOrder) -> Option<i64> {
    order.status.as_ref()?.order_id
}

/// The shared plane, which serves our resource types.
pub async fn installed() -> Result<&'static ControlPlane> {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let plane = shared().await?;
    INSTALLED.get_or_try_init(|| install(plane)).await?;
    Ok(plane)
}

/// Makes a plane serve our resource types, and waits until it does.
pub async fn install(plane: &ControlPlane) -> Result<()> {
    let all: Vec<_> = crds().iter().map(crd_yaml).collect();
    plane.apply(&all.join("---\n")).await?.success()?;
    for crd in crds() {
        let name = format!("crd/{}", crd.name_any());
        plane
            .kubectl(&["wait", "--for=condition=Established", &name, "--timeout=60s"])
            .await?
            .success()?;
        plane.discovered(&crd.name_any()).await?;
    }
    plane.discovered("dso").await
}
