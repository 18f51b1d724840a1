//! The name under which an order is bought at most once, and the short form of it that travels.

use std::fmt;

use data_encoding::{Encoding, Specification};
use sha2::{Digest, Sha256};

/// The name of the cluster in order keys: a DNS label, chosen by the people who run the operator. It has no
/// default, because a rebuilt cluster finds its orders again by this name alone.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClusterName(String);

/// What is wrong with a cluster name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "a cluster name is a DNS label: 1 to 63 lower-case letters, digits and hyphens, no hyphen at either end"
)]
pub struct NotADnsLabel;

impl ClusterName {
    /// Parses a DNS label.
    pub fn parse(text: &str) -> Result<Self, NotADnsLabel> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let label = (1..=63).contains(&text.len())
            && text.chars().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if label {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotADnsLabel)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// `<cluster>/<namespace>/<name>/<revision>`: the name under which an order is bought at most once.
///
/// It is made of names on purpose: a manifest that is deleted and applied again, a restored backup and a
/// rebuilt cluster all find the order that was already paid for.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OrderKey {
    cluster: ClusterName,
    namespace: String,
    name: String,
    revision: i64,
}

impl OrderKey {
    /// The key of one revision of one manifest.
    pub fn new(
        cluster: ClusterName,
        namespace: impl Into<String>,
        name: impl Into<String>,
        revision: i64,
    ) -> Self {
        Self {
            cluster,
            namespace: namespace.into(),
            name: name.into(),
            revision,
        }
    }

    /// Reads a key as it is printed; `None` where the text is not a key.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (cluster, namespace, name, revision) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let key = Self::new(
            ClusterName::parse(cluster).ok()?,
            namespace,
            name,
            revision.parse().ok()?,
        );
        (parts.next().is_none() && key.to_string() == text).then_some(key)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &ClusterName {
        &self.cluster
    }

    /// The namespace of the manifest.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name of the manifest.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `spec.revision`.
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The short form: the name of the purchase and the order's `alternative_order_id`.
    pub fn token(&self) -> Token {
        let encoded = base32().encode(&Sha256::digest(self.to_string().as_bytes()));
        Token(format!("{PREFIX}{}", encoded.get(..DIGITS).unwrap_or(&encoded)))
    }
}

impl fmt::Display for OrderKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/{}/{}/{}",
            self.cluster, self.namespace, self.name, self.revision
        )
    }
}

const PREFIX: &str = "dso-";
const DIGITS: usize = 26;

/// The short form of an order key: `dso-` and 26 characters of a-z2-7, which are 130 bits of the key's SHA-256.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(String);

impl Token {
    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All tokens that stand in a text, in order.
    pub fn find_all(text: &str) -> Vec<Self> {
        text.match_indices(PREFIX)
            .filter_map(|(start, _)| text.get(start..start + PREFIX.len() + DIGITS))
            .filter(|candidate| {
                candidate
                    .bytes()
                    .skip(PREFIX.len())
                    .all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7'))
            })
            .map(|token| Self(token.to_owned()))
            .collect()
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    #[expect(
        clippy::expect_used,
        reason = "the 32 distinct symbols above are a valid encoding"
    )]
    specification.encoding().expect("a valid encoding")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> OrderKey {
        OrderKey::new(ClusterName::parse("prod").unwrap(), "signing", "jane-doe", 1)
    }

    #[test]
    fn a_token_never_changes_for_a_key() {
        // Pinned: a changed derivation would lose every order bought so far.
        assert_eq!(key().token().as_str(), "dso-ufsmhixffhk5hnbn7z4gwjdpsp");
    }

    #[test]
    fn a_key_reads_back_as_it_prints() {
        assert_eq!(OrderKey::parse("prod/signing/jane-doe/1"), Some(key()));
        for wrong in [
            "",
            "prod/signing/jane-doe",
            "prod/signing/jane-doe/1/2",
            "prod/signing/jane-doe/01",
            "P/s/j/1",
        ] {
            assert_eq!(OrderKey::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn tokens_are_found_in_comments() {
        let token = key().token();
        assert_eq!(
            Token::find_all(&format!("{token}\nfor dso-short and dso-{}", "0".repeat(26))),
            vec![token]
        );
    }

    #[test]
    fn cluster_names_are_dns_labels() {
        for wrong in ["", "-a", "a-", "A", "a.b", "a/b", &"a".repeat(64)] {
            assert_eq!(ClusterName::parse(wrong), Err(NotADnsLabel), "{wrong}");
        }
        assert_eq!(ClusterName::parse("eu-1").unwrap().as_str(), "eu-1");
    }
}
