//! The body of the order, key by key as on CertCentral's page and in its order.

use serde::Serialize;

use super::confidential::Confidential;
use crate::api;

/// The whole body.
#[derive(Clone, Serialize)]
pub(super) struct Body {
    pub certificate: Certificate,
    pub cs_provisioning_method: api::CsProvisioningMethod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_info: Option<ShipInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comments: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal_of_order_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_renewal_message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_emails: Vec<Confidential>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub user_id_assignments: Vec<i64>,
    pub csa_agreed_to: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub skip_approval: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promo_code: Option<String>,
    pub order_validity: OrderValidity,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub individual: Option<Individual>,
    pub payment_method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit_card: Option<CreditCard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<BillingAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternative_order_id: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct Certificate {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_size: Option<KeySize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csr_key_type: Option<api::CsrKeyType>,
    pub signature_hash: api::SignatureHash,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_platform: Option<ServerPlatform>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_cert_id: Option<String>,
    pub usage_designation: UsageDesignation,
}

/// A number for RSA, a string for a curve.
#[derive(Clone, Serialize)]
#[serde(untagged)]
pub(super) enum KeySize {
    Bits(u32),
    Curve(&'static str),
}

#[derive(Clone, Serialize)]
pub(super) struct ServerPlatform {
    pub id: i64,
}

#[derive(Clone, Serialize)]
pub(super) struct UsageDesignation {
    pub primary_usage: api::PrimaryUsage,
    pub additional_usages: Vec<api::AdditionalUsage>,
}

#[derive(Clone, Serialize)]
pub(super) struct OrderValidity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub years: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_expiration_date: Option<String>,
}

/// The person the certificate is for, as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Individual {
    pub(super) first_name: Confidential,
    pub(super) last_name: Confidential,
    pub(super) email: Confidential,
    pub(super) telephone: Confidential,
    pub(super) country: Confidential,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<Confidential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) city: Option<Confidential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zip: Option<Confidential>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) job_title: Option<Confidential>,
}

impl From<&api::Individual> for Individual {
    fn from(individual: &api::Individual) -> Self {
        Self {
            first_name: (&individual.first_name).into(),
            last_name: (&individual.last_name).into(),
            email: (&individual.email).into(),
            telephone: (&individual.telephone).into(),
            country: (&individual.country).into(),
            state: individual.state.as_ref().map(Into::into),
            city: individual.city.as_ref().map(Into::into),
            zip: individual.zip.as_ref().map(Into::into),
            job_title: individual.job_title.as_ref().map(Into::into),
        }
    }
}

/// Where a token is shipped to, as it is sent.
#[derive(Clone, Debug, Serialize)]
pub struct ShipInfo {
    pub(super) name: Confidential,
    pub(super) addr1: Confidential,
    /// "Required" on the page although it continues the line before: sent empty when there is none.
    pub(super) addr2: Confidential,
    pub(super) city: Confidential,
    pub(super) state: Confidential,
    pub(super) zip: Confidential,
    pub(super) country: Confidential,
    pub(super) method: api::ShipMethod,
}

impl From<&api::ShipInfo> for ShipInfo {
    fn from(ship_info: &api::ShipInfo) -> Self {
        Self {
            name: (&ship_info.name).into(),
            addr1: (&ship_info.addr1).into(),
            addr2: Confidential::new(ship_info.addr2.clone().unwrap_or_default()),
            city: (&ship_info.city).into(),
            state: (&ship_info.state).into(),
            zip: (&ship_info.zip).into(),
            country: (&ship_info.country).into(),
            method: ship_info.method,
        }
    }
}

#[derive(Clone, Serialize)]
pub(super) struct CreditCard {
    pub number: Confidential,
    pub expiration_month: Confidential,
    pub expiration_year: Confidential,
    pub cvv: Confidential,
    pub cardholder_name: Confidential,
    #[serde(rename = "save_credit_card", skip_serializing_if = "Option::is_none")]
    pub save: Option<bool>,
    pub set_as_default: &'static str,
}

#[derive(Clone, Serialize)]
pub(super) struct BillingAddress {
    pub address: Confidential,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address2: Option<Confidential>,
    pub city: Confidential,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Confidential>,
    pub country: Confidential,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zip: Option<Confidential>,
}

impl From<&api::BillingAddress> for BillingAddress {
    fn from(billing: &api::BillingAddress) -> Self {
        Self {
            address: (&billing.address).into(),
            address2: billing.address2.as_ref().map(Into::into),
            city: (&billing.city).into(),
            state: billing.state.as_ref().map(Into::into),
            country: (&billing.country).into(),
            zip: billing.zip.as_ref().map(Into::into),
        }
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Container {
    pub id: i64,
}

#[derive(Clone, Serialize)]
pub(super) struct CustomField {
    pub metadata_id: i64,
    pub value: Confidential,
}
