//! Payment by credit card. Card data comes by Secret alone.

use std::borrow::Cow;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::api::reference::SecretRef;
use crate::api::rule::country;

/// The credit card that is charged.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreditCardFrom {
    /// A Secret of this namespace with the keys number, expirationMonth, expirationYear, cvv and cardholderName.
    /// The CVV must not outlive the payment (PCI DSS 3.3.1): put it there only for as long as the order takes.
    pub secret_ref: SecretRef,
    /// Whether CertCentral keeps the card. Default: not said (the same as null).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save_credit_card: Option<bool>,
    /// Whether the card becomes the CertCentral account's default payment method. Default: false.
    #[serde(default)]
    pub set_as_default: bool,
    /// What becomes of the Secret once the order exists: Delete or Keep. After a refusal it stays for the next try.
    /// Default: Delete.
    #[serde(default)]
    pub after_order: AfterOrder,
}

/// What becomes of the card's Secret once the order exists.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
pub enum AfterOrder {
    /// It is deleted.
    #[default]
    Delete,
    /// It stays.
    Keep,
}

/// A billing address.
#[derive(Clone, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingAddress {
    /// Street and number.
    #[schemars(length(min = 1, max = 255))]
    pub address: String,
    /// The address continued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub address2: Option<String>,
    /// The city.
    #[schemars(length(min = 1, max = 128))]
    pub city: String,
    /// The state or province; some countries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub state: Option<String>,
    /// The two-letter country code; quote it ("no" is Norway, no without quotes is false).
    #[schemars(length(max = 64))]
    #[x_kube(validation = country())]
    pub country: String,
    /// The postal code; quote it: "84043". Some countries have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub zip: Option<String>,
}

impl std::fmt::Debug for BillingAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BillingAddress").finish_non_exhaustive()
    }
}

/// Stands where card data was written into a manifest. Keeps nothing of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RefusedCreditCard;

impl<'de> Deserialize<'de> for RefusedCreditCard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Serialize for RefusedCreditCard {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(std::iter::empty::<((), ())>())
    }
}

impl JsonSchema for RefusedCreditCard {
    fn schema_name() -> Cow<'static, str> {
        "RefusedCreditCard".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    }
}
