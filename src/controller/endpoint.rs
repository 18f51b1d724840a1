//! Where API keys may be sent: whoever may create an account chooses where a Secret of its namespace goes, so the
//! operator's administrator has a word in it.

use url::{Host, Url};

use super::account_status::AnyAccount;
use super::context::Context;
use crate::api::Region;

/// The endpoint, if this operator may send a key there.
pub(super) fn endpoint(context: &Context, account: &AnyAccount) -> Result<Url, String> {
    let settings = account.settings();
    let wanted = match (&settings.endpoint, settings.region) {
        (Some(endpoint), _) => endpoint.as_str(),
        (None, Some(Region::EU)) => "https://certcentral.digicert.eu/services/v2",
        (None, Some(Region::US) | None) => "https://www.digicert.com/services/v2",
    };
    let url = Url::parse(wanted).map_err(|_| "spec.endpoint: not a URL".to_owned())?;
    if takes_keys(&url)
        || context
            .settings
            .allowed_endpoints
            .iter()
            .any(|allowed| same_place(allowed, &url))
    {
        return Ok(url);
    }
    Err("spec.endpoint: this operator may not send API keys there; its administrator can allow the endpoint with --allowed-endpoints".to_owned())
}

/// Whether a key may always be sent there: CertCentral itself, and over TLS.
pub(crate) fn takes_keys(url: &Url) -> bool {
    url.scheme() == "https"
        && url.port().is_none()
        && matches!(
            url.host_str(),
            Some("www.digicert.com" | "certcentral.digicert.eu")
        )
}

/// Whether it is any host of DigiCert's, also one that an administrator has put on the list himself.
fn is_digicert(url: &Url) -> bool {
    let host = url
        .host_str()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_ascii_lowercase();
    ["digicert.com", "digicert.eu"].iter().any(|domain| {
        host.strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

/// Whether nothing real can be bought there: plain http or a loopback host, and no host of DigiCert's. A gateway that is
/// reached in any other way may forward to CertCentral, whatever it is called.
pub(super) fn is_simulated(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    !is_digicert(url) && (url.scheme() == "http" || loopback)
}

/// The proxy, if this operator may use it.
pub(super) fn proxy(context: &Context, account: &AnyAccount) -> Result<Option<Url>, String> {
    let Some(wanted) = &account.settings().proxy_url else {
        return Ok(None);
    };
    let url = Url::parse(wanted).map_err(|_| "spec.proxyURL: not a URL".to_owned())?;
    if context
        .settings
        .allowed_proxies
        .iter()
        .any(|allowed| allowed.origin() == url.origin())
    {
        return Ok(Some(url));
    }
    Err("spec.proxyURL: this operator may not use that proxy; its administrator can allow it with --allowed-proxies".to_owned())
}

/// Whether an endpoint is the allowed one.
pub(crate) fn same_place(allowed: &Url, wanted: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    allowed.origin() == wanted.origin() && path(allowed) == path(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_to_certcentral_itself_over_tls_and_nowhere_else_unasked() {
        let cases = [
            ("https://www.digicert.com/services/v2", true, true),
            ("https://certcentral.digicert.eu/services/v2", true, true),
            ("https://WWW.DigiCert.com/services/v2", true, true),
            ("http://www.digicert.com/services/v2", false, true),
            ("https://www.digicert.com:8443/services/v2", false, true),
            ("https://www.digicert.com./services/v2", false, true),
            ("https://beta.digicert.com/services/v2", false, true),
            ("https://www.digicert.com.example.org/services/v2", false, false),
            ("https://notdigicert.com/services/v2", false, false),
            ("http://127.0.0.1:8085/services/v2", false, false),
        ];
        for (url, takes, own) in cases {
            let url = Url::parse(url).unwrap();
            assert_eq!((takes_keys(&url), is_digicert(&url)), (takes, own), "{url}");
        }
    }

    #[test]
    fn test_times_hold_where_nothing_real_can_be_bought() {
        let cases = [
            ("http://127.0.0.1:8085/services/v2", true),
            ("http://simulator.test.svc:8085/services/v2", true),
            ("https://localhost:8443/services/v2", true),
            ("https://127.8.9.1/services/v2", true),
            ("https://[::1]:8443/services/v2", true),
            ("https://gateway.example.org/services/v2", false),
            ("https://localhost.example.org/services/v2", false),
            ("https://10.0.0.1/services/v2", false),
            ("https://www.digicert.com/services/v2", false),
            ("http://www.digicert.com/services/v2", false),
            ("http://beta.digicert.com./services/v2", false),
        ];
        for (url, simulated) in cases {
            assert_eq!(is_simulated(&Url::parse(url).unwrap()), simulated, "{url}");
        }
    }
}
