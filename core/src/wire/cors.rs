//! CORS headers, which browser-based clients need (Fetch, "CORS protocol").

use http::{HeaderName, HeaderValue, Response, StatusCode, header};

/// The request headers that a browser-based client may send: for tokens, for JSON, and for MCP's transport.
const HEADERS: &str = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID";

/// The response to a preflight request. [`publish`] or [`allow`] adds the allowed origin.
pub(crate) fn preflight() -> crate::wire::message::Response {
    let mut response = crate::wire::message::Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    let fixed: [(HeaderName, HeaderValue); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE, OPTIONS")),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(HEADERS)),
        (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400")),
    ];
    response.headers_mut().extend(fixed);
    response
}

/// Lets pages of all origins read `response`.
pub(crate) fn publish<B>(response: &mut Response<B>) {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

/// Lets pages of `origin` read `response` and the challenge that starts a sign-in. Does nothing if pages of all
/// origins may read it already. Cookies (credentials) are never allowed.
pub(crate) fn allow<B>(response: &mut Response<B>, origin: Option<&HeaderValue>) {
    let headers = response.headers_mut();
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = origin else { return };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("WWW-Authenticate, Mcp-Session-Id, MCP-Protocol-Version, Retry-After"),
    );
}
