//! The headers that pass the gateway: one list for requests, one for answers. A header on no list does not pass.

use http::{HeaderMap, HeaderName, HeaderValue, header};
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
    if is_for_shared_caches(&headers) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    // The chunks say the length then (RFC 9112 §6.3).
    if sent.contains_key(header::TRANSFER_ENCODING) {
        headers.remove(header::CONTENT_LENGTH);
    }
    headers
}

/// Whether a cache of several users may store the answer to a request with a token (RFC 9111 §3.5). It would give the answer for
/// one user to another.
fn is_for_shared_caches(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CACHE_CONTROL).iter().map(HeaderValue::as_bytes);
    let mut directives = values.flat_map(|value| value.split(|byte| *byte == b','));
    directives.any(|directive| {
        let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
        ["public", "s-maxage", "must-revalidate"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
    })
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

/// The first header that `Connection` names although client and upstream need it. A sender must not name such a header
/// (RFC 9110 §7.6.1), and without it the other side would read the message differently.
pub(super) fn of_both_ends(headers: &HeaderMap) -> Option<String> {
    let needed = [header::ACCEPT, header::CONTENT_ENCODING, header::CONTENT_TYPE, LAST_EVENT_ID];
    let is_needed =
        |name: &String| name.starts_with("mcp-") || needed.iter().any(|needed| needed == name.as_str());
    connection_options(headers).into_iter().find(is_needed)
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
mod tests;
