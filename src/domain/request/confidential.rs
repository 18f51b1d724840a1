//! Text that may be sent, and nothing else.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};

/// Personal or card data: serialized into the request body, never printed, wiped from memory when dropped.
#[derive(Clone)]
pub struct Confidential(SecretString);

impl Confidential {
    /// Takes the text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text, to check its shape; not to be kept.
    pub(super) fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<&String> for Confidential {
    fn from(text: &String) -> Self {
        Self::new(text.clone())
    }
}

impl std::fmt::Debug for Confidential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("***")
    }
}

impl Serialize for Confidential {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}
