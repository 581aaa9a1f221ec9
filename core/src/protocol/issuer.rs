//! The issuer identifier of the authorization server (RFC 8414 §2).

use crate::protocol::host::is_loopback;
use crate::protocol::server_url;
use fluent_uri::Uri;
use serde::Serialize;
use std::fmt;
use thiserror::Error;

/// An origin. It is byte for byte the same in metadata, `iss` and tokens: clients compare it as a plain string.
///
/// It has no path, so each well-known document has one URL, whichever discovery rule a client follows. The operator
/// configures it. It is never taken from a request's `Host` header.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Issuer(String);

impl Issuer {
    /// Reads an issuer: `https`, or `http` on loopback, without path, query, fragment or user information.
    ///
    /// # Errors
    /// [`InvalidIssuer`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidIssuer> {
        let uri = server_url::parse(text).map_err(InvalidIssuer)?;
        if !uri.path().is_empty() {
            return Err(InvalidIssuer("must end after the host and port, without a slash"));
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

    /// The URL of a path of the issuer.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
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
        ] {
            assert_eq!(Issuer::parse(good).map(|issuer| issuer.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "auth.example.com",
            "http://auth.example.com",
            "https://a.example/",
            "https://a.example/path",
            "https://a.example?q",
            "https://a.example#f",
            "https://u@a.example",
            "https://A.example",
            "https://",
        ] {
            assert!(Issuer::parse(bad).is_err(), "{bad}");
        }
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
