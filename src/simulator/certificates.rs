//! The throw-away certification authority: real X.509 for the CSR's key, or for a key of the simulator's own where the token
//! would have made one.

use std::time::Duration;

use data_encoding::{BASE64, HEXUPPER};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose,
    IsCa, KeyPair, KeyUsagePurpose, PublicKeyData as _, SubjectPublicKeyInfo, date_time_ymd,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use x509_parser::{
    certification_request::X509CertificationRequest, prelude::FromDer as _, public_key::PublicKey,
};

use super::{order_check::text, wire::Refusal};

/// Adobe Authentic Documents Trust, Microsoft document signing, and RFC 9336 document signing.
const USAGES: [(&str, &[u64]); 3] = [
    ("adobe_authentic_documents_trust", &[1, 2, 840, 113_583, 1, 1, 5]),
    ("ms_document_signing", &[1, 3, 6, 1, 4, 1, 311, 10, 3, 12]),
    ("document_signing", &[1, 3, 6, 1, 5, 5, 7, 3, 36]),
];

/// Whom a certificate names, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub common_name: String,
    pub country: String,
    pub additional_usages: Vec<String>,
}

impl Subject {
    /// The subject of a checked request.
    pub fn of(body: &Value) -> Self {
        let of_person = |name: &str| text(body, &format!("/individual/{name}")).unwrap_or_default();
        let usages = body
            .pointer("/certificate/usage_designation/additional_usages")
            .and_then(Value::as_array);
        let additional_usages = usages.map_or_else(
            || vec!["document_signing".to_owned()],
            |usages| {
                usages
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect()
            },
        );
        Self {
            common_name: format!("{} {}", of_person("first_name"), of_person("last_name")),
            country: of_person("country").to_ascii_uppercase(),
            additional_usages,
        }
    }
}

/// An issued certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issued {
    pub pem: String,
    pub serial_number: String,
    pub thumbprint: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Root and intermediate, new in every run.
pub(super) struct Authority {
    root_pem: String,
    intermediate: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes the keys.
    pub fn new() -> Result<Self, rcgen::Error> {
        let root = CertifiedIssuer::self_signed(
            authority_parameters("Simulator Root CA", BasicConstraints::Unconstrained),
            KeyPair::generate()?,
        )?;
        let intermediate = CertifiedIssuer::signed_by(
            authority_parameters("Simulator Document Signing CA", BasicConstraints::Constrained(0)),
            KeyPair::generate()?,
            &root,
        )?;
        Ok(Self {
            root_pem: root.pem(),
            intermediate,
        })
    }

    /// Issues for the CSR's key, or for a key that is made and forgotten here.
    pub fn issue(
        &self,
        csr: Option<&str>,
        subject: &Subject,
        certificate_id: u64,
        (not_before, not_after): (Timestamp, Timestamp),
    ) -> Result<Issued, Refusal> {
        let key = match csr {
            Some(csr) => public_key(csr)?,
            None => KeyPair::generate()
                .and_then(|pair| SubjectPublicKeyInfo::from_der(&pair.subject_public_key_info()))
                .map_err(|error| cannot_issue(&error))?,
        };
        // a serial number is positive and never the same twice
        let mut serial = vec![0x0a];
        serial.extend_from_slice(&certificate_id.to_be_bytes());
        serial.extend(Sha256::digest(key.der_bytes()).iter().take(6));

        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CountryName, subject.country.as_str());
        parameters
            .distinguished_name
            .push(DnType::CommonName, subject.common_name.as_str());
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
        ];
        parameters.extended_key_usages = USAGES
            .iter()
            .filter(|(name, _)| subject.additional_usages.iter().any(|usage| usage == name))
            .map(|(_, oid)| ExtendedKeyUsagePurpose::Other(oid.to_vec()))
            .collect();
        parameters.not_before = date_time_ymd(1970, 1, 1) + since_epoch(not_before);
        parameters.not_after = date_time_ymd(1970, 1, 1) + since_epoch(not_after);
        parameters.serial_number = Some(serial.clone().into());
        let certificate = parameters
            .signed_by(&key, &self.intermediate)
            .map_err(|error| cannot_issue(&error))?;
        Ok(Issued {
            thumbprint: HEXUPPER.encode(Sha256::digest(certificate.der()).as_slice()),
            pem: certificate.pem(),
            serial_number: HEXUPPER.encode(&serial),
            not_before,
            not_after,
        })
    }

    /// A certificate in one of CertCentral's PEM formats, with the line ends CertCentral uses.
    pub fn download(&self, issued: &Issued, format: &str) -> Option<String> {
        let intermediate = self.intermediate.pem();
        let parts = match format {
            "pem_all" => vec![issued.pem.as_str(), intermediate.as_str(), self.root_pem.as_str()],
            "pem_noroot" => vec![issued.pem.as_str(), intermediate.as_str()],
            "pem_nointermediate" => vec![issued.pem.as_str()],
            _ => return None,
        };
        Some(parts.concat().replace('\n', "\r\n"))
    }
}

/// The key a CSR asks a certificate for, or the public key sent in its place. Line breaks are optional.
pub(super) fn public_key(pem: &str) -> Result<SubjectPublicKeyInfo, Refusal> {
    let in_armour = |label: &str| {
        let body = pem
            .trim()
            .strip_prefix(&format!("-----BEGIN {label}-----"))?
            .strip_suffix(&format!("-----END {label}-----"))?;
        let base64: String = body.split_ascii_whitespace().collect();
        BASE64.decode(base64.as_bytes()).ok()
    };
    let request = in_armour("CERTIFICATE REQUEST").or_else(|| in_armour("NEW CERTIFICATE REQUEST"));
    let der = match &request {
        Some(request) => {
            let (rest, csr) = X509CertificationRequest::from_der(request).map_err(|_| unreadable())?;
            let key = csr.certification_request_info.subject_pki.raw;
            // the kind of key first: signatures of small keys can't be verified here
            check_key(key)?;
            if !rest.is_empty() || csr.verify_signature().is_err() {
                return Err(unreadable());
            }
            key.to_vec()
        }
        None => in_armour("PUBLIC KEY").ok_or_else(unreadable)?,
    };
    check_key(&der)?;
    SubjectPublicKeyInfo::from_der(&der).map_err(|_| unreadable())
}

fn check_key(der: &[u8]) -> Result<(), Refusal> {
    let (_, info) = x509_parser::x509::SubjectPublicKeyInfo::from_der(der).map_err(|_| unreadable())?;
    let allowed = match info.parsed() {
        Ok(PublicKey::RSA(key)) => [2048, 3072, 4096].contains(&key.key_size()),
        Ok(PublicKey::EC(point)) => [256, 384].contains(&point.key_size()),
        // what is neither
        Ok(_) | Err(_) => false,
    };
    if allowed {
        return Ok(());
    }
    Err(Refusal::new(
        400,
        "invalid_csr_key",
        "The key must be RSA of 2048, 3072 or 4096 bits, or ECC p-256 or p-384.",
    ))
}

fn unreadable() -> Refusal {
    Refusal::new(
        400,
        "csr_invalid_cannot_parse",
        "The CSR could not be parsed or its signature is wrong.",
    )
}

fn authority_parameters(name: &str, constraints: BasicConstraints) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(
        DnType::OrganizationName,
        "docsign simulator, not a real authority",
    );
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(constraints);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}

fn cannot_issue(error: &rcgen::Error) -> Refusal {
    Refusal::new(
        500,
        "internal_error",
        format!("The simulator could not issue the certificate: {error}"),
    )
}
