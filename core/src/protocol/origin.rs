//! An origin of web pages, as browsers send it in the `Origin` header (RFC 6454 §7).

use crate::protocol::host::is_loopback;
use fluent_uri::Uri;
use fluent_uri::pct_enc::EStr;
use std::fmt;
use thiserror::Error;

/// The origin of web pages that may call a resource, for example `https://inspector.example`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin: a scheme, a host and a port, as a browser writes them. `http` is accepted on loopback only. Other
    /// schemes, such as that of a browser extension, are accepted.
    ///
    /// # Errors
    /// [`InvalidOrigin`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let uri =
            Uri::parse(text).map_err(|_| InvalidOrigin("is not an origin such as https://app.example"))?;
        let authority =
            uri.authority().ok_or(InvalidOrigin("is not an origin such as https://app.example"))?;
        let (host, port) = (authority.host(), authority.port().map(EStr::as_str));
        if host.is_empty() || authority.has_userinfo() {
            return Err(InvalidOrigin("needs a host and no user information"));
        }
        if !uri.path().is_empty() || uri.has_query() || uri.has_fragment() {
            return Err(InvalidOrigin("must end after the host and port, without a slash"));
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(InvalidOrigin("must be in lower case, as browsers send it"));
        }
        let scheme = uri.scheme().as_str();
        if scheme == "http" && !is_loopback(host) {
            return Err(InvalidOrigin("must begin with https://, or with http:// on a loopback host"));
        }
        if matches!((scheme, port), ("https", Some("443" | "")) | ("http", Some("80" | ""))) {
            return Err(InvalidOrigin("must leave out the default port, as browsers do"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin, as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of [`Origin::parse`]: the rule that the text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the origin {0}")]
pub struct InvalidOrigin(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_origin_is_written_as_browsers_send_it() {
        for good in [
            "https://app.example",
            "https://app.example:8443",
            "http://localhost:6274",
            "http://[::1]:3000",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert_eq!(Origin::parse(good).map(|origin| origin.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "*",
            "null",
            "app.example",
            "https://",
            "https://app.example/",
            "https://app.example?q",
            "https://u@app.example",
            "https://App.example",
            "https://app.example:443",
            "http://localhost:80",
            "http://app.example",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_prints_the_same(text in "([a-z-]{1,9}://)?\\PC{0,40}") {
            if let Ok(origin) = Origin::parse(&text) {
                prop_assert_eq!(origin.as_str(), text);
            }
        }
    }
}
