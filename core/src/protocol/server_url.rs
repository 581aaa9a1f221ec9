//! URLs of authorization servers and protected resources: https, or http on loopback (OAuth 2.1 §1.5).

use crate::protocol::host::is_loopback;
use fluent_uri::Uri;

/// Reads a URL with a host, and without query, fragment or user information. The error text completes a sentence that
/// begins with the name of the URL.
pub(crate) fn parse(text: &str) -> Result<Uri<&str>, &'static str> {
    let uri = Uri::parse(text).map_err(|_| "is not a URL")?;
    let authority = uri.authority().ok_or("has no host")?;
    match uri.scheme().as_str() {
        "https" => {}
        "http" if is_loopback(authority.host()) => {}
        _ => return Err("must begin with https://, or with http:// on a loopback host"),
    }
    if authority.host().is_empty() || authority.has_userinfo() {
        return Err("needs a host and no user information");
    }
    if uri.has_query() || uri.has_fragment() {
        return Err("must have neither a query nor a fragment");
    }
    Ok(uri)
}
