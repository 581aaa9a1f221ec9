//! Client authentication methods (OAuth 2.1 §2.4), and the location of a client's public keys.

use crate::jose::{InvalidJwkSet, JwkSet};
use crate::protocol::{AuthMethod, Digest, DocumentUrl, InvalidDocumentUrl};
use serde_json::Value;
use thiserror::Error;

/// How a client authenticates (OAuth 2.1 §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// No authentication: a public client.
    None,
    /// By the client secret that this server derived from its id.
    DerivedSecret,
    /// By a client secret with this digest.
    Secret(Digest),
    /// By assertions that are signed with one of these keys (RFC 7523 §2.2).
    Keys(PublishedKeys),
    /// By such assertions, or without authentication. The client chooses at each request.
    KeysOrNone(PublishedKeys),
    /// By a token of the platform on which it runs. Rules of the configuration say which.
    Workload,
}

/// Where a client's public keys are (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedKeys {
    /// In the client's metadata (`jwks`).
    Here(JwkSet),
    /// At a separate URL (`jwks_uri`), so that key rotation does not change the metadata.
    At(DocumentUrl),
}

impl Authentication {
    /// The authentication of a pre-registered client with this method and these keys (RFC 7591 §2).
    ///
    /// # Errors
    /// [`InvalidKeys`] if the method needs keys and there are none, or if it does not use keys.
    pub fn by(method: AuthMethod, keys: Option<PublishedKeys>) -> Result<Self, InvalidKeys> {
        match (method, keys) {
            (AuthMethod::PrivateKeyJwt, Some(keys)) => Ok(Self::Keys(keys)),
            (AuthMethod::PrivateKeyJwt, None) => Err(InvalidKeys::Missing),
            (_, Some(_)) => Err(InvalidKeys::Unused),
            (AuthMethod::None, None) => Ok(Self::None),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => Ok(Self::DerivedSecret),
        }
    }
}

impl PublishedKeys {
    /// Reads `jwks` or `jwks_uri` of a client's metadata. `None` if both are missing.
    ///
    /// # Errors
    /// [`InvalidKeys`] when both are present, or the value cannot be used.
    pub fn parse(jwks: Option<&Value>, jwks_uri: Option<&str>) -> Result<Option<Self>, InvalidKeys> {
        match (jwks, jwks_uri) {
            (Some(_), Some(_)) => Err(InvalidKeys::Both),
            (Some(set), None) => Ok(Some(Self::Here(JwkSet::parse(set)?))),
            (None, Some(uri)) => Ok(Some(Self::At(DocumentUrl::parse(uri)?))),
            (None, None) => Ok(None),
        }
    }
}

/// Why a client's keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidKeys {
    /// The method needs keys, and there are none.
    #[error("private_key_jwt needs jwks or jwks_uri")]
    Missing,
    /// The method does not use keys.
    #[error("jwks and jwks_uri are only for token_endpoint_auth_method private_key_jwt")]
    Unused,
    /// The keys are in two places.
    #[error("jwks and jwks_uri are both present; use one of them")]
    Both,
    /// The value of `jwks` is refused.
    #[error(transparent)]
    JwkSet(#[from] InvalidJwkSet),
    /// The value of `jwks_uri` is refused.
    #[error(transparent)]
    Url(#[from] InvalidDocumentUrl),
}
