//! The first door: the CustomResourceDefinitions on a real API server. Nothing is stored: each request is a dry run.

use docsign::api::{crd_yaml, crds};
use kube::Client;
use serde_json::Value;

use super::harness::{ControlPlane, Error, Result, shared};
use super::schema::Kind;

/// What the API server says to a manifest.
#[derive(Debug)]
pub enum Verdict {
    /// The object as it would be stored.
    Accepted(Value),
    Refused(Vec<Complaint>),
}

/// One cause of a refusal.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Complaint {
    pub field: String,
    pub message: String,
}

impl Verdict {
    pub fn accepted(&self) -> Option<&Value> {
        match self {
            Self::Accepted(object) => Some(object),
            Self::Refused(_) => None,
        }
    }
}

/// The API server with the definitions on it, and a namespace.
pub struct Server {
    client: Client,
    namespace: String,
}

impl Server {
    /// The shared plane, with a namespace named after the test.
    pub async fn new(name: &str) -> Result<Self> {
        let plane = shared().await?;
        install(plane).await?;
        Ok(Self {
            client: plane.client().await?,
            namespace: plane.namespace(name).await?,
        })
    }

    /// Asks for a manifest to be created, as `kubectl apply` does, and stores nothing.
    pub async fn create(&self, kind: &Kind, manifest: &Value) -> Verdict {
        self.ask(
            "POST",
            &self.path(kind, ""),
            "?dryRun=All&fieldValidation=Strict",
            manifest,
        )
        .await
    }

    /// Asks for a stored object to be replaced, and stores nothing.
    pub async fn replace(&self, kind: &Kind, name: &str, object: &Value) -> Verdict {
        let path = self.path(kind, name);
        self.ask("PUT", &path, "?dryRun=All&fieldValidation=Strict", object)
            .await
    }

    /// As the operator: asks for a stored object's status to be replaced, and stores nothing.
    pub async fn replace_status(&self, kind: &Kind, name: &str, object: &Value) -> Verdict {
        let path = format!("{}/status", self.path(kind, name));
        self.ask("PUT", &path, "?dryRun=All", object).await
    }

    /// Stores an object with its status, and gives back what is stored.
    pub async fn store(&self, kind: &Kind, object: &Value) -> Value {
        let created = self.ask("POST", &self.path(kind, ""), "", object).await;
        let Verdict::Accepted(mut stored) = created else {
            panic!("{created:?}")
        };
        let Some(status) = object.get("status") else {
            return stored;
        };
        stored["status"] = status.clone();
        let name = stored["metadata"]["name"].as_str().unwrap().to_owned();
        let path = format!("{}/status", self.path(kind, &name));
        match self.ask("PUT", &path, "", &stored).await {
            Verdict::Accepted(stored) => stored,
            refused @ Verdict::Refused(_) => panic!("{refused:?}"),
        }
    }

    fn path(&self, kind: &Kind, name: &str) -> String {
        let namespace = if kind.namespaced {
            format!("/namespaces/{}", self.namespace)
        } else {
            String::new()
        };
        let path = format!("/apis/docsign.dev/v1alpha1{namespace}/{}/{name}", kind.plural);
        path.trim_end_matches('/').to_owned()
    }

    async fn ask(&self, method: &str, path: &str, query: &str, body: &Value) -> Verdict {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{path}{query}"))
            .header("content-type", "application/json")
            .body(serde_json::to_vec(body).unwrap())
            .unwrap();
        match self.client.request::<Value>(request).await {
            Ok(object) => Verdict::Accepted(object),
            Err(kube::Error::Api(status)) if matches!(status.code, 400 | 422) => {
                let causes = status.details.map(|details| details.causes).unwrap_or_default();
                let complaint = |field: String, message: String| Complaint { field, message };
                let mut all: Vec<_> = causes
                    .into_iter()
                    .map(|cause| complaint(cause.field, cause.message))
                    .collect();
                if all.is_empty() {
                    all.push(complaint(String::new(), status.message));
                }
                Verdict::Refused(all)
            }
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }
}

async fn install(plane: &ControlPlane) -> Result<()> {
    static INSTALLED: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
    INSTALLED
        .get_or_try_init(async || {
            let all: Vec<_> = crds().iter().map(crd_yaml).collect();
            plane.apply(&all.join("---\n")).await?.success()?;
            let waiting = ["wait", "--for=condition=Established", "--timeout=60s", "crd"];
            let names: Vec<_> = crds().into_iter().filter_map(|crd| crd.metadata.name).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            plane.kubectl(&[&waiting[..], &names].concat()).await?.success()?;
            for name in names {
                plane.discovered(name).await?;
            }
            Ok::<(), Error>(())
        })
        .await
        .copied()
}
