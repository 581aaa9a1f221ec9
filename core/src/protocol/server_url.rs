//! URLs of authorization servers and protected resources: https, or http on loopback (OAuth 2.1 §1.5).

use crate::protocol::host::is_loopback;
use fluent_uri::Uri;

/// Reads a URL with a host, and without query, fragment or user information. The error text completes a sentence that
/// begins with the name of the URL.
pub(crate) fn parse(text: &str) -> Result<Uri<&str>, &'static str> {
    let uri = read(text, is_loopback)?;
    if uri.has_query() || uri.has_fragment() {
        return Err("must have neither a query nor a fragment");
    }
    Ok(uri)
}

/// Reads the URL of an endpoint, which may have a query (RFC 6749 §3.1). `plain` says on which hosts it may be http.
pub(crate) fn parse_endpoint(text: &str, plain: impl Fn(&str) -> bool) -> Result<Uri<&str>, &'static str> {
    let uri = read(text, plain)?;
    if uri.has_fragment() { Err("must have no fragment") } else { Ok(uri) }
}

fn read(text: &str, plain: impl Fn(&str) -> bool) -> Result<Uri<&str>, &'static str> {
    let uri = Uri::parse(text).map_err(|_| "is not a URL")?;
    let authority = uri.authority().ok_or("has no host")?;
    match uri.scheme().as_str() {
        "https" => {}
        "http" if plain(authority.host()) => {}
        _ => return Err("must begin with https://, or with http:// on a loopback host"),
    }
    if authority.host().is_empty() || authority.has_userinfo() {
        return Err("needs a host and no user information");
    }
    Ok(uri)
}

/// Whether a path is absolute, has only unreserved characters, and no empty or dot segment.
pub(crate) fn is_plain(path: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    // Proxies and clients change empty and dot segments (RFC 3986 §6.2.2.3).
    let is_segment = |segment: &str| !["", ".", ".."].contains(&segment);
    path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(is_segment)) && path.bytes().all(allowed)
}
