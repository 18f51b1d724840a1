//! Every change of an order as it happens, from a watch of the API server.

use std::collections::{BTreeMap, BTreeSet};

use docsign::api::DocumentSigningOrder;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, ResourceExt as _};

use crate::harness::{Context as _, Error, Result};
use crate::line::Line;
use crate::screen::Screen;

/// The orders of all namespaces, followed.
pub(crate) struct Orders {
    changes: BoxStream<'static, std::result::Result<DocumentSigningOrder, watcher::Error>>,
    shown: BTreeMap<String, Line>,
    explained: BTreeSet<String>,
}

impl Orders {
    /// Begins to watch.
    pub(crate) fn watch(client: Client) -> Self {
        let changes = watcher(Api::all(client), watcher::Config::default())
            .default_backoff()
            .applied_objects()
            .boxed();
        Self {
            changes,
            shown: BTreeMap::new(),
            explained: BTreeSet::new(),
        }
    }

    /// Prints every change until all the orders with these names are issued.
    pub(crate) async fn until_issued(&mut self, screen: &Screen, names: &[&str]) -> Result<()> {
        while !names.iter().all(|name| self.is_issued(name)) {
            self.next(screen).await?;
        }
        Ok(())
    }

    /// Prints every change.
    pub(crate) async fn for_ever(&mut self, screen: &Screen) -> Result<()> {
        loop {
            self.next(screen).await?;
        }
    }

    async fn next(&mut self, screen: &Screen) -> Result<()> {
        let change = self
            .changes
            .try_next()
            .await
            .context(|| "the watch of the orders failed".to_owned())?;
        let order = change.ok_or_else(|| Error::new("the watch of the orders ended"))?;
        if let Some(line) = Line::of(&order) {
            self.show(screen, order.name_any(), line);
        }
        Ok(())
    }

    /// Prints a line if it says anything new, and what its reason means the first time it is seen.
    fn show(&mut self, screen: &Screen, name: String, line: Line) {
        let before = self.shown.get(&name);
        if before == Some(&line) {
            return;
        }
        screen.row(&line.pieces(before));
        if self.explained.insert(line.reason().to_owned()) {
            screen.aside(&format!("{}: {}", line.reason(), line.message()));
        }
        self.shown.insert(name, line);
    }

    fn is_issued(&self, name: &str) -> bool {
        self.shown.get(name).is_some_and(|line| line.reason() == "Issued")
    }
}
