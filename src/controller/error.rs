//! What stops a pass: faults of the API server. Faults of CertCentral are data, not errors.

use std::time::Duration;

use crate::api::Purchase;

/// A fault of the API server, or of what is stored there.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// A request to the API server failed.
    #[error("{doing}")]
    Kube {
        /// What the request was for.
        doing: &'static str,
        /// How it failed.
        #[source]
        source: Box<kube::Error>,
    },
    /// The API server did not answer in time.
    #[error("{0}: the API server did not answer in time")]
    TimedOut(&'static str),
    /// A write took no effect because the object had changed: read again.
    #[error("{0}: the object has changed in the meantime")]
    Conflict(&'static str),
    /// What the API server answered is not what was asked for.
    #[error("{0}: the API server's answer can't be read")]
    Unreadable(&'static str),
    /// The API server returned an object without what was written.
    #[error(
        "{0}: the API server dropped fields of the object; are the CustomResourceDefinitions older than this operator?"
    )]
    Pruned(&'static str),
    /// The purchase of this name is another key's.
    #[error("purchase {0} records another order key")]
    ForeignPurchase(String),
}

/// How long the API server may take for one answer: a pass must not hang on one that says nothing.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits for an answer of the API server, and not for ever.
pub(super) async fn answered<T>(
    doing: &'static str,
    request: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, request).await {
        Ok(answer) => answer.map_err(|error| Error::kube(doing, error)),
        Err(_) => Err(Error::TimedOut(doing)),
    }
}

impl Error {
    /// Wraps a failed request.
    pub(super) fn kube(doing: &'static str, source: kube::Error) -> Self {
        match &source {
            kube::Error::Api(status) if status.is_conflict() => Self::Conflict(doing),
            // Its words quote what was read.
            kube::Error::SerdeError(_) | kube::Error::FromUtf8(_) => Self::Unreadable(doing),
            _ => Self::Kube {
                doing,
                source: Box::new(source),
            },
        }
    }

    /// A purchase that is another key's.
    pub(super) fn foreign(purchase: &Purchase) -> Self {
        Self::ForeignPurchase(purchase.metadata.name.clone().unwrap_or_default())
    }

    /// Whether the object does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        matches!(self, Self::Kube { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if status.is_not_found()))
    }

    /// Whether the API server understood the request and will not do it.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Kube { source, .. } if matches!(source.as_ref(), kube::Error::Api(status) if (400..500).contains(&status.code) && status.code != 408 && status.code != 429))
    }

    /// Whether reading again at once is all it takes.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }
}
