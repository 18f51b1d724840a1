//! Where the operators of one test or one round are at work: a namespace, accounts, and a CertCentral at the end of a
//! leg on which things get lost.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use docsign::api::{CertCentralAccount, DocumentSigningOrder, Purchase, PurchaseState};
use docsign::simulator::{Endpoint, Placed, Simulator, SimulatorSettings};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{ListParams, PostParams};
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

use crate::front::Front;
use crate::harness::{Context as _, ControlPlane, Error, Operator, PATIENCE, Result, eventually};
use crate::leg::{Course, Leg, Target};
use crate::round::Bought;
use crate::tally::Tally;
use crate::world::{QUICK, order, order_id, ready_reason};

/// What is lost on the way to CertCentral is counted as this.
pub const PLACE: &str = "CertCentral";
/// Names another program to test than the one that was built with the tests.
const BINARY: &str = "DOCSIGN_BINARY";

/// The times of a storm: quiet > deadline + place + what CertCentral may take to do and to show an order; the lease as
/// short as it may be, so that it gets lost.
pub const STORMY: Times = Times {
    deadline: 3,
    floor: 8,
    settle: 10,
    quiet: 12,
    lease: 3,
};
/// The same where a test says what gets lost and who leads: what a busy machine is late for would say otherwise.
pub const QUIET: Times = Times {
    deadline: 8,
    floor: 18,
    settle: 20,
    quiet: 24,
    lease: 15,
};

/// The operator's protocol times that differ between sites, in seconds.
#[derive(Clone, Copy)]
pub struct Times {
    deadline: u64,
    floor: u64,
    settle: u64,
    quiet: u64,
    lease: u64,
}

impl Times {
    /// How long an attempt is resolved only by looking.
    pub fn quiet(self) -> Duration {
        Duration::from_secs(self.quiet)
    }

    /// How long a leader that says nothing is the leader.
    pub fn lease(self) -> Duration {
        Duration::from_secs(self.lease)
    }

    /// As the operator takes them.
    fn argument(self) -> String {
        let Self {
            deadline,
            floor,
            settle,
            quiet,
            lease,
        } = self;
        format!(
            "deadline={deadline},place={deadline},floor={floor},settle={settle},quiet={quiet},look-up=1,longest=4,lease={lease}"
        )
    }
}

/// Where operators are at work.
pub struct Site {
    pub namespace: String,
    pub client: Client,
    pub simulator: Simulator,
    accounts: usize,
    endpoint: String,
    times: Times,
    _leg: Leg,
}

impl Site {
    /// One on whose leg nothing gets lost.
    pub async fn quiet(plane: &ControlPlane, name: &str) -> Result<Self> {
        let through = || Course::Through;
        Self::new(plane, name, 1, 0, QUIET, &Arc::default(), through).await
    }

    /// One with accounts `main-0` and so on, each with a key of its own: one key's request limits are soon used up by
    /// operators that keep dying. The seed moves the order numbers.
    pub async fn new(
        plane: &ControlPlane,
        name: &str,
        accounts: usize,
        seed: u64,
        times: Times,
        tally: &Arc<Tally>,
        courses: impl FnMut() -> Course + Send + 'static,
    ) -> Result<Self> {
        let simulator = Simulator::start(SimulatorSettings {
            people: QUICK,
            seed,
            api_keys: (0..accounts).map(api_key).collect(),
            ..SimulatorSettings::default()
        })
        .unwrap();
        let url: url::Url = simulator.url().parse().unwrap();
        let address = url.socket_addrs(|| None).unwrap()[0];
        let leg = Leg::start(PLACE, Target::Tcp(address), tally, courses).await?;
        let site = Self {
            namespace: plane.namespace(name).await?,
            client: plane.client().await?,
            simulator,
            accounts,
            endpoint: format!("http://{}{}", leg.address(), url.path()),
            times,
            _leg: leg,
        };
        for number in 0..accounts {
            site.create_account(number).await?;
        }
        Ok(site)
    }

    async fn create_account(&self, number: usize) -> Result<()> {
        let created = || format!("cannot create account {number}");
        let secret = json!({
            "metadata": {"name": format!("certcentral-{number}")}, "stringData": {"api-key": api_key(number)},
        });
        let account = json!({
            "apiVersion": "docsign.dev/v1alpha1", "kind": "CertCentralAccount",
            "metadata": {"name": format!("main-{number}")},
            "spec": {
                "apiKeySecretRef": {"name": format!("certcentral-{number}")},
                "endpoint": self.endpoint,
                "pollIntervalSeconds": 10,
            },
        });
        let secret: Secret = serde_json::from_value(secret).unwrap();
        let account: CertCentralAccount = serde_json::from_value(account).unwrap();
        let parameters = PostParams::default();
        Api::namespaced(self.client.clone(), &self.namespace)
            .create(&parameters, &secret)
            .await
            .context(created)?;
        Api::namespaced(self.client.clone(), &self.namespace)
            .create(&parameters, &account)
            .await
            .context(created)?;
        Ok(())
    }

    /// The API server has moved: asks where the plane says now.
    pub async fn lead_to(&mut self, plane: &ControlPlane) -> Result<()> {
        self.client = plane.client().await?;
        eventually("the API server to answer", PATIENCE, async || {
            self.all_orders().await.map(|_| ())
        })
        .await
    }

    /// POSTs that arrived at CertCentral.
    pub fn posts(&self) -> u64 {
        self.simulator.journal().count(Endpoint::Place).total
    }

    /// Waits until every order is issued and bought exactly once, and both records say so.
    pub async fn all_is_well(&self) -> Result<()> {
        let mut wrong = Vec::new();
        let well = eventually("all orders to be issued", PATIENCE, async || {
            wrong = self.wrong().await;
            wrong.is_empty().then_some(())
        })
        .await;
        well.map_err(|error| Error::new(format!("{error}: {}", wrong.join("\n  "))))
    }

    /// An operator of this site that reaches the API server through this front.
    pub fn operator(&self, plane: &ControlPlane, front: &Front) -> Operator {
        self.operator_of(&binary(), plane, front)
    }

    /// The same, of another version.
    pub fn operator_of(&self, binary: &Path, plane: &ControlPlane, front: &Front) -> Operator {
        Operator::new(binary, plane, &self.namespace, &self.endpoint)
            .with(&["--test-times", &self.times.argument()])
            .as_user(front.kubeconfig())
    }

    /// Orders something on one of the accounts, as users do.
    pub async fn order(&self, name: &str, number: usize) -> Result<()> {
        let mut manifest = order(name);
        manifest["spec"]["accountRef"]["name"] = json!(format!("main-{}", number % self.accounts));
        let manifest: DocumentSigningOrder = serde_json::from_value(manifest).unwrap();
        eventually("the manifest to be taken", PATIENCE, async || {
            match self.orders().create(&PostParams::default(), &manifest).await {
                Ok(_) => Some(()),
                Err(kube::Error::Api(status)) if status.is_already_exists() => Some(()),
                Err(_) => None,
            }
        })
        .await
    }

    /// The orders of this site.
    pub fn orders(&self) -> Api<DocumentSigningOrder> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// All orders of this site as they are now; `None` if the API server does not say.
    pub async fn all_orders(&self) -> Option<Vec<DocumentSigningOrder>> {
        let listed = self.orders().list(&ListParams::default()).await.ok()?;
        Some(listed.items)
    }

    /// The purchases of this site as they are now; `None` if the API server does not say.
    pub async fn purchases(&self) -> Option<Vec<Purchase>> {
        let all: Api<Purchase> = Api::all(self.client.clone());
        let listed = all.list(&ListParams::default()).await.ok()?;
        let own = |purchase: &Purchase| purchase.spec.order_ref.namespace == self.namespace;
        Some(listed.items.into_iter().filter(own).collect())
    }

    /// The orders that were paid for under a token.
    pub fn paid(&self, token: &str) -> Vec<Placed> {
        let journal = self.simulator.journal();
        journal.orders_of(token).into_iter().cloned().collect()
    }

    /// Waits until the order is as wanted.
    pub async fn until(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&DocumentSigningOrder) -> bool,
    ) -> Result<DocumentSigningOrder> {
        let orders = self.orders();
        let mut last = None;
        let reached = eventually(what, PATIENCE, async || {
            let order = orders.get_opt(name).await.ok()??;
            last.clone_from(&order.status);
            wanted(&order).then_some(order)
        })
        .await;
        reached.map_err(|error| Error::new(format!("{error}; last seen: {last:#?}")))
    }

    /// Waits until the order's certificate is issued.
    pub async fn issued(&self, name: &str) -> Result<DocumentSigningOrder> {
        self.until(name, "the order to be issued", |order| {
            ready_reason(order) == Some("Issued")
        })
        .await
    }

    /// What is wrong with what was bought: each order exactly once, and both records say which.
    pub async fn wrong(&self) -> Vec<String> {
        let (Some(orders), Some(purchases)) = (self.all_orders().await, self.purchases().await) else {
            return vec!["the API server does not say what there is".to_owned()];
        };
        let mut wrong = Vec::new();
        for order in &orders {
            let name = order.name_any();
            let reason = ready_reason(order).unwrap_or("nothing");
            if reason != "Issued" {
                wrong.push(format!("lost: {name} says {reason}"));
            }
            let token = order.status.as_ref().and_then(|status| status.purchase.clone());
            let paid = self.paid(&token.unwrap_or_default());
            if let [paid] = paid.as_slice() {
                let id = i64::try_from(paid.order_id).ok();
                if order_id(order) != id {
                    wrong.push(format!(
                        "{name} names order {:?}, paid was {id:?}",
                        order_id(order)
                    ));
                }
            } else {
                wrong.push(format!("duplicate or lost: {name} was paid {} times", paid.len()));
            }
        }
        let journal = self.simulator.journal().orders;
        for paid in &journal {
            let id = i64::try_from(paid.order_id).unwrap();
            let named: Vec<&Purchase> = purchases
                .iter()
                .filter(|purchase| purchase.spec.order_ids.contains(&id))
                .collect();
            let as_it_is = |purchase: &Purchase| {
                purchase.spec.state == PurchaseState::Bought
                    && purchase.spec.order_ids == [id]
                    && purchase.metadata.name == paid.alternative_order_id
            };
            if !matches!(named.as_slice(), [purchase] if as_it_is(purchase)) {
                wrong.push(format!(
                    "order {id} is named by {} purchases, or wrongly",
                    named.len()
                ));
            }
        }
        if journal.len() != orders.len() || purchases.len() != orders.len() {
            let counts = (orders.len(), purchases.len(), journal.len());
            wrong.push(format!("orders, purchases, paid: {counts:?}"));
        }
        wrong
    }

    /// What came of it all, in numbers.
    pub async fn bought(&self) -> Bought {
        let orders = self.all_orders().await.unwrap_or_default();
        let paid: Vec<_> = self.simulator.journal().orders;
        let keys: BTreeSet<_> = paid.iter().map(|paid| &paid.alternative_order_id).collect();
        let lost = |order: &&DocumentSigningOrder| ready_reason(order) != Some("Issued");
        Bought {
            asked: orders.len(),
            paid: paid.len(),
            duplicates: paid.len() - keys.len(),
            lost: orders.iter().filter(lost).count(),
            wrong: Vec::new(),
        }
    }

    /// Everything there is, for whoever has to find out what happened.
    pub async fn evidence(&self) -> Value {
        json!({
            "orders": self.all_orders().await,
            "purchases": self.purchases().await,
            "journal": self.simulator.journal(),
        })
    }
}

/// The program to test.
#[expect(
    clippy::disallowed_methods,
    reason = "which program to test is said in the environment"
)]
pub fn binary() -> PathBuf {
    std::env::var_os(BINARY).map_or_else(
        || Path::new(env!("CARGO_BIN_EXE_docsign")).to_owned(),
        PathBuf::from,
    )
}

fn api_key(number: usize) -> String {
    format!("simulator-key-{number}")
}
