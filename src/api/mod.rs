//! The custom resources of group docsign.dev.
