//! What CertCentral refuses and what follows from it: the closed table of its error codes.
//!
//! Everything that depends on a code is said here, once: whether the key is at fault, whose turn it is, whether trying
//! again can help, which field of the manifest is meant, and what to do. A code that is not in the table keeps its own
//! text and is taken for what its HTTP status says.

mod manifest_field;

pub use manifest_field::{manifest_field, secret_field};

use super::redaction::redacted;

/// Whose turn it is after a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// The owner of the manifest: nothing is sent again before something he controls has changed.
    Owner,
    /// Whoever administers the CertCentral account, its funds, products, permissions and keys, or the account object.
    Administrator,
    /// Nobody: the operator goes on by itself.
    Operator,
}

/// Whether an order that was refused is sent again by itself. Nothing was bought, so asking again costs nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Again {
    /// Not before the manifest, one of its sources, the account or its key has changed, or somebody asks for it.
    WhenChanged,
    /// After waits that grow from minutes to hours: what it lacks may come without any change in the cluster.
    Slowly,
}

/// What a refusal means beyond the order that met it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consequence {
    /// Nothing.
    None,
    /// The API key is accepted for nothing any more.
    KeyRejected,
    /// Every call of the API key is blocked for a while.
    KeyPaused,
    /// The account takes no alternative order ID: it is left out from now on.
    TokenNotTaken,
    /// The address is not that of CertCentral's API; it says nothing about what was asked for.
    NoSuchRoute,
}

/// How a row is found by a code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    /// The whole code.
    Is(&'static str),
    /// The code's beginning.
    Begins(&'static str),
    /// One of the parts between `|`.
    HasPart(&'static str),
    /// A piece of the code, wherever it stands.
    Contains(&'static str),
    /// Two pieces of the code, wherever they stand.
    ContainsBoth(&'static str, &'static str),
}

impl Code {
    fn fits(self, code: &str) -> bool {
        match self {
            Self::Is(whole) => code == whole,
            Self::Begins(beginning) => code.starts_with(beginning),
            Self::HasPart(part) => code.split('|').any(|one| one == part),
            Self::Contains(piece) => code.contains(piece),
            Self::ContainsBoth(one, other) => code.contains(one) && code.contains(other),
        }
    }
}

/// Which field of the manifest a code is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum About {
    /// None that the code names.
    Nothing,
    /// The parameter that stands behind the colon of the code, in CertCentral's words.
    Named,
    /// Always this field of the manifest.
    Field(&'static str),
}

/// One row of the table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The codes it is for. The first row that fits counts.
    pub code: Code,
    /// Who can end it.
    pub turn: Turn,
    /// Whether it is tried again.
    pub again: Again,
    /// What else follows.
    pub consequence: Consequence,
    /// The field concerned.
    pub about: About,
    /// What to do, for people.
    pub advice: &'static str,
}

/// What a code means for the one order that met it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meaning {
    /// Who can end it.
    pub turn: Turn,
    /// Whether it is tried again.
    pub again: Again,
    /// What else follows.
    pub consequence: Consequence,
    /// The field of the manifest, such as `spec.order.individual.state`, where the code names one.
    pub field: Option<String>,
    /// What to do; `None`: the table does not know the code.
    pub advice: Option<&'static str>,
}

const fn owner(code: Code, about: About, advice: &'static str) -> Entry {
    Entry {
        code,
        turn: Turn::Owner,
        again: Again::WhenChanged,
        consequence: Consequence::None,
        about,
        advice,
    }
}

const fn administrator(code: Code, about: About, advice: &'static str) -> Entry {
    Entry {
        turn: Turn::Administrator,
        again: Again::Slowly,
        ..owner(code, about, advice)
    }
}

const fn operator(code: Code, consequence: Consequence, advice: &'static str) -> Entry {
    Entry {
        turn: Turn::Operator,
        again: Again::Slowly,
        consequence,
        ..owner(code, About::Nothing, advice)
    }
}

/// The table. The first row that fits a code counts, so what is particular stands above what is general.
pub const CATALOGUE: &[Entry] = &[
    // An order of this key exists: it is looked up, and never sent without the ID that tells it apart.
    operator(
        Code::ContainsBoth("alternative_order_id", "duplicate"),
        Consequence::None,
        "an order with this alternative order ID exists: it is looked up and bound",
    ),
    operator(
        Code::ContainsBoth("alternative_order_id", "exist"),
        Consequence::None,
        "an order with this alternative order ID exists: it is looked up and bound",
    ),
    operator(
        Code::Contains("alternative_order_id"),
        Consequence::TokenNotTaken,
        "this CertCentral account takes no alternative order IDs: the order is sent again without one",
    ),
    operator(
        Code::Is("request_limit_exceeded"),
        Consequence::KeyPaused,
        "too many calls with this API key: CertCentral blocks it for some minutes. If others use the key too, lower spec.rateLimit of the account",
    ),
    Entry {
        consequence: Consequence::KeyRejected,
        ..administrator(
            Code::HasPart("access_denied_invalid_key"),
            About::Nothing,
            "CertCentral does not accept the API key: put a valid one into the account's Secret, and check that spec.region is the key's region",
        )
    },
    administrator(
        Code::Is("access_denied|invalid_approver"),
        About::Field("spec.order.skipApproval"),
        "the user of the API key may not approve: give it that right in CertCentral, or let skipApproval be false",
    ),
    administrator(
        Code::Begins("access_denied"),
        About::Nothing,
        "the API key may not do this: give it access to orders, requests and certificates, and its user the product and the container (division), in CertCentral",
    ),
    Entry {
        consequence: Consequence::NoSuchRoute,
        ..administrator(
            Code::Is("not_found|route"),
            About::Nothing,
            "the address is not that of CertCentral's API: correct spec.region or spec.endpoint of the account; an endpoint ends in /services/v2",
        )
    },
    administrator(
        Code::Is("not_found|product"),
        About::Nothing,
        "the product ds_individual can't be ordered with this API key: have DigiCert switch it on for the account",
    ),
    owner(
        Code::Is("not_found|order"),
        About::Field("spec.order.renewalOfOrderId"),
        "the API key sees no such order to renew: correct the number, or buy on the account that owns it",
    ),
    owner(
        Code::Begins("not_found"),
        About::Nothing,
        "CertCentral does not know something that the order names: check its numbers (containerId, userIdAssignments, customFields, certificate.caCertId)",
    ),
    administrator(
        Code::Is("insufficient_subscription"),
        About::Nothing,
        "the subscription of the CertCentral account has no certificate left: add to it, or free one",
    ),
    administrator(
        Code::Begins("insufficient_"),
        About::Field("spec.order.paymentMethod"),
        "the CertCentral account can't pay: deposit funds there, or choose another payment method",
    ),
    owner(
        Code::Begins("required_param"),
        About::Named,
        "CertCentral needs a value here: add it",
    ),
    owner(
        Code::Is("csr_invalid_cannot_parse"),
        About::Field("spec.order.certificate.csr"),
        "CertCentral can't read the CSR: make a new one, and try it with docsign check",
    ),
    owner(
        Code::Begins("csr_"),
        About::Field("spec.order.certificate.csr"),
        "CertCentral does not take this CSR: make another one",
    ),
    owner(
        Code::Is("cert_validity_exceeds_order_validity"),
        About::Field("spec.order.orderValidity"),
        "the certificate would outlive its order: ask for a shorter time",
    ),
    owner(
        Code::Is("invalid_custom_field_value"),
        About::Field("spec.order.customFields"),
        "the CertCentral account does not take this value for its custom field: correct it",
    ),
    owner(
        Code::Begins("invalid_"),
        About::Named,
        "CertCentral does not take this value: correct it",
    ),
    owner(
        Code::Is("ambiguous_product"),
        About::Nothing,
        "CertCentral can't tell which product is meant, which no manifest can cause: please report it",
    ),
    owner(
        Code::Is("time_frame_too_long"),
        About::Nothing,
        "CertCentral was asked about too long a time, which no manifest can cause: please report it",
    ),
    owner(
        Code::Is("bad_request_format"),
        About::Nothing,
        "CertCentral could not read the request, which no manifest can cause: please report it",
    ),
];

/// The row of a code.
pub fn entry(code: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.code.fits(code))
}

/// The code without any of these values. Words that its meaning hangs on stay, whoever else uses them.
pub fn redacted_code<'a>(code: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let redacted = redacted(code, values);
    if meaning(&redacted, None) == meaning(code, None) {
        redacted
    } else {
        code.to_owned()
    }
}

/// What a refusal with this code and HTTP status means. The status decides where the table does not know the code.
pub fn meaning(code: &str, status: Option<u16>) -> Meaning {
    match (entry(code), status) {
        (Some(entry), _) => Meaning {
            turn: entry.turn,
            again: entry.again,
            consequence: entry.consequence,
            field: match entry.about {
                About::Nothing => None,
                About::Named => code.split_once(':').and_then(|(_, path)| manifest_field(path)),
                About::Field(field) => Some(field.to_owned()),
            },
            advice: Some(entry.advice),
        },
        (None, Some(401)) => unknown(Turn::Administrator, Again::Slowly, Consequence::KeyRejected),
        (None, Some(403)) => unknown(Turn::Administrator, Again::WhenChanged, Consequence::None),
        (None, Some(429)) => unknown(Turn::Operator, Again::Slowly, Consequence::KeyPaused),
        (None, _) => unknown(Turn::Owner, Again::WhenChanged, Consequence::None),
    }
}

fn unknown(turn: Turn, again: Again, consequence: Consequence) -> Meaning {
    Meaning {
        turn,
        again,
        consequence,
        field: None,
        advice: None,
    }
}

#[cfg(test)]
mod tests;
