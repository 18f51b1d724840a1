//! `spec.order`: the parameters of CertCentral's order page, in camelCase.

mod certificate;
mod payment;
mod person;

pub use certificate::{
    AdditionalUsage, CsrKeyType, KeySize, OrderCertificate, PrimaryUsage, ServerPlatform, SignatureHash,
    UsageDesignation,
};
pub use payment::{AfterOrder, BillingAddress, CreditCardFrom, RefusedCreditCard};
pub use person::{Individual, ShipInfo, ShipMethod};

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::reference::{OrderRef, SecretSource};
use super::rule::{forbidden, required, value};

/// What is ordered, with the parameters of CertCentral's page "Order Document Signing for Individual" in camelCase.
#[derive(Clone, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = required(
        ".certificate.csr",
        "self.csProvisioningMethod != 'email' || has(self.certificate.csr) || has(self.certificate.csrFrom)",
        "csProvisioningMethod email needs the CSR of the key on the person's HSM or token: set certificate.csr or certificate.csrFrom, or choose ship_token or client_app",
    ),
    validation = forbidden(
        ".certificate.csr",
        "self.csProvisioningMethod == 'email' || !(has(self.certificate.csr) || has(self.certificate.csrFrom))",
        "only csProvisioningMethod email takes a CSR; remove certificate.csr and certificate.csrFrom, or set csProvisioningMethod: email",
    ),
    validation = required(
        ".shipInfo",
        "self.csProvisioningMethod != 'ship_token' || has(self.shipInfo) || has(self.shipInfoFrom)",
        "csProvisioningMethod ship_token needs an address: set shipInfo or shipInfoFrom",
    ),
    validation = forbidden(
        ".shipInfo",
        "self.csProvisioningMethod == 'ship_token' || !(has(self.shipInfo) || has(self.shipInfoFrom))",
        "only csProvisioningMethod ship_token ships anything; remove shipInfo and shipInfoFrom, or set csProvisioningMethod: ship_token",
    ),
    validation = forbidden(
        ".shipInfoFrom",
        "!(has(self.shipInfo) && has(self.shipInfoFrom))",
        "set shipInfo or shipInfoFrom, not both",
    ),
    validation = required(
        ".individual",
        "has(self.individual) || has(self.individualFrom)",
        "say who the certificate is for: set individual or individualFrom",
    ),
    validation = forbidden(
        ".individualFrom",
        "!(has(self.individual) && has(self.individualFrom))",
        "set individual or individualFrom, not both",
    ),
    validation = forbidden(
        ".renewalOf",
        "!(has(self.renewalOfOrderId) && has(self.renewalOf))",
        "set renewalOfOrderId or renewalOf, not both",
    ),
    validation = required(
        ".creditCardFrom",
        "self.paymentMethod != 'card' || has(self.creditCardFrom)",
        "paymentMethod card needs creditCardFrom, which names a Secret with the card",
    ),
    validation = required(
        ".billingAddress",
        "self.paymentMethod != 'card' || has(self.billingAddress)",
        "paymentMethod card needs billingAddress",
    ),
    validation = forbidden(
        ".creditCardFrom",
        "self.paymentMethod == 'card' || !has(self.creditCardFrom)",
        "only paymentMethod card takes a credit card; remove creditCardFrom, or set paymentMethod: card",
    ),
)]
pub struct Order {
    /// The certificate: its CSR, key, hash and uses. Default: sha256, signing, document_signing.
    #[serde(default)]
    pub certificate: OrderCertificate,
    /// How the key comes to the person. email: on the person's own HSM or token, certificate.csr is required.
    /// ship_token: on a token that DigiCert ships, shipInfo is required. client_app: in DigiCert's client
    /// software. Default: email.
    #[serde(default)]
    pub cs_provisioning_method: CsProvisioningMethod,
    /// Where the token is shipped to. With csProvisioningMethod ship_token only, and required there (or shipInfoFrom).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_info: Option<ShipInfo>,
    /// Reads shipInfo from a Secret of this namespace with the keys name, addr1, addr2, city, state, zip, country
    /// and method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_info_from: Option<SecretSource>,
    /// A note to the approver. CertCentral drops it when skipApproval is true. docsign-operator puts a line of its
    /// own before it, by which the order is found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000))]
    #[x_kube(validation = value(
        "!self.matches('dso-[a-z2-7]{26}')",
        "comments may not contain what looks like an order key of docsign-operator (dso- and 26 characters); remove it",
    ))]
    pub comments: Option<String>,
    /// The CertCentral order that this one renews. Renewing an order that was placed here: use renewalOf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub renewal_of_order_id: Option<i64>,
    /// The DocumentSigningOrder of this namespace that this one renews; its order ID is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_of: Option<OrderRef>,
    /// Text that CertCentral puts into its renewal notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000))]
    pub custom_renewal_message: Option<String>,
    /// More addresses that get CertCentral's notices (issued, renewal due).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50), inner(length(max = 254)))]
    #[x_kube(validation = value(
        "self.all(address, address.matches('^[^@\\\\p{Z}\\\\p{Cc}]+@[^@\\\\p{Z}\\\\p{Cc}]+[.][^@\\\\p{Z}\\\\p{Cc}]+$'))",
        "each entry must be one e-mail address, such as name@example.com",
    ))]
    pub additional_emails: Vec<String>,
    /// CertCentral user IDs that may manage the order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), inner(range(min = 1)))]
    pub user_id_assignments: Vec<i64>,
    /// Whether the Certificate Subscriber Agreement is agreed to; CertCentral needs true. Default: true.
    #[serde(default = "agreed")]
    pub csa_agreed_to: bool,
    /// Orders without an approval by an administrator of the CertCentral account. The account object and the API
    /// key must allow it. Default: false.
    #[serde(default)]
    pub skip_approval: bool,
    /// A promotional code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub promo_code: Option<String>,
    /// How long the certificate and the order are valid: exactly one of years, days and customExpirationDate.
    pub order_validity: OrderValidity,
    /// The person the certificate is for. Required, or individualFrom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individual: Option<Individual>,
    /// Reads individual from a Secret of this namespace with the keys firstName, lastName, email, telephone, country
    /// and, if wanted, state, city, zip and jobTitle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub individual_from: Option<SecretSource>,
    /// How the order is paid, in CertCentral's words: balance, card, wire_transfer ... The account object
    /// must allow it.
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(validation = value(
        "self.matches('^[a-z_]+$')",
        "write the payment method in CertCentral's words, such as balance, in small letters",
    ))]
    pub payment_method: String,
    /// Never put card data into a manifest: this field is refused. Put it into a Secret and name it in creditCardFrom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[x_kube(validation = value(
        "false",
        "card data must never be in a manifest: treat this card as exposed. Put it into a Secret and name that in creditCardFrom",
    ))]
    pub credit_card: Option<RefusedCreditCard>,
    /// The credit card, by a Secret of this namespace. With paymentMethod card only, and required there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit_card_from: Option<CreditCardFrom>,
    /// The billing address. Required with paymentMethod card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<BillingAddress>,
    /// The CertCentral division (container) to order in; the account object must allow it. Default: the API key's
    /// own. Not on CertCentral's page for this product, so it is sent only when set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub container_id: Option<i64>,
    /// Values of custom order fields that the CertCentral account defines. Not on CertCentral's page for this
    /// product, so they are sent only when set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub custom_fields: Vec<CustomField>,
}

/// An order holds personal data: only what says nothing about the person is printed.
impl std::fmt::Debug for Order {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Order")
            .field("cs_provisioning_method", &self.cs_provisioning_method)
            .field("order_validity", &self.order_validity)
            .field("payment_method", &self.payment_method)
            .finish_non_exhaustive()
    }
}

fn agreed() -> bool {
    true
}

/// How the key comes to the person.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CsProvisioningMethod {
    /// The person has a key on an HSM or token, and a CSR for it.
    #[default]
    Email,
    /// DigiCert ships a token.
    ShipToken,
    /// DigiCert's client software.
    ClientApp,
}

/// How long the certificate and the order are valid: exactly one of the three.
#[derive(Clone, Debug, Default, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(validation = Rule::new(
    "(has(self.years) ? 1 : 0) + (has(self.days) ? 1 : 0) + (has(self.customExpirationDate) ? 1 : 0) == 1",
)
.message("set exactly one of years, days and customExpirationDate")
.reason(Reason::FieldValueForbidden))]
pub struct OrderValidity {
    /// 1, 2 or 3 years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3))]
    pub years: Option<i64>,
    /// 1 to 1095 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1095))]
    pub days: Option<i64>,
    /// The last day, as YYYY-MM-DD in quotes, within three years from the day of the order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    #[x_kube(validation = value(
        "self.matches('^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$')",
        "write the date as YYYY-MM-DD in quotes",
    ))]
    pub custom_expiration_date: Option<String>,
}

/// The value of a custom order field.
#[derive(Clone, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// The ID of the field, as CertCentral lists it under custom order fields.
    #[schemars(range(min = 1))]
    pub metadata_id: i64,
    /// The value; quote numbers.
    #[schemars(length(max = 1000))]
    pub value: String,
}

impl std::fmt::Debug for CustomField {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CustomField")
            .field("metadata_id", &self.metadata_id)
            .finish_non_exhaustive()
    }
}
