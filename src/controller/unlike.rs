//! Whether an order that exists is what a manifest asks for, as far as CertCentral shows it. What it leaves out is not
//! held against the order.

use crate::certcentral::{Order, PRODUCT};
use crate::domain::csr::Csr;
use crate::domain::request::{OrderRequest, Validity};

/// What shows beyond doubt that an order is another one: its product, and the key it is for. Orders of which this can't
/// be said may be ours, however CertCentral has put the rest.
pub(super) fn other(order: &Order, request: Option<&OrderRequest>) -> Option<String> {
    if let Some(product) = order
        .product_name_id
        .as_deref()
        .filter(|product| *product != PRODUCT)
    {
        return Some(format!(
            "it is an order of the product {}, not {PRODUCT}",
            short(product)
        ));
    }
    if let (Some(asked), Some(found)) = (request?.csr(), order.certificate.csr.as_deref())
        && let Ok(found) = Csr::parse(found)
        && found.public_key_spki() != asked.public_key_spki()
    {
        return Some("its CSR is for another key".to_owned());
    }
    None
}

/// What about an order is not as asked for: an order that is to be bound must be like it in all that can be read back.
pub(super) fn unlike(order: &Order, request: Option<&OrderRequest>) -> Option<String> {
    if let Some(other) = other(order, request) {
        return Some(other);
    }
    let request = request?;
    let method = request.provisioning_method();
    if let Some(found) = order.cs_provisioning_method.as_deref()
        && !found.eq_ignore_ascii_case(method)
    {
        return Some(format!(
            "its csProvisioningMethod is {}, not {method}",
            short(found)
        ));
    }
    if let Some(unlike) = unlike_validity(order, request.validity()) {
        return Some(unlike);
    }
    if let (Some(asked), Some(found)) = (request.renewal_of_order_id(), order.renewal_of_order_id)
        && found > 0
        && found != asked
    {
        return Some(format!("it renews order {found}, not {asked}"));
    }
    let told = &order.additional_emails;
    (!told.is_empty() && request.lacks_emails(told))
        .then(|| "its additional e-mail addresses are others".to_owned())
}

/// CertCentral shows the unit that was used to order, and no other.
fn unlike_validity(order: &Order, asked: Validity) -> Option<String> {
    let certificate = &order.certificate;
    let (asked, found, unit) = match asked {
        Validity::Years(years) => (
            years,
            order.validity_years.or(certificate.validity_years),
            "years",
        ),
        Validity::Days(days) => (days, order.validity_days.or(certificate.validity_days), "days"),
        Validity::Until => return None,
    };
    let found = found.filter(|found| *found > 0 && *found != asked)?;
    Some(format!("it is valid for {found} {unit}, not {asked}"))
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
