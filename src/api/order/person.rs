//! Who the certificate is for, and where a token is shipped to. Neither is ever printed.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::rule::{country, email, value};

/// The person the certificate is for.
#[derive(Clone, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Individual {
    /// The first name, with middle names or initials, without titles such as "Dr.".
    #[schemars(length(min = 1, max = 128))]
    pub first_name: String,
    /// The last name.
    #[schemars(length(min = 1, max = 128))]
    pub last_name: String,
    /// The address to which DigiCert writes during validation. It does not appear on the certificate; a wrong one
    /// means an order that never completes.
    #[schemars(length(max = 254))]
    #[x_kube(validation = email())]
    pub email: String,
    /// The telephone number with country code; quote it: "+1-555-555-5555".
    #[schemars(length(max = 64))]
    #[x_kube(validation = value(
        "self.matches('^[+][0-9]([ ().-]*[0-9]){4,}[ ().-]*$')",
        "write the telephone number with country code in quotes, such as \"+1-555-555-5555\"",
    ))]
    pub telephone: String,
    /// The two-letter country code; quote it ("no" is Norway, no without quotes is false).
    #[schemars(length(max = 64))]
    #[x_kube(validation = country())]
    pub country: String,
    /// The state or province. CertCentral's page calls it required, its examples leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub state: Option<String>,
    /// The city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub city: Option<String>,
    /// The postal code; quote it: "84043".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub zip: Option<String>,
    /// The job title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub job_title: Option<String>,
}

impl std::fmt::Debug for Individual {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Individual").finish_non_exhaustive()
    }
}

/// Where a token is shipped to.
#[derive(Clone, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShipInfo {
    /// First and last name of the recipient.
    #[schemars(length(min = 1, max = 255))]
    pub name: String,
    /// Street and number.
    #[schemars(length(min = 1, max = 255))]
    pub addr1: String,
    /// The address continued: floor, apartment. Default: sent empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub addr2: Option<String>,
    /// The city.
    #[schemars(length(min = 1, max = 128))]
    pub city: String,
    /// The state or province.
    #[schemars(length(min = 1, max = 128))]
    pub state: String,
    /// The postal code; quote it: "84043".
    #[schemars(length(min = 1, max = 32))]
    pub zip: String,
    /// The two-letter country code; quote it ("no" is Norway, no without quotes is false).
    #[schemars(length(max = 64))]
    #[x_kube(validation = country())]
    pub country: String,
    /// STANDARD, or EXPEDITED at additional cost.
    pub method: ShipMethod,
}

impl std::fmt::Debug for ShipInfo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ShipInfo")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// How fast a token is shipped.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ShipMethod {
    /// The ordinary way.
    Standard,
    /// Faster, at additional cost.
    Expedited,
}
