//! Streams of events: bookmarks, time-outs, versions that are too old.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::unfold;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Cluster;
use super::lens::Lens;
use super::reads::Scope;
use super::service::{Failure, Query};
use super::state::Change;

/// How often a watch that is asked for bookmarks says how far it is.
const BOOKMARK: Duration = Duration::from_mins(1);
/// How long a watch lasts where nothing is said.
const LONGEST: Duration = Duration::from_mins(30);

/// A watch that goes on.
struct Watch {
    cluster: Cluster,
    version: tokio::sync::watch::Receiver<u64>,
    scope: Scope,
    lens: Lens,
    /// The version of the last event.
    seen: u64,
    ready: VecDeque<Value>,
    /// Nothing comes before.
    thaws: Option<Instant>,
    ends: Instant,
    bookmark: Option<Instant>,
    /// No more than what is ready.
    over: bool,
}

/// Begins a watch. A version of 0, or none, begins with all there is.
#[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
pub fn begin(
    cluster: &Cluster,
    scope: Scope,
    query: &Query,
    lens: &Lens,
) -> Result<impl Stream<Item = Bytes> + Send + use<>, Failure> {
    let from: u64 = query.number("resourceVersion")?.unwrap_or(0);
    let lasts = query
        .number("timeoutSeconds")?
        .map_or(LONGEST, Duration::from_secs);
    let now = Instant::now();
    let state = cluster.state();
    let frozen = lens.frozen.filter(|frozen| from <= frozen.version);
    let mut watch = Watch {
        cluster: cluster.clone(),
        version: cluster.version.subscribe(),
        scope,
        lens: *lens,
        seen: from,
        ready: VecDeque::new(),
        thaws: frozen.map(|frozen| now + frozen.lasts),
        ends: now + lasts,
        bookmark: query
            .get("allowWatchBookmarks")
            .is_some_and(|asked| asked == "true")
            .then(|| now + BOOKMARK),
        over: false,
    };
    if from == 0 {
        for (place, object) in &state.objects {
            if watch.scope.holds(place, object) {
                watch
                    .ready
                    .push_back(json!({"type": "ADDED", "object": object.as_ref()}));
            }
        }
        watch.seen = state.version;
    } else if from < state.floor {
        watch.expire(from);
    }
    drop(state);
    Ok(unfold(watch, Watch::next))
}

impl Watch {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if let Some(thaws) = self.thaws {
                if thaws < self.ends {
                    sleep_until(thaws).await;
                } else {
                    sleep_until(self.ends).await;
                    return None;
                }
                self.thaws = None;
            }
            if let Some(event) = self.ready.pop_front() {
                let mut line = event.to_string();
                line.push('\n');
                return Some((Bytes::from(line), self));
            }
            if self.over {
                return None;
            }
            self.version.borrow_and_update();
            if self.gather() {
                continue;
            }
            let until = self
                .bookmark
                .map_or(self.ends, |bookmark| bookmark.min(self.ends));
            match timeout_at(until, self.version.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                Err(_) if until == self.ends => return None,
                Err(_) => {
                    self.bookmark = Some(until + BOOKMARK);
                    let version = self.seen.max(self.cluster.version());
                    self.seen = version;
                    self.ready.push_back(json!({"type": "BOOKMARK", "object": {
                        "apiVersion": self.scope.kind.api_version(), "kind": self.scope.kind.word,
                        "metadata": {"resourceVersion": version.to_string()},
                    }}));
                }
            }
        }
    }

    /// Takes what was written since. Whether there is anything new to do.
    fn gather(&mut self) -> bool {
        let state = self.cluster.state();
        let from = state.log.partition_point(|change| change.version <= self.seen);
        let mut events = Vec::new();
        let mut gap = None;
        for change in state.log.iter().skip(from) {
            self.seen = change.version;
            let Some(event) = event(&self.scope, change) else {
                continue;
            };
            if let Some(missed) = self.lens.gap.filter(|gap| gap.version == change.version) {
                gap = Some(missed);
                break;
            }
            events.push(event);
        }
        drop(state);
        let any = !events.is_empty();
        self.ready.extend(events);
        if let Some(gap) = gap {
            self.miss(gap.lasts);
            return true;
        }
        any
    }

    /// What comes now does not come; later it is too late for it.
    #[expect(clippy::disallowed_methods, reason = "the test's own clock, which is paused")]
    fn miss(&mut self, lasts: Duration) {
        let seen = self.seen;
        // What was ready before it has come already, as far as a reader can tell.
        self.thaws = Some(Instant::now() + lasts);
        self.expire(seen);
    }

    fn expire(&mut self, from: u64) {
        let message = format!("too old resource version: {from}");
        self.ready
            .push_back(json!({"type": "ERROR", "object": Failure::expired(message).status()}));
        self.over = true;
    }
}

fn event(scope: &Scope, change: &Change) -> Option<Value> {
    let holds = |object: &Option<std::sync::Arc<Value>>| {
        object
            .as_ref()
            .is_some_and(|object| scope.holds(&change.place, object))
    };
    let (type_, object) = match (holds(&change.before), holds(&change.after)) {
        (false, false) => return None,
        (false, true) => ("ADDED", change.after.as_ref()?.as_ref().clone()),
        (true, true) => ("MODIFIED", change.after.as_ref()?.as_ref().clone()),
        (true, false) => {
            // As it was, under the version that ended it.
            let mut object = change.before.as_ref()?.as_ref().clone();
            object["metadata"]["resourceVersion"] = json!(change.version.to_string());
            ("DELETED", object)
        }
    };
    Some(json!({"type": type_, "object": object}))
}
