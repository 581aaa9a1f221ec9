//! CORS headers, which browser-based clients need (Fetch, "CORS protocol").

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// The request headers that a browser-based client may send: for tokens, for JSON, and for MCP's transport.
const HEADERS: &str = "Authorization, Content-Type, Accept, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, Last-Event-ID";

/// Request headers with the values of tool arguments, whose names the tools decide (MCP 2026-07-28, Transports).
const PARAMETERS: &str = "mcp-param-";
/// The most headers of that kind that a preflight request may name.
const MAX_PARAMETERS: usize = 32;

/// The response to a preflight request to an MCP server: as [`preflight`], and the headers with tool arguments that it
/// names are allowed.
pub(crate) fn preflight_of_mcp(request: &HeaderMap) -> crate::wire::message::Response {
    let mut response = preflight();
    let named = request.get(header::ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    let names =
        named.unwrap_or_default().split(',').filter_map(|name| name.trim().parse::<HeaderName>().ok());
    let parameters = names.filter(|name| name.as_str().starts_with(PARAMETERS)).take(MAX_PARAMETERS);
    allow_headers(&mut response, &parameters.collect::<Vec<_>>());
    response
}

/// Adds names to the headers that the response to a preflight request allows.
pub(crate) fn allow_headers<B>(response: &mut Response<B>, names: &[HeaderName]) {
    let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_HEADERS);
    let allowed = allowed.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let allowed = names.iter().fold(allowed, |allowed, name| format!("{allowed}, {name}"));
    let allowed = HeaderValue::try_from(allowed).expect("names of headers are tokens");
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_may_send_the_headers_of_tool_arguments() {
        let allowed = |names: &str| {
            let named = (header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::try_from(names).unwrap());
            let response = preflight_of_mcp(&HeaderMap::from_iter([named]));
            let allowed = response.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
            allowed.strip_prefix(HEADERS).unwrap().to_owned()
        };
        assert_eq!(allowed("authorization,Mcp-Param-Region, mcp-param-x"), ", mcp-param-region, mcp-param-x");
        assert_eq!(allowed("x-other, mcp-param-a b, cookie"), "");
    }
}
