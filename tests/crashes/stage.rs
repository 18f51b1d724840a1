//! What people do in a script: apply, edit, delete, wait.

use std::time::Duration;

use docsign::api::{DocumentSigningOrder, DocumentSigningOrderStatus};
use docsign::domain::order_key::{ClusterName, OrderKey, Token};
use http::Request;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::paused::{KEY, OTHER};
use crate::scripts::{Script, script};
use crate::world::World;

/// Longer than anything a script waits for.
const LONGEST: Duration = Duration::from_hours(36);

/// The namespace of the manifests.
pub const HERE: &str = "signing";

/// The Secrets of accounts, and the accounts.
pub const SECRETS: &str = "/api/v1/namespaces/default/secrets";
pub const ACCOUNTS: &str = "/apis/docsign.dev/v1alpha1/clustercertcentralaccounts";

/// A script that ends early: the order waits for a person.
pub const HELD: &str = "held";

/// Why a script did not come to its end.
pub type Done = Result<(), String>;

/// The orders of the namespace.
pub fn path(name: &str) -> String {
    format!("/apis/docsign.dev/v1alpha1/namespaces/{HERE}/documentsigningorders/{name}")
}

/// A small order, as a manifest.
pub fn order(name: &str) -> Value {
    json!({
        "apiVersion": "docsign.dev/v1alpha1", "kind": "DocumentSigningOrder", "metadata": {"name": name},
        "spec": {"accountRef": {"kind": "ClusterCertCentralAccount", "name": "main"}, "order": {
            "csProvisioningMethod": "client_app", "orderValidity": {"years": 1}, "paymentMethod": "balance",
            "individual": {"firstName": "Jane", "lastName": "Doe", "email": "jane@example.com", "telephone": "+1-555-555-5555", "country": "us"},
        }},
    })
}

/// The token of a manifest's first revision.
pub fn token_of(name: &str) -> Token {
    OrderKey::new(ClusterName::parse("test").unwrap(), HERE, name, 1).token()
}

impl World {
    /// Does one request as the people do it.
    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        self.cluster.ask(method, path, body).await
    }

    /// The namespace, the Secret and the account: there before anything begins.
    pub async fn furnish(&self, script: &Script) -> Done {
        self.namespace().await?;
        let secret = self.account("main", "certcentral", KEY, script).await?;
        if let Some(method) = script.correlation {
            let correlation = json!({"status": {"correlation": {
                "method": method, "secretUID": secret["metadata"]["uid"],
                "secretResourceVersion": secret["metadata"]["resourceVersion"],
                "endpoint": "https://www.digicert.com/services/v2",
            }}});
            self.ask("PATCH", &format!("{ACCOUNTS}/main/status"), &correlation)
                .await?;
        }
        Ok(())
    }

    /// A second account, of another one of CertCentral's.
    pub async fn other_account(&self) -> Done {
        let script = script("other-account");
        self.account("other", "other", OTHER, script).await.map(|_| ())
    }

    /// An account and its Secret; gives the Secret.
    async fn account(&self, name: &str, secret: &str, key: &str, script: &Script) -> Result<Value, String> {
        let object = json!({"metadata": {"name": secret}, "stringData": {"api-key": key}});
        let object = self.ask("POST", SECRETS, &object).await?;
        let account = json!({
            "apiVersion": "docsign.dev/v1alpha1", "kind": "ClusterCertCentralAccount", "metadata": {"name": name},
            "spec": {
                "apiKeySecretRef": {"name": secret}, "region": "US", "pollIntervalSeconds": 60,
                "allow": {"adoption": true, "paymentMethods": ["balance", "card"]}, "allowedNamespaces": {"names": [HERE]},
                "unresolved": {"policy": script.policy, "quietPeriodSeconds": script.quiet},
            },
        });
        self.ask("POST", ACCOUNTS, &account).await?;
        Ok(object)
    }

    /// The namespace of the manifests.
    pub async fn namespace(&self) -> Done {
        let namespace = json!({"metadata": {"name": HERE}});
        self.ask("POST", "/api/v1/namespaces", &namespace)
            .await
            .map(|_| ())
    }

    /// Applies a manifest that is not there.
    pub async fn apply(&self, manifest: &Value) -> Done {
        self.ask("POST", path("").trim_end_matches('/'), manifest)
            .await
            .map(|_| ())
    }

    /// Changes a manifest.
    pub async fn edit(&self, name: &str, patch: &Value) -> Done {
        self.ask("PATCH", &path(name), patch).await.map(|_| ())
    }

    /// Deletes a manifest.
    pub async fn delete(&self, name: &str) -> Done {
        self.ask("DELETE", &path(name), &json!({})).await.map(|_| ())
    }

    /// Places an order as a person does in CertCentral's own console; gives its number.
    pub async fn place_by_hand(&self, token: Option<&str>) -> Result<u64, String> {
        let mut body = json!({
            "certificate": {"signature_hash": "sha256", "usage_designation": {"primary_usage": "signing", "additional_usages": ["document_signing"]}},
            "cs_provisioning_method": "client_app", "order_validity": {"years": 1}, "payment_method": "balance", "csa_agreed_to": true,
            "individual": {"first_name": "Jane", "last_name": "Doe", "email": "jane@example.com", "telephone": "+1-555-555-5555", "country": "us"},
        });
        if let Some(token) = token {
            body["alternative_order_id"] = json!(token);
        }
        let request = Request::post("https://www.digicert.com/services/v2/order/certificate/ds_individual")
            .header("x-dc-devkey", KEY)
            .body(bytes::Bytes::from(body.to_string()))
            .unwrap();
        let answer = self
            .remote
            .exchange(request)
            .await
            .map_err(|error| error.to_string())?;
        let placed = self.remote.journal().orders;
        let id = placed.last().map(|order| order.order_id);
        let id = id.ok_or_else(|| format!("the order by hand was refused: {}", answer.status()))?;
        self.by_hand.lock().unwrap().push(id);
        Ok(id)
    }

    /// Deletes the only purchase, as a person may.
    pub async fn delete_purchase(&self) -> Done {
        let purchases = self.cluster.objects("purchases");
        let [purchase] = purchases.as_slice() else {
            return Err(format!("{} purchases", purchases.len()));
        };
        let name = purchase["metadata"]["name"].as_str().unwrap();
        let path = format!("/apis/docsign.dev/v1alpha1/purchases/{name}");
        *self.deleted.lock().unwrap() += 1;
        self.ask("DELETE", &path, &json!({})).await.map(|_| ())
    }

    /// A manifest as it is.
    pub fn order(&self, name: &str) -> Option<DocumentSigningOrder> {
        let all = self.cluster.objects("documentsigningorders");
        let order = all.into_iter().find(|order| order["metadata"]["name"] == name)?;
        Some(serde_json::from_value(order).unwrap())
    }

    /// A manifest's status; an empty one where there is none.
    pub fn status(&self, name: &str) -> DocumentSigningOrderStatus {
        self.order(name)
            .and_then(|order| order.status)
            .unwrap_or_default()
    }

    /// The reason of an order's condition Ready.
    pub fn reason(&self, name: &str) -> String {
        let ready = self
            .status(name)
            .conditions
            .into_iter()
            .find(|condition| condition.type_ == "Ready");
        ready.map(|ready| ready.reason).unwrap_or_default()
    }

    /// Waits until an order is ready for one of these reasons. Where it waits for a person instead, nothing more
    /// happens in a script that has none.
    pub async fn becomes(&self, name: &str, wanted: &[&str]) -> Done {
        const HOLD: &str = "OutcomeUnknown";
        self.until(&format!("{name} {wanted:?}"), |world| {
            let reason = world.reason(name);
            reason == HOLD || wanted.contains(&reason.as_str())
        })
        .await
        .map_err(|error| format!("{error}, is {:?}", self.reason(name)))?;
        if self.reason(name) == HOLD && !wanted.contains(&HOLD) {
            return Err(HELD.to_owned());
        }
        Ok(())
    }

    /// Waits until the purchases are as wanted.
    pub async fn purchases(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Done {
        self.until(what, |world| wanted(&world.cluster.objects("purchases")))
            .await
    }

    /// Waits until the world is as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Self) -> bool) -> Done {
        let reached = async {
            let mut changes = self.cluster.changes();
            while !wanted(self) {
                let _ = changes.changed().await;
            }
        };
        timeout(LONGEST, reached)
            .await
            .map_err(|_| format!("never: {what}"))
    }
}
