//! What may be ordered: `GET product/ds_individual`.

use serde_json::Value;

use super::error::{Class, Error, Unreadable};
use super::transport::{Answer, BODY_CAP};
use super::wire::Loose;
use super::{Client, PRODUCT};

/// The product as the account may order it. Every field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// `ds_individual`.
    pub name_id: Option<String>,
    /// `document_signing` and the like.
    pub kind: Option<String>,
    /// The years an order may be valid for; empty where CertCentral does not say.
    pub allowed_order_validity_years: Vec<i64>,
    /// Whether an order may end on a day of choice.
    pub custom_order_expiration_date_allowed: Option<bool>,
    /// Whether a CSR must be sent.
    pub csr_required: Option<bool>,
    /// The hashes that may be asked for, in lower case; empty where CertCentral does not say.
    pub allowed_signature_hashes: Vec<String>,
    /// The hash used where none is asked for, in lower case.
    pub default_signature_hash: Option<String>,
    /// The issuing certificates that may be chosen; empty where there is no choice.
    pub allowed_ca_certificates: Vec<CaCertificate>,
}

/// An issuing certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaCertificate {
    /// What an order names it by.
    pub id: Option<String>,
    /// What people call it.
    pub name: Option<String>,
}

impl Client {
    /// Reads the product. `NotFound`: the account can't order it.
    pub async fn product(&self) -> Result<Answer<Product>, Error> {
        self.product_where(&[]).await
    }

    /// Reads the product as it may be ordered in a container (division).
    pub async fn product_in(&self, container: i64) -> Result<Answer<Product>, Error> {
        self.product_where(&[("container_id", &container.to_string())])
            .await
    }

    async fn product_where(&self, query: &[(&str, &str)]) -> Result<Answer<Product>, Error> {
        let answer = self.transport.ask(&["product", PRODUCT], query, BODY_CAP).await;
        let product = read(&answer.value?).ok_or(Class::Unreadable(Unreadable::Unexpected))?;
        Ok(Answer {
            value: product,
            date: answer.date,
        })
    }
}

fn read(json: &Value) -> Option<Product> {
    let product = Loose::new(json);
    let hashes = product.field("signature_hash_types");
    let hash = |hash: Loose<'_>| hash.text().map(|hash| hash.to_ascii_lowercase());
    let years = product.field("allowed_order_validity_years").items().into_iter();
    let allowed_hashes = hashes.field("allowed_hash_types").items().into_iter();
    let ca_certificates = product.field("allowed_ca_certs").items().into_iter();
    product.is_object().then(|| Product {
        name_id: product.field("name_id").text(),
        kind: product.field("type").text(),
        allowed_order_validity_years: years.filter_map(Loose::id).collect(),
        custom_order_expiration_date_allowed: product.field("custom_order_expiration_date_allowed").flag(),
        csr_required: product.field("csr_required").flag(),
        allowed_signature_hashes: allowed_hashes
            .filter_map(|allowed| hash(allowed.field("id")))
            .collect(),
        default_signature_hash: hash(hashes.field("default_hash_type_id")),
        allowed_ca_certificates: ca_certificates
            .map(|ca| CaCertificate {
                id: ca.field("id").text(),
                name: ca.field("name").text(),
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_product_is_read_loosely() {
        let json = json!({
            "name_id": "ds_individual", "type": "document_signing_certificate",
            "allowed_order_validity_years": ["1", 2, 3], "custom_order_expiration_date_allowed": 1,
            "csr_required": false,
            "signature_hash_types": {
                "allowed_hash_types": [{"id": "SHA256", "name": "SHA-256"}, {"name": "SHA-384"}],
                "default_hash_type_id": "sha256",
            },
            "allowed_ca_certs": [{"id": "A1B2", "name": "Issuing CA", "chain_info": []}],
        });
        assert_eq!(
            read(&json),
            Some(Product {
                name_id: Some("ds_individual".to_owned()),
                kind: Some("document_signing_certificate".to_owned()),
                allowed_order_validity_years: vec![1, 2, 3],
                custom_order_expiration_date_allowed: Some(true),
                csr_required: Some(false),
                allowed_signature_hashes: vec!["sha256".to_owned()],
                default_signature_hash: Some("sha256".to_owned()),
                allowed_ca_certificates: vec![CaCertificate {
                    id: Some("A1B2".to_owned()),
                    name: Some("Issuing CA".to_owned()),
                }],
            })
        );
    }

    #[test]
    fn a_product_that_says_nothing_is_read_as_nothing() {
        assert_eq!(
            read(&json!({"signature_hash_types": []})),
            Some(Product::default())
        );
        assert_eq!(read(&json!([])), Some(Product::default()));
        assert_eq!(read(&json!("ds_individual")), None);
    }
}
