//! The issuer identifier of the authorization server (RFC 8414 §2).

use crate::protocol::host::is_loopback;
use crate::protocol::server_url::{self, is_plain};
use fluent_uri::Uri;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// An origin, or an origin and a path. It is byte for byte the same in metadata, `iss` and tokens: clients compare it as a plain
/// string.
///
/// Without a path, each well-known document has one URL, whichever discovery rule a client follows. A path is for a host that the
/// server shares with others. The operator configures the issuer. It is never taken from a request's `Host` header.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an issuer: `https`, or `http` on loopback, without query, fragment, user information or final slash. A path has
    /// unreserved characters only.
    ///
    /// # Errors
    /// [`InvalidIssuer`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let uri = server_url::parse(text).map_err(InvalidIssuer)?;
        let path = uri.path().as_str();
        if path.ends_with('/') {
            return Err(InvalidIssuer("must not end with a slash"));
        }
        if !path.is_empty() && !is_plain(path) {
            return Err(InvalidIssuer(
                "has a path with other than / and unreserved characters, or with a dot segment",
            ));
        }
        if path.starts_with("/.well-known") {
            return Err(InvalidIssuer("must not be below /.well-known/"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidIssuer("must be in lower case, as clients compare it byte by byte"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The identifier, as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin: scheme, host and port.
    pub fn origin(&self) -> &str {
        self.split().0
    }

    /// The path: empty, or beginning with a slash.
    pub fn path(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let host = self.0.find(':').map_or(0, |colon| colon + "://".len());
        let path = self.0[host..].find('/').map_or(self.0.len(), |slash| host + slash);
        self.0.split_at(path)
    }

    /// The URL of a path at the issuer's origin. The path of an endpoint begins with that of the issuer:
    /// [`Paths::of_issuer`](crate::protocol::Paths::of_issuer).
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The URL of a well-known document of the issuer: the issuer's path is behind the document's (RFC 8414 §3.1).
    pub fn document(&self, well_known: &str) -> String {
        format!("{}{well_known}{}", self.origin(), self.path())
    }

    /// Whether the host is a loopback host.
    pub fn is_loopback(&self) -> bool {
        Uri::parse(self.0.as_str())
            .ok()
            .and_then(|uri| uri.authority().map(|authority| is_loopback(authority.host())))
            .unwrap_or(false)
    }

    /// Whether cookies can be `Secure` and carry the `__Host-` prefix (RFC 6265bis §4.1.3.2).
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of [`Issuer::parse`]: the rule that the text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the issuer {0}")]
pub struct InvalidIssuer(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_issuer_is_an_origin_as_clients_compare_it() {
        for good in [
            "https://auth.example.com",
            "https://auth.example.com:8443",
            "http://127.0.0.1:9000",
            "http://[::1]:9",
            "https://a.example/path",
            "https://a.example:8443/tenants/one~two",
        ] {
            assert_eq!(Issuer::parse(good).map(|issuer| issuer.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "auth.example.com",
            "http://auth.example.com",
            "https://a.example/",
            "https://a.example/path/",
            "https://a.example//path",
            "https://a.example/a/../b",
            "https://a.example/%61",
            "https://a.example/a b",
            "https://a.example/Path",
            "https://a.example/.well-known/x",
            "https://a.example?q",
            "https://a.example#f",
            "https://u@a.example",
            "https://A.example",
            "https://",
        ] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn documents_and_endpoints_of_an_issuer_with_a_path() {
        let issuer = Issuer::parse("https://a.example:8443/auth").unwrap();
        assert_eq!((issuer.origin(), issuer.path()), ("https://a.example:8443", "/auth"));
        assert_eq!(issuer.url("/auth/oauth/token"), "https://a.example:8443/auth/oauth/token");
        let metadata = issuer.document("/.well-known/oauth-authorization-server");
        assert_eq!(metadata, "https://a.example:8443/.well-known/oauth-authorization-server/auth");
        assert_eq!(Issuer::parse("http://[::1]:9").unwrap().path(), "");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_prints_the_same(text in "(https?://)?\\PC{0,40}") {
            if let Ok(issuer) = Issuer::parse(&text) {
                prop_assert_eq!(issuer.as_str(), text);
            }
        }
    }
}
