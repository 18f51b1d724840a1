//! The CertCentral client against a server that answers scripted bytes: what each of them proves about an order,
//! and that no order is ever sent twice.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where its ground is missing"
)]

mod placing;
mod reading;
mod server;
mod tls;

use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{
    Client, ClientSettings, PlaceOutcome, Placed, RequestSummary, SettingsError, Timeouts,
};
use jiff::Timestamp;

pub(crate) const KEY: &str = "very-secret-key";
pub(crate) const BODY: &str = r#"{"certificate":{"usage_designation":{"primary_usage":"signing"}}}"#;
pub(crate) const DATE: &str = "Sun, 22 Nov 2026 16:00:00 GMT";
pub(crate) const PENDING: &str = r#"{"id":112233,"requests":[{"id":113,"status":"pending"}]}"#;

pub(crate) fn http(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nDate: {DATE}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
}

pub(crate) fn settings(url: &str) -> ClientSettings {
    ClientSettings {
        base_url: url.parse().unwrap(),
        api_key: KEY.into(),
        user_agent: "docsign/test".to_owned(),
        ca_pem: None,
        proxy: None,
        timeouts: Timeouts::default(),
    }
}

pub(crate) fn client(url: &str) -> Client {
    Client::new(settings(url)).unwrap()
}

pub(crate) fn impatient(url: &str) -> Client {
    let short = Duration::from_millis(300);
    let timeouts = Timeouts {
        connect: short,
        idle: short,
        read: short,
        place: short,
    };
    Client::new(ClientSettings {
        timeouts,
        ..settings(url)
    })
    .unwrap()
}

pub(crate) async fn place(client: &Client) -> PlaceOutcome {
    client.place(Bytes::from_static(BODY.as_bytes()), || true).await
}

pub(crate) fn date() -> Timestamp {
    "2026-11-22T16:00:00Z".parse().unwrap()
}

pub(crate) fn accepted() -> PlaceOutcome {
    PlaceOutcome::Accepted(Placed {
        id: 112_233,
        requests: vec![RequestSummary {
            id: 113,
            status: Some("pending".to_owned()),
        }],
        certificate_id: None,
    })
}

#[test]
fn a_client_does_not_print_its_key() {
    let printed = format!("{:?}", client("https://www.digicert.com/services/v2"));
    assert_eq!(
        printed,
        r#"Client { transport: Transport { host: Some("www.digicert.com"), .. } }"#
    );
}

#[test]
fn settings_that_can_not_work_are_refused_without_quoting_them() {
    let good = || settings("https://www.digicert.com/services/v2");
    let url = |url: &str| url.parse().unwrap();
    let cases = [
        (
            ClientSettings {
                base_url: url("ftp://host/"),
                ..good()
            },
            SettingsError::BaseUrl,
        ),
        (
            ClientSettings {
                base_url: url("mailto:a@b"),
                ..good()
            },
            SettingsError::BaseUrl,
        ),
        (
            ClientSettings {
                base_url: url("https://u:p@host/"),
                ..good()
            },
            SettingsError::BaseUrl,
        ),
        (
            ClientSettings {
                api_key: " \n".into(),
                ..good()
            },
            SettingsError::ApiKey,
        ),
        (
            ClientSettings {
                api_key: "a\nb".into(),
                ..good()
            },
            SettingsError::ApiKey,
        ),
        (
            ClientSettings {
                user_agent: "a\nb".to_owned(),
                ..good()
            },
            SettingsError::UserAgent,
        ),
        (
            ClientSettings {
                ca_pem: Some(b"no".to_vec()),
                ..good()
            },
            SettingsError::CaBundle,
        ),
        (
            ClientSettings {
                proxy: Some(url("socks5://host:1")),
                ..good()
            },
            SettingsError::Proxy,
        ),
    ];
    for (settings, error) in cases {
        assert_eq!(Client::new(settings).unwrap_err(), error);
    }
}
