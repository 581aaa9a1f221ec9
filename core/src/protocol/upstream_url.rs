//! The URL of an upstream: an MCP server behind the gateway.

use crate::protocol::host::{is_loopback, is_private_address};
use fluent_uri::Uri;
use fluent_uri::pct_enc::EStr;
use http::Uri as RequestUri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use thiserror::Error;

/// The URL of an MCP server behind the gateway: where to connect, and the path and query of its endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamUrl {
    text: String,
    target: Target,
    authority: Authority,
    path: PathAndQuery,
}

/// Where a connection to an upstream goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A host and port.
    Tcp {
        /// Whether the connection uses TLS.
        tls: bool,
        /// The host: a name, or an address without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix domain socket.
    Unix(PathBuf),
}

impl UpstreamUrl {
    /// Reads `https://…`, `http://…` or `unix:/run/notes.sock:/mcp`. Plain http would show the gateway's credentials to the
    /// network, so it is for hosts of a private network only: loopback and private addresses, names without a dot, and
    /// names below `.internal` and `.localhost`.
    ///
    /// # Errors
    /// [`InvalidUpstreamUrl`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidUpstreamUrl> {
        match text.strip_prefix("unix:") {
            Some(socket) => Self::unix(text, socket),
            None => Self::tcp(text),
        }
    }

    fn unix(text: &str, socket: &str) -> Result<Self, InvalidUpstreamUrl> {
        let form = InvalidUpstreamUrl("must be unix:/SOCKET:/PATH, for example unix:/run/notes.sock:/mcp");
        let (socket, path) =
            socket.split_once(":/").filter(|(socket, _)| socket.starts_with('/')).ok_or(form)?;
        let path = PathAndQuery::try_from(format!("/{path}")).map_err(|_| form)?;
        let authority = Authority::from_static("localhost");
        Ok(Self { text: text.to_owned(), target: Target::Unix(socket.into()), authority, path })
    }

    fn tcp(text: &str) -> Result<Self, InvalidUpstreamUrl> {
        let no = InvalidUpstreamUrl;
        let uri = Uri::parse(text).map_err(|_| no("is not a URL"))?;
        let authority = uri.authority().ok_or(no("has no host"))?;
        let tls = match uri.scheme().as_str() {
            "https" => true,
            "http" if is_private_host(authority.host()) => false,
            "http" => {
                return Err(no(
                    "must begin with https://: plain http is for loopback, private addresses, names without a dot and names below .internal",
                ));
            }
            _ => return Err(no("must begin with https://, http:// or unix:/")),
        };
        if authority.host().is_empty() || authority.has_userinfo() {
            return Err(no("needs a host and no user information; give credentials with upstream-header"));
        }
        if uri.has_fragment() {
            return Err(no("must have no fragment"));
        }
        let port = match authority.port().map(EStr::as_str) {
            None | Some("") => {
                if tls {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().map_err(|_| no("has a port that is not a number up to 65535"))?,
        };
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = uri.path().as_str();
        let path = if path.is_empty() { "/" } else { path };
        let path = PathAndQuery::try_from(format!("{path}{query}"))
            .map_err(|_| no("has a path that HTTP does not allow"))?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let authority = authority.as_str().trim_end_matches(':');
        let authority =
            Authority::try_from(authority).map_err(|_| no("has a host that HTTP does not allow"))?;
        Ok(Self { text: text.to_owned(), target: Target::Tcp { tls, host, port }, authority, path })
    }

    /// Where to connect.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The host and port, for the `Host` header (RFC 9110 §7.2). `localhost` for a Unix domain socket.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether it has this origin, such as `https://mcp.example.com`. The case of the host does not count.
    pub fn has_origin(&self, origin: &str) -> bool {
        let own = match &self.target {
            Target::Tcp { tls, .. } => {
                format!("{}://{}", if *tls { "https" } else { "http" }, self.authority)
            }
            Target::Unix(_) => return false,
        };
        own.eq_ignore_ascii_case(origin)
    }

    /// The URI of a request to it, for this `Host`.
    pub(crate) fn request_uri(&self, host: &Authority) -> RequestUri {
        self.with_path(host, self.path.clone())
    }

    /// The same URI with a slash at the end of the path, or without it if it has one. `None` for the path `/`.
    pub(crate) fn other_slash(&self, host: &Authority) -> Option<RequestUri> {
        let path = self.path.path();
        let other = match path.strip_suffix('/') {
            Some("") => return None,
            Some(without) => without.to_owned(),
            None => format!("{path}/"),
        };
        let query = self.path.query().map(|query| format!("?{query}")).unwrap_or_default();
        Some(self.with_path(host, PathAndQuery::try_from(format!("{other}{query}")).ok()?))
    }

    /// The URI of another path at it.
    pub(crate) fn with_path(&self, host: &Authority, path: PathAndQuery) -> RequestUri {
        let scheme = match self.target {
            Target::Tcp { tls: true, .. } => Scheme::HTTPS,
            _ => Scheme::HTTP,
        };
        let uri = RequestUri::builder().scheme(scheme).authority(host.clone()).path_and_query(path).build();
        uri.expect("scheme, authority and path were parsed")
    }
}

/// Whether a host is of this machine or of a private network, by its address or by its name. Addresses of a name are
/// checked when a connection is made.
fn is_private_host(host: &str) -> bool {
    let v6 = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = match v6 {
        Some(v6) => v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    };
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match address {
        Some(address) => is_private_address(address),
        None if v6.is_some() => false,
        None => {
            is_loopback(host)
                || !name.contains('.')
                || [".internal", ".localhost"].iter().any(|end| name.ends_with(end))
        }
    }
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The error of [`UpstreamUrl::parse`]: the rule that the text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the upstream {0}")]
pub struct InvalidUpstreamUrl(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(text: &str) -> UpstreamUrl {
        UpstreamUrl::parse(text).unwrap()
    }

    #[test]
    fn an_upstream_has_a_target_a_host_and_a_path() {
        let tcp = |tls, host: &str, port| Target::Tcp { tls, host: host.to_owned(), port };
        for (text, target, uri) in [
            ("https://mcp.example.com/mcp", tcp(true, "mcp.example.com", 443), "https://mcp.example.com/mcp"),
            ("http://127.0.0.1:3000/mcp?a=b", tcp(false, "127.0.0.1", 3000), "http://127.0.0.1:3000/mcp?a=b"),
            ("http://[::1]:3000", tcp(false, "::1", 3000), "http://[::1]:3000/"),
            ("http://notes:/x/", tcp(false, "notes", 80), "http://notes/x/"),
            ("unix:/run/a.sock:/mcp", Target::Unix("/run/a.sock".into()), "http://localhost/mcp"),
        ] {
            let url = parsed(text);
            assert_eq!(
                (url.target(), url.request_uri(url.authority()).to_string()),
                (&target, uri.to_owned())
            );
            assert_eq!(url.to_string(), text);
        }
    }

    #[test]
    fn plain_http_stays_on_a_private_network() {
        for good in [
            "localhost",
            "10.1.2.3",
            "192.168.0.9:3000",
            "notes",
            "notes.internal",
            "a.localhost",
            "[fd00::1]",
        ] {
            assert!(UpstreamUrl::parse(&format!("http://{good}/mcp")).is_ok(), "{good}");
        }
        for bad in [
            "mcp.example.com",
            "8.8.8.8",
            "169.254.169.254",
            "[fe80::1]",
            "[2606:4700::1111]",
            "evil.internal.com",
        ] {
            assert!(UpstreamUrl::parse(&format!("http://{bad}/mcp")).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_url_of_an_upstream_is_refused() {
        for bad in [
            "",
            "mcp.example.com",
            "ftp://mcp.example.com/mcp",
            "https:///mcp",
            "https://user:secret@mcp.example.com/mcp",
            "https://mcp.example.com/mcp#x",
            "https://mcp.example.com:99999/mcp",
            "unix:run/a.sock:/mcp",
            "unix:/run/a.sock",
        ] {
            assert!(UpstreamUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_slash_at_the_end_is_added_or_removed() {
        for (text, other) in [
            ("http://notes/mcp", Some("http://notes/mcp/")),
            ("http://notes/mcp/?a", Some("http://notes/mcp?a")),
            ("http://notes", None),
        ] {
            let url = parsed(text);
            let swapped = url.other_slash(url.authority()).map(|uri| uri.to_string());
            assert_eq!(swapped.as_deref(), other, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "((https?://)|unix:/)?\\PC{0,40}") {
            if let Ok(url) = UpstreamUrl::parse(&text) {
                let _ = (url.request_uri(url.authority()), url.other_slash(url.authority()));
            }
        }
    }
}
