//! The admission rules of the CRDs, without an API server.

use kube::core::cel::{CompiledSchema, Validator, compile_schema};
use serde_json::Value;

use super::crds;

/// The compiled CEL rules of one kind: the same that its CRD holds.
pub struct AdmissionRules {
    schema: CompiledSchema,
    validator: Validator,
}

/// A rule that an object breaks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// The path of the field, such as spec.order.certificate.csr.
    pub field: String,
    /// What to do.
    pub message: String,
}

impl AdmissionRules {
    /// The rules of a kind, such as DocumentSigningOrder; none when the kind is not ours.
    pub fn of(kind: &str) -> Option<Self> {
        let crd = crds().into_iter().find(|crd| crd.spec.names.kind == kind)?;
        let version = crd.spec.versions.into_iter().next()?;
        let schema = serde_json::to_value(version.schema?.open_api_v3_schema?).ok()?;
        Some(Self {
            schema: compile_schema(&schema),
            validator: Validator::new(),
        })
    }

    /// The rules that `object` breaks, with the schema's defaults in place. With `old`, as an update of it.
    pub fn violations(&self, object: &Value, old: Option<&Value>) -> Vec<Violation> {
        match self.validator.validate_compiled(&self.schema, object, old) {
            Ok(()) => Vec::new(),
            Err(errors) => errors
                .into_vec()
                .into_iter()
                .map(|error| Violation {
                    // A field path of a root rule begins with a dot.
                    field: error.field_path.trim_start_matches('.').to_owned(),
                    message: error.message,
                })
                .collect(),
        }
    }
}
