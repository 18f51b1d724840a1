//! `spec.order.certificate` and its CSR, as they are sent.

use super::wire;
use super::{Confidential, Finding, Sources};
use crate::api::{CsProvisioningMethod, Order, OrderCertificate};
use crate::domain::csr::{Csr, Key};

pub(super) const CSR: &str = "spec.order.certificate.csr";
const CSR_FROM: &str = "spec.order.certificate.csrFrom";

/// The CSR that is sent, out of the manifest or of what it refers to.
pub(super) fn csr_of(order: &Order, sources: &Sources, findings: &mut Vec<Finding>) -> Option<Csr> {
    let certificate = &order.certificate;
    let (field, text) = match (&certificate.csr, &certificate.csr_from) {
        (Some(text), None) => (CSR, Some(text.as_str())),
        (None, Some(_)) => (CSR_FROM, sources.csr.as_ref().map(Confidential::text)),
        (None, None) => (CSR, None),
        (Some(_), Some(_)) => {
            findings.push(Finding::error(CSR_FROM, "set csr or csrFrom, not both"));
            return None;
        }
    };
    let wanted = order.cs_provisioning_method == CsProvisioningMethod::Email;
    match (wanted, text) {
        (true, Some(text)) => Csr::parse(text)
            .map_err(|error| findings.push(Finding::error(field, error.to_string())))
            .ok(),
        (true, None) => {
            findings.push(Finding::error(
                field,
                "csProvisioningMethod email needs the CSR of the key on the person's HSM or token",
            ));
            None
        }
        (false, _) if certificate.csr.is_some() || certificate.csr_from.is_some() => {
            findings.push(Finding::error(
                field,
                "only csProvisioningMethod email takes a CSR; remove it, or set csProvisioningMethod: email",
            ));
            None
        }
        (false, _) => None,
    }
}

/// The certificate part of the body; type and size of the key come from the CSR where the manifest is silent.
pub(super) fn certificate_of(
    certificate: &OrderCertificate,
    csr: Option<&Csr>,
    findings: &mut Vec<Finding>,
) -> wire::Certificate {
    let of_csr = csr.map(Csr::key);
    let size = certificate.key_size.as_ref().and_then(|size| {
        let key = Key::from_size(&size.text());
        if key.is_none() {
            findings.push(Finding::error(
                "spec.order.certificate.keySize",
                "write 2048, 3072 or 4096 for rsa, p-256 or p-384 for ecc",
            ));
        }
        key
    });
    let key_type = certificate.csr_key_type.or(of_csr.map(Key::key_type));
    let key = size.or(of_csr);
    if let (Some(asked), Some(real)) = (certificate.csr_key_type, of_csr)
        && asked != real.key_type()
    {
        findings.push(Finding::error(
            "spec.order.certificate.csrKeyType",
            "the key of the CSR is of the other type; remove csrKeyType and keySize, they are taken from the CSR",
        ));
    } else if let (Some(asked), Some(real)) = (size, of_csr)
        && asked.key_type() != real.key_type()
    {
        findings.push(Finding::error(
            "spec.order.certificate.keySize",
            "the key of the CSR is of the other type; remove keySize, it is taken from the CSR",
        ));
    } else if let (Some(asked), Some(real)) = (size, of_csr)
        && asked != real
    {
        findings.push(Finding::warning(
            "spec.order.certificate.keySize",
            format!(
                "the key of the CSR is {}; remove keySize, it is taken from the CSR",
                real.size()
            ),
        ));
    }
    wire::Certificate {
        csr: csr.map(Csr::wire),
        key_size: key.map(|key| {
            key.rsa_bits()
                .map_or(wire::KeySize::Curve(key.size()), wire::KeySize::Bits)
        }),
        csr_key_type: key_type,
        signature_hash: certificate.signature_hash,
        server_platform: certificate
            .server_platform
            .as_ref()
            .map(|platform| wire::ServerPlatform { id: platform.id }),
        ca_cert_id: certificate.ca_cert_id.clone(),
        usage_designation: wire::UsageDesignation {
            primary_usage: certificate.usage_designation.primary_usage,
            additional_usages: certificate.usage_designation.additional_usages.clone(),
        },
    }
}
