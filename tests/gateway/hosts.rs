//! Resources on several hosts with one path: the host of a request says which it is for (RFC 9110 §7.2).

use crate::PING;
use crate::client::Answer;
use crate::running::{Running, free_port};
use crate::upstream::{Upstream, json};
use doorward::protocol::Resource;
use doorward_settings::{AUTH_PORT, ISSUER, MCP_PORT, RESOURCE, UPSTREAM};
use std::time::Duration;

const A: &str = "https://a.example/mcp";
const B: &str = "https://b.example/mcp";

/// A gateway for both resources in front of one upstream, on one listener with the authorization server or not.
async fn gateway(upstream: &Upstream, is_one: bool) -> Running {
    let port = free_port();
    let auth_port = if is_one { &port } else { "0" };
    let of = |resource: &str, value: &str| format!("{resource}={value}");
    Running::with(&[
        (&ISSUER, "https://auth.example"),
        (&AUTH_PORT, auth_port),
        (&MCP_PORT, &port),
        (&RESOURCE, &of(A, "user")),
        (&RESOURCE, &of(B, "user")),
        (&UPSTREAM, &of(B, &upstream.url())),
        (&UPSTREAM, &of(A, &upstream.url())),
    ])
    .await
}

/// The answer to a message for this host, with a token for this resource.
async fn post(gateway: &Running, resource: &str, host: &str) -> Answer {
    let resource = Resource::parse(resource).unwrap();
    let token = gateway.token_for(&resource, "alice", "app", Duration::from_secs(60));
    let request = String::from_utf8(gateway.request_with(&token, "POST", "", PING)).unwrap();
    gateway.exchange(request.replacen("Host: a.example", &format!("Host: {host}"), 1)).await
}

/// The default port is the same with and without its number (RFC 3986 §6.2.3).
#[tokio::test]
async fn the_host_of_a_request_may_name_the_default_port() {
    let upstream = Upstream::answering(json(b"{}")).await;
    let gateway = gateway(&upstream, false).await;
    for (resource, host) in
        [(A, "a.example"), (A, "A.example:443"), (B, "b.example"), (B, "b.example:443"), (B, "B.EXAMPLE:")]
    {
        let heard = post(&gateway, resource, host).await;
        assert_eq!(heard.status(), 200, "{host}: {heard:?}");
        let forwarded = format!("https://{}/mcp", upstream.last().all("x-forwarded-host")[0]);
        assert_eq!(forwarded, resource, "{host}");
    }
    for host in ["b.example:80", "b.example:4433", "c.example", "b.example:443:443", ""] {
        assert_eq!(post(&gateway, B, host).await.status(), 421, "{host}");
    }
    // In the absolute form, the target counts (RFC 9112 §3.2.2).
    let request = String::from_utf8(gateway.request("POST", "", PING)).unwrap();
    let heard = gateway.exchange(request.replacen("/mcp", "http://b.example:443/mcp", 1)).await;
    assert_eq!(heard.status(), 401, "a token for the other resource: {heard:?}");
}

/// Clients that look only at the well-known path itself get the first resource of its host (RFC 9728 §3.1).
#[tokio::test]
async fn each_host_has_the_metadata_of_its_own_resource() {
    let upstream = Upstream::answering(json(b"{}")).await;
    for is_one in [false, true] {
        let gateway = gateway(&upstream, is_one).await;
        for path in ["", "/mcp"] {
            for (host, resource) in [("a.example", A), ("b.example", B), ("b.example:443", B)] {
                let path = format!("/.well-known/oauth-protected-resource{path}");
                let heard = gateway.exchange(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
                assert_eq!(heard.json()["resource"], resource, "{host}{path}, one listener: {is_one}");
            }
        }
        let other = "GET /.well-known/oauth-protected-resource HTTP/1.1\r\nHost: 10.0.0.1:8000\r\n\r\n";
        assert_eq!(gateway.exchange(other).await.json()["resource"], A, "of no host: that of the first");
    }
}
