//! The headers on the way to the upstream: which pass, which are added, and which end at the gateway.

use crate::running::Running;
use crate::upstream::{Received, Upstream, answer, json};
use crate::{PING, PONG};
use doorward_settings::{UPSTREAM, UPSTREAM_FORWARD, UPSTREAM_HEADER, UPSTREAM_HOST};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::time::Duration;

/// The headers that the gateway or HTTP sets on each request.
const ADDED: [&str; 9] = [
    "accept-encoding",
    "content-length",
    "content-type",
    "doorward-correlation",
    "doorward-identity",
    "host",
    "via",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// The request that the upstream gets if the client sends these header lines.
async fn sent(gateway: &Running, upstream: &Upstream, headers: &str) -> Received {
    let heard = gateway.exchange(gateway.request("POST", headers, PING)).await;
    assert_eq!(heard.status(), 200, "{headers}: {heard:?}");
    upstream.last()
}

#[tokio::test]
async fn the_clients_own_headers_end_at_the_gateway() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    let headers = format!(
        "Cookie: a=b\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Proto: gopher\r\n\
         X-Forwarded-Host: evil.example\r\nX-Real-IP: 1.2.3.4\r\nOrigin: http://{}\r\nReferer: http://a.example/\r\n\
         Doorward-Identity: forged\r\nDoorward-Person: root\r\nDoorward-Correlation: forged\r\n\
         Proxy-Authorization: Basic YTpi\r\nX-HTTP-Method-Override: DELETE\r\nX-Original-URL: /admin\r\n\
         Connection: keep-alive, tracestate, X-Hop, user-agent\r\nX-Hop: 1\r\nTracestate: a=b\r\nUser-Agent: a\r\n\
         Upgrade: websocket\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\nAccept-Encoding: gzip\r\nLast-Event-ID: 1\r\n",
        gateway.address
    );
    let token = gateway.token();
    let heard = gateway.exchange(gateway.request_with(&token, "POST", &headers, PING)).await;
    assert_eq!(heard.status(), 200, "{heard:?}");
    let request = upstream.request();
    let mut names = request.names();
    names.sort_unstable();
    assert_eq!(names, ADDED, "{}", request.head);
    assert!(!request.head.contains(&token) && !request.head.contains("forged"), "{}", request.head);
    assert_eq!(request.all("x-forwarded-proto"), ["http"]);
    assert_eq!(request.all("x-forwarded-host"), [gateway.address.as_str()]);
    assert_eq!(request.all("host"), [upstream.address.to_string()]);
    assert_eq!(request.all("accept-encoding"), ["identity"]);
}

#[tokio::test]
async fn listed_headers_pass_as_they_are() {
    let upstream = Upstream::answering(json(PONG)).await;
    let settings = [(&UPSTREAM, upstream.url()), (&UPSTREAM_FORWARD, "X-Tenant".to_owned())];
    let gateway =
        Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await;
    let lines = [
        "Accept: application/json, text/event-stream",
        "Accept-Language: de",
        "User-Agent: test/1",
        "MCP-Protocol-Version: 2025-11-25",
        "Mcp-Method: ping",
        "Mcp-Name: \u{e9}t\u{e9}",
        "Mcp-Param-Region: eu  west",
        "traceparent: 00-1-1-00",
        "tracestate: a=b",
        "X-Tenant: one",
        "X-Tenant: two",
    ];
    let request = sent(&gateway, &upstream, &(lines.join("\r\n") + "\r\n")).await;
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        assert!(request.all(name).contains(&value), "{line}: {}", request.head);
    }
}

/// Otherwise no page could send them (Fetch, "CORS-preflight fetch").
#[tokio::test]
async fn a_page_may_send_the_headers_that_pass() {
    let upstream = Upstream::answering(json(PONG)).await;
    let settings = [(&UPSTREAM, upstream.url()), (&UPSTREAM_FORWARD, "X-Tenant".to_owned())];
    let gateway =
        Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await;
    for (path, may_send) in [("/mcp", true), ("/.well-known/oauth-protected-resource/mcp", false)] {
        let request = format!(
            "OPTIONS {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nAccess-Control-Request-Method: POST\r\n\
             Access-Control-Request-Headers: authorization, x-tenant, x-other, mcp-param-a\r\n\r\n",
            gateway.address
        );
        let heard = gateway.exchange(request).await;
        let allowed = heard.head.get("access-control-allow-headers").to_ascii_lowercase();
        let names: Vec<_> = allowed.split(", ").collect();
        assert_eq!(names.contains(&"x-tenant"), may_send, "{path}: {allowed}");
        assert!(names.contains(&"authorization") && names.contains(&"mcp-param-a"), "{path}: {allowed}");
        assert!(!names.contains(&"x-other"), "{path}: {allowed}");
    }
}

#[tokio::test]
async fn the_query_of_the_client_ends_at_the_gateway() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    let request = String::from_utf8(gateway.request("POST", "", PING)).unwrap();
    let absolute = format!("http://{}/mcp?a=b", gateway.address);
    for target in ["/mcp?access_token=secret", "/mcp/?a=b", &absolute] {
        let heard = gateway.exchange(request.replacen("/mcp", target, 1)).await;
        assert_eq!(heard.status(), 200, "{target}: {heard:?}");
        let request = upstream.last();
        assert_eq!(request.request_line(), "POST /mcp HTTP/1.1", "{target}");
        assert_eq!(request.all("host"), [upstream.address.to_string()], "{target}");
    }
}

/// The header's value is in a file. A change of the file is seen without a restart, and the client cannot set the header.
#[tokio::test]
async fn a_header_of_the_operator_comes_from_its_file() {
    let upstream = Upstream::answering(json(PONG)).await;
    let file = std::env::temp_dir().join(format!("doorward-gateway-key-{}", std::process::id()));
    std::fs::write(&file, "first\n").unwrap();
    let header = format!("Authorization: Bearer @{}", file.display());
    let settings = [
        (&UPSTREAM, upstream.url()),
        (&UPSTREAM_HEADER, header),
        (&UPSTREAM_HEADER, "X-Api-Key: of the operator".to_owned()),
        (&UPSTREAM_HOST, "notes.internal:81".to_owned()),
    ];
    let gateway =
        Running::with(&settings.each_ref().map(|(setting, value)| (*setting, value.as_str()))).await;
    let request = sent(&gateway, &upstream, "X-Api-Key: of the client\r\n").await;
    assert_eq!(request.all("authorization"), ["Bearer first"]);
    assert_eq!(request.all("x-api-key"), ["of the operator"]);
    assert_eq!(request.all("host"), ["notes.internal:81"]);
    std::fs::write(&file, "the second\n").unwrap();
    crate::soon("the changed value", async {
        while sent(&gateway, &upstream, "").await.all("authorization") != ["Bearer the second"] {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    std::fs::remove_file(file).unwrap();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(sent(&gateway, &upstream, "").await.all("authorization"), ["Bearer the second"]);
    let log = gateway.log.text();
    assert!(log.contains("keeps its last value") && !log.contains("second"), "{log}");
}

/// A gateway whose upstream is, over others, itself (RFC 9110 §7.6.3).
#[tokio::test]
async fn a_request_that_came_through_this_gateway_is_508() {
    let upstream = Upstream::answering(json(PONG)).await;
    let gateway = Running::before(&upstream).await;
    let others = "Via: 1.0 fred, 1.1 p.example.net\r\nVia: HTTP/1.1 doorward-00000000\r\n";
    let request = sent(&gateway, &upstream, others).await;
    let via = request.all("via");
    assert_eq!(via[..2], ["1.0 fred, 1.1 p.example.net", "HTTP/1.1 doorward-00000000"]);
    let own = via[2];
    assert!(own.starts_with("1.1 doorward-") && own.len() == 21, "{own}");
    for line in [
        format!("Via: {own}"),
        format!("Via: 1.0 fred, {own} (comment), 1.1 other"),
        format!("Via: 1.0 fred\r\nVia: {own}"),
        format!("Connection: via\r\nVia: {own}"),
    ] {
        let heard = gateway.exchange(gateway.request("POST", &(line.clone() + "\r\n"), PING)).await;
        gateway.refused(&line, &heard, 508, "upstream_failed code=loop");
    }
    assert_eq!(upstream.count(), 1);
}

/// Header names that matter, and made-up ones.
fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Cookie",
        "Forwarded",
        "X-Forwarded-For",
        "x-forwarded-host",
        "Origin",
        "Referer",
        "Doorward-Identity",
        "DOORWARD-PERSON",
        "Doorward-Correlation",
        "TE",
        "Upgrade",
        "Keep-Alive",
        "Proxy-Authorization",
        "Trailer",
        "Last-Event-ID",
        "Accept",
        "User-Agent",
        "Mcp-Name",
        "Mcp-Param-A",
        "X-Hop",
        "Accept-Encoding",
        "Range",
        "If-None-Match",
        "X-Api-Key",
        "traceparent",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => "X-[a-zA-Z0-9!#$%&'*+.^_`|~-]{1,12}"]
}

/// Random headers on the wire: no other than the listed ones reaches the upstream, none that `Connection` names, and the
/// listed ones are unchanged.
#[test]
fn no_other_header_reaches_the_upstream() {
    const PASSING: [&str; 5] = ["accept", "user-agent", "mcp-name", "mcp-param-a", "traceparent"];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (upstream, gateway) = runtime.block_on(async {
        let upstream = Upstream::answering(json(PONG)).await;
        let gateway = Running::before(&upstream).await;
        (upstream, gateway)
    });
    let fields = prop::collection::vec((name(), "[!-~]([ -~]{0,20}[!-~])?"), 0..12);
    // Those that both ends need are refused there.
    let may_be_named = |name: &String| {
        let name = name.to_ascii_lowercase();
        !name.starts_with("mcp-") && !["accept", "content-type", "last-event-id"].contains(&name.as_str())
    };
    let named = prop::collection::vec(name().prop_filter("needed", may_be_named), 0..3);
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&(fields, named), |(fields, named)| {
            let fields: Vec<_> =
                fields.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("origin")).collect();
            let mut headers: String =
                fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            headers += &format!("Connection: {}\r\n", named.join(","));
            let request = runtime.block_on(sent(&gateway, &upstream, &headers));
            let passes = |name: &str| {
                PASSING.contains(&name) && !named.iter().any(|named| named.eq_ignore_ascii_case(name))
            };
            for name in request.names() {
                prop_assert!(
                    ADDED.contains(&name.as_str()) || passes(&name),
                    "{} reached the upstream",
                    name
                );
            }
            for (name, value) in fields.iter().filter(|(name, _)| passes(&name.to_ascii_lowercase())) {
                prop_assert!(request.all(name).contains(&value.as_str()), "{} is not {}", name, value);
            }
            prop_assert_eq!(request.all("accept-encoding"), ["identity"]);
            prop_assert!(request.all("doorward-correlation")[0].len() == 10);
            Ok(())
        })
        .unwrap();
}

/// An answer has a correlation id: that of the request which the upstream got, and that of the log.
#[tokio::test]
async fn the_correlation_id_joins_client_and_upstream() {
    let upstream = Upstream::answering(answer("200 OK", "Content-Type: application/json\r\n", PONG)).await;
    let gateway = Running::before(&upstream).await;
    let heard = gateway.post(PING).await;
    assert_eq!(upstream.request().all("doorward-correlation"), [heard.head.get("doorward-correlation")]);
}
