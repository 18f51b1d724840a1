//! The plane's certificate authority: who may speak to the API server, and as whom.

use data_encoding::BASE64;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use super::{Context as _, Error, Result};

/// A certificate authority that lives as long as its plane. All keys are P-256.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, both PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The private key, PKCS #8.
    pub key: String,
}

/// The keys that sign and check service account tokens, both PEM.
pub struct TokenKeys {
    /// Checks tokens.
    pub public: String,
    /// Signs tokens, PKCS #8.
    pub private: String,
}

impl Authority {
    /// A new authority.
    pub fn create() -> Result<Self> {
        let mut params = params("docsign test authority", &[], &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = new_key()?;
        let issuer =
            CertifiedIssuer::self_signed(params, key).context(|| "cannot create the authority".to_owned())?;
        Ok(Self { issuer })
    }

    /// Its own certificate, PEM.
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// For a server at these names and addresses.
    pub fn server(&self, names: &[&str]) -> Result<Identity> {
        let mut params = params("kube-apiserver", &[], names)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&params)
    }

    /// For a client that Kubernetes knows by this user name and these groups, two at most
    /// (`system:authenticated` comes by itself).
    pub fn client(&self, user: &str, groups: &[&str]) -> Result<Identity> {
        let mut params = params(user, groups, &[])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&params)
    }

    /// A kubeconfig, complete in itself, that presents `identity` to the API server at `url`.
    pub fn kubeconfig(&self, url: &str, identity: &Identity) -> String {
        let authority = BASE64.encode(self.certificate().as_bytes());
        let certificate = BASE64.encode(identity.certificate.as_bytes());
        let key = BASE64.encode(identity.key.as_bytes());
        format!(
            "apiVersion: v1
kind: Config
clusters:
- name: plane
  cluster:
    server: {url}
    certificate-authority-data: {authority}
users:
- name: user
  user:
    client-certificate-data: {certificate}
    client-key-data: {key}
contexts:
- name: plane
  context:
    cluster: plane
    user: user
current-context: plane
"
        )
    }

    fn issue(&self, params: &CertificateParams) -> Result<Identity> {
        let key = new_key()?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .context(|| "cannot issue a certificate".to_owned())?;
        Ok(Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

impl TokenKeys {
    /// A new pair.
    pub fn create() -> Result<Self> {
        let key = new_key()?;
        Ok(Self {
            public: key.public_key_pem(),
            private: key.serialize_pem(),
        })
    }
}

fn new_key() -> Result<KeyPair> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).context(|| "cannot create a key".to_owned())
}

/// The validity is fixed and wide: a plane lives for minutes, and its certificates must not depend on the clock.
fn params(
    common_name: &str,
    organizations: &[&str],
    alternative_names: &[&str],
) -> Result<CertificateParams> {
    let names: Vec<String> = alternative_names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).context(|| "a server name is not valid".to_owned())?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    // rcgen keeps one value per attribute type; the second way to spell the same type gives a second value.
    let spellings = [DnType::OrganizationName, DnType::CustomDnType(vec![2, 5, 4, 10])];
    if organizations.len() > spellings.len() {
        return Err(Error::new(
            "a client certificate of the plane carries two groups at most",
        ));
    }
    for (spelling, organization) in spellings.into_iter().zip(organizations) {
        params.distinguished_name.push(spelling, *organization);
    }
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2120, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    Ok(params)
}
