//! How a client authenticates (OAuth 2.1 §2.4), and where its public keys are.

use crate::jose::{InvalidJwkSet, JwkSet};
use crate::protocol::{AuthMethod, Digest, DocumentUrl, InvalidDocumentUrl};
use serde_json::Value;
use std::fmt;

/// How a client shows that it is the one (OAuth 2.1 §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// Not at all: a public client.
    None,
    /// With the secret that was derived for it.
    DerivedSecret,
    /// With a secret of this digest.
    Secret(Digest),
    /// With assertions that one of these keys signed (RFC 7523 §2.2).
    Keys(PublishedKeys),
    /// With such assertions, or not at all, as it likes.
    KeysOrNone(PublishedKeys),
}

/// Where a client's public keys are (RFC 7591 §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedKeys {
    /// In the document.
    Here(JwkSet),
    /// At a URL of their own, so that they can change without it.
    At(DocumentUrl),
}

impl Authentication {
    /// How a pre-registered client authenticates that is given this method and these keys (RFC 7591 §2).
    ///
    /// # Errors
    /// [`InvalidKeys`] when the method needs keys and there are none, or the other way round.
    pub fn by(method: AuthMethod, keys: Option<PublishedKeys>) -> Result<Self, InvalidKeys> {
        let refused = |why: &str| Err(InvalidKeys(why.to_owned()));
        match (method, keys) {
            (AuthMethod::PrivateKeyJwt, Some(keys)) => Ok(Self::Keys(keys)),
            (AuthMethod::PrivateKeyJwt, None) => refused("private_key_jwt needs jwks or jwks_uri"),
            (_, Some(_)) => refused("keys are for private_key_jwt"),
            (AuthMethod::None, None) => Ok(Self::None),
            (AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost, None) => Ok(Self::DerivedSecret),
        }
    }
}

impl PublishedKeys {
    /// Reads either member of a client's metadata; nothing where there is neither.
    ///
    /// # Errors
    /// [`InvalidKeys`] when there are both, or what is there cannot be used.
    pub fn parse(jwks: Option<&Value>, jwks_uri: Option<&str>) -> Result<Option<Self>, InvalidKeys> {
        match (jwks, jwks_uri) {
            (Some(_), Some(_)) => Err(InvalidKeys("it has both jwks and jwks_uri (RFC 7591 §2)".to_owned())),
            (Some(set), None) => Ok(Some(Self::Here(JwkSet::parse(set)?))),
            (None, Some(uri)) => Ok(Some(Self::At(DocumentUrl::parse(uri)?))),
            (None, None) => Ok(None),
        }
    }
}

/// Why a client's keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidKeys(pub String);

impl fmt::Display for InvalidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidKeys {}

impl From<InvalidJwkSet> for InvalidKeys {
    fn from(error: InvalidJwkSet) -> Self {
        Self(error.to_string())
    }
}

impl From<InvalidDocumentUrl> for InvalidKeys {
    fn from(error: InvalidDocumentUrl) -> Self {
        Self(error.to_string())
    }
}
