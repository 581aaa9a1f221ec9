//! An issuer of another domain whose signatures this server trusts: its URL, and where its keys are.

use crate::config::issuer_url::IssuerUrl;
use crate::jose::{InvalidJwkSet, JwkSet};
use crate::protocol::paths;
use serde_json::Value;
use thiserror::Error;

/// An issuer whose signed statements this server trusts. What it may state is decided elsewhere, such as in
/// [`IdentityIssuer`](crate::config::IdentityIssuer).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedIssuer {
    pub(crate) url: IssuerUrl,
    pub(crate) name: String,
    pub(crate) keys: KeySource,
}

/// Where the public keys of an issuer are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// At the `jwks_uri` of the metadata document at this URL (OpenID Connect Discovery 1.0 §4).
    Metadata(String),
    /// At this URL.
    At(String),
    /// In the configuration, for an issuer that this server cannot reach.
    Here(JwkSet),
}

impl TrustedIssuer {
    /// An issuer with https, or with http on loopback. Its name is its host, and its keys are those of its metadata at the
    /// well-known place (OpenID Connect Discovery 1.0 §4).
    ///
    /// # Errors
    /// [`InvalidTrustedIssuer::Url`] if the URL is another one.
    pub fn new(url: &str) -> Result<Self, InvalidTrustedIssuer> {
        Self::of(url, false)
    }

    /// Like [`Self::new`], for an issuer on a private network: its URLs may be plain http on private addresses.
    ///
    /// # Errors
    /// [`InvalidTrustedIssuer::Url`] if the URL has neither https nor a host that can be private.
    pub fn on_private_network(url: &str) -> Result<Self, InvalidTrustedIssuer> {
        Self::of(url, true)
    }

    fn of(url: &str, private_http: bool) -> Result<Self, InvalidTrustedIssuer> {
        let url = IssuerUrl::parse(url, private_http).map_err(InvalidTrustedIssuer::Url)?;
        let name = url.host(url.as_str()).map_err(InvalidTrustedIssuer::Url)?.to_owned();
        Ok(Self { name, keys: KeySource::Metadata(url.below(paths::OPENID)), url })
    }

    /// Sets the name of the issuer on the pages.
    #[must_use]
    pub fn with_name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// Sets the URL of the metadata, for an issuer whose metadata is not at the well-known place below it.
    ///
    /// # Errors
    /// [`InvalidTrustedIssuer::Keys`] if it is not a URL with https, or with http where that is allowed.
    pub fn with_metadata_url(self, url: &str) -> Result<Self, InvalidTrustedIssuer> {
        self.url.host(url).map_err(InvalidTrustedIssuer::Keys)?;
        Ok(Self { keys: KeySource::Metadata(url.to_owned()), ..self })
    }

    /// Sets the URL of the keys, for an issuer without metadata.
    ///
    /// # Errors
    /// [`InvalidTrustedIssuer::Keys`] if it is not a URL with https, or with http where that is allowed.
    pub fn with_keys_url(self, url: &str) -> Result<Self, InvalidTrustedIssuer> {
        self.url.host(url).map_err(InvalidTrustedIssuer::Keys)?;
        Ok(Self { keys: KeySource::At(url.to_owned()), ..self })
    }

    /// Sets the keys themselves, as a JWK Set, for an issuer that this server cannot reach.
    ///
    /// # Errors
    /// [`InvalidTrustedIssuer::JwkSet`] if it is not a JWK Set of public keys, or has none that this server can use.
    pub fn with_keys(self, set: &Value) -> Result<Self, InvalidTrustedIssuer> {
        let set = JwkSet::parse(set)?;
        let usable = (!set.is_empty()).then_some(set).ok_or(InvalidTrustedIssuer::NoKey)?;
        Ok(Self { keys: KeySource::Here(usable), ..self })
    }

    /// The issuer identifier, byte for byte as its tokens have it in `iss`.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The URL of the keys, if the operator gives it.
    pub fn keys_url(&self) -> Option<&str> {
        match &self.keys {
            KeySource::At(url) => Some(url),
            KeySource::Metadata(_) | KeySource::Here(_) => None,
        }
    }

    /// The name of the issuer on the pages.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Why a trusted issuer is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidTrustedIssuer {
    /// The URL is not valid. The text completes a sentence that begins with "the url".
    #[error("the url {0}")]
    Url(&'static str),
    /// The URL of the keys, or of the metadata that names it, is not valid.
    #[error("the URL of keys or metadata {0}")]
    Keys(&'static str),
    /// The keys are no JWK Set of public keys.
    #[error(transparent)]
    JwkSet(#[from] InvalidJwkSet),
    /// No key of the set can verify a signature here.
    #[error("jwks has no key that this server can use; use RSA, P-256 or Ed25519 keys for signatures")]
    NoKey,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_where_the_operator_says() {
        let issuer = || TrustedIssuer::new("https://idp.example/tenant").unwrap();
        let well_known = "https://idp.example/tenant/.well-known/openid-configuration".to_owned();
        assert_eq!(issuer().keys, KeySource::Metadata(well_known));
        assert_eq!((issuer().name(), issuer().with_name("Acme").name()), ("idp.example", "Acme"));
        let at = issuer().with_keys_url("https://keys.example/jwks").unwrap();
        assert_eq!(at.keys, KeySource::At("https://keys.example/jwks".to_owned()));
        assert!(issuer().with_keys_url("http://keys.example/jwks").is_err());
        assert!(issuer().with_metadata_url("keys.example").is_err());
        let private = TrustedIssuer::on_private_network("http://10.0.0.5").unwrap();
        assert!(private.with_keys_url("http://10.0.0.6/jwks").is_ok());
        let key =
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
        assert!(issuer().with_keys(&json!({ "keys": [key] })).is_ok());
        assert_eq!(issuer().with_keys(&json!({ "keys": [] })), Err(InvalidTrustedIssuer::NoKey));
        assert!(issuer().with_keys(&json!({ "keys": "" })).is_err());
    }

    #[test]
    fn an_issuer_is_a_url_with_https() {
        for url in ["http://idp.example", "idp.example", "https://a.example?b", "https://u@a.example", ""] {
            assert!(TrustedIssuer::new(url).is_err(), "{url}");
        }
        assert!(TrustedIssuer::new("http://127.0.0.1:9000").is_ok());
    }
}
