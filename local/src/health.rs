//! The command `doorward health`: asks the server on this host whether it can serve. For the health check of a container.

use crate::Failure;
use crate::serve::PORTS;
use doorward_settings::{AUTH_HOST, AUTH_PORT, MCP_HOST, MCP_PORT, ONLY, Setting, Values, number};
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The settings that say where the server is: those of `doorward serve`.
pub const SETTINGS: [Setting; 5] = [AUTH_HOST, AUTH_PORT, MCP_HOST, MCP_PORT, ONLY];

/// How long the server may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const LONGEST: u64 = 4096;

/// Asks the server, and returns what it answers.
///
/// # Errors
/// [`Failure`] when it cannot serve, or does not answer.
pub async fn run(values: &Values) -> Result<String, Failure> {
    for setting in [&AUTH_PORT, &MCP_PORT] {
        number(values, setting, PORTS)?;
    }
    let (host, port) = address(values);
    let failure = |why: &dyn std::fmt::Display| Failure(format!("{host} port {port}: {why}"));
    let answer = match timeout(PATIENCE, ask(&host, &port)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            let setting = if values.one(&ONLY) == Some("mcp") { MCP_PORT.name } else { AUTH_PORT.name };
            return Err(failure(&format_args!(
                "{error}; is doorward serve running, and is this its {setting}?"
            )));
        }
        Ok(Err(error)) => return Err(failure(&error)),
        Err(_) => return Err(failure(&format_args!("no answer within {} seconds", PATIENCE.as_secs()))),
    };
    let text = answer.split_once("\r\n\r\n").map(|(_, body)| body.trim().to_owned()).unwrap_or_default();
    match answer.split(' ').nth(1) {
        Some("200") => Ok(text),
        Some("503") => Err(failure(&text)),
        _ => Err(failure(&"this is not the answer of doorward serve; check --auth-host and --auth-port")),
    }
}

/// Where the server listens: the authorization server, or the MCP server if it runs alone.
fn address(values: &Values) -> (String, String) {
    let (host, port, default) = match values.one(&ONLY) {
        Some("mcp") => (&MCP_HOST, &MCP_PORT, "8000"),
        _ => (&AUTH_HOST, &AUTH_PORT, "9000"),
    };
    let host = values.one(host).unwrap_or("127.0.0.1");
    let host = match host.parse() {
        Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => "127.0.0.1",
        Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => "::1",
        _ => host,
    };
    (host.to_owned(), values.one(port).unwrap_or(default).to_owned())
}

/// One request. The answer is short, so this needs no HTTP client, which would need certificates.
async fn ask(host: &str, port: &str) -> std::io::Result<String> {
    let port = port.parse().map_err(|_| std::io::Error::other("this is no port"))?;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
