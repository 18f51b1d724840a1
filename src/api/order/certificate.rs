//! `spec.order.certificate`: key, hash and uses of the certificate.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::api::reference::CsrSource;
use crate::api::rule::{forbidden, no_private_key, request_or_public_key, required, value};

/// The certificate: its CSR, key, hash and uses.
#[derive(Clone, Default, Deserialize, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = forbidden(".csrFrom", "!(has(self.csr) && has(self.csrFrom))", "set csr or csrFrom, not both"),
    validation = forbidden(
        ".keySize",
        "!has(self.keySize) || string(self.keySize) in (has(self.csrKeyType) && self.csrKeyType == 'ecc' ? ['p-256', 'p-384'] : ['2048', '3072', '4096'])",
        "write 2048, 3072 or 4096 for csrKeyType rsa, p-256 or p-384 for csrKeyType ecc; with a CSR leave both out",
    ),
    validation = required(
        ".keySize",
        "!has(self.csrKeyType) || self.csrKeyType != 'ecc' || has(self.keySize) || has(self.csr) || has(self.csrFrom)",
        "csrKeyType ecc without a CSR needs keySize: p-256 or p-384",
    ),
)]
pub struct OrderCertificate {
    /// The certificate signing request, or the public key, in PEM with its header and footer. With
    /// csProvisioningMethod email only, and required there (or csrFrom). In YAML write it as a block (csr: |).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16384))]
    #[x_kube(validation = no_private_key(), validation = request_or_public_key())]
    pub csr: Option<String>,
    /// Reads the CSR from a key of a ConfigMap or Secret of this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csr_from: Option<CsrSource>,
    /// rsa or ecc. Default: taken from the CSR; without one CertCentral uses rsa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csr_key_type: Option<CsrKeyType>,
    /// 2048, 3072 or 4096 for rsa, p-256 or p-384 for ecc. Default: taken from the CSR; without one CertCentral
    /// uses 2048.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_size: Option<KeySize>,
    /// The hash that DigiCert signs with: sha256, sha384 or sha512. Default: sha256.
    #[serde(default)]
    pub signature_hash: SignatureHash,
    /// The server platform. Default: CertCentral's own, which is id -1 (other).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_platform: Option<ServerPlatform>,
    /// The ID of the issuing intermediate certificate, from CertCentral's product list; quote it. Default: the one
    /// that the CertCentral account is set to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128))]
    pub ca_cert_id: Option<String>,
    /// What the certificate may be used for. Default: signing, document_signing.
    #[serde(default)]
    pub usage_designation: UsageDesignation,
}

/// A CSR names the person, and may be a private key pasted by mistake: it is not printed.
impl std::fmt::Debug for OrderCertificate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("OrderCertificate")
            .field("csr_key_type", &self.csr_key_type)
            .field("key_size", &self.key_size)
            .field("signature_hash", &self.signature_hash)
            .field("usage_designation", &self.usage_designation)
            .finish_non_exhaustive()
    }
}

/// rsa or ecc. Default: taken from the CSR; without one CertCentral uses rsa.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CsrKeyType {
    /// RSA.
    Rsa,
    /// An elliptic curve.
    Ecc,
}

/// The hash that DigiCert signs with.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SignatureHash {
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// The size of the key, a number or a string: `3072`, `"3072"` and `p-256` are all accepted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct KeySize(pub IntOrString);

impl KeySize {
    /// The size as text: 3072 and "3072" are the same.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            IntOrString::Int(number) => Cow::Owned(number.to_string()),
            IntOrString::String(text) => Cow::Borrowed(text),
        }
    }
}

impl JsonSchema for KeySize {
    fn schema_name() -> Cow<'static, str> {
        "KeySize".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "x-kubernetes-int-or-string": true })
    }
}

/// A server platform of CertCentral's list.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerPlatform {
    /// The ID of the platform in CertCentral's glossary; -1 is other.
    #[schemars(range(min = -1))]
    pub id: i64,
}

/// What the certificate may be used for.
#[derive(Clone, Debug, Deserialize, Eq, KubeSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageDesignation {
    /// The primary use; signing is the only one there is. Default: signing.
    #[serde(default)]
    pub primary_usage: PrimaryUsage,
    /// Additional uses, each at most once: document_signing, ms_document_signing, adobe_authentic_documents_trust.
    /// Default: [document_signing].
    #[serde(default = "document_signing")]
    #[schemars(length(min = 1, max = 3))]
    #[x_kube(validation = value("self.all(u, self.exists_one(v, v == u))", "name each use once"))]
    pub additional_usages: Vec<AdditionalUsage>,
}

impl Default for UsageDesignation {
    fn default() -> Self {
        Self {
            primary_usage: PrimaryUsage::default(),
            additional_usages: document_signing(),
        }
    }
}

fn document_signing() -> Vec<AdditionalUsage> {
    vec![AdditionalUsage::DocumentSigning]
}

/// The primary use of the key.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PrimaryUsage {
    /// Signing.
    #[default]
    Signing,
}

/// An additional use of the key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdditionalUsage {
    /// Adobe's Authentic Documents Trust.
    AdobeAuthenticDocumentsTrust,
    /// Microsoft document signing.
    MsDocumentSigning,
    /// Document signing.
    DocumentSigning,
}
