//! What CertCentral said, fit to be shown: its words may quote the request.

use super::account_view;
use super::pass::Pass;
use crate::certcentral::Refusal;
use crate::domain::redaction::redacted;
use crate::plan::RemoteFailure;

impl Pass<'_> {
    /// The refusal without anything that the request holds of a person or a card.
    pub(super) fn discreet(&self, mut refusal: Refusal) -> Refusal {
        refusal.code = self.discreet_code(&refusal.code);
        refusal.message = self.discreet_message(&refusal.message);
        refusal
    }

    /// The failure in words that can be stored.
    pub(super) fn discreet_failure(&self, failed: RemoteFailure) -> RemoteFailure {
        if failed.status.is_none() {
            // Our own words.
            return failed;
        }
        RemoteFailure {
            code: self.discreet_code(&failed.code),
            message: self.discreet_message(&failed.message),
            ..failed
        }
    }

    fn discreet_code(&self, code: &str) -> String {
        match &self.prepared {
            Some(request) => request.redact_code(code),
            None => code.to_owned(),
        }
    }

    fn discreet_message(&self, message: &str) -> String {
        if let Some(request) = &self.prepared {
            return request.redact(message);
        }
        // Nothing else than the address goes out for a manifest that can't be ordered.
        let email = self.order.as_deref().and_then(account_view::email);
        redacted(message, email.as_deref())
    }
}
