//! What is checked before anything else, and what ready means.

use std::time::Duration;

use k8s_openapi::api::core::v1::Namespace;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::answered;
use crate::api::{Purchase, Reason, crds};
use crate::domain::order_key::{ClusterName, OrderKey};
use crate::plan::status::shown_reason;
use crate::serve::admin::{Readiness, Step};
use crate::serve::clock::Clock;
use crate::serve::metrics::State;

/// How often the definitions are looked for while they are missing or old.
const LOOK: Duration = Duration::from_secs(2);
/// How often orders are counted for the metrics.
const COUNT: Duration = Duration::from_secs(15);

/// Why the operator refuses to start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The ledger is another cluster name's.
    #[error(
        "--cluster-name: the purchases of this cluster were made as {found}, not {wanted}; under another name every order would be bought again. Start with --cluster-name {found}"
    )]
    ClusterName {
        /// The name in the ledger.
        found: String,
        /// The name given.
        wanted: String,
    },
}

/// Waits until the definitions are served, with every field this operator relies on: an older definition would
/// drop what is written.
pub(super) async fn definitions(client: &Client, clock: &Clock, readiness: &Readiness) {
    let definitions: Api<CustomResourceDefinition> = Api::all(client.clone());
    let mut said = None;
    loop {
        let mut lacking = None;
        for wanted in crds() {
            let name = wanted.name_any();
            lacking = match definitions.get_opt(&name).await {
                Ok(Some(served)) => lacks(&served, &wanted)
                    .map(|field| format!("{name} lacks {field}; it is older than this operator")),
                Ok(None) => Some(format!("{name} does not exist")),
                Err(error) => Some(format!("{name} can't be read: {error}")),
            };
            if lacking.is_some() {
                break;
            }
        }
        let Some(lacking) = lacking else { break };
        if said.as_ref() != Some(&lacking) {
            tracing::warn!(
                "waiting for the CustomResourceDefinitions: {lacking}; apply them (docsign crds | kubectl apply -f -)"
            );
            said = Some(lacking);
        }
        clock.sleep(LOOK).await;
    }
    readiness.reached(Step::Caches);
}

/// The first field of the wanted definition that the served one lacks.
pub(crate) fn lacks(served: &CustomResourceDefinition, wanted: &CustomResourceDefinition) -> Option<String> {
    let schema = |definition: &CustomResourceDefinition| -> Option<JSONSchemaProps> {
        let versions = &definition.spec.versions;
        let version = versions
            .iter()
            .find(|version| version.name == crate::api::VERSION)?;
        version.schema.as_ref()?.open_api_v3_schema.clone()
    };
    let established = served
        .status
        .as_ref()
        .and_then(|status| status.conditions.as_ref())
        .is_some_and(|conditions| {
            conditions
                .iter()
                .any(|c| c.type_ == "Established" && c.status == "True")
        });
    if !established {
        return Some("being established".to_owned());
    }
    match (schema(served), schema(wanted)) {
        (Some(served), Some(wanted)) => missing_field(&served, &wanted, ""),
        (None, _) => Some(format!("version {}", crate::api::VERSION)),
        (Some(_), None) => None,
    }
}

fn missing_field(served: &JSONSchemaProps, wanted: &JSONSchemaProps, path: &str) -> Option<String> {
    if let Some(JSONSchemaPropsOrArray::Schema(wanted)) = &wanted.items {
        return match &served.items {
            Some(JSONSchemaPropsOrArray::Schema(served)) => missing_field(served, wanted, path),
            Some(JSONSchemaPropsOrArray::Schemas(_)) | None => Some(path.to_owned()),
        };
    }
    wanted.properties.iter().flatten().find_map(|(name, wanted)| {
        let path = format!("{path}.{name}");
        let served = served.properties.as_ref().and_then(|fields| fields.get(name));
        match served {
            Some(served) => missing_field(served, wanted, &path),
            None => Some(path),
        }
    })
}

/// Refuses to start where the ledger is another cluster name's: every order would be bought again.
pub(super) async fn one_cluster_name(
    client: &Client,
    clock: &Clock,
    wanted: &ClusterName,
) -> Result<(), StartError> {
    let purchases: Api<Purchase> = Api::all(client.clone());
    let listed = loop {
        match purchases.list(&ListParams::default()).await {
            Ok(listed) => break listed,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the purchases can't be read; trying again"
                );
            }
        }
        clock.sleep(LOOK).await;
    };
    let other = listed
        .items
        .iter()
        .filter_map(|purchase| OrderKey::parse(&purchase.spec.order_key))
        .find(|key| key.cluster() != wanted);
    match other {
        Some(key) => Err(StartError::ClusterName {
            found: key.cluster().to_string(),
            wanted: wanted.to_string(),
        }),
        None => Ok(()),
    }
}

/// The UID of kube-system: the cluster's own identity. It is written down for people, so nothing waits long for it.
pub(super) async fn cluster_uid(client: &Client) -> Option<String> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    answered(
        "reading the namespace kube-system",
        namespaces.get_opt("kube-system"),
    )
    .await
    .ok()
    .flatten()
    .and_then(|namespace| namespace.uid())
}

/// Waits for the first list of everything that decisions are taken from.
pub(super) async fn caches(listed: &[CancellationToken]) {
    for first_list in listed {
        first_list.cancelled().await;
    }
}

/// Counts what is in the caches, for the metrics, until the process ends.
pub(super) async fn count_orders(context: &Context) {
    loop {
        let shown: Vec<Option<Reason>> = context
            .all_orders()
            .iter()
            .map(|order| order.status.as_ref().and_then(shown_reason))
            .collect();
        for reason in Reason::ALL {
            let count = shown.iter().filter(|shown| **shown == Some(*reason)).count();
            let labels = State {
                reason: reason.as_str(),
            };
            context
                .metrics
                .orders
                .get_or_create(&labels)
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let open = context
            .purchases
            .state()
            .iter()
            .filter(|purchase| purchase.spec.state == crate::api::PurchaseState::Open)
            .count();
        context
            .metrics
            .open_purchases
            .set(i64::try_from(open).unwrap_or(i64::MAX));
        context.clock.sleep(COUNT).await;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use http_body_util::Full;
    use kube::client::Body;
    use serde_json::{Value, json};

    use super::*;
    use crate::certcentral;
    use crate::controller::run;
    use crate::serve::metrics::Metrics;
    use crate::settings::{LogFormat, Settings, Times};

    /// An API server that serves the definitions and no purchases, and never says a word about namespaces; the token tells
    /// that it was asked for one.
    fn silent_about_namespaces() -> (Client, CancellationToken) {
        let asked = CancellationToken::new();
        let told = asked.clone();
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let asked = told.clone();
            async move {
                let path = request.uri().path().to_owned();
                let definition = crds()
                    .into_iter()
                    .find(|definition| path.ends_with(&format!("/{}", definition.name_any())));
                let answer: Value = match definition {
                    Some(definition) => {
                        let mut served = serde_json::to_value(definition).unwrap();
                        served["status"] = json!({"conditions": [{"type": "Established", "status": "True"}]});
                        served
                    }
                    None if path.contains("/purchases") => {
                        json!({"apiVersion": "docsign.dev/v1alpha1", "kind": "PurchaseList", "metadata": {}, "items": []})
                    }
                    None => {
                        asked.cancel();
                        std::future::pending().await
                    }
                };
                let body = Full::new(bytes::Bytes::from(answer.to_string()));
                Ok::<_, Infallible>(http::Response::new(body))
            }
        });
        (Client::new(service, "default"), asked)
    }

    #[tokio::test(start_paused = true)]
    async fn a_cluster_that_does_not_tell_its_uid_is_not_waited_for() {
        let (client, _) = silent_about_namespaces();
        let uid = tokio::time::timeout(Duration::from_mins(1), cluster_uid(&client));
        assert_eq!(uid.await, Ok(None));
    }

    #[tokio::test(start_paused = true)]
    async fn an_operator_that_is_asked_to_end_does_not_wait_for_it_either() {
        let (client, asked_for_the_uid) = silent_about_namespaces();
        let shutdown = CancellationToken::new();
        let settings = Settings {
            cluster_name: ClusterName::parse("test").unwrap(),
            operator_namespace: "default".to_owned(),
            namespaces: Vec::new(),
            allowed_endpoints: Vec::new(),
            allowed_proxies: Vec::new(),
            leader_election: false,
            times: Times::default(),
            admin_address: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            log_format: LogFormat::Text,
            log_level: String::new(),
        };
        let running = run(
            client,
            settings,
            Clock::system(),
            Arc::default(),
            Arc::new(Metrics::default()),
            shutdown.clone(),
            Arc::new(certcentral::Client::new),
        );
        let asked = async {
            asked_for_the_uid.cancelled().await;
            shutdown.cancel();
            Clock::system().sleep(Duration::from_secs(1)).await;
        };
        tokio::select! {
            biased;
            ended = running => assert!(ended.is_ok(), "{ended:?}"),
            () = asked => panic!("it goes on"),
        }
    }
}
