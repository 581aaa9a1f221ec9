//! The resource identifier of a protected resource (RFC 9728 §1.2; RFC 8707 §2).

use crate::protocol::host::{is_loopback, without_port};
use crate::protocol::server_url;
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// The URL of an MCP server, as users type it. It is the audience of the server's tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(String);

impl Resource {
    /// Reads an identifier: `https`, or `http` on loopback, without query, fragment or user information.
    ///
    /// # Errors
    /// [`InvalidResource`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        server_url::parse(text).map_err(InvalidResource)?;
        Ok(Self(text.to_owned()))
    }

    /// The identifier, as published.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path: empty, or beginning with a slash.
    pub fn path(&self) -> &str {
        self.split().1
    }

    /// The origin: scheme, host and port.
    pub fn origin(&self) -> &str {
        self.split().0
    }

    /// The host and port, as in a `Host` header (RFC 9110 §7.2).
    pub fn authority(&self) -> &str {
        self.origin().split_once("://").map_or("", |(_, authority)| authority)
    }

    /// Whether a host and port are those of this resource. The default port of the scheme, and a colon without a port, count as
    /// none (RFC 3986 §6.2.3).
    pub fn is_at(&self, authority: &str) -> bool {
        let default = if self.origin().starts_with("https:") { ":443" } else { ":80" };
        let short = |text: &str| {
            let text = text.strip_suffix(default).or(text.strip_suffix(':')).unwrap_or(text);
            text.to_ascii_lowercase()
        };
        short(authority) == short(self.authority())
    }

    /// Whether the host is a loopback host.
    pub fn is_loopback(&self) -> bool {
        is_loopback(without_port(self.authority()))
    }

    fn split(&self) -> (&str, &str) {
        // The third slash begins the path: two are behind the scheme.
        let mut slashes = self.0.bytes().enumerate().filter(|(_, byte)| *byte == b'/');
        let path = slashes.nth(2).map_or(self.0.len(), |(at, _)| at);
        self.0.split_at(path)
    }

    /// Whether a client that sent `text` means this resource. These differences are allowed: the case of scheme and
    /// host and an explicit default port, which no server distinguishes (RFC 3986 §6.2.2.1, §6.2.3); a trailing slash
    /// and a query, which clients add or remove.
    pub fn is_meant_by(&self, text: &str) -> bool {
        text == self.0 || equivalent(text).is_some_and(|text| Some(text) == equivalent(&self.0))
    }
}

impl Resource {
    /// Whether `text` is the origin of this resource, without a path.
    pub fn has_origin(&self, text: &str) -> bool {
        let origin = Self(self.origin().to_owned());
        origin.is_meant_by(text)
    }
}

/// Normalizes a URL: removes the differences that [`Resource::is_meant_by`] allows.
fn equivalent(text: &str) -> Option<String> {
    let uri = Uri::parse(text).ok()?;
    let authority = uri.authority()?;
    if uri.has_fragment() || authority.has_userinfo() {
        return None;
    }
    let scheme = uri.scheme().as_str().to_ascii_lowercase();
    let host = authority.host().to_ascii_lowercase();
    let port = match (scheme.as_str(), authority.port().map(fluent_uri::pct_enc::EStr::as_str)) {
        ("https", Some("443")) | ("http", Some("80")) | (_, None | Some("")) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let path = uri.path().as_str();
    let path = path.strip_suffix('/').unwrap_or(path);
    Some(format!("{scheme}://{host}{port}{path}"))
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of [`Resource::parse`]: the rule that the text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the resource {0}")]
pub struct InvalidResource(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_resource_knows_its_parts() {
        let resource = Resource::parse("http://127.0.0.1:8000/mcp").unwrap();
        assert_eq!(resource.origin(), "http://127.0.0.1:8000");
        assert_eq!(resource.authority(), "127.0.0.1:8000");
        assert_eq!(resource.path(), "/mcp");
        assert_eq!(Resource::parse("https://mcp.example.com").unwrap().path(), "");
    }

    #[test]
    fn the_default_port_counts_as_none() {
        let is_at = |resource: &str, host: &str| Resource::parse(resource).unwrap().is_at(host);
        for host in ["a.example", "A.example:443", "a.example:"] {
            assert!(
                is_at("https://a.example/mcp", host) && is_at("https://a.example:443/mcp", host),
                "{host}"
            );
        }
        assert!(is_at("http://[::1]/mcp", "[::1]:80") && is_at("http://localhost:8000", "localhost:8000"));
        for host in ["", "a.example:80", "a.example:4443", "b.a.example", "a.example.", ":443"] {
            assert!(!is_at("https://a.example/mcp", host), "{host}");
        }
    }

    #[test]
    fn what_no_server_tells_apart_means_the_same_resource() {
        let resource = Resource::parse("https://mcp.example.com").unwrap();
        for same in [
            "https://mcp.example.com/",
            "HTTPS://MCP.example.com",
            "https://mcp.example.com:443",
            "https://mcp.example.com?x=y",
        ] {
            assert!(resource.is_meant_by(same), "{same}");
        }
        for other in
            ["https://mcp.example.com/mcp", "http://mcp.example.com", "https://mcp.example.com:8443", "x", ""]
        {
            assert!(!resource.is_meant_by(other), "{other}");
        }
        let resource = Resource::parse("https://mcp.example.com/mcp").unwrap();
        for same in ["https://mcp.example.com/mcp/", "https://mcp.example.com/mcp?session=1"] {
            assert!(resource.is_meant_by(same), "{same}");
        }
        for other in [
            "https://mcp.example.com/MCP",
            "https://mcp.example.com/mcp//",
            "https://mcp.example.com/mcp/x",
            "https://mcp.example.com/mcp#x",
            "https://u@mcp.example.com/mcp",
        ] {
            assert!(!resource.is_meant_by(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_means_itself(text in "(https?://)?\\PC{0,40}") {
            if let Ok(resource) = Resource::parse(&text) {
                prop_assert!(resource.is_meant_by(&text));
                prop_assert_eq!(format!("{}{}", resource.origin(), resource.path()), text);
            }
        }
    }
}
