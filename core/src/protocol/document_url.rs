//! The URL of a Client ID Metadata Document (CIMD), or of a client's keys
//! (draft-ietf-oauth-client-id-metadata-document §3, Client Identifier URL).

use crate::protocol::host::{is_loopback, without_port};
use fluent_uri::Uri;
use std::fmt;
use thiserror::Error;

/// The URL of a document that a client publishes: its Client ID Metadata Document, or its keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentUrl(String);

impl DocumentUrl {
    const MAX_BYTES: usize = 1024;

    /// Whether a client id is the URL of a Client ID Metadata Document, not an id of another kind.
    pub fn is_meant_by(id: &str) -> bool {
        id.starts_with("https://") || id.starts_with("http://")
    }

    /// Reads a URL (Client Identifier URL): https, or http on loopback; with a path, and without user information,
    /// fragment or dot segments. URLs are compared as plain text, so a URL that a browser would rewrite is refused.
    ///
    /// # Errors
    /// [`InvalidDocumentUrl`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidDocumentUrl> {
        let no = |why| Err(InvalidDocumentUrl(why));
        if text.len() > Self::MAX_BYTES {
            return no("is longer than 1024 bytes");
        }
        let Some((uri, authority)) = Uri::parse(text).ok().and_then(|uri| Some((uri, uri.authority()?)))
        else {
            return no("is not an absolute URL");
        };
        let scheme = uri.scheme().as_str();
        if scheme != "https" && !(scheme == "http" && is_loopback(authority.host())) {
            return no("must begin with https://");
        }
        if authority.has_userinfo() || uri.has_fragment() {
            return no("must have no user information and no fragment");
        }
        let host = authority.host();
        if host.is_empty() || host.ends_with('.') || host.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return no("must have a host in lower case, without a dot at its end");
        }
        if uri.path().is_empty() || uri.path().as_str().split('/').any(is_dots) {
            return no("must have a path, without dot segments");
        }
        Ok(Self(text.to_owned()))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host and port, which identify the publisher.
    pub fn authority(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }

    /// The host, without the port.
    pub fn host(&self) -> &str {
        without_port(self.authority())
    }

    /// Whether the host is a loopback host.
    pub fn is_loopback(&self) -> bool {
        let uri = Uri::parse(self.0.as_str()).ok();
        uri.and_then(|uri| uri.authority().map(|authority| is_loopback(authority.host()))).unwrap_or(false)
    }
}

impl fmt::Display for DocumentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The error of [`DocumentUrl::parse`]: the rule that the URL breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("its URL {0}")]
pub struct InvalidDocumentUrl(pub &'static str);

/// Whether a path segment is `.` or `..`, percent-encoded or not.
fn is_dots(segment: &str) -> bool {
    [".", ".."].contains(&segment.replace("%2e", ".").replace("%2E", ".").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const URL: &str = "https://app.example/client.json";

    #[test]
    fn a_url_that_could_be_written_otherwise_or_is_not_https_is_none() {
        for url in [URL, "https://app.example/", "https://app.example:8443/a?b", "http://127.0.0.1:8000/a"] {
            assert_eq!(DocumentUrl::parse(url).unwrap().as_str(), url);
        }
        for (url, here) in [("http://[::1]/a", true), ("https://localhost:1/a", true), (URL, false)] {
            assert_eq!(DocumentUrl::parse(url).unwrap().is_loopback(), here, "{url}");
        }
        for url in [
            "http://app.example/client.json",
            "https://app.example",
            "https://APP.example/client.json",
            "https://app.example./client.json",
            "https://u:p@app.example/client.json",
            "https://app.example/client.json#x",
            "https://app.example/../client.json",
            "https://app.example/%2E%2e/client.json",
            "https://app.example/a b",
            "https:///client.json",
            "client.json",
            &format!("https://app.example/{}", "a".repeat(1024)),
        ] {
            assert!(DocumentUrl::parse(url).is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_url_panics(text in "(https://)?\\PC{0,40}") {
            let _ = DocumentUrl::parse(&text).map(|url| (url.host().to_owned(), url.is_loopback()));
        }
    }
}
