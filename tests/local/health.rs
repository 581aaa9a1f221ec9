//! The health of a server, and its hint about a proxy.

use super::{FREE_PORTS, request};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, ONLY, Setting, Values};
use harness::written::Written;

/// Both listeners have a page about their health, which is in no log. A hint about a proxy is given once.
#[tokio::test]
async fn health_and_a_proxy_in_front_are_seen_on_both_listeners() {
    let log = Written::default();
    let listening = Listening::start(&Values::of(FREE_PORTS), Log::to(log.clone())).await.unwrap();
    let issuer = listening.issuer().as_str().trim_start_matches("http://").to_owned();
    let hosts = [issuer, listening.resource().authority().to_owned()];
    tokio::spawn(listening.run());
    for host in &hosts {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let healthy = request(&mut stream, host, "GET /health").await;
        assert!(healthy.starts_with("HTTP/1.1 200") && healthy.ends_with("ok\n"), "{healthy}");
        assert!(healthy.contains("cache-control: no-store"), "{healthy}");
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        assert!(request(&mut stream, host, "DELETE /health").await.starts_with("HTTP/1.1 40"));
    }
    let lines = |text: String| text.lines().filter(|line| line.contains("through a proxy")).count();
    assert!(!log.text().contains("store_"), "{}", log.text());
    for host in hosts.iter().chain(&hosts) {
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        request(&mut stream, host, "GET /health HTTP/1.1\r\nX-Forwarded-Host: mcp.example\r\nX-Rest:").await;
    }
    assert_eq!(lines(log.text()), 1, "{}", log.text());
}

#[tokio::test]
async fn a_check_of_a_server_that_does_not_run_says_what_to_look_at() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = async |settings: &[(&Setting, &str)]| {
        doorward_local::health::run(&Values::of(settings.iter().copied())).await.unwrap_err().to_string()
    };
    let port = closed.to_string();
    let auth = refused(&[(&AUTH_PORT, &port)]).await;
    assert!(auth.ends_with("; is doorward serve running, and is this its auth-port?"), "{auth}");
    let mcp = refused(&[(&MCP_PORT, &port), (&ONLY, "mcp")]).await;
    assert!(mcp.ends_with("and is this its mcp-port?"), "{mcp}");
    let none = refused(&[(&AUTH_PORT, "70000")]).await;
    assert!(none.starts_with("--auth-port: must be a whole number from 0 to 65535"), "{none}");
}
