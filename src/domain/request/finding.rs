//! What is wrong with a manifest, and what to do.

use std::fmt;

/// One thing to do about a manifest. It never quotes what the manifest or a Secret holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The path of the field, such as spec.order.certificate.csr.
    pub field: String,
    /// What to do.
    pub message: String,
    /// Whether the order can be placed all the same.
    pub severity: Severity,
}

impl Finding {
    /// The order can't be placed like this.
    pub fn error(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            severity: Severity::Error,
        }
    }

    /// The order can be placed, but may not be what was meant.
    pub fn warning(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            severity: Severity::Warning,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.message)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// The order can't be placed.
    Error,
    /// The order can be placed.
    Warning,
}
