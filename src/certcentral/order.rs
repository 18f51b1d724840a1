//! One order, whole: what `GET order/certificate/{id}` tells of it.
//!
//! Activation codes, addresses and the applicant's data are not kept.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::Client;
use super::error::{Class, Error, Unreadable};
use super::transport::Answer;
use super::wire::Loose;

/// An order. Every field but the id may be missing; statuses are kept as CertCentral says them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// The order id.
    pub id: i64,
    /// `needs_approval`, `pending`, `issued`, ... or something new.
    pub status: Option<String>,
    /// The label given when ordering.
    pub alternative_order_id: Option<String>,
    /// The product, `ds_individual`.
    pub product_name_id: Option<String>,
    /// The certificate, ordered or issued.
    pub certificate: OrderCertificate,
    /// The approval requests, in the order they came.
    pub requests: Vec<OrderRequest>,
    /// Who else gets mail about it.
    pub additional_emails: Vec<String>,
    /// `email`, `ship_token`, `client_app`, or something new.
    pub cs_provisioning_method: Option<String>,
    /// The last day of the order.
    pub order_valid_till: Option<Date>,
    /// The years ordered, where the validity was given in years.
    pub validity_years: Option<i64>,
    /// The days ordered, where the validity was given in days.
    pub validity_days: Option<i64>,
    /// When it was ordered.
    pub date_created: Option<Timestamp>,
    /// How it is paid.
    pub payment_method: Option<String>,
    /// The order this one renews.
    pub renewal_of_order_id: Option<i64>,
    /// The order that renews this one.
    pub renewed_order_id: Option<i64>,
    /// Whether it was ordered as a renewal.
    pub is_renewal: Option<bool>,
    /// Whether it was renewed.
    pub is_renewed: Option<bool>,
}

/// The certificate of an order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OrderCertificate {
    /// The certificate id. Not a sign of issuance.
    pub id: Option<i64>,
    /// As CertCentral writes it.
    pub thumbprint: Option<String>,
    /// As CertCentral writes it.
    pub serial_number: Option<String>,
    /// The first day.
    pub valid_from: Option<Date>,
    /// The last day.
    pub valid_till: Option<Date>,
    /// When it was issued.
    pub date_issued: Option<Timestamp>,
    /// The CSR on the order, in PEM.
    pub csr: Option<String>,
    /// The name in the certificate.
    pub common_name: Option<String>,
    /// `sha256` and the like, in lower case.
    pub signature_hash: Option<String>,
    /// The key's size as CertCentral writes it: bits, or a curve.
    pub key_size: Option<String>,
    /// The years of the certificate's validity, where it was given in years.
    pub validity_years: Option<i64>,
    /// The days of the certificate's validity, where it was given in days.
    pub validity_days: Option<i64>,
    /// The e-mail addresses in the certificate.
    pub emails: Vec<String>,
}

/// An approval request of an order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct OrderRequest {
    /// The request id.
    pub id: Option<i64>,
    /// `new_request`, `reissue`, `revoke`, ... or something new.
    pub kind: Option<String>,
    /// `submitted`, `pending`, `approved`, `rejected`, or something new.
    pub status: Option<String>,
    /// When it was made.
    pub date: Option<Timestamp>,
    /// What the requester wrote for the approver.
    pub comments: Option<String>,
}

impl Order {
    /// The newest request to issue a new certificate: by date, then by id.
    pub fn new_request(&self) -> Option<&OrderRequest> {
        self.requests
            .iter()
            .filter(|request| request.is_new_request())
            .max_by_key(|request| (request.date, request.id))
    }
}

impl OrderRequest {
    /// Whether it asks for a new certificate; CertCentral writes `new_request` and `new request`.
    pub fn is_new_request(&self) -> bool {
        matches!(self.kind.as_deref(), Some("new_request" | "new request"))
    }

    fn read(request: Loose<'_>) -> Self {
        Self {
            id: request.field("id").id(),
            kind: request.field("type").text(),
            status: request.field("status").text(),
            date: request.field("date").moment(),
            comments: request.field("comments").text(),
        }
    }
}

impl Client {
    /// Reads an order. `NotFound`: there is none, or none this key may see.
    pub async fn order(&self, id: i64) -> Result<Answer<Order>, Error> {
        let answer = self
            .transport
            .get(&["order", "certificate", &id.to_string()])
            .await?;
        let order = read(id, &answer.value).ok_or(Class::Unreadable(Unreadable::Unexpected))?;
        Ok(answer.map(|_| order))
    }
}

/// Reads the order that was asked for. `None`: not an order, or another one. What does not say which order it is says
/// nothing about this one, not even that it carries no token.
fn read(asked: i64, json: &Value) -> Option<Order> {
    let order = Loose::new(json);
    if order.field("id").id() != Some(asked) {
        return None;
    }
    let validity = order.field("order_validity");
    Some(Order {
        id: asked,
        status: order.field("status").text(),
        alternative_order_id: order.field("alternative_order_id").text(),
        product_name_id: order.field("product").field("name_id").text(),
        certificate: OrderCertificate::read(order.field("certificate")),
        requests: order
            .field("requests")
            .items()
            .into_iter()
            .map(OrderRequest::read)
            .collect(),
        additional_emails: order.field("additional_emails").texts(),
        cs_provisioning_method: order.field("cs_provisioning_method").text(),
        order_valid_till: order.field("order_valid_till").day(),
        validity_years: validity
            .field("years")
            .id()
            .or_else(|| order.field("validity_years").id()),
        validity_days: validity.field("days").id(),
        date_created: order.field("date_created").moment(),
        payment_method: order.field("payment_method").text(),
        renewal_of_order_id: order.field("renewal_of_order_id").id(),
        renewed_order_id: order.field("renewed_order_id").id(),
        is_renewal: order.field("is_renewal").flag(),
        is_renewed: order.field("is_renewed").flag(),
    })
}

impl OrderCertificate {
    fn read(certificate: Loose<'_>) -> Self {
        let validity = certificate.field("cert_validity");
        Self {
            id: certificate.field("id").id(),
            thumbprint: certificate.field("thumbprint").text(),
            serial_number: certificate.field("serial_number").text(),
            valid_from: certificate.field("valid_from").day(),
            valid_till: certificate.field("valid_till").day(),
            date_issued: certificate.field("date_issued").moment(),
            csr: certificate.field("csr").text(),
            common_name: certificate.field("common_name").text(),
            signature_hash: certificate
                .field("signature_hash")
                .text()
                .map(|hash| hash.to_ascii_lowercase()),
            key_size: certificate.field("key_size").text(),
            validity_years: validity.field("years").id(),
            validity_days: validity.field("days").id(),
            emails: certificate.field("emails").texts(),
        }
    }
}

// Names, addresses, CSRs and comments stay out of logs.

impl fmt::Debug for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Order")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("product_name_id", &self.product_name_id)
            .field("certificate", &self.certificate)
            .field("requests", &self.requests)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OrderCertificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OrderCertificate")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OrderRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OrderRequest")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
