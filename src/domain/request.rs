//! From `spec.order` to the body that is sent, or to findings.
//!
//! Defaults and additions are these alone: `signature_hash`, `usage_designation` and `csa_agreed_to` always,
//! `addr2` with every address, key type and size of the CSR, and the two places of the order's token.

mod certificate;
mod confidential;
mod digest;
mod finding;
mod source;
mod wire;

#[cfg(test)]
mod tests;

use jiff::{ToSpan as _, civil::Date};
use serde::{Serialize, Serializer};
use serde_json::Value;

pub use confidential::Confidential;
pub use finding::{Finding, Severity};
pub use source::{Card, SecretData, SourceError, Sources};
pub use wire::{Individual, ShipInfo};

use super::csr::Csr;
use super::order_key::Token;
use super::private_key;
use super::redaction::redacted;
use super::refusal::redacted_code;
use crate::api::{CsProvisioningMethod, Order};
use certificate::{certificate_of, csr_of};

/// Where the order's token travels.
#[derive(Clone, Copy, Debug)]
pub struct Marks<'a> {
    /// The token of the order key.
    pub token: &'a Token,
    /// Whether the account takes `alternative_order_id`.
    pub alternative_order_id: bool,
}

/// The body of one order. Serializes to exactly what CertCentral's page asks for; prints nothing of it.
#[derive(Clone)]
pub struct OrderRequest {
    body: wire::Body,
    stable: digest::Stable,
    csr: Option<Csr>,
    warnings: Vec<Finding>,
}

/// For how long an order is valid.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validity {
    /// So many years.
    Years(i64),
    /// So many days.
    Days(i64),
    /// Until a date, or what CertCentral takes when nothing is said.
    Until,
}

impl OrderRequest {
    /// What may not be what was meant, though it can be ordered.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The CSR that is ordered for, to compare with what is read back.
    pub fn csr(&self) -> Option<&Csr> {
        self.csr.as_ref()
    }

    /// certificate.csProvisioningMethod, in CertCentral's word.
    pub fn provisioning_method(&self) -> &'static str {
        match self.body.cs_provisioning_method {
            CsProvisioningMethod::Email => "email",
            CsProvisioningMethod::ShipToken => "ship_token",
            CsProvisioningMethod::ClientApp => "client_app",
        }
    }

    /// For how long; of several the one that CertCentral heeds.
    pub fn validity(&self) -> Validity {
        let wanted = &self.body.order_validity;
        match (&wanted.custom_expiration_date, wanted.days, wanted.years) {
            (Some(_), _, _) | (None, None, None) => Validity::Until,
            (None, Some(days), _) => Validity::Days(days),
            (None, None, Some(years)) => Validity::Years(years),
        }
    }

    /// Whether it is sent with the token of its key.
    pub fn has_alternative_order_id(&self) -> bool {
        self.body.alternative_order_id.is_some()
    }

    /// The order that this one renews.
    pub fn renewal_of_order_id(&self) -> Option<i64> {
        self.body.renewal_of_order_id
    }

    /// Whether any of the additional e-mail addresses is not among these.
    pub fn lacks_emails(&self, found: &[String]) -> bool {
        let is_found = |email: &Confidential| {
            found
                .iter()
                .any(|found| found.trim().eq_ignore_ascii_case(email.text().trim()))
        };
        !self.body.additional_emails.iter().all(is_found)
    }

    /// `v1.<salt>.<HMAC-SHA256 in hexadecimal>` of all that is ordered and on which account: the same for the same
    /// manifest, whatever the token. What came from a Secret is in it by the Secret's name alone.
    pub fn inputs_digest(&self, salt: &str, account_ref: &str) -> String {
        self.stable.digest(salt, account_ref)
    }

    /// A text of somebody who has seen the request, without any value that says something about a person or pays.
    pub fn redact(&self, text: &str) -> String {
        let values = digest::confidential(&self.body);
        redacted(text, values.iter().map(String::as_str))
    }

    /// As [`Self::redact`], for an error code, whose meaning stays.
    pub fn redact_code(&self, code: &str) -> String {
        let values = digest::confidential(&self.body);
        redacted_code(code, values.iter().map(String::as_str))
    }

    /// The body for printing: all that says something about a person or pays, free text and the CSR are masked.
    pub fn masked(&self) -> Value {
        digest::masked(&self.body)
    }
}

impl Serialize for OrderRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.body.serialize(serializer)
    }
}

impl std::fmt::Debug for OrderRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OrderRequest")
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// Makes the body out of a manifest's `spec.order` and what its references lead to, on the day `today`.
///
/// The findings of an `Err` hold at least one error, and the warnings as well.
pub fn order_request(
    order: &Order,
    sources: &Sources,
    marks: Marks<'_>,
    today: Date,
) -> Result<OrderRequest, Vec<Finding>> {
    let mut findings = private_keys_in(order);
    let csr = csr_of(order, sources, &mut findings);
    let certificate = certificate_of(&order.certificate, csr.as_ref(), &mut findings);
    let individual = individual_of(order, sources, &mut findings);
    let ship_info = ship_info_of(order, sources, &mut findings);
    let credit_card = credit_card_of(order, sources, &mut findings);
    let body = wire::Body {
        certificate,
        cs_provisioning_method: order.cs_provisioning_method,
        ship_info,
        comments: comments_of(order, marks.token, &mut findings),
        renewal_of_order_id: renewal_of(order, sources, &mut findings),
        custom_renewal_message: order.custom_renewal_message.clone(),
        additional_emails: order.additional_emails.iter().map(Into::into).collect(),
        user_id_assignments: order.user_id_assignments.clone(),
        csa_agreed_to: order.csa_agreed_to,
        skip_approval: order.skip_approval,
        promo_code: order.promo_code.clone(),
        order_validity: validity_of(order, today, &mut findings),
        individual,
        payment_method: order.payment_method.clone(),
        credit_card,
        billing_address: order.billing_address.as_ref().map(Into::into),
        container: order.container_id.map(|id| wire::Container { id }),
        custom_fields: order
            .custom_fields
            .iter()
            .map(|field| wire::CustomField {
                metadata_id: field.metadata_id,
                value: (&field.value).into(),
            })
            .collect(),
        alternative_order_id: marks.alternative_order_id.then(|| marks.token.to_string()),
    };
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    Ok(OrderRequest {
        stable: digest::Stable::new(order, &body),
        body,
        csr,
        warnings: findings,
    })
}

/// A private key in any text of the order. The CSR is a field that people paste keys into, so its own parser says it.
fn private_keys_in(order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    let order = serde_json::to_value(order).unwrap_or_default();
    let below = |path: &str, name: &str| format!("{path}.{name}");
    private_key::find(&order, "spec.order", below, &mut |field| {
        if field != certificate::CSR {
            findings.push(Finding::error(field, private_key::IN_A_MANIFEST));
        }
    });
    findings
}

fn individual_of(order: &Order, sources: &Sources, findings: &mut Vec<Finding>) -> Option<Individual> {
    let (field, individual) = match (&order.individual, &order.individual_from) {
        (Some(individual), None) => ("spec.order.individual", Some(individual.into())),
        (None, Some(_)) => ("spec.order.individualFrom", sources.individual.clone()),
        (None, None) => ("spec.order.individual", None),
        (Some(_), Some(_)) => {
            findings.push(Finding::error(
                "spec.order.individualFrom",
                "set individual or individualFrom, not both",
            ));
            return None;
        }
    };
    match &individual {
        None => findings.push(Finding::error(field, "say who the certificate is for")),
        Some(individual) if individual.state.is_none() => findings.push(Finding::warning(
            format!("{field}.state"),
            "CertCentral's page calls the state or province required, though its examples have none; add it if the order is refused",
        )),
        Some(_) => {}
    }
    individual
}

fn ship_info_of(order: &Order, sources: &Sources, findings: &mut Vec<Finding>) -> Option<ShipInfo> {
    let (field, ship_info) = match (&order.ship_info, &order.ship_info_from) {
        (Some(ship_info), None) => ("spec.order.shipInfo", Some(ship_info.into())),
        (None, Some(_)) => ("spec.order.shipInfoFrom", sources.ship_info.clone()),
        (None, None) => ("spec.order.shipInfo", None),
        (Some(_), Some(_)) => {
            findings.push(Finding::error(
                "spec.order.shipInfoFrom",
                "set shipInfo or shipInfoFrom, not both",
            ));
            return None;
        }
    };
    let wanted = order.cs_provisioning_method == CsProvisioningMethod::ShipToken;
    if wanted && ship_info.is_none() {
        findings.push(Finding::error(
            field,
            "csProvisioningMethod ship_token needs an address",
        ));
    } else if !wanted && (ship_info.is_some() || order.ship_info_from.is_some()) {
        findings.push(Finding::error(
            field,
            "only csProvisioningMethod ship_token ships anything; remove it, or set csProvisioningMethod: ship_token",
        ));
    }
    ship_info
}

fn credit_card_of(order: &Order, sources: &Sources, findings: &mut Vec<Finding>) -> Option<wire::CreditCard> {
    const FROM: &str = "spec.order.creditCardFrom";
    if order.credit_card.is_some() {
        findings.push(Finding::error(
            "spec.order.creditCard",
            "card data must never be in a manifest: treat this card as exposed and use creditCardFrom",
        ));
    }
    let by_card = order.payment_method == "card";
    if by_card && order.billing_address.is_none() {
        findings.push(Finding::error(
            "spec.order.billingAddress",
            "paymentMethod card needs billingAddress",
        ));
    }
    match (by_card, &order.credit_card_from, &sources.credit_card) {
        (true, Some(options), Some(card)) => Some(card.sent(options)),
        (true, _, _) => {
            findings.push(Finding::error(
                FROM,
                "paymentMethod card needs a Secret with the card",
            ));
            None
        }
        (false, Some(_), _) => {
            findings.push(Finding::error(
                FROM,
                "only paymentMethod card takes a credit card; remove it",
            ));
            None
        }
        (false, None, _) => None,
    }
}

/// The token as the first line, then the user's comments. Without an approval CertCentral drops comments, so there
/// is nothing for the token to travel in.
fn comments_of(order: &Order, token: &Token, findings: &mut Vec<Finding>) -> Option<String> {
    if order
        .comments
        .as_deref()
        .is_some_and(|comments| !Token::find_all(comments).is_empty())
    {
        findings.push(Finding::error(
            "spec.order.comments",
            "remove what looks like an order key of docsign-operator (dso- and 26 characters)",
        ));
    }
    match (&order.comments, order.skip_approval) {
        (comments, true) => comments.clone(),
        (Some(comments), false) => Some(format!("{token}\n{comments}")),
        (None, false) => Some(token.to_string()),
    }
}

fn renewal_of(order: &Order, sources: &Sources, findings: &mut Vec<Finding>) -> Option<i64> {
    match (order.renewal_of_order_id, &order.renewal_of) {
        (id, None) => id,
        (None, Some(_)) => {
            if sources.renewal_of_order_id.is_none() {
                findings.push(Finding::error(
                    "spec.order.renewalOf",
                    "the DocumentSigningOrder to renew has no order ID yet; wait for it, or set renewalOfOrderId",
                ));
            }
            sources.renewal_of_order_id
        }
        (Some(_), Some(_)) => {
            findings.push(Finding::error(
                "spec.order.renewalOf",
                "set renewalOfOrderId or renewalOf, not both",
            ));
            None
        }
    }
}

fn validity_of(order: &Order, today: Date, findings: &mut Vec<Finding>) -> wire::OrderValidity {
    let validity = &order.order_validity;
    let given = [
        validity.years.is_some(),
        validity.days.is_some(),
        validity.custom_expiration_date.is_some(),
    ];
    if given.into_iter().filter(|is_given| *is_given).count() != 1 {
        findings.push(Finding::error(
            "spec.order.orderValidity",
            "set exactly one of years, days and customExpirationDate",
        ));
    }
    let custom_expiration_date = validity.custom_expiration_date.as_ref().and_then(|text| {
        let date = expiration_date(text, today);
        date.map_err(|message| {
            findings.push(Finding::error(
                "spec.order.orderValidity.customExpirationDate",
                message,
            ));
        })
        .ok()
    });
    wire::OrderValidity {
        years: validity.years,
        days: validity.days,
        custom_expiration_date,
    }
}

/// The date as the page spells it: 09 JUN 2027.
fn expiration_date(text: &str, today: Date) -> Result<String, &'static str> {
    let date: Date = text
        .parse()
        .map_err(|_| "this date does not exist; write it as YYYY-MM-DD")?;
    if date <= today {
        return Err("the date must lie in the future");
    }
    if today.checked_add(3.years()).is_ok_and(|last| date > last) {
        return Err("the date must lie within three years from the day of the order");
    }
    Ok(date.strftime("%d %b %Y").to_string().to_uppercase())
}
