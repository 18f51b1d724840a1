//! The shell: observe, plan, act, record.
//!
//! | file | idea |
//! |---|---|
//! | `pass` | one pass over one order key: the loop around [`crate::plan::plan`] |
//! | `observe`, `sources`, `account_view` | all that is read for a plan |
//! | `act` | one effect for each action |
//! | `claim`, `ticket` | the right to send one POST |
//! | `limit` | how many orders an account places at most |
//! | `place` | **where money is spent** |
//! | `look_up`, `unlike` | asking CertCentral whether an order exists, and whether it is the one |
//! | `card` | the Secret with the card, once the order exists |
//! | `ledger`, `record` | the writes to purchases and to statuses |
//! | `endpoint` | where API keys may be sent |
//! | `account`, `account_status`, `connection` | accounts, their health, their request budget |
//! | `order`, `purchases`, `poller` | when passes are made |
//! | `watch` | watches that survive bad objects |
//! | `start` | what is checked before anything else |

mod account;
mod account_status;
mod account_view;
mod act;
mod card;
mod claim;
mod connection;
mod context;
mod discretion;
mod endpoint;
mod error;
mod ledger;
mod limit;
mod look_up;
mod observe;
mod order;
mod pass;
mod place;
mod poller;
mod purchases;
mod record;
mod sources;
mod start;
mod ticket;
mod unlike;
mod watch;

use std::fmt::Debug;
use std::sync::Arc;

use futures::StreamExt;
use futures::channel::mpsc;
use futures::stream::FuturesUnordered;
use kube::api::DynamicObject;
use kube::core::DeserializeGuard;
use kube::runtime::controller::{self, Action, Config, Controller};
use kube::runtime::events::Recorder;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::api::{
    AccountKind, CertCentralAccount, ClusterCertCentralAccount, DocumentSigningOrder, FIELD_MANAGER, Purchase,
};
use crate::certcentral::{self, ClientSettings, SettingsError};
use crate::serve::admin::{Readiness, Step};
use crate::serve::clock::Clock;
use crate::serve::metrics::Metrics;
use crate::settings::Settings;
use account_status::AnyAccount;
pub(crate) use account_status::{AGAIN, Health, Question, health_after, health_without};
pub(crate) use account_view::{namespace_selected, not_allowed};
use context::{Context, Memory};
pub(crate) use endpoint::{same_place, takes_keys};
use error::Error;
pub(crate) use limit::limit_reached_until;
pub use start::StartError;
pub(crate) use start::lacks;

/// How many passes go on at the same time.
const CONCURRENCY: u16 = 16;

/// Sets up the client of an account. [`certcentral::Client::new`] is the one that reaches CertCentral.
pub type Connect = Arc<dyn Fn(ClientSettings) -> Result<certcentral::Client, SettingsError> + Send + Sync>;

/// Runs the controllers until the token is cancelled, and then until what is open is done.
pub async fn run(
    client: Client,
    settings: Settings,
    clock: Clock,
    readiness: Arc<Readiness>,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
    connect: Connect,
) -> Result<(), StartError> {
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        () = start::definitions(&client, &clock, &readiness) => {}
    }
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        one = start::one_cluster_name(&client, &clock, &settings.cluster_name) => one?,
    }
    let cluster_uid = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        uid = start::cluster_uid(&client) => uid,
    };

    let (wake_order, order_wakes) = mpsc::unbounded();
    let (wake_purchase, purchase_wakes) = mpsc::unbounded();
    let (wake_account, account_wakes) = mpsc::unbounded();
    let (wake_cluster_account, cluster_account_wakes) = mpsc::unbounded();
    let namespaces = scopes(&settings);
    let (order_controllers, mut listed): (Vec<_>, Vec<_>) = namespaces
        .iter()
        .map(|scope| controller::<DocumentSigningOrder>(&client, scope.as_deref()))
        .unzip();
    let (purchase_controller, purchases_listed) = of::<Purchase>(Api::all(client.clone()));
    listed.push(purchases_listed.clone());
    let context = Arc::new(Context {
        orders: order_controllers.iter().map(Controller::store).collect(),
        purchases: purchase_controller.store(),
        recorder: Recorder::new(client.clone(), FIELD_MANAGER.into()),
        client: client.clone(),
        connect,
        clock,
        cluster_uid,
        accounts: account::Accounts::default(),
        turnstiles: limit::Turnstiles::default(),
        metrics: Arc::clone(&metrics),
        memory: Memory::default(),
        settings,
        wake_order,
        wake_purchase,
        wake_account,
        wake_cluster_account,
        wake_poller: Notify::new(),
    });
    let mut running: Vec<futures::future::BoxFuture<'static, ()>> = Vec::new();
    let mut order_wakes = fan_out(order_wakes, order_controllers.len());
    for (controller, listed) in order_controllers.into_iter().zip(&listed) {
        let wakes = order_wakes.pop().unwrap_or_else(|| mpsc::unbounded().1);
        running.push(drive(
            (controller, listed.clone()),
            wakes,
            &shutdown,
            (order::reconcile, order::failed, order::gone),
            &context,
        ));
    }
    let mut account_wakes = fan_out(account_wakes, namespaces.len());
    for scope in &namespaces {
        let wakes = account_wakes.pop().unwrap_or_else(|| mpsc::unbounded().1);
        let controller = controller::<CertCentralAccount>(&client, scope.as_deref());
        running.push(drive(
            controller,
            wakes,
            &shutdown,
            (namespaced_account, account_failed, namespaced_account_gone),
            &context,
        ));
    }
    let controller = of::<ClusterCertCentralAccount>(Api::all(client.clone()));
    running.push(drive(
        controller,
        cluster_account_wakes,
        &shutdown,
        (cluster_account, account_failed, cluster_account_gone),
        &context,
    ));
    running.push(drive(
        (purchase_controller, purchases_listed),
        purchase_wakes,
        &shutdown,
        (purchases::reconcile, purchases::failed, purchases::gone),
        &context,
    ));
    running.push(Box::pin(poller::run(Arc::clone(&context), shutdown.clone())));
    let ready = {
        let (context, readiness) = (Arc::clone(&context), Arc::clone(&readiness));
        async move {
            start::caches(&listed).await;
            readiness.reached(Step::Ready);
            tracing::info!("ready");
            start::count_orders(&context).await;
        }
    };
    let stop = shutdown.clone();
    let ready = async move {
        tokio::select! { () = ready => {} () = stop.cancelled() => {} }
    };
    running.push(Box::pin(ready));
    // Each is polled only when it has something to do.
    running
        .into_iter()
        .collect::<FuturesUnordered<_>>()
        .collect::<()>()
        .await;
    tracing::info!("ended");
    Ok(())
}

/// The namespaces to watch; `None` is all of them.
fn scopes(settings: &Settings) -> Vec<Option<String>> {
    if settings.namespaces.is_empty() {
        return vec![None];
    }
    settings.namespaces.iter().cloned().map(Some).collect()
}

/// A controller, and a token that is cancelled once its cache holds the first list.
fn controller<K>(client: &Client, namespace: Option<&str>) -> (Controller<K>, CancellationToken)
where
    K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    K: Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let client = client.clone();
    of(namespace.map_or_else(
        || Api::all(client.clone()),
        |namespace| Api::namespaced(client.clone(), namespace),
    ))
}

fn of<K>(api: Api<DeserializeGuard<K>>) -> (Controller<K>, CancellationToken)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let (store, listed, changed) = watch::objects(api);
    (Controller::for_stream(changed, store), listed)
}

type Reconcile<K, Pass> = fn(Arc<K>, Arc<Context>) -> Pass;
type Failed<K> = fn(Arc<K>, &Error, Arc<Context>) -> Action;
type Gone = fn(&Context, &ObjectRef<DynamicObject>);
type Wakes<K> = mpsc::UnboundedReceiver<ObjectRef<K>>;

/// Runs one controller until the process ends, and then until its open passes are done.
///
/// A controller that is asked to end before it has its first list would wait for that list for ever (its runner is held
/// until then, and nobody reads the watch any more). No pass has begun by then, so it is left as it is.
fn drive<K, Pass>(
    (controller, listed): (Controller<K>, CancellationToken),
    wakes: Wakes<K>,
    shutdown: &CancellationToken,
    (reconcile, failed, gone): (Reconcile<K, Pass>, Failed<K>, Gone),
    context: &Arc<Context>,
) -> futures::future::BoxFuture<'static, ()>
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
    Pass: Future<Output = Result<Action, Error>> + Send + 'static,
{
    let stop = shutdown.clone();
    let stream = controller
        .with_config(Config::default().concurrency(CONCURRENCY))
        .reconcile_on(wakes)
        .graceful_shutdown_on(async move { stop.cancelled().await })
        .run(reconcile, failed, Arc::clone(context));
    let context = Arc::clone(context);
    let passes = stream.for_each(move |done| {
        if let Err(controller::Error::ObjectNotFound(reference)) = &done {
            gone(&context, reference);
        }
        async {}
    });
    let stop = shutdown.clone();
    let unlisted = async move {
        stop.cancelled().await;
        if listed.is_cancelled() {
            std::future::pending::<()>().await;
        }
    };
    Box::pin(async move {
        tokio::select! { () = passes => {} () = unlisted => {} }
    })
}

/// Hands every wake to each of the receivers: only the one that watches the namespace knows the object.
fn fan_out<K: Resource<DynamicType = ()> + 'static>(wakes: Wakes<K>, receivers: usize) -> Vec<Wakes<K>> {
    if receivers == 1 {
        return vec![wakes];
    }
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..receivers).map(|_| mpsc::unbounded()).unzip();
    tokio::spawn(wakes.for_each(move |reference| {
        for sender in &senders {
            let _ = sender.unbounded_send(reference.clone());
        }
        async {}
    }));
    receivers
}

async fn namespaced_account(
    account: Arc<CertCentralAccount>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    account::reconcile(&context, AnyAccount::Namespaced(account)).await
}

async fn cluster_account(
    account: Arc<ClusterCertCentralAccount>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    account::reconcile(&context, AnyAccount::Cluster(account)).await
}

fn namespaced_account_gone(context: &Context, reference: &ObjectRef<DynamicObject>) {
    account::gone(context, reference, AccountKind::CertCentralAccount);
}

fn cluster_account_gone(context: &Context, reference: &ObjectRef<DynamicObject>) {
    account::gone(context, reference, AccountKind::ClusterCertCentralAccount);
}

fn account_failed<K>(_: Arc<K>, error: &Error, _: Arc<Context>) -> Action {
    tracing::warn!(
        error = error as &dyn std::error::Error,
        "checking an account failed"
    );
    Action::requeue(std::time::Duration::from_secs(5))
}
