//! What an upstream is told of the caller of a request: a signed identity, plain headers, or nothing.

use crate::guard::Access;
use crate::jose::{Signer, SigningFailed};
use crate::ports::Timestamp;
use crate::protocol::{Issuer, Resource};
use crate::token::Identity;
use crate::wire::{Cache, Found};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use strum::{IntoStaticStr, VariantArray};

/// The lifetime of an identity. Less, if the access token ends earlier.
const LIFETIME: Duration = Duration::from_secs(300);
/// How long an identity is sent again, so that a request costs no signature. It is then valid for a minute more.
const REUSE: Duration = Duration::from_secs(240);
/// The most identities that are remembered, of about 1 KB each.
const MAX_REMEMBERED: usize = 4096;

/// The form in which an upstream is told of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum IdentityForm {
    /// A signed JWT in `Doorward-Identity`.
    Signed,
    /// The same in `Authorization`, for servers that verify bearer tokens.
    Bearer,
    /// `Doorward-Person`, `Doorward-Client` and `Doorward-Scope`, for networks that no other caller reaches.
    Plain,
    /// Nothing.
    None,
}

impl IdentityForm {
    /// All forms.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The name in the settings.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Tells one upstream of its callers.
pub(super) struct CallerIdentity {
    form: IdentityForm,
    issuer: Issuer,
    resource: Resource,
    signer: Arc<dyn Signer>,
    hasher: RandomState,
    signed: Cache<u64, (Access, HeaderValue), Infallible>,
}

impl CallerIdentity {
    pub(super) fn new(
        form: IdentityForm,
        issuer: Issuer,
        resource: Resource,
        signer: Arc<dyn Signer>,
    ) -> Self {
        Self {
            form,
            issuer,
            resource,
            signer,
            hasher: RandomState::new(),
            signed: Cache::new(MAX_REMEMBERED),
        }
    }

    /// Adds the headers about the caller.
    pub(super) fn put(
        &self,
        access: &Access,
        now: Timestamp,
        headers: &mut HeaderMap,
    ) -> Result<(), SigningFailed> {
        match self.form {
            IdentityForm::None => {}
            IdentityForm::Signed => {
                headers.insert(IDENTITY, self.identity(access, now, "")?);
            }
            IdentityForm::Bearer => {
                headers.insert(header::AUTHORIZATION, self.identity(access, now, "Bearer ")?);
            }
            IdentityForm::Plain => {
                let (person, client) = (access.subject.to_string(), &access.client.0);
                for (name, value) in [(PERSON, &person), (CLIENT, client), (SCOPE, &access.scope.to_string())]
                {
                    // Ids have no control characters. A name may have letters beyond ASCII, which are sent in UTF-8.
                    let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| SigningFailed)?;
                    headers.insert(name, value);
                }
            }
        }
        Ok(())
    }

    /// The signed identity after this prefix.
    fn identity(&self, access: &Access, now: Timestamp, prefix: &str) -> Result<HeaderValue, SigningFailed> {
        let key = self.hasher.hash_one((&access.subject, &access.client, access.grant, access.expires_at));
        // Another caller can have the same hash.
        let known = self.signed.get(&key, now).found.filter(|known| known.value.0 == *access);
        if let Some(known) = known {
            return Ok(known.value.1.clone());
        }
        let claims = Identity {
            iss: self.issuer.to_string(),
            sub: access.subject.clone(),
            aud: self.resource.clone(),
            client_id: access.client.clone(),
            scope: access.scope.clone(),
            auth_time: access.signed_in_at,
            gid: access.grant.map(|grant| grant.to_string()),
            iat: now,
            exp: now.after(LIFETIME).min(access.expires_at),
        };
        let text = format!("{prefix}{}", claims.sign(&*self.signer)?);
        let mut value = HeaderValue::try_from(text).map_err(|_| SigningFailed)?;
        value.set_sensitive(true);
        let fresh = now.after(REUSE).min(access.expires_at);
        self.signed.put(key, Found::until(Arc::new((access.clone(), value.clone())), now, fresh), now);
        Ok(value)
    }
}

const IDENTITY: HeaderName = HeaderName::from_static("doorward-identity");
const PERSON: HeaderName = HeaderName::from_static("doorward-person");
const CLIENT: HeaderName = HeaderName::from_static("doorward-client");
const SCOPE: HeaderName = HeaderName::from_static("doorward-scope");
