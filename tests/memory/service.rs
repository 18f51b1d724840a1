//! HTTP: paths, queries, statuses.

use std::convert::Infallible;
use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use futures::StreamExt;
use http::{Method, Request, Response, header};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use serde_json::{Value, json};

use super::kinds::{self, DEFINITIONS, Kind};
use super::lens::Lens;
use super::reads::{self, Scope};
use super::state::Place;
use super::{Cluster, verbs, watch};

/// The body of an answer.
pub type AnswerBody = UnsyncBoxBody<Bytes, Infallible>;

/// The parameters of a request.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that is a number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Failure> {
        self.get(name)
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| Failure::bad_request(format!("{name}: not a number")))
            })
            .transpose()
    }
}

/// A request that is not done.
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: u16,
    pub reason: &'static str,
    pub message: String,
    pub details: Value,
}

impl Failure {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self {
            code,
            reason,
            message,
            details: Value::Null,
        }
    }

    fn of(self, kind: &Kind, name: &str) -> Self {
        let mut details = json!({"name": name, "kind": kind.plural});
        if !kind.group.is_empty() {
            details["group"] = json!(kind.group);
        }
        Self { details, ..self }
    }

    pub fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} not found", kind.resource());
        Self::new(404, "NotFound", message).of(kind, name)
    }

    pub fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {name:?} already exists", kind.resource());
        Self::new(409, "AlreadyExists", message).of(kind, name)
    }

    pub fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {name:?}: {why}",
            kind.resource()
        );
        Self::new(409, "Conflict", message).of(kind, name)
    }

    pub fn invalid(kind: &Kind, name: &str, why: &[String]) -> Self {
        let message = format!(
            "{}.{} {name:?} is invalid: {}",
            kind.word,
            kind.group,
            why.join(", ")
        );
        Self::new(422, "Invalid", message).of(kind, name)
    }

    pub fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!("{} {name:?} is forbidden: {why}", kind.resource());
        Self::new(403, "Forbidden", message).of(kind, name)
    }

    pub fn bad_request(message: String) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub fn expired(message: String) -> Self {
        Self::new(410, "Expired", message)
    }

    /// As the API says it.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if !self.details.is_null() {
            status["details"] = self.details.clone();
        }
        status
    }
}

/// What a path names.
struct Target {
    kind: &'static Kind,
    namespace: Option<String>,
    name: Option<String>,
    status: bool,
}

fn target(path: &str) -> Option<Target> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        // The namespaces themselves are a kind as well.
        ["namespaces", namespace, plural, rest @ ..] if *plural != "status" => {
            (Some((*namespace).to_owned()), [&[*plural], rest].concat())
        }
        rest => (None, rest.to_vec()),
    };
    let (plural, name, status) = match rest.as_slice() {
        [plural] => (*plural, None, false),
        [plural, name] => (*plural, Some((*name).to_owned()), false),
        [plural, name, "status"] => (*plural, Some((*name).to_owned()), true),
        _ => return None,
    };
    let kind = kinds::find(group, version, plural)?;
    let scope = kind.namespaced || namespace.is_none();
    // Only a list may be of all namespaces.
    let one = namespace.is_some() || name.is_none() || !kind.namespaced;
    (scope && one).then_some(Target {
        kind,
        namespace,
        name,
        status,
    })
}

/// Answers a request.
pub async fn answer(cluster: &Cluster, request: Request<Body>, lens: &Lens) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let body = body.collect_bytes().await.unwrap_or_default();
    let query = Query(
        url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let Some(target) = target(head.uri.path()) else {
        let mut response = Response::new(UnsyncBoxBody::new(Full::from("404 page not found\n")));
        *response.status_mut() = http::StatusCode::NOT_FOUND;
        return response;
    };
    if target.status && !target.kind.status {
        let message = "the server could not find the requested resource".to_owned();
        return rendered(404, &Failure::new(404, "NotFound", message).status());
    }
    let watches = query.get("watch").is_some_and(|watch| watch == "true");
    if head.method == Method::GET && target.name.is_none() && watches {
        let stream = Scope::new(target.kind, target.namespace, &query)
            .and_then(|scope| watch::begin(cluster, scope, &query, lens));
        return match stream {
            Ok(stream) => {
                let frames = stream.map(|line| Ok(Frame::data(line)));
                let mut response = Response::new(UnsyncBoxBody::new(StreamBody::new(frames)));
                response.headers_mut().insert(header::CONTENT_TYPE, JSON);
                response
            }
            Err(failure) => rendered(failure.code, &failure.status()),
        };
    }
    let content = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    if head.method == Method::GET
        && let Some(name) = &target.name
        && let Some(definition) = DEFINITIONS
            .iter()
            .position(|definition| definition["metadata"]["name"] == *name.as_str())
    {
        return json_answer(200, RENDERED[definition].clone());
    }
    let done = perform(cluster, &head.method, content, target, &query, &body, lens);
    cluster.publish();
    match done {
        Ok((code, object)) => rendered(code, &object),
        Err(failure) => rendered(failure.code, &failure.status()),
    }
}

const JSON: http::HeaderValue = http::HeaderValue::from_static("application/json");

/// The definitions are large and always the same.
static RENDERED: LazyLock<Vec<Bytes>> = LazyLock::new(|| {
    let text = |definition: &Arc<Value>| Bytes::from(definition.to_string());
    DEFINITIONS.iter().map(text).collect()
});

fn rendered(code: u16, object: &Value) -> Response<AnswerBody> {
    json_answer(code, Bytes::from(object.to_string()))
}

fn json_answer(code: u16, text: Bytes) -> Response<AnswerBody> {
    let body = Full::new(text);
    let mut response = Response::new(UnsyncBoxBody::new(body));
    *response.status_mut() = http::StatusCode::from_u16(code).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}

fn perform(
    cluster: &Cluster,
    method: &Method,
    content: &str,
    target: Target,
    query: &Query,
    body: &[u8],
    lens: &Lens,
) -> Result<(u16, Value), Failure> {
    let now = cluster.now();
    let mut state = cluster.state();
    let json = || {
        serde_json::from_slice::<Value>(body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Failure::bad_request("the body is not a JSON object".to_owned()))
    };
    let Some(name) = target.name else {
        return match *method {
            Method::GET => {
                let scope = Scope::new(target.kind, target.namespace, query)?;
                Ok((200, reads::list(&state, &scope, query, lens)))
            }
            Method::POST => {
                let namespace = target.namespace.unwrap_or_default();
                verbs::create(&mut state, target.kind, &namespace, json()?, now).map(|object| (201, object))
            }
            _ => Err(not_allowed()),
        };
    };
    let place = Place {
        kind: target.kind,
        namespace: target.namespace.unwrap_or_default(),
        name,
    };
    let done = match *method {
        Method::GET => reads::get(&state, &place).map(|object| object.as_ref().clone()),
        Method::PUT => verbs::replace(&mut state, &place, json()?, target.status),
        Method::PATCH if content == "application/merge-patch+json" => {
            verbs::patch(&mut state, &place, &json()?, target.status)
        }
        Method::PATCH => Err(Failure::new(
            415,
            "UnsupportedMediaType",
            "only merge patches".to_owned(),
        )),
        Method::DELETE if !target.status => {
            let options = if body.is_empty() { json!({}) } else { json()? };
            verbs::delete(&mut state, &place, &options, now)
        }
        _ => Err(not_allowed()),
    };
    done.map(|object| (200, object))
}

fn not_allowed() -> Failure {
    let message = "the server does not allow this method on the requested resource".to_owned();
    Failure::new(405, "MethodNotAllowed", message)
}
