//! Redirect URIs, to which the browser is sent with a code (RFC 6749 §3.1.2; RFC 8252 §7).

use crate::protocol::host::{is_host_name, is_loopback};
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// A redirect URI as a client sends it: absolute, without a fragment, of a kind that can be used safely.
///
/// Parsed strictly by RFC 3986. Input that browsers repair (a backslash, a line break) is refused. So this parser and
/// the browser's never disagree about the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    registered: RegisteredRedirectUri,
    kind: RedirectKind,
}

/// The kind of a redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// A web server (RFC 8252 §7.2).
    Https,
    /// A program on the user's own machine, on a loopback host and any port (RFC 8252 §7.3).
    Loopback,
    /// A program that registered a private-use URI scheme (RFC 8252 §7.1).
    PrivateUse,
}

/// A redirect URI in the form that is compared: loopback URIs without their port (RFC 8252 §7.3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegisteredRedirectUri(String);

impl RegisteredRedirectUri {
    /// Reads the redirect URIs of a pre-registered client. Every URI must be usable, because the operator who wrote
    /// them can correct them.
    ///
    /// # Errors
    /// The first URI that cannot be used, and the rule that it breaks.
    pub fn parse_all<'a>(
        texts: impl Iterator<Item = &'a str>,
    ) -> Result<BTreeSet<Self>, (&'a str, InvalidRedirectUri)> {
        texts
            .map(|text| match RedirectUri::parse(text) {
                Ok(uri) => Ok(uri.registered().clone()),
                Err(invalid) => Err((text, invalid)),
            })
            .collect()
    }

    /// The URI without a loopback port.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Schemes that are refused, because a browser or an operating system handles them itself. A code sent there would run
/// as a script, be read from a disk, dial a number, or start a program that did not request it.
const NEVER: [&str; 41] = [
    "about",
    "afp",
    "android-app",
    "blob",
    "callto",
    "cid",
    "content",
    "data",
    "dav",
    "dict",
    "dns",
    "facetime",
    "feed",
    "file",
    "filesystem",
    "ftp",
    "geo",
    "gopher",
    "help",
    "imap",
    "intent",
    "jar",
    "javascript",
    "ldap",
    "mailto",
    "market",
    "mid",
    "news",
    "nfs",
    "nntp",
    "resource",
    "search",
    "shell",
    "sms",
    "smb",
    "ssh",
    "tel",
    "telnet",
    "vbscript",
    "ws",
    "wss",
];

/// Prefixes of schemes that are refused for the same reason.
const NEVER_BEGINS: [&str; 8] = ["chrome", "itms", "moz-", "ms-", "ms.", "safari-", "search-", "view-"];

fn is_taken(scheme: &str) -> bool {
    NEVER.contains(&scheme) || NEVER_BEGINS.iter().any(|family| scheme.starts_with(family))
}

impl RedirectUri {
    /// The maximum length, in bytes. A URL that carries the redirect URI twice must have room for it.
    pub const MAX_BYTES: usize = 1024;

    /// Reads a redirect URI.
    ///
    /// # Errors
    /// [`InvalidRedirectUri`], with the rule that was broken.
    pub fn parse(text: &str) -> Result<Self, InvalidRedirectUri> {
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidRedirectUri("is longer than 1024 bytes"));
        }
        let uri = Uri::parse(text).map_err(|_| InvalidRedirectUri("is not an absolute URI"))?;
        if uri.has_fragment() {
            return Err(InvalidRedirectUri("has a fragment"));
        }
        if uri.authority().is_some_and(|authority| authority.has_userinfo()) {
            return Err(InvalidRedirectUri("has user information before its host"));
        }
        let kind = RedirectKind::of(&uri)?;
        let registered =
            if kind == RedirectKind::Loopback { without_loopback_port(&uri) } else { text.to_owned() };
        Ok(Self { text: text.to_owned(), registered: RegisteredRedirectUri(registered), kind })
    }

    /// The URI as it was sent, port included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form that is compared.
    pub fn registered(&self) -> &RegisteredRedirectUri {
        &self.registered
    }

    /// The kind of this redirect URI.
    pub fn kind(&self) -> RedirectKind {
        self.kind
    }

    /// The receiver of the code, to show to the user: the host and port, or the scheme with a colon for private-use
    /// schemes.
    pub fn destination(&self) -> &str {
        destination(&self.text)
    }
}

/// The receiver of a URL, to show to the user: the host and port of a web server, or another scheme with a colon. Empty
/// for a URL without a scheme.
pub(crate) fn destination(url: &str) -> &str {
    let Some((scheme, rest)) = url.split_once(':').filter(|(scheme, _)| !scheme.contains('/')) else {
        return "";
    };
    if ["https", "http"].iter().any(|web| web.eq_ignore_ascii_case(scheme)) {
        rest.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default()
    } else {
        &url[..=scheme.len()]
    }
}

impl RedirectKind {
    fn of(uri: &Uri<&str>) -> Result<Self, InvalidRedirectUri> {
        let scheme = uri.scheme().as_str().to_ascii_lowercase();
        let host = uri.authority().map(|authority| authority.host());
        match (scheme.as_str(), host) {
            ("https" | "http", None | Some("")) => Err(InvalidRedirectUri("has no host")),
            ("https", Some(host)) if !is_host_name(host) => Err(InvalidRedirectUri(
                "has a host that is no host name or IP address; wildcards do not work, so name each host",
            )),
            ("https", Some(_)) => Ok(Self::Https),
            ("http", Some(host)) if is_loopback(host) => Ok(Self::Loopback),
            ("http", Some(_)) => {
                Err(InvalidRedirectUri("uses http on a host that is not loopback; use https"))
            }
            (scheme, _) if is_taken(scheme) => Err(InvalidRedirectUri(
                "uses a scheme that is not allowed; use https, or http on loopback, or a private-use scheme",
            )),
            _ => Ok(Self::PrivateUse),
        }
    }
}

fn without_loopback_port(uri: &Uri<&str>) -> String {
    let mut text = String::with_capacity(uri.as_str().len());
    text.push_str("http://");
    text.push_str(uri.authority().map_or("", |authority| authority.host()));
    text.make_ascii_lowercase();
    text.push_str(uri.path().as_str());
    if let Some(query) = uri.query() {
        text.push('?');
        text.push_str(query.as_str());
    }
    text
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The error of [`RedirectUri::parse`]: the rule that the text breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidRedirectUri(pub &'static str);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(one: &str, other: &str) -> bool {
        RedirectUri::parse(one).unwrap().registered == RedirectUri::parse(other).unwrap().registered
    }

    #[test]
    fn a_loopback_port_does_not_count_and_everything_else_does() {
        assert!(same("http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback"));
        assert!(same("http://localhost/callback", "http://localhost:33418/callback"));
        assert!(same("http://[::1]:5/", "http://[::1]/"));
        assert!(same("https://[2606:4700::1111]/*", "https://[2606:4700::1111]/*"));
        assert!(!same("http://127.0.0.1:1/callback", "http://localhost:1/callback"));
        assert!(!same("http://127.0.0.1:1/callback", "http://127.0.0.1:1/Callback"));
        assert!(!same("http://127.0.0.1:1/callback", "http://127.0.0.1:1/callback?x=1"));
        assert!(!same("https://a.example:1/callback", "https://a.example:2/callback"));
    }

    #[test]
    fn what_cannot_receive_a_code_is_refused() {
        for bad in [
            "",
            "/callback",
            "a.example/callback",
            "https:///callback",
            "https:",
            "http://a.example/",
            "https://a.example/#f",
            "https://u:p@a.example/",
            "javascript:alert(1)",
            "ms-msdt:/x",
            "search-ms:query=x",
            "itms-services://x",
            "tel:112",
            "chrome-extension://x/y",
            "JavaScript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "http://127.0.0.1\\@a.example/",
            "http://127.0.0.1.a.example/",
            "https://*.a.example/callback",
            "https://*/callback",
            "https://a.*/callback",
            "https://a%2Eexample/callback",
            "https://a,b.example/callback",
            "https://a.example/\nx",
            "https://a.exa mple/",
            "http://127.0.0.1:99999999/\u{0}",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
        assert!(RedirectUri::parse(&format!("https://a.example/{}", "x".repeat(1024))).is_err());
    }

    #[test]
    fn a_person_reads_who_receives_the_code() {
        for (uri, destination) in [
            ("https://claude.ai/api/mcp/auth_callback", "claude.ai"),
            ("http://127.0.0.1:3334/callback", "127.0.0.1:3334"),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
        ] {
            assert_eq!(RedirectUri::parse(uri).unwrap().destination(), destination);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_parses_is_kept(text in "([a-z]{1,8}:(//)?)?\\PC{0,40}") {
            if let Ok(uri) = RedirectUri::parse(&text) {
                prop_assert_eq!(uri.as_str(), text);
                prop_assert!(!uri.destination().is_empty());
            }
        }

        #[test]
        fn any_loopback_port_is_the_same_place(port in any::<u16>(), path in "(/[a-z]{0,8}){0,3}") {
            let (with, without) = (format!("http://localhost:{port}{path}"), format!("http://localhost{path}"));
            prop_assert!(same(&with, &without));
        }
    }
}
