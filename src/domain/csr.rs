//! A certificate signing request, or a bare public key, that can be ordered for.

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::private_key;
use crate::api::CsrKeyType;

/// A CSR with a valid self-signature, or a public key, of a type and size that can be ordered.
///
/// A CSR names a person: it is not printed.
#[derive(Clone, Eq, PartialEq)]
pub struct Csr {
    label: Label,
    der: Vec<u8>,
    public_key: Vec<u8>,
    key: Key,
}

impl Csr {
    /// Reads PEM, also with Windows line ends, surrounding blanks, or without any line break.
    pub fn parse(text: &str) -> Result<Self, CsrError> {
        if private_key::is_in(text) {
            return Err(CsrError::PrivateKey);
        }
        let (label, body) = unwrap_pem(text)?;
        let body: String = body.split_whitespace().collect();
        let der = BASE64.decode(body.as_bytes()).map_err(|_| CsrError::NotBase64)?;
        let (public_key, key) = match label {
            Label::Request => request_key(&der)?,
            Label::PublicKey => public_key(&der)?,
        };
        Ok(Self {
            label,
            der,
            public_key,
            key,
        })
    }

    /// The PEM as CertCentral asks for it: with header and footer, without line breaks.
    pub fn wire(&self) -> String {
        let label = self.label.text();
        format!(
            "-----BEGIN {label}-----{}-----END {label}-----",
            BASE64.encode(&self.der)
        )
    }

    /// rsa or ecc.
    pub fn key_type(&self) -> CsrKeyType {
        self.key.key_type()
    }

    /// The type and size of the key.
    pub fn key(&self) -> Key {
        self.key
    }

    /// The size of the key as manifests and CertCentral spell it: 2048, 3072, 4096, p-256 or p-384.
    pub fn key_size(&self) -> &'static str {
        self.key.size()
    }

    /// The public key, as a DER SubjectPublicKeyInfo.
    pub fn public_key_spki(&self) -> &[u8] {
        &self.public_key
    }

    /// The fingerprint of the public key, to compare with a certificate or a CSR that was read back.
    pub fn public_key_fingerprint(&self) -> String {
        fingerprint(&self.public_key)
    }
}

impl std::fmt::Debug for Csr {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Csr")
            .field("label", &self.label)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// The SHA-256 of a DER SubjectPublicKeyInfo, in hexadecimal.
pub fn fingerprint(spki: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(spki))
}

/// The keys that can be ordered for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Key {
    /// RSA with 2048 bits.
    Rsa2048,
    /// RSA with 3072 bits.
    Rsa3072,
    /// RSA with 4096 bits.
    Rsa4096,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
}

impl Key {
    /// All keys that can be ordered for.
    pub const ALL: [Self; 5] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::P256,
        Self::P384,
    ];

    /// Reads 2048, 3072, 4096, p-256 or p-384.
    pub fn from_size(size: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.size() == size)
    }

    /// rsa or ecc.
    pub const fn key_type(self) -> CsrKeyType {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => CsrKeyType::Rsa,
            Self::P256 | Self::P384 => CsrKeyType::Ecc,
        }
    }

    /// 2048, 3072, 4096, p-256 or p-384.
    pub const fn size(self) -> &'static str {
        match self {
            Self::Rsa2048 => "2048",
            Self::Rsa3072 => "3072",
            Self::Rsa4096 => "4096",
            Self::P256 => "p-256",
            Self::P384 => "p-384",
        }
    }

    /// The number of bits, for RSA.
    pub const fn rsa_bits(self) -> Option<u32> {
        match self {
            Self::Rsa2048 => Some(2048),
            Self::Rsa3072 => Some(3072),
            Self::Rsa4096 => Some(4096),
            Self::P256 | Self::P384 => None,
        }
    }
}

/// Why a text is not a CSR that can be ordered for. Never holds any of the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CsrError {
    /// A private key.
    #[error("this holds a private key: treat it as exposed, make a new key and give its CSR")]
    PrivateKey,
    /// No PEM, or another kind of it.
    #[error(
        "not PEM: write the CSR from -----BEGIN CERTIFICATE REQUEST----- to -----END CERTIFICATE REQUEST----- (or a PUBLIC KEY)"
    )]
    NotPem,
    /// More than one PEM block.
    #[error("more than one PEM block: give the CSR alone")]
    SeveralBlocks,
    /// What stands between the lines is not base64.
    #[error("damaged: what stands between the BEGIN and END lines is not base64; copy the CSR again")]
    NotBase64,
    /// Base64 of something else.
    #[error("damaged: the content can't be read as what its BEGIN line says; copy the CSR again")]
    NotDer,
    /// The self-signature is wrong.
    #[error("the CSR's own signature does not fit its key; make a new CSR")]
    Signature,
    /// Another key than CertCentral takes.
    #[error(
        "the key can't be ordered for: use RSA with 2048, 3072 or 4096 bits, or the curves P-256 or P-384"
    )]
    Key,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Label {
    Request,
    PublicKey,
}

impl Label {
    const fn text(self) -> &'static str {
        match self {
            Self::Request => "CERTIFICATE REQUEST",
            Self::PublicKey => "PUBLIC KEY",
        }
    }
}

/// The one PEM block of a text, by its label and what stands between the lines.
fn unwrap_pem(text: &str) -> Result<(Label, &str), CsrError> {
    let (label, rest) = text
        .trim_start_matches('\u{feff}')
        .trim()
        .strip_prefix("-----BEGIN ")
        .and_then(|rest| rest.split_once("-----"))
        .ok_or(CsrError::NotPem)?;
    let kind = match label {
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Label::Request,
        "PUBLIC KEY" => Label::PublicKey,
        _ => return Err(CsrError::NotPem),
    };
    let (body, after) = rest
        .split_once(&format!("-----END {label}-----"))
        .ok_or(CsrError::NotPem)?;
    if after.trim().is_empty() {
        Ok((kind, body))
    } else {
        Err(CsrError::SeveralBlocks)
    }
}

fn request_key(der: &[u8]) -> Result<(Vec<u8>, Key), CsrError> {
    let (rest, request) = X509CertificationRequest::from_der(der).map_err(|_| CsrError::NotDer)?;
    if !rest.is_empty() {
        return Err(CsrError::NotDer);
    }
    let info = &request.certification_request_info.subject_pki;
    let key = orderable_key(info)?;
    request.verify_signature().map_err(|_| CsrError::Signature)?;
    Ok((info.raw.to_vec(), key))
}

fn public_key(der: &[u8]) -> Result<(Vec<u8>, Key), CsrError> {
    let (rest, info) = SubjectPublicKeyInfo::from_der(der).map_err(|_| CsrError::NotDer)?;
    if !rest.is_empty() {
        return Err(CsrError::NotDer);
    }
    Ok((info.raw.to_vec(), orderable_key(&info)?))
}

fn orderable_key(info: &SubjectPublicKeyInfo<'_>) -> Result<Key, CsrError> {
    match info.parsed().map_err(|_| CsrError::Key)? {
        PublicKey::RSA(rsa) => match significant_bits(rsa.modulus) {
            2048 => Ok(Key::Rsa2048),
            3072 => Ok(Key::Rsa3072),
            4096 => Ok(Key::Rsa4096),
            _ => Err(CsrError::Key),
        },
        PublicKey::EC(_) => {
            let parameters = info.algorithm.parameters.as_ref();
            let curve = parameters
                .and_then(|any| any.as_oid().ok())
                .map(|oid| oid.to_id_string());
            match curve.as_deref() {
                Some("1.2.840.10045.3.1.7") => Ok(Key::P256),
                Some("1.3.132.0.34") => Ok(Key::P384),
                _ => Err(CsrError::Key),
            }
        }
        PublicKey::DSA(_)
        | PublicKey::GostR3410(_)
        | PublicKey::GostR3410_2012(_)
        | PublicKey::Unknown(_) => Err(CsrError::Key),
    }
}

/// The number of bits of an unsigned big-endian number, without leading zeros.
fn significant_bits(number: &[u8]) -> usize {
    let mut bytes = number.iter().skip_while(|byte| **byte == 0);
    bytes.next().map_or(0, |first| {
        let bits_of_first = 8_usize.saturating_sub(first.leading_zeros() as usize);
        bits_of_first + 8 * bytes.count()
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PublicKeyData as _};

    use super::*;

    fn request(algorithm: &'static rcgen::SignatureAlgorithm) -> (String, KeyPair) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let request = CertificateParams::new(Vec::<String>::new())
            .unwrap()
            .serialize_request(&key)
            .unwrap();
        (request.pem().unwrap(), key)
    }

    fn example() -> &'static str {
        include_str!("../../examples/own-token.csr.pem")
    }

    #[test]
    fn all_spellings_of_one_request_are_the_same_on_the_wire() {
        let (pem, _) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let wire = Csr::parse(&pem).unwrap().wire();
        assert!(!wire.contains('\n') && wire.starts_with("-----BEGIN CERTIFICATE REQUEST-----MI"));
        let spellings = [
            pem.replace('\n', "\r\n"),
            format!("\u{feff}\n  {}\n\n", pem.replace('\n', "\n    ")),
            pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
            wire.clone(),
        ];
        for spelling in spellings {
            assert_eq!(Csr::parse(&spelling).unwrap().wire(), wire);
        }
    }

    #[test]
    fn keys_are_recognised() {
        let (p256, key) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let p256 = Csr::parse(&p256).unwrap();
        assert_eq!((p256.key_type(), p256.key_size()), (CsrKeyType::Ecc, "p-256"));
        let bare = Csr::parse(&key.public_key_pem()).unwrap();
        assert_eq!(bare.key(), Key::P256);
        assert!(bare.wire().starts_with("-----BEGIN PUBLIC KEY-----"));
        assert_eq!(bare.public_key_fingerprint(), p256.public_key_fingerprint());
        assert_eq!(
            fingerprint(&key.subject_public_key_info()),
            p256.public_key_fingerprint()
        );
        let p384 = Csr::parse(&request(&rcgen::PKCS_ECDSA_P384_SHA384).0).unwrap();
        assert_eq!((p384.key_type(), p384.key_size()), (CsrKeyType::Ecc, "p-384"));
        let rsa = Csr::parse(example()).unwrap();
        assert_eq!((rsa.key_type(), rsa.key_size()), (CsrKeyType::Rsa, "3072"));
    }

    #[test]
    fn what_can_not_be_ordered_for_is_refused_for_its_reason() {
        let (pem, key) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let forged = {
            let mut der = Csr::parse(&pem).unwrap().der;
            *der.last_mut().unwrap() ^= 1;
            format!(
                "-----BEGIN CERTIFICATE REQUEST-----{}-----END CERTIFICATE REQUEST-----",
                BASE64.encode(&der)
            )
        };
        let cases = [
            (key.serialize_pem(), CsrError::PrivateKey),
            (format!("{pem}{}", key.serialize_pem()), CsrError::PrivateKey),
            ("MIIB".to_owned(), CsrError::NotPem),
            (
                pem.replace("-----END CERTIFICATE REQUEST-----", ""),
                CsrError::NotPem,
            ),
            (
                pem.replace("CERTIFICATE REQUEST", "CERTIFICATE"),
                CsrError::NotPem,
            ),
            (format!("{pem}{pem}"), CsrError::SeveralBlocks),
            (pem.replace("MI", "M!"), CsrError::NotBase64),
            (pem.replace("CERTIFICATE REQUEST", "PUBLIC KEY"), CsrError::NotDer),
            (forged, CsrError::Signature),
            (ed25519.public_key_pem(), CsrError::Key),
        ];
        for (text, error) in cases {
            assert_eq!(Csr::parse(&text), Err(error));
        }
    }

    #[test]
    fn a_request_is_not_printed() {
        let (pem, _) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let csr = Csr::parse(&pem).unwrap();
        assert_eq!(format!("{csr:?}"), "Csr { label: Request, key: P256, .. }");
    }
}
