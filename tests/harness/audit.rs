//! The API server's audit log: every request, who made it, and what was answered.

use std::path::Path;

use serde::Deserialize;

use super::{Context as _, Result};

/// One answered request, or one watch that began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, ...; for paths without a resource, the method.
    pub verb: String,
    /// `ResponseComplete`; `ResponseStarted` when a watch begins; `Panic`.
    pub stage: String,
    /// The path and query asked for.
    pub uri: String,
    /// The API group of the resource; empty for the core group and for paths without a resource.
    pub group: String,
    /// The resource in plural; empty for paths such as `/readyz`.
    pub resource: String,
    /// `status`, `scale`, ...; empty for none.
    pub subresource: String,
    /// Empty for resources of the cluster, and for requests across namespaces.
    pub namespace: String,
    /// Empty for collections.
    pub name: String,
    /// The authenticated user.
    pub user: String,
    /// The client's User-Agent, which tells apart programs that share a user.
    pub user_agent: String,
    /// The HTTP status of the answer; 0 if there was none.
    pub code: u16,
    /// When the API server received the request.
    pub received: jiff::Timestamp,
}

impl AuditEvent {
    /// Whether the request meant to change something.
    pub fn is_write(&self) -> bool {
        matches!(
            self.verb.as_str(),
            "create" | "update" | "patch" | "delete" | "deletecollection"
        )
    }
}

/// The audit policy: who did what to which object, without bodies, when it was answered.
pub(super) const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
";

/// Reads all events logged so far, in the order of the log.
pub(super) fn read(path: &Path) -> Result<Vec<AuditEvent>> {
    let log = std::fs::read_to_string(path).context(|| format!("cannot read {}", path.display()))?;
    // A line without its end is still being written.
    let complete = log.rsplit_once('\n').map_or("", |(complete, _)| complete);
    complete
        .lines()
        .map(|line| {
            serde_json::from_str::<Line>(line)
                .map(AuditEvent::from)
                .context(|| "the audit log has a line that is no event".to_owned())
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    verb: String,
    stage: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    user: User,
    #[serde(default)]
    user_agent: String,
    #[serde(default)]
    object_ref: ObjectReference,
    #[serde(default)]
    response_status: ResponseStatus,
    request_received_timestamp: jiff::Timestamp,
}

#[derive(Deserialize)]
struct User {
    // An anonymous request that failed to authenticate has no name.
    #[serde(default)]
    username: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ObjectReference {
    api_group: String,
    resource: String,
    subresource: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseStatus {
    code: u16,
}

impl From<Line> for AuditEvent {
    fn from(line: Line) -> Self {
        let ObjectReference {
            api_group,
            resource,
            subresource,
            namespace,
            name,
        } = line.object_ref;
        Self {
            verb: line.verb,
            stage: line.stage,
            uri: line.request_uri,
            group: api_group,
            resource,
            subresource,
            namespace,
            name,
            user: line.user.username,
            user_agent: line.user_agent,
            code: line.response_status.code,
            received: line.request_received_timestamp,
        }
    }
}
