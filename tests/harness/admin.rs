//! The operator's admin endpoints, as a scraper sees them.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Child, Context as _, Error, PATIENCE, Result, eventually};

/// Where the operator says that its admin endpoints are, in either format of its log.
pub async fn admin_address(operator: &Child) -> Result<String> {
    eventually("the address of the admin endpoints", PATIENCE, async || {
        let log = operator.stderr();
        let line = log.lines().find(|line| line.contains("admin endpoints"))?;
        let (_, address) = line.split_once("127.0.0.1:")?;
        let port: String = address.chars().take_while(char::is_ascii_digit).collect();
        Some(format!("127.0.0.1:{port}"))
    })
    .await
}

/// Status, content type (empty for plain text), and body.
pub async fn get(address: &str, path: &str) -> Result<(u16, String, String)> {
    let failed = || format!("cannot get {path}");
    let mut stream = TcpStream::connect(address).await.context(failed)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.context(failed)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.context(failed)?;
    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or_else(|| Error::new(failed()))?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    let status = status.parse().context(failed)?;
    let kind = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .map_or("", |(_, kind)| kind);
    let kind = if kind.starts_with("text/plain") { "" } else { kind };
    Ok((status, kind.to_owned(), body.to_owned()))
}
