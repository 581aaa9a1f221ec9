//! The health of a server, and its hint about a proxy.

use super::{FREE_PORTS, request};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::Values;
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
