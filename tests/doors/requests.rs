//! What people put where a CSR belongs, and whether it can be ordered for.
//!
//! Keys that are not made here come from `requests/`: made once with `openssl req`, their private keys thrown away.

use std::sync::LazyLock;

use data_encoding::BASE64;
use rcgen::{CertificateParams, KeyPair, SignatureAlgorithm};
use x509_parser::prelude::{FromDer as _, X509CertificationRequest};

/// A text in the place of a CSR.
pub struct Request {
    pub name: &'static str,
    pub text: String,
    /// Whether the page allows it.
    pub orderable: bool,
}

const RSA_1024: &str = include_str!("requests/rsa-1024.csr.pem");
const RSA_2047: &str = include_str!("requests/rsa-2047.csr.pem");
const RSA_2048: &str = include_str!("requests/rsa-2048.csr.pem");
const RSA_3072: &str = include_str!("../../examples/own-token.csr.pem");
const RSA_4096: &str = include_str!("requests/rsa-4096.csr.pem");
const RSA_8192: &str = include_str!("requests/rsa-8192.csr.pem");
const P521: &str = include_str!("requests/secp521r1.csr.pem");
const SECP256K1: &str = include_str!("requests/secp256k1.csr.pem");
const BRAINPOOL: &str = include_str!("requests/brainpoolP256r1.csr.pem");

/// A CSR of RSA with 3072 bits.
pub fn example() -> &'static str {
    RSA_3072
}

/// A CSR of P-256, the same in the whole run.
pub fn p256() -> &'static str {
    static REQUEST: LazyLock<String> = LazyLock::new(|| made(&rcgen::PKCS_ECDSA_P256_SHA256).0);
    &REQUEST
}

fn p384() -> &'static str {
    static REQUEST: LazyLock<String> = LazyLock::new(|| made(&rcgen::PKCS_ECDSA_P384_SHA384).0);
    &REQUEST
}

/// A CSR that fits what a manifest says of its key.
pub fn fitting(key_type: Option<&str>, size: Option<&str>) -> &'static str {
    match (key_type, size) {
        (_, Some("2048")) | (Some("rsa"), None) => RSA_2048,
        (_, Some("3072")) => RSA_3072,
        (_, Some("4096")) => RSA_4096,
        (_, Some("p-384")) => p384(),
        (_, _) => p256(),
    }
}

fn made(algorithm: &'static SignatureAlgorithm) -> (String, KeyPair) {
    let key = KeyPair::generate_for(algorithm).unwrap();
    let request = CertificateParams::new(Vec::<String>::new()).unwrap();
    (request.serialize_request(&key).unwrap().pem().unwrap(), key)
}

/// The public key of a CSR.
fn bare(pem: &str) -> String {
    let der = der(pem);
    let (_, request) = X509CertificationRequest::from_der(&der).unwrap();
    armoured("PUBLIC KEY", request.certification_request_info.subject_pki.raw)
}

fn der(pem: &str) -> Vec<u8> {
    let base64: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    BASE64.decode(base64.as_bytes()).unwrap()
}

fn armoured(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<_> = base64
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Everything that is tried.
pub fn all() -> Vec<Request> {
    let mut all = Vec::new();
    let mut add = |orderable: bool, name: &'static str, text: String| {
        all.push(Request {
            name,
            text,
            orderable,
        });
    };
    for (name, pem) in [
        ("RSA 2048", RSA_2048),
        ("RSA 3072", RSA_3072),
        ("RSA 4096", RSA_4096),
        ("P-256", p256()),
        ("P-384", p384()),
    ] {
        add(true, name, pem.to_owned());
        add(true, name, bare(pem));
    }
    for (name, pem) in [
        ("RSA 1024", RSA_1024),
        ("RSA 2047", RSA_2047),
        ("RSA 8192", RSA_8192),
        ("P-521", P521),
        ("secp256k1", SECP256K1),
        ("brainpoolP256r1", BRAINPOOL),
    ] {
        add(false, name, pem.to_owned());
        add(false, name, bare(pem));
    }
    spellings(&mut add);
    damaged(&mut add);
    others(&mut add);
    all
}

type Add<'a> = &'a mut dyn FnMut(bool, &'static str, String);

fn spellings(add: Add<'_>) {
    let pem = p256();
    add(true, "without line breaks", pem.replace('\n', ""));
    add(true, "with Windows line ends", pem.replace('\n', "\r\n"));
    add(
        true,
        "indented, with blank lines around",
        format!("\n\n  {}\n\n", pem.replace('\n', "\n    ")),
    );
    add(
        true,
        "as Microsoft's tools call it",
        pem.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"),
    );
    add(false, "behind a byte order mark", format!("\u{feff}{pem}"));
    add(false, "behind a no-break space", format!("\u{a0}{pem}"));
}

fn damaged(add: Add<'_>) {
    let pem = p256();
    let whole = der(pem);
    let mut forged = whole.clone();
    *forged.last_mut().unwrap() ^= 1;
    add(
        false,
        "with a wrong signature",
        armoured("CERTIFICATE REQUEST", &forged),
    );
    // The key of another in a request that the first one signed.
    let (mine, theirs) = (
        der(&bare(pem)),
        der(&bare(&made(&rcgen::PKCS_ECDSA_P256_SHA256).0)),
    );
    let at = whole
        .windows(mine.len())
        .position(|window| window == mine)
        .unwrap();
    let mut swapped = whole.clone();
    swapped[at..at + mine.len()].copy_from_slice(&theirs);
    add(
        false,
        "with another's key",
        armoured("CERTIFICATE REQUEST", &swapped),
    );
    add(
        false,
        "cut short",
        armoured("CERTIFICATE REQUEST", &whole[..whole.len() - 20]),
    );
    add(
        false,
        "with bytes after it",
        armoured("CERTIFICATE REQUEST", &[&whole[..], &[0, 0]].concat()),
    );
    add(false, "of no bytes", armoured("CERTIFICATE REQUEST", &[]));
    add(
        false,
        "of other bytes",
        armoured("CERTIFICATE REQUEST", b"no request at all"),
    );
    let lines: Vec<_> = pem.lines().collect();
    let cut = [&lines[..2], &[&lines[2][..41]], &lines[lines.len() - 1..]].concat();
    add(false, "with truncated base64", cut.join("\n"));
    add(
        false,
        "with a line left out",
        [&lines[..2], &lines[3..]].concat().join("\n"),
    );
    add(false, "with a letter that is none", pem.replacen("MI", "M!", 1));
    add(
        false,
        "with a letter that is not ASCII",
        pem.replacen("MI", "Mí", 1),
    );
    add(false, "without its end", lines[..lines.len() - 1].join("\n"));
    add(false, "without its beginning", lines[1..].join("\n"));
    add(
        false,
        "with another end",
        pem.replace("END CERTIFICATE REQUEST", "END PUBLIC KEY"),
    );
    add(
        false,
        "with text before it",
        format!("Certificate request of Zebulon:\n{pem}"),
    );
    add(false, "with text after it", format!("{pem}Yours, Zebulon\n"));
    add(
        false,
        "with a header in it",
        pem.replacen("-----\n", "-----\nProc-Type: 4,CLEAR\n\n", 1),
    );
    add(false, "twice", format!("{pem}{pem}"));
    add(
        false,
        "with its public key behind it",
        format!("{pem}{}", bare(pem)),
    );
    add(false, "with escaped line breaks", pem.replace('\n', "\\n"));
}

fn others(add: Add<'_>) {
    let (pem, key) = made(&rcgen::PKCS_ECDSA_P384_SHA384);
    let certificate = CertificateParams::new(Vec::<String>::new())
        .unwrap()
        .self_signed(&key)
        .unwrap();
    add(false, "a certificate", certificate.pem());
    add(
        false,
        "a certificate called a request",
        armoured("CERTIFICATE REQUEST", certificate.der()),
    );
    add(false, "a private key", key.serialize_pem());
    add(
        false,
        "a request and its private key",
        format!("{pem}{}", key.serialize_pem()),
    );
    for label in [
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
    ] {
        add(
            false,
            "a private key by another name",
            armoured(label, key.serialized_der()),
        );
    }
    add(
        false,
        "a private key called a request",
        armoured("CERTIFICATE REQUEST", key.serialized_der()),
    );
    add(
        false,
        "a request called a public key",
        armoured("PUBLIC KEY", &der(&pem)),
    );
    add(
        false,
        "a public key called a request",
        armoured("CERTIFICATE REQUEST", &der(&bare(&pem))),
    );
    add(
        false,
        "a public key called new",
        armoured("NEW PUBLIC KEY", &der(&bare(&pem))),
    );
    add(
        false,
        "a public key of RSA's own form",
        armoured("RSA PUBLIC KEY", &der(&bare(RSA_2048))),
    );
    let (ed25519, ed_key) = made(&rcgen::PKCS_ED25519);
    add(false, "Ed25519", ed25519);
    add(false, "Ed25519", ed_key.public_key_pem());
    add(false, "bare base64", BASE64.encode(&der(&pem)));
    add(
        false,
        "nothing but the two lines",
        armoured("CERTIFICATE REQUEST", b"").replace("\n\n", "\n"),
    );
    add(false, "a path", "/home/zebulon/request.pem".to_owned());
}
