//! The keys of a trusted issuer, and whether one of them signed a token (RFC 7515 §5.2).

use crate::config::{KeySource, TrustedIssuer};
use crate::jose::jwt::Foreign;
use crate::jose::{JwkSet, Object};
use crate::ports::{Deadline, Timestamp};
use crate::provider::connection::{Connection, Provider};
use crate::provider::error::{ProviderError, quoted};
use crate::wire::{Found, without_bom};
use serde::Deserialize;
use std::sync::Arc;

/// A trusted issuer, with everything that is needed to read its keys.
pub(crate) struct IssuerKeys<'a> {
    issuer: &'a TrustedIssuer,
    connection: Connection,
    deadline: &'a Deadline,
    now: Timestamp,
}

/// Why a token does not count.
#[derive(Debug)]
pub(crate) enum Unverified {
    /// No key of the issuer verifies the signature.
    Signature(String),
    /// The keys could not be read.
    Keys(ProviderError),
}

/// The part of the metadata that says where the keys are. The issuer need not be one at which users sign in.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl<'a> IssuerKeys<'a> {
    pub(crate) fn of(
        issuer: &'a TrustedIssuer,
        provider: &Provider,
        deadline: &'a Deadline,
        now: Timestamp,
    ) -> Self {
        Self { issuer, connection: provider.of_assertions(issuer.url()), deadline, now }
    }

    /// Checks the signature. If no known key verifies it, the keys are fetched again, at most once a minute (key rotation).
    pub(crate) async fn verify<T>(&self, token: &Foreign<T>) -> Result<(), Unverified> {
        if let KeySource::Here(keys) = &self.issuer.keys {
            return verified(token, keys);
        }
        let url = self.url().await.map_err(Unverified::Keys)?;
        let known = self.connection.keys(&url, self.now, self.deadline).await;
        let Found { value, .. } = known.map_err(Unverified::Keys)?;
        if verified(token, &value).is_ok() {
            return Ok(());
        }
        let newer = self.connection.keys_again(&url, self.now, self.deadline).await;
        verified(token, &newer.map_err(Unverified::Keys)?.value).map_err(|unverified| {
            // An older set does not say that there is no such key.
            self.connection.keys_failure(self.now).map_or(unverified, Unverified::Keys)
        })
    }

    async fn url(&self) -> Result<Arc<String>, ProviderError> {
        match &self.issuer.keys {
            KeySource::At(url) => Ok(Arc::new(url.clone())),
            KeySource::Metadata(url) => {
                let fetch = async { self.parse(&self.connection.get(url, None, self.deadline).await?) };
                self.connection.keys_url(fetch, self.now, self.deadline).await
            }
            KeySource::Here(_) => Err(ProviderError::Invalid("the keys are in the configuration".to_owned())),
        }
    }

    fn parse(&self, json: &[u8]) -> Result<String, ProviderError> {
        let invalid =
            |why: String| ProviderError::Invalid(format!("the metadata of {} {why}", self.issuer.url()));
        let read: Metadata =
            Object::read(without_bom(json)).map_err(|error| invalid(format!("is not valid: {error}")))?;
        // OpenID Connect Discovery 1.0 §4.3: both must be equal, byte for byte.
        if read.issuer != self.issuer.url() {
            return Err(invalid(format!("has the issuer {}", quoted(&read.issuer))));
        }
        match self.issuer.url.host(&read.jwks_uri) {
            Ok(_) => Ok(read.jwks_uri),
            Err(why) => Err(invalid(format!("has the jwks_uri {}, which {why}", quoted(&read.jwks_uri)))),
        }
    }
}

fn verified<T>(token: &Foreign<T>, keys: &JwkSet) -> Result<(), Unverified> {
    let unsigned = || {
        let key = token.key().map_or("has no kid".to_owned(), |kid| format!("has the kid {}", quoted(kid)));
        Unverified::Signature(format!("no key of its issuer verifies its signature: it {key}"))
    };
    token.is_signed_by(keys).then_some(()).ok_or_else(unsigned)
}
