//! HTTP as this client uses it: time-outs, TLS, the key's header, bodies up to a cap. No redirects, no retries, no
//! proxy from the environment. Reads share connections; a place call has a fresh one for itself.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use reqwest::{Body, Method, Request, Response, redirect, retry};
use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error::{self, Class, Error, Unreachable, Unreadable};
use super::exchange::Exchange;
use super::gate::GatedBody;

/// The header that carries the API key.
const KEY_HEADER: &str = "x-dc-devkey";
/// The longest body read, in bytes, where nothing else is said.
pub(super) const BODY_CAP: usize = 4 << 20;

/// How to reach CertCentral, and as whom.
pub struct ClientSettings {
    /// Up to and including `/services/v2`.
    pub base_url: Url,
    /// Sent with every call; white space around it is dropped.
    pub api_key: SecretString,
    /// The `User-Agent`, which CertCentral requires.
    pub user_agent: String,
    /// Root certificates in PEM, trusted besides the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The only proxy used; the environment's is ignored.
    pub proxy: Option<Url>,
    /// How long a call may take.
    pub timeouts: Timeouts,
}

/// How long a call, and a part of it, may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// DNS, connection and TLS.
    pub connect: Duration,
    /// Between two pieces of a read's answer.
    pub idle: Duration,
    /// A read as a whole, each page of a list on its own.
    pub read: Duration,
    /// A place call as a whole.
    pub place: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(20),
            read: Duration::from_mins(1),
            place: Duration::from_mins(1),
        }
    }
}

/// Settings no client can be built from. Says which, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not `http` or `https`, no host, or with a user name or password in it.
    #[error("the base URL is not an http or https URL of a host, without user name and password")]
    BaseUrl,
    /// Empty, or with characters a header can't carry.
    #[error("the API key is empty or holds characters a header can't carry")]
    ApiKey,
    /// Characters a header can't carry.
    #[error("the user agent holds characters a header can't carry")]
    UserAgent,
    /// Not PEM, no certificate in it, or one that can't be a root.
    #[error("the CA bundle holds no PEM certificate, or one that can't be read")]
    CaBundle,
    /// No root certificates on this system, and none given.
    #[error("this system has no root certificates, and no CA bundle is given")]
    NoRoots,
    /// Not the URL of an HTTP proxy.
    #[error("the proxy URL is not an http or https URL of a host")]
    Proxy,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Setup,
}

/// An answer, and when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was asked for.
    pub value: T,
    /// CertCentral's own clock, to the second: the answer's `Date`. Of a list in pages, the first page's, the
    /// earliest moment the list speaks for.
    pub date: Option<Timestamp>,
}

impl<T> Answer<T> {
    /// The same moment, another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            value: change(self.value),
            date: self.date,
        }
    }
}

/// An answer as it arrived.
pub(super) struct RawAnswer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) end: End,
}

impl RawAnswer {
    fn json(self) -> Result<Value, Class> {
        let json = match self.end {
            End::Complete => serde_json::from_slice(&self.body).ok(),
            End::Cut | End::TimedOut | End::TooLarge => None,
        };
        if !(200..=299).contains(&self.status) {
            return Err(error::classify(self.status, &self.headers, json.as_ref()));
        }
        match self.end {
            End::Complete => json.ok_or(Class::Unreadable(Unreadable::NotJson)),
            End::Cut => Err(Class::Unreadable(Unreadable::Cut)),
            End::TooLarge => Err(Class::Unreadable(Unreadable::TooLarge)),
            End::TimedOut => Err(Class::Unreachable(Unreachable::TimedOut)),
        }
    }
}

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete,
    Cut,
    TimedOut,
    TooLarge,
}

/// The network, in two ways out: pooled connections for reads, a fresh one for each place call.
pub struct Network {
    /// For reads.
    pub reader: Arc<dyn Exchange>,
    /// For place calls.
    pub placer: Arc<dyn Exchange>,
}

impl Network {
    /// Sets both up, with the trust, proxy and time-outs of these settings; connects to nothing yet. Errors: what
    /// of the settings can't be used.
    pub fn new(settings: &ClientSettings) -> Result<Self, SettingsError> {
        let tls = tls(settings.ca_pem.as_deref())?;
        let timeouts = settings.timeouts;
        let builder = || -> Result<reqwest::ClientBuilder, SettingsError> {
            let builder = reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .http1_only()
                .redirect(redirect::Policy::none())
                .retry(retry::never())
                .referer(false)
                .no_proxy()
                .connect_timeout(timeouts.connect);
            Ok(match &settings.proxy {
                None => builder,
                Some(url) => builder.proxy(proxy(url)?),
            })
        };
        let built = |builder: reqwest::ClientBuilder| builder.build().map_err(|_| SettingsError::Setup);
        Ok(Self {
            reader: Arc::new(built(
                builder()?.timeout(timeouts.read).read_timeout(timeouts.idle),
            )?),
            placer: Arc::new(built(
                builder()?.timeout(timeouts.place).pool_max_idle_per_host(0),
            )?),
        })
    }
}

/// Requests with the key's header, out on the network or on what stands in its place.
pub(super) struct Transport {
    base: Url,
    headers: HeaderMap,
    network: Network,
}

impl Transport {
    pub(super) fn new(settings: &ClientSettings, network: Network) -> Result<Self, SettingsError> {
        Ok(Self {
            base: parsed_base(&settings.base_url)?,
            headers: headers(settings)?,
            network,
        })
    }

    /// Asks for the JSON at a path. Anything but a complete 2xx answer in JSON is an error.
    pub(super) async fn get(&self, path: &[&str]) -> Result<Answer<Value>, Error> {
        let answer = self.ask(path, &[], BODY_CAP).await;
        Ok(Answer {
            value: answer.value?,
            date: answer.date,
        })
    }

    /// As [`Self::get`], with a query and a cap of its own; an error is dated too.
    pub(super) async fn ask(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        cap: usize,
    ) -> Answer<Result<Value, Class>> {
        let request = self.request(Method::GET, self.url(path, query));
        match self.network.reader.exchange(request).await {
            Err(unreachable) => Answer {
                value: Err(Class::Unreachable(unreachable)),
                date: None,
            },
            Ok(response) => {
                let answer = receive(response, cap).await;
                Answer {
                    date: error::date(&answer.headers),
                    value: answer.json().map_err(|class| class.without(self.key())),
                }
            }
        }
    }

    /// Posts a body once, on a connection of its own. An error: no answer began.
    pub(super) async fn post(&self, path: &[&str], body: GatedBody) -> Result<RawAnswer, Unreachable> {
        let mut request = self.request(Method::POST, self.url(path, &[]));
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        *request.body_mut() = Some(Body::wrap(body));
        let response = self.network.placer.exchange(request).await?;
        Ok(receive(response, BODY_CAP).await)
    }

    /// The API key, to take it out of what CertCentral says.
    pub(super) fn key(&self) -> &str {
        let key = self.headers.get(KEY_HEADER);
        key.and_then(|key| key.to_str().ok()).unwrap_or_default()
    }

    fn request(&self, method: Method, url: Url) -> Request {
        let mut request = Request::new(method, url);
        request.headers_mut().clone_from(&self.headers);
        request
    }

    fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transport")
            .field("host", &self.base.host_str())
            .finish_non_exhaustive()
    }
}

/// Reads a body up to `cap` bytes, and says how it ended.
async fn receive(mut response: Response, cap: usize) -> RawAnswer {
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    let end = loop {
        match response.chunk().await {
            Ok(None) => break End::Complete,
            Ok(Some(chunk)) if body.len() + chunk.len() > cap => break End::TooLarge,
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => break End::TimedOut,
            Err(_) => break End::Cut,
        }
    };
    RawAnswer {
        status,
        headers,
        body,
        end,
    }
}

fn parsed_base(url: &Url) -> Result<Url, SettingsError> {
    let mut base = url.clone();
    let plain = matches!(base.scheme(), "http" | "https")
        && base.has_host()
        && base.username().is_empty()
        && base.password().is_none();
    base.set_query(None);
    base.set_fragment(None);
    if plain {
        Ok(base)
    } else {
        Err(SettingsError::BaseUrl)
    }
}

fn proxy(url: &Url) -> Result<reqwest::Proxy, SettingsError> {
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(SettingsError::Proxy);
    }
    reqwest::Proxy::all(url.clone()).map_err(|_| SettingsError::Proxy)
}

fn headers(settings: &ClientSettings) -> Result<HeaderMap, SettingsError> {
    let key = settings.api_key.expose_secret().trim();
    if key.is_empty() {
        return Err(SettingsError::ApiKey);
    }
    let mut key = HeaderValue::from_str(key).map_err(|_| SettingsError::ApiKey)?;
    key.set_sensitive(true);
    let agent = HeaderValue::from_str(&settings.user_agent).map_err(|_| SettingsError::UserAgent)?;
    Ok(HeaderMap::from_iter([
        (header::HeaderName::from_static(KEY_HEADER), key),
        (header::USER_AGENT, agent),
        // Some endpoints know CSV and XML too.
        (header::ACCEPT, HeaderValue::from_static("application/json")),
    ]))
}

/// TLS by the ring provider, named here so that nothing depends on what the process installed.
fn tls(ca_pem: Option<&[u8]>) -> Result<ClientConfig, SettingsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = ca_pem.map(parsed_roots).transpose()?;
    let failure = if roots.is_some() {
        SettingsError::CaBundle
    } else {
        SettingsError::NoRoots
    };
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(
        roots.unwrap_or_default(),
        Arc::clone(&provider),
    )
    .map_err(|_| failure)?;
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| SettingsError::Setup)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

fn parsed_roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, SettingsError> {
    let roots: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|_| SettingsError::CaBundle)?;
    if roots.is_empty() {
        Err(SettingsError::CaBundle)
    } else {
        Ok(roots)
    }
}
