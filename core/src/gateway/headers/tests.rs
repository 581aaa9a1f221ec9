//! The lists of headers, with real and made-up names.

use super::*;
use proptest::prelude::*;

/// The headers of the request list, as docs/gateway.md lists them.
fn may_pass(name: &str) -> bool {
    let listed = [
        "accept",
        "accept-language",
        "content-type",
        "user-agent",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "traceparent",
        "tracestate",
        "x-tenant",
    ];
    listed.contains(&name) || name.starts_with("mcp-param-")
}

fn may_return(name: &str) -> bool {
    let listed = [
        "content-type",
        "content-length",
        "content-encoding",
        "cache-control",
        "retry-after",
        "x-accel-buffering",
        "traceresponse",
    ];
    listed.contains(&name) || name.starts_with("mcp-")
}

/// Names of real headers, and made-up ones.
fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "authorization",
        "cookie",
        "set-cookie",
        "forwarded",
        "x-forwarded-for",
        "doorward-identity",
        "origin",
        "mcp-session-id",
        "mcp-param-region",
        "mcp-name",
        "last-event-id",
        "content-type",
        "accept",
        "location",
        "www-authenticate",
        "access-control-allow-origin",
        "cache-control",
        "retry-after",
        "x-tenant",
        "connection",
        "te",
        "via",
        "upgrade",
        "expect",
        "content-encoding",
        "server",
        "link",
        "clear-site-data",
        "alt-svc",
        "allow",
    ]);
    prop_oneof![known.prop_map(str::to_owned), "(x-|mcp-|doorward-)?[a-z]{1,12}"]
}

fn map(pairs: &[(String, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::try_from(value).unwrap());
    }
    headers
}

proptest! {
    #[test]
    fn only_listed_headers_pass(pairs in prop::collection::vec((name(), "[a-z, -]{0,20}"), 0..12)) {
        let sent = map(&pairs);
        let forward = [HeaderName::from_static("x-tenant")];
        let request = of_request(&sent, &forward);
        for name in request.keys() {
            prop_assert!(may_pass(name.as_str()), "{} went to the upstream", name);
            prop_assert_eq!(request.get_all(name).iter().collect::<Vec<_>>(), sent.get_all(name).iter().collect::<Vec<_>>());
        }
        let answer = of_answer(&sent, false);
        for name in answer.keys() {
            prop_assert!(may_return(name.as_str()), "{} went to the client", name);
        }
        let named = connection_options(&sent);
        prop_assert!(request.keys().chain(answer.keys()).all(|name| !named.contains(&name.as_str().to_owned())));
    }

    #[test]
    fn every_listed_header_passes(value in "[!-~]{1,20}") {
        for name in REQUEST.iter().chain([&HeaderName::from_static("mcp-param-region")]) {
            let sent = map(&[(name.to_string(), value.clone())]);
            prop_assert_eq!(of_request(&sent, &[]), sent);
        }
        for name in ANSWER.iter().chain([&HeaderName::from_static("mcp-protocol-version")]) {
            let sent = map(&[(name.to_string(), value.clone())]);
            prop_assert_eq!(of_answer(&sent, false), sent);
        }
    }
}

#[test]
fn a_length_beside_chunks_does_not_pass() {
    let sent = map(&[("content-length".into(), "2".into()), ("transfer-encoding".into(), "chunked".into())]);
    assert_eq!(of_answer(&sent, false).len(), 0);
}

#[test]
fn allow_passes_only_with_the_status_that_it_explains() {
    let sent = map(&[("allow".into(), "POST".into())]);
    assert_eq!((of_answer(&sent, true).len(), of_answer(&sent, false).len()), (1, 0));
}

#[test]
fn headers_of_credentials_connections_and_this_server_are_not_forwarded() {
    for good in ["X-Tenant", "baggage"] {
        assert!(forwarded_name(good).is_ok() && static_name(good).is_ok(), "{good}");
    }
    for bad in ["Authorization", "Cookie", "Origin", "Referer", "Forwarded", "X-Forwarded-For"] {
        assert!(forwarded_name(bad).is_err(), "{bad}");
    }
    assert!(static_name("Authorization").is_ok(), "the upstream's API key");
    for bad in [
        "",
        "a b",
        "Host",
        "Connection",
        "Keep-Alive",
        "TE",
        "Transfer-Encoding",
        "Upgrade",
        "Content-Length",
        "Doorward-Identity",
        "Mcp-Session-Id",
        "Mcp-Method",
        "Proxy-Authorization",
        "Last-Event-ID",
        "Via",
    ] {
        assert!(forwarded_name(bad).is_err() && static_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn connection_may_not_name_what_both_ends_need() {
    let named = |value: &str| of_both_ends(&map(&[("connection".into(), value.into())]));
    for (value, name) in [
        ("content-type", "content-type"),
        ("close, Accept", "accept"),
        ("x-hop,mcp-param-region", "mcp-param-region"),
        ("Last-Event-ID", "last-event-id"),
        ("content-encoding", "content-encoding"),
    ] {
        assert_eq!(named(value).as_deref(), Some(name), "{value}");
    }
    for value in ["", "close", "keep-alive, te, x-hop", "accept-language", "mcpx", "authorization"] {
        assert_eq!(named(value), None, "{value}");
    }
}
