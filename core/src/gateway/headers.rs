//! The headers that pass the gateway: one list for requests, one for answers. A header on no list does not pass.

use http::{HeaderMap, HeaderName, header};
use thiserror::Error;

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
pub(super) const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The request headers that pass as they are. `Mcp-Session-Id` and `Last-Event-ID` have rules of their own.
const REQUEST: [HeaderName; 9] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::CONTENT_TYPE,
    header::USER_AGENT,
    HeaderName::from_static("mcp-protocol-version"),
    HeaderName::from_static("mcp-method"),
    HeaderName::from_static("mcp-name"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

/// Headers with the values of tool arguments (MCP 2026-07-28, Transports). Intermediaries have to forward them.
const PARAMETERS: &str = "mcp-param-";

/// The headers of an answer that pass, besides those of MCP. `Allow` passes only with 405.
const ANSWER: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CACHE_CONTROL,
    header::RETRY_AFTER,
    ACCEL_BUFFERING,
    HeaderName::from_static("traceresponse"),
];

/// Headers of one connection (RFC 9110 §7.6.1), and those that HTTP sets for each message.
const OF_CONNECTION: [HeaderName; 12] = [
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::VIA,
];

/// Headers of the client's own relation to this server: its token, its cookies, its origin, and its address.
const OF_CLIENT: [HeaderName; 4] = [header::AUTHORIZATION, header::COOKIE, header::ORIGIN, header::REFERER];

/// About as many headers as the gateway adds: one allocation for all.
const ADDED: usize = 10;

/// Copies the request headers that pass.
pub(super) fn of_request(sent: &HeaderMap, forward: &[HeaderName]) -> HeaderMap {
    listed(sent, |name| {
        REQUEST.contains(name) || forward.contains(name) || name.as_str().starts_with(PARAMETERS)
    })
}

/// Copies the headers of an answer that pass.
pub(super) fn of_answer(sent: &HeaderMap, is_method_refused: bool) -> HeaderMap {
    let mut headers = listed(sent, |name| {
        ANSWER.contains(name)
            || name.as_str().starts_with("mcp-")
            || is_method_refused && *name == header::ALLOW
    });
    // The chunks say the length then (RFC 9112 §6.3).
    if sent.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    headers
}

/// Copies the headers of a list, unless `Connection` names them.
fn listed(sent: &HeaderMap, is_listed: impl Fn(&HeaderName) -> bool) -> HeaderMap {
    let named = connection_options(sent);
    let passes = |name: &HeaderName| is_listed(name) && !named.iter().any(|named| named == name.as_str());
    let mut headers = HeaderMap::with_capacity(sent.len() + ADDED);
    for (name, value) in sent.iter().filter(|(name, _)| passes(name)) {
        headers.append(name.clone(), value.clone());
    }
    headers
}

/// The headers that `Connection` names: they end here too (RFC 9110 §7.6.1).
fn connection_options(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase()).collect()
}

/// Reads the name of a request header that passes besides those of MCP.
///
/// # Errors
/// [`InvalidHeaderName`] for a header of the client's credentials, of a connection, of this server, or of MCP.
pub fn forwarded_name(text: &str) -> Result<HeaderName, InvalidHeaderName> {
    let name = parse(text)?;
    let is_of_proxies = |name: &str| name == "forwarded" || name.starts_with("x-forwarded-");
    if OF_CLIENT.contains(&name) || is_of_proxies(name.as_str()) {
        return Err(InvalidHeaderName("ends at the gateway: it is about the client and this server"));
    }
    Ok(name)
}

/// Reads the name of a header that the gateway adds to each request to an upstream, such as that of an API key.
///
/// # Errors
/// [`InvalidHeaderName`] for a header of a connection, of this server, or of MCP.
pub fn static_name(text: &str) -> Result<HeaderName, InvalidHeaderName> {
    parse(text)
}

fn parse(text: &str) -> Result<HeaderName, InvalidHeaderName> {
    let name: HeaderName = text.parse().map_err(|_| InvalidHeaderName("is no name of a header"))?;
    let is_own = ["doorward-", "mcp-", "proxy-"].iter().any(|prefix| name.as_str().starts_with(prefix));
    let is_of_connection =
        OF_CONNECTION.contains(&name) || ["keep-alive", "proxy-connection"].contains(&name.as_str());
    if is_own || is_of_connection || name == LAST_EVENT_ID {
        return Err(InvalidHeaderName("is set by the gateway or by HTTP itself"));
    }
    Ok(name)
}

/// The name of a header that cannot be configured, with the rule that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the header {0}")]
pub struct InvalidHeaderName(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
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
        let sent =
            map(&[("content-length".into(), "2".into()), ("transfer-encoding".into(), "chunked".into())]);
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
}
