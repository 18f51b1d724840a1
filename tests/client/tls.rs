//! TLS: whom the client trusts with the key, and the way through a proxy.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use docsign::certcentral::{Client, ClientSettings, NotSentReason, PlaceOutcome, Unreachable};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use super::server::{Script, Server};
use super::{PENDING, accepted, http, place, settings};

/// A server that speaks TLS under `name`, answers one request per connection, and its CA in PEM.
fn tls_server(name: &str, answer: String) -> (SocketAddr, Vec<u8>) {
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(ca, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new([name.to_owned()])
        .unwrap()
        .signed_by(&key, &ca)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream.unwrap());
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // The body of the order ends the request.
            while !request.ends_with(b"}}}") {
                match stream.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => request.extend_from_slice(&buffer[..length]),
                }
            }
            if request.ends_with(b"}}}") {
                stream.write_all(answer.as_bytes()).unwrap();
                stream.flush().unwrap();
            }
        }
    });
    (address, ca.pem().into_bytes())
}

fn trusting(url: &str, ca_pem: Option<Vec<u8>>) -> Client {
    Client::new(ClientSettings {
        ca_pem,
        ..settings(url)
    })
    .unwrap()
}

const NOT_TRUSTED: PlaceOutcome = PlaceOutcome::NotSent(NotSentReason::Unreachable(Unreachable::Tls));

#[tokio::test]
async fn an_order_goes_to_a_server_of_a_trusted_ca_only() {
    let (address, ca_pem) = tls_server("127.0.0.1", http("201 Created", "", PENDING));
    let url = format!("https://{address}");
    assert_eq!(place(&trusting(&url, Some(ca_pem))).await, accepted());
    assert_eq!(place(&trusting(&url, None)).await, NOT_TRUSTED);
    let (_, other_ca) = tls_server("127.0.0.1", String::new());
    assert_eq!(place(&trusting(&url, Some(other_ca))).await, NOT_TRUSTED);
}

#[tokio::test]
async fn an_order_does_not_go_to_a_server_of_another_name() {
    let (address, ca_pem) = tls_server("www.example.com", String::new());
    assert_eq!(
        place(&trusting(&format!("https://{address}"), Some(ca_pem))).await,
        NOT_TRUSTED
    );
}

#[tokio::test]
async fn a_proxy_carries_plain_calls_and_learns_no_key_of_tls_calls() {
    let proxy = Server::answering(&[&http("201 Created", "", PENDING)]);
    let through = |url: &str| {
        let proxy = Some(format!("http://{}", proxy.address).parse().unwrap());
        Client::new(ClientSettings {
            proxy,
            ..settings(url)
        })
        .unwrap()
    };
    assert_eq!(
        place(&through("http://certcentral.invalid/services/v2")).await,
        accepted()
    );
    assert_eq!(
        proxy.requests(),
        ["POST http://certcentral.invalid/services/v2/order/certificate/ds_individual"]
    );
    let refusing = Server::start(&[Script::Interrupt("HTTP/1.1 403 Forbidden\r\n\r\n")]);
    let proxy = Some(format!("http://{}", refusing.address).parse().unwrap());
    let settings = ClientSettings {
        proxy,
        ..settings("https://certcentral.invalid/services/v2")
    };
    assert_eq!(
        place(&Client::new(settings).unwrap()).await,
        PlaceOutcome::NotSent(NotSentReason::Unreachable(Unreachable::Connect))
    );
    assert!(!refusing.received().concat().contains("x-dc-devkey"));
    assert_eq!(refusing.requests(), ["CONNECT certcentral.invalid:443"]);
}
