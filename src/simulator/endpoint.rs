//! Which call a method and a path mean.

use serde::{Deserialize, Serialize};

/// Where the API starts, as in `https://www.digicert.com/services/v2`.
pub const BASE: &str = "/services/v2";

/// A call's name: what faults match, what the journal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// `POST /order/certificate/ds_individual`
    Place,
    /// `GET /order/certificate/{order id}`
    OrderInfo,
    /// `GET /order/certificate`
    ListOrders,
    /// `GET /order/alternate/{alternative order id}`
    Alternate,
    /// `GET /order/certificate/status-changes`
    StatusChanges,
    /// `GET /order/certificate/{order id}/validation`
    Validation,
    /// `POST /order/certificate/{order id}/csr`
    UpdateCsr,
    /// `PUT /order/certificate/{order id}/status`
    OrderStatus,
    /// `PUT /order/certificate/{order id}/revoke`
    Revoke,
    /// `GET /request/{request id}`
    RequestInfo,
    /// `GET /request`
    ListRequests,
    /// `PUT /request/{request id}/status`
    RequestStatus,
    /// `GET /certificate/download/order/{order id}` and `GET /certificate/{certificate id}/download`
    Download,
    /// `GET /user/me`
    User,
    /// `GET /product/{product}`
    Product,
    /// Anything else.
    Unknown,
}

/// A call with what its path names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// A call that names nothing.
    Plain(Endpoint),
    /// A call about one order or one request.
    Numbered(Endpoint, u64),
    /// Orders by alternative id.
    Alternate(String),
    /// A product by name.
    Product(String),
    /// The certificate of an order, in a format.
    DownloadByOrder(u64, String),
    /// A certificate, in a format.
    DownloadByCertificate(u64, String),
}

impl Route {
    /// Reads a call. The path is still percent-encoded.
    pub fn parse(method: &str, path: &str) -> Self {
        let Some(rest) = path.strip_prefix(BASE) else {
            return Self::Plain(Endpoint::Unknown);
        };
        let parts: Vec<&str> = rest.trim_matches('/').split('/').collect();
        Self::of_parts(method, &parts).unwrap_or(Self::Plain(Endpoint::Unknown))
    }

    /// The call's name.
    pub fn endpoint(&self) -> Endpoint {
        match self {
            Self::Plain(endpoint) | Self::Numbered(endpoint, _) => *endpoint,
            Self::Alternate(_) => Endpoint::Alternate,
            Self::Product(_) => Endpoint::Product,
            Self::DownloadByOrder(..) | Self::DownloadByCertificate(..) => Endpoint::Download,
        }
    }

    fn of_parts(method: &str, parts: &[&str]) -> Option<Self> {
        use Endpoint as E;
        Some(match (method, parts) {
            ("POST", ["order", "certificate", "ds_individual"]) => Self::Plain(E::Place),
            ("GET", ["order", "certificate"]) => Self::Plain(E::ListOrders),
            ("GET", ["order", "certificate", "status-changes"]) => Self::Plain(E::StatusChanges),
            ("GET", ["order", "certificate", id]) => Self::Numbered(E::OrderInfo, id.parse().ok()?),
            ("GET", ["order", "certificate", id, "validation"]) => {
                Self::Numbered(E::Validation, id.parse().ok()?)
            }
            ("POST", ["order", "certificate", id, "csr"]) => Self::Numbered(E::UpdateCsr, id.parse().ok()?),
            ("PUT", ["order", "certificate", id, "status"]) => {
                Self::Numbered(E::OrderStatus, id.parse().ok()?)
            }
            ("PUT", ["order", "certificate", id, "revoke"]) => Self::Numbered(E::Revoke, id.parse().ok()?),
            ("GET", ["order", "alternate", id]) => Self::Alternate(decode(id)),
            ("GET", ["request"]) => Self::Plain(E::ListRequests),
            ("GET", ["request", id]) => Self::Numbered(E::RequestInfo, id.parse().ok()?),
            ("PUT", ["request", id, "status"]) => Self::Numbered(E::RequestStatus, id.parse().ok()?),
            ("GET", ["user", "me"]) => Self::Plain(E::User),
            ("GET", ["product", name]) => Self::Product((*name).to_owned()),
            ("GET", ["certificate", "download", "order", id]) => {
                Self::DownloadByOrder(id.parse().ok()?, "pem_all".to_owned())
            }
            ("GET", ["certificate", "download", "order", id, "format", format]) => {
                Self::DownloadByOrder(id.parse().ok()?, (*format).to_owned())
            }
            ("GET", ["certificate", id, "download", "format", format]) => {
                Self::DownloadByCertificate(id.parse().ok()?, (*format).to_owned())
            }
            _ => return None,
        })
    }
}

/// Undoes percent-encoding; a plus sign in a path is a plus sign.
fn decode(part: &str) -> String {
    let escaped = part.replace('+', "%2B");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_outside_the_api_or_with_no_number_is_unknown() {
        for (method, path) in [
            ("GET", "/order/certificate"),
            ("GET", "/services/v2/order/certificate/abc"),
            ("DELETE", "/services/v2/order/certificate/1"),
        ] {
            assert_eq!(
                Route::parse(method, path),
                Route::Plain(Endpoint::Unknown),
                "{method} {path}"
            );
        }
    }

    #[test]
    fn an_alternative_id_is_decoded() {
        assert_eq!(
            Route::parse("GET", "/services/v2/order/alternate/a%20b+c"),
            Route::Alternate("a b+c".to_owned())
        );
    }
}
