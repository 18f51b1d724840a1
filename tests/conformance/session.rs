//! A run of requests against one server, and what came back, without what no two servers share.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt;
use http::Request;
use http_body_util::BodyExt;
use kube::client::{Body, Client};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, eventually};

/// The API of our own kinds.
const OURS: &str = "/apis/docsign.dev/v1alpha1";

/// A run of requests.
pub struct Session {
    client: Client,
    /// The session's own namespace.
    pub namespace: String,
    results: Vec<(String, u16, Value)>,
    names: HashMap<String, String>,
}

impl Session {
    /// Begins one, in a namespace of its own.
    pub async fn new(client: Client, case: &str) -> Self {
        let namespace = format!("case-{}", case.replace(' ', "-"));
        let mut session = Self {
            client,
            namespace: namespace.clone(),
            results: Vec::new(),
            names: HashMap::new(),
        };
        let manifest = json!({"metadata": {"name": namespace}});
        session.send("POST", "/api/v1/namespaces", &manifest).await;
        session
    }

    /// What came back.
    pub fn results(self) -> Vec<(String, u16, Value)> {
        self.results
    }

    /// The path of one of our namespaced kinds in the session's namespace.
    pub fn ours(&self, rest: &str) -> String {
        format!("{OURS}/namespaces/{}/{rest}", self.namespace)
    }

    /// The path of one of our cluster-scoped kinds.
    pub fn cluster(rest: &str) -> String {
        format!("{OURS}/{rest}")
    }

    /// The path of a built-in kind in the session's namespace.
    pub fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    /// Sends a request, takes note of the answer, and returns it.
    pub async fn send(&mut self, method: &str, path: &str, body: &Value) -> Value {
        let (code, answer) = self.quietly(method, path, body).await;
        let what = self.normal(&json!(format!("{method} {path}")));
        let normal = self.normal(&answer);
        self.results
            .push((what.as_str().unwrap().to_owned(), code, normal));
        answer
    }

    /// Sends a request whose answer is nobody's business.
    pub async fn quietly(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let content = if method == "PATCH" {
            "application/merge-patch+json"
        } else {
            "application/json"
        };
        let bytes = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content)
            .header("accept", "application/json")
            .body(Body::from(bytes))
            .unwrap();
        let answer = self.client.send(request).await.unwrap();
        let code = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (code, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// Reads a path.
    pub async fn get(&mut self, path: &str) -> Value {
        self.send("GET", path, &Value::Null).await
    }

    /// Waits until a path answers 404.
    pub async fn gone(&mut self, path: &str) {
        eventually("it to be gone", PATIENCE, async || {
            (self.quietly("GET", path, &Value::Null).await.0 == 404).then_some(())
        })
        .await
        .unwrap();
        self.get(path).await;
    }

    /// Takes note of so many events of a watch, or of fewer if it ends before.
    pub async fn watch(&mut self, path: &str, events: usize) {
        let request = Request::get(path).body(Body::from(Vec::new())).unwrap();
        let answer = self.client.send(request).await.unwrap();
        let code = answer.status().as_u16();
        let mut stream = answer.into_body().into_data_stream();
        let mut text = String::new();
        while text.matches('\n').count() < events {
            let next = tokio::time::timeout(Duration::from_secs(20), stream.next());
            let Ok(Some(Ok(bytes))) = next.await else { break };
            text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        let events: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let normal = self.normal(&json!(events));
        self.results.push(("watch".to_owned(), code, normal));
    }

    /// The same without what no two servers share: versions and UIDs by the order in which they came, times as the
    /// word, messages not at all.
    fn normal(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(
                fields
                    .iter()
                    .filter_map(|(name, value)| {
                        let failure = fields.contains_key("code");
                        let left_out = match name.as_str() {
                            "managedFields" | "selfLink" | "continue" | "remainingItemCount" => true,
                            "message" | "details" => failure,
                            // A list's own version moves with everybody's writes.
                            "resourceVersion" => fields.get("name").is_none(),
                            _ => false,
                        };
                        if left_out {
                            return None;
                        }
                        let value = match name.as_str() {
                            "uid" | "resourceVersion" => self.named(name, value),
                            "creationTimestamp" | "deletionTimestamp" if !value.is_null() => json!("time"),
                            _ => self.normal(value),
                        };
                        Some((name.clone(), value))
                    })
                    .collect(),
            ),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.normal(item)).collect()),
            Value::String(text) => json!(text.replace(&self.namespace, "here")),
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn named(&mut self, field: &str, value: &Value) -> Value {
        let number = self.names.len();
        let name = self
            .names
            .entry(format!("{field} {value}"))
            .or_insert_with(|| format!("{field} {number}"));
        json!(name)
    }
}
