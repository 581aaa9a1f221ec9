//! The URL of an issuer whose signatures this server trusts, and which URLs of that issuer may be fetched.

use crate::protocol::{is_loopback, may_be_private, parse_endpoint};

/// The `iss` of a trusted issuer, byte for byte as its tokens and its metadata have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IssuerUrl {
    text: String,
    private_http: bool,
}

impl IssuerUrl {
    /// Reads the URL of an issuer: https, or http on loopback. With `private_http`, the issuer is on a private network: its
    /// URLs may be plain http on private addresses.
    ///
    /// # Errors
    /// The rule that the URL breaks, as the end of a sentence.
    pub(super) fn parse(text: &str, private_http: bool) -> Result<Self, &'static str> {
        let url = Self { text: text.to_owned(), private_http };
        url.host(text)?;
        if text.contains('?') {
            return Err("must have neither a query nor a fragment");
        }
        Ok(url)
    }

    /// The URL as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether plain http is allowed on private addresses.
    pub(crate) fn has_private_http(&self) -> bool {
        self.private_http
    }

    /// The host of a URL of this issuer, if the URL may be used: https, or http where that is allowed.
    ///
    /// # Errors
    /// The rule that the URL breaks, as the end of a sentence.
    pub(crate) fn host<'a>(&self, url: &'a str) -> Result<&'a str, &'static str> {
        let local = self.text.starts_with("http://");
        let plain = |host: &str| local && is_loopback(host) || self.private_http && may_be_private(host);
        match parse_endpoint(url, plain) {
            Ok(uri) => Ok(uri.authority().map_or("", |authority| authority.host())),
            Err(_) if url.starts_with("http://") && self.private_http => {
                Err("uses http on an address that is not private; use https")
            }
            Err(_) if url.starts_with("http://") => Err(
                "uses http; use https, or allow http on private addresses with provider-private-http, or private-http in a block of trust",
            ),
            Err(why) => Err(why),
        }
    }

    /// A document below the issuer, such as its metadata (OpenID Connect Discovery 1.0 §4).
    pub(crate) fn below(&self, path: &str) -> String {
        format!("{}{path}", self.text.trim_end_matches('/'))
    }
}
