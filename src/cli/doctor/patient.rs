//! What is examined: an account of the cluster with its key, or an endpoint with a key from a file.

use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret};
use kube::{Api, ResourceExt as _};
use secrecy::SecretString;
use url::Url;

use super::Check;
use crate::api::{AccountKind, AccountReason, CorrelationMethod, Region};
use crate::cli::accounts::Account;
use crate::cli::cluster::{self, Cluster, Readable};
use crate::cli::output::Failure;
use crate::controller::{namespace_selected, same_place, takes_keys};

/// What is examined.
pub struct Patient {
    /// What people call it.
    pub name: String,
    /// Whether orders of the namespace may use it, where it is not the namespace's own.
    pub namespace: Option<Check>,
    /// The containers that orders on it may name.
    pub containers: Vec<i64>,
    /// Where the key would be sent, or why it is not.
    pub endpoint: Result<Url, Check>,
    /// The region that it belongs to, where the account names one.
    pub region: Option<Region>,
    /// The key, or why there is none.
    pub key: Result<SecretString, Check>,
    /// Certificates to trust besides the system's, or why they are not there.
    pub ca: Result<Option<Vec<u8>>, Check>,
    /// The only proxy used.
    pub proxy: Option<Url>,
    /// What the operator found out about look-ups with this key; `None`: there is no account to say so.
    pub correlation: Option<CorrelationMethod>,
    /// What the operator says of the account, where there is one.
    pub operator: Option<Check>,
}

impl Patient {
    /// An endpoint and a key: whoever names both knows where the key goes.
    pub fn bare(endpoint: Url, key: SecretString) -> Self {
        Self {
            name: endpoint.to_string(),
            namespace: None,
            containers: Vec::new(),
            endpoint: Ok(endpoint),
            region: None,
            key: Ok(key),
            ca: Ok(None),
            proxy: None,
            correlation: None,
            operator: None,
        }
    }

    /// An account, with its Secret and CA bundle out of `namespace`.
    pub async fn of(
        cluster: &Cluster,
        namespace: &str,
        account: Account,
        allowed: &[Url],
    ) -> Result<Self, Failure> {
        let secret = secret(cluster, namespace, &account).await?;
        let ca = ca(cluster, namespace, &account).await?;
        let accepted = account
            .said()
            .is_some_and(|(reason, _)| reason != AccountReason::EndpointNotAllowed);
        let endpoint = endpoint(&account, accepted, allowed);
        let known = account.status.correlation.as_ref();
        let version = secret.as_ref().ok().map(|(_, version)| version.clone());
        let correlation = known
            .filter(|known| {
                known
                    .secret_uid
                    .clone()
                    .zip(known.secret_resource_version.clone())
                    == version
            })
            .map_or(CorrelationMethod::Unverified, |known| known.method);
        let proxy = account.settings.proxy_url.as_deref();
        Ok(Self {
            name: account.to_string(),
            namespace: allowed_here(cluster, &account).await?,
            containers: account.settings.allow.container_ids.clone(),
            endpoint,
            region: account.settings.region,
            key: secret.map(|(key, _)| key),
            ca,
            proxy: proxy.and_then(|url| Url::parse(url).ok()),
            correlation: Some(correlation),
            operator: Some(operator(&account)),
        })
    }
}

/// Where the key goes. Whoever may write an account chooses where a Secret is sent: nowhere but to DigiCert, to what
/// the operator's administrator allowed, and to what is allowed here.
fn endpoint(account: &Account, accepted: bool, allowed: &[Url]) -> Result<Url, Check> {
    let failed = |message: &str| Err(Check::failed("endpoint", message));
    let Some(endpoint) = account.settings.api_endpoint() else {
        return failed("set spec.region to US or EU");
    };
    let Ok(url) = Url::parse(endpoint) else {
        return failed("spec.endpoint is not a URL");
    };
    let proxied = account.settings.proxy_url.is_some() && url.scheme() != "https";
    let trusted = takes_keys(&url) || allowed.iter().any(|allowed| same_place(allowed, &url));
    if accepted || (trusted && !proxied) {
        return Ok(url);
    }
    failed(
        "the operator has not accepted spec.endpoint, so the key is not sent there: start the operator with it in --allowed-endpoints, or name it here the same way",
    )
}

/// Whether a cluster account may be used by orders of the namespace.
async fn allowed_here(cluster: &Cluster, account: &Account) -> Result<Option<Check>, Failure> {
    if account.kind == AccountKind::CertCentralAccount {
        return Ok(None);
    }
    let namespace = &cluster.namespace;
    let namespaces: Api<Namespace> = Api::all(cluster.client.clone());
    // Whoever may not read namespaces learns what the names alone say.
    let labels = match cluster::read(&namespaces, "Namespace", namespace).await? {
        Readable::Found(namespace) => Some(namespace.labels().clone()),
        Readable::Missing | Readable::Forbidden => None,
    };
    let allowed = account.allowed_namespaces.clone().unwrap_or_default();
    Ok(Some(if namespace_selected(allowed, namespace, labels.as_ref()) {
        Check::ok("namespace", format!("orders of namespace {namespace} may use it"))
    } else {
        Check::failed(
            "namespace",
            format!(
                "orders of namespace {namespace} may not use it: whoever owns the account can allow that in spec.allowedNamespaces"
            ),
        )
    }))
}

type Key = (SecretString, (String, String));

async fn secret(
    cluster: &Cluster,
    namespace: &str,
    account: &Account,
) -> Result<Result<Key, Check>, Failure> {
    let reference = &account.settings.api_key_secret_ref;
    let secrets: Api<Secret> = Api::namespaced(cluster.client.clone(), namespace);
    let failed = |message: String| Ok(Err(Check::failed("secret", message)));
    let what = format!("Secret {namespace}/{}", reference.name);
    let secret = match cluster::read(&secrets, "Secret", &reference.name).await? {
        Readable::Found(secret) => secret,
        Readable::Missing => {
            return failed(format!(
                "{what} does not exist; create it with the API key under the key {}",
                reference.key
            ));
        }
        Readable::Forbidden => {
            return failed(format!(
                "you may not read {what}: ask for the right to get it, or have somebody run this who has it"
            ));
        }
    };
    let version = (
        secret.uid().unwrap_or_default(),
        secret.resource_version().unwrap_or_default(),
    );
    let Some(key) = secret.data.as_ref().and_then(|data| data.get(&reference.key)) else {
        return failed(format!(
            "{what} has no key {}; put the API key there",
            reference.key
        ));
    };
    match std::str::from_utf8(&key.0) {
        Ok(key) if key.trim().is_empty() => failed(format!(
            "{what} has nothing under the key {}; put the API key there",
            reference.key
        )),
        Ok(key) => Ok(Ok((SecretString::from(key.trim().to_owned()), version))),
        Err(_) => failed(format!(
            "{what}, key {}: not text; put the API key there",
            reference.key
        )),
    }
}

async fn ca(
    cluster: &Cluster,
    namespace: &str,
    account: &Account,
) -> Result<Result<Option<Vec<u8>>, Check>, Failure> {
    let Some(source) = &account.settings.ca_bundle_from else {
        return Ok(Ok(None));
    };
    let reference = &source.config_map_key_ref;
    let what = format!("ConfigMap {namespace}/{}", reference.name);
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client.clone(), namespace);
    let map = match cluster::read(&maps, "ConfigMap", &reference.name).await? {
        Readable::Found(map) => map,
        Readable::Missing => ConfigMap::default(),
        Readable::Forbidden => {
            return Ok(Err(Check::failed(
                "ca bundle",
                format!(
                    "you may not read {what}: ask for the right to get it, or have somebody run this who has it"
                ),
            )));
        }
    };
    let pem = map.data.and_then(|mut data| data.remove(&reference.key));
    Ok(pem.map(|pem| Some(pem.into_bytes())).ok_or_else(|| {
        Check::failed(
            "ca bundle",
            format!("{what} with the key {} does not exist; create it", reference.key),
        )
    }))
}

/// What the operator says of the account.
fn operator(account: &Account) -> Check {
    match account.said() {
        None => Check::failed(
            "operator",
            "no operator has looked at this account as it is now: is one running that serves this namespace, and may it read the account's Secret? Its log says",
        ),
        Some((AccountReason::Accepted, _)) => Check::ok("operator", "the operator uses this account"),
        Some((reason, message)) => Check::failed("operator", format!("{reason}: {message}")),
    }
}
