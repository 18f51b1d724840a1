//! What stands in for Secrets, ConfigMaps and other orders where there is no cluster to read them from.

use crate::api::Order;
use crate::domain::request::{Card, Confidential, Individual, SecretData, ShipInfo, Sources};

/// A public key that nobody has the private key of: its only use is to be a key where the real one is not known.
pub const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEltUr129B5p22SGiPk5sABX2wnI6p
7BVxoHnEx8aGCJjxpidUVYyS+GekvakjurexIrfG5L1+Gy7f8lYlYGzZVQ==
-----END PUBLIC KEY-----";

/// Sources of the right shape for all that the order refers to, and the order as it fits them: what would be taken
/// from a CSR that is not at hand is left out.
pub fn sources_for(order: &Order) -> (Order, Sources) {
    let mut order = order.clone();
    let mut sources = Sources::default();
    if order.certificate.csr_from.is_some() {
        sources.csr = Some(Confidential::new(PUBLIC_KEY));
        order.certificate.csr_key_type = None;
        order.certificate.key_size = None;
    }
    if order.individual_from.is_some() {
        sources.individual = Individual::parse(&data(&[
            ("firstName", "x"),
            ("lastName", "x"),
            ("email", "x@example.com"),
            ("telephone", "+10000000"),
            ("country", "us"),
            ("state", "x"),
        ]))
        .ok();
    }
    if order.ship_info_from.is_some() {
        sources.ship_info = ShipInfo::parse(&data(&[
            ("name", "x"),
            ("addr1", "x"),
            ("city", "x"),
            ("state", "x"),
            ("zip", "x"),
            ("country", "us"),
            ("method", "STANDARD"),
        ]))
        .ok();
    }
    if order.credit_card_from.is_some() {
        sources.credit_card = Card::parse(&data(&[
            ("number", "000000000000"),
            ("expirationMonth", "01"),
            ("expirationYear", "2000"),
            ("cvv", "000"),
            ("cardholderName", "x"),
        ]))
        .ok();
    }
    if order.renewal_of.is_some() {
        sources.renewal_of_order_id = Some(0);
    }
    (order, sources)
}

fn data(pairs: &[(&str, &str)]) -> SecretData {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_an_order_can_refer_to_has_a_stand_in() {
        let order: Order = serde_json::from_value(serde_json::json!({
            "certificate": {"csrFrom": {"secretKeyRef": {"name": "x", "key": "x"}}},
            "csProvisioningMethod": "email",
            "individualFrom": {"secretRef": {"name": "x"}},
            "shipInfoFrom": {"secretRef": {"name": "x"}},
            "creditCardFrom": {"secretRef": {"name": "x"}},
            "renewalOf": {"name": "x"},
            "orderValidity": {"years": 1},
            "paymentMethod": "card",
        }))
        .unwrap();
        let (_, sources) = sources_for(&order);
        assert!(sources.csr.is_some() && sources.individual.is_some() && sources.ship_info.is_some());
        assert!(sources.credit_card.is_some() && sources.renewal_of_order_id.is_some());
        assert!(crate::domain::csr::Csr::parse(PUBLIC_KEY).is_ok());
    }
}
