//! One distinct, recognisable value for every field that is a secret or says something about a person.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::{Value, json};

/// The API key.
pub const API_KEY: &str = "canary-api-key-4f9b27";
/// A rest of the marker in the simulator's activation codes; the order's number follows it.
pub const INIT_CODE: &str = "INIT-CODE-OF-";
/// What stands where a private key would.
pub const PRIVATE_KEY: &str =
    "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEcanaryPrivateKeyQ9x7\n-----END EC PRIVATE KEY-----\n";

/// Fields and their values.
pub type Fields = BTreeMap<&'static str, &'static str>;

/// The person in the manifest.
pub fn individual() -> Fields {
    Fields::from([
        ("firstName", "Canarisa"),
        ("lastName", "Inlinefinch"),
        ("email", "finch.inline@canary-one.example"),
        ("telephone", "+1-555-010-4411"),
        ("country", "us"),
        ("state", "Inlinestateria"),
        ("city", "Inlinecityville"),
        ("zip", "INZIP-48151"),
        ("jobTitle", "Inlinejob Keeper"),
    ])
}

/// The person in the Secret.
pub fn secret_individual() -> Fields {
    Fields::from([
        ("firstName", "Secretisa"),
        ("lastName", "Hiddenwren"),
        ("email", "wren.hidden@canary-two.example"),
        ("telephone", "+1-555-010-7722"),
        ("country", "us"),
        ("state", "Hiddenstateria"),
        ("city", "Hiddencityville"),
        ("zip", "HIZIP-62342"),
        ("jobTitle", "Hiddenjob Keeper"),
    ])
}

/// The address in the manifest.
pub fn ship_info() -> Fields {
    Fields::from([
        ("name", "Shipinline Receiver"),
        ("addr1", "11 Shipinline Road"),
        ("addr2", "Shipinline Floor 12"),
        ("city", "Shipinlinecity"),
        ("state", "Shipinlinestate"),
        ("zip", "SHZIP-93253"),
        ("country", "us"),
        ("method", "STANDARD"),
    ])
}

/// The address in the Secret.
pub fn secret_ship_info() -> Fields {
    Fields::from([
        ("name", "Shiphidden Receiver"),
        ("addr1", "21 Shiphidden Road"),
        ("addr2", "Shiphidden Floor 22"),
        ("city", "Shiphiddencity"),
        ("state", "Shiphiddenstate"),
        ("zip", "SXZIP-73464"),
        ("country", "us"),
        ("method", "EXPEDITED"),
    ])
}

/// The card in the Secret.
pub fn card() -> Fields {
    Fields::from([
        ("number", "4929114477335566"),
        ("expirationMonth", "11"),
        ("expirationYear", "2087"),
        ("cvv", "7391"),
        ("cardholderName", "Cardcanary Payer"),
    ])
}

/// The address of who pays.
pub fn billing_address() -> Fields {
    Fields::from([
        ("address", "31 Billcanary Road"),
        ("address2", "Billcanary Floor 32"),
        ("city", "Billcanarycity"),
        ("state", "Billcanarystate"),
        ("country", "us"),
        ("zip", "BIZIP-15675"),
    ])
}

/// Free text of the order. The name of the order, which is nobody's secret, tells the orders apart.
pub fn free_text(name: &str) -> Value {
    json!({
        "comments": format!("commentcanary for the third floor\n({name})"),
        "customRenewalMessage": "renewalcanary: call me before it ends",
        "additionalEmails": ["also.canary@canary-three.example", "second.canary@canary-three.example"],
        "customFields": [{"metadataId": 12, "value": "fieldcanary value"}],
    })
}

/// The person whom a CSR names, as it stands in the CSR's subject.
pub const IN_CSR: &str = "Csrcanary Requester";

/// A CSR, in PEM.
pub fn csr() -> &'static str {
    static CSR: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let mut parameters = rcgen::CertificateParams::default();
        parameters
            .distinguished_name
            .push(rcgen::DnType::CommonName, IN_CSR);
        parameters.serialize_request(&key).unwrap().pem().unwrap()
    });
    &CSR
}

/// Values that must not be seen anywhere, each with its field.
pub fn all() -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut add = |field: String, value: &str| all.push((field, value.to_owned()));
    let parts = [
        ("individual", individual()),
        ("individual of a Secret", secret_individual()),
        ("shipInfo", ship_info()),
        ("shipInfo of a Secret", secret_ship_info()),
        ("card", card()),
        ("billingAddress", billing_address()),
    ];
    for (part, fields) in parts {
        for (field, value) in fields {
            // Two letters or digits, and the page's own words, are everywhere.
            if !["country", "method", "expirationMonth"].contains(&field) {
                add(format!("{part}.{field}"), value);
            }
        }
    }
    for (field, value) in [
        ("API key", API_KEY),
        ("hardware_init_code", INIT_CODE),
        ("comments", "commentcanary for the third floor"),
        ("customRenewalMessage", "renewalcanary"),
        ("additionalEmails", "also.canary@canary-three.example"),
        ("additionalEmails", "second.canary@canary-three.example"),
        ("customFields", "fieldcanary"),
        ("subject of the CSR", IN_CSR),
        ("CSR", base64_of(csr())),
        ("private key", "canaryPrivateKeyQ9x7"),
        ("broken Secret", BROKEN),
    ] {
        add(field.to_owned(), value);
    }
    all
}

/// Part of every value in a Secret that can't be right.
pub const BROKEN: &str = "brokencanary";

/// Some of a PEM's content.
fn base64_of(pem: &'static str) -> &'static str {
    pem.lines().nth(2).unwrap()
}

/// A text and what is looked for in it.
pub struct Haystack {
    raw: String,
    /// Letters and digits alone, in one case.
    plain: String,
}

impl Haystack {
    pub fn new(text: &str) -> Self {
        Self {
            raw: text.to_owned(),
            plain: plain(text),
        }
    }

    /// Whether the value is there: as it is, in other letter case, with other marks between its letters and digits,
    /// or as the API server writes the data of Secrets.
    pub fn holds(&self, value: &str) -> bool {
        if value.len() < 5 {
            return self.holds_word(value);
        }
        // The last characters depend on what follows.
        let encoded = BASE64.encode(value.as_bytes());
        let encoded = &encoded[..value.len() / 3 * 4];
        self.plain.contains(&plain(value)) || self.raw.contains(encoded)
    }

    /// A few digits are part of many numbers, and of identifiers.
    fn holds_word(&self, value: &str) -> bool {
        let joins = |letter: char| letter.is_alphanumeric() || letter == '-';
        self.raw.match_indices(value).any(|(place, _)| {
            let before = self.raw[..place].chars().next_back();
            let after = self.raw[place + value.len()..].chars().next();
            !before.is_some_and(joins) && !after.is_some_and(joins)
        })
    }
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[test]
fn a_canary_is_found_in_any_disguise() {
    for text in [
        "a canary-api-key-4f9b27 b",
        "CANARY API KEY 4F9B27",
        "Y2FuYXJ5LWFwaS1rZXktNGY5YjI3",
    ] {
        assert!(Haystack::new(text).holds(API_KEY), "{text}");
    }
    let digits = |text: &str| Haystack::new(text).holds("7391");
    assert!(digits("cvv=7391,") && digits("\"7391\""));
    assert!(!digits("073912") && !digits("a1b2-7391-c3d4"));
    assert!(Haystack::new("card 4929 1144 7733 5566").holds("4929114477335566"));
}
