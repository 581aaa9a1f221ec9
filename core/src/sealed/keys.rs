//! All keys of the authorization server, one key ring for each kind of value.

use crate::sealed::attempt_bucket::AttemptBucket;
use crate::sealed::authorization_code::AuthorizationCode;
use crate::sealed::client_secret::ClientSecret;
use crate::sealed::form::Form;
use crate::sealed::keyring::{Purpose, Ring, RootSecret, Secrets};
use crate::sealed::known_browser::KnownBrowser;
use crate::sealed::legacy_endpoint::LegacyEndpoint;
use crate::sealed::pre_registered_client_id::PreRegisteredClientId;
use crate::sealed::provider_state::ProviderState;
use crate::sealed::refresh_token::RefreshToken;
use crate::sealed::registration::Registration;
use crate::sealed::session::Session;
use crate::sealed::upstream_session::UpstreamSession;

/// All keys of the authorization server, one key ring for each kind of value.
pub struct Keys {
    /// Signs `client_id`s from dynamic client registration, which consist of the client's metadata.
    pub client_ids: Ring<Registration>,
    /// Signs the ids of pre-registered clients.
    pub pre_registered_clients: Ring<PreRegisteredClientId>,
    /// Derives the secrets of confidential clients.
    pub client_secrets: Ring<ClientSecret>,
    /// Signs refresh tokens.
    pub refresh_tokens: Ring<RefreshToken>,
    /// Seals authorization codes.
    pub codes: Ring<AuthorizationCode>,
    /// Seals sign-in sessions into cookies.
    pub sessions: Ring<Session>,
    /// Seals the cookie of a known browser, in which a user has signed in before.
    pub known_browsers: Ring<KnownBrowser>,
    /// Derives the rate limit bucket in which wrong passwords for a name are counted.
    pub attempts: Ring<AttemptBucket>,
    /// Seals CSRF tokens, which bind a form to a browser and to a request.
    pub forms: Ring<Form>,
    /// Seals the `state` parameter of the request to the identity provider.
    pub provider_states: Ring<ProviderState>,
    /// Binds session ids of MCP servers behind the gateway to their owner.
    pub upstream_sessions: Ring<UpstreamSession>,
    /// Seals the endpoints of HTTP+SSE of MCP servers behind the gateway.
    pub legacy_endpoints: Ring<LegacyEndpoint>,
}

impl Keys {
    /// Derives all keys. Values from the `older` secrets are still accepted (key rotation).
    pub fn derive(newest: &RootSecret, older: &[RootSecret]) -> Self {
        Self::of(|purpose| Secrets {
            newest: newest.derive(purpose),
            others: older.iter().map(|root| root.derive(purpose)).collect(),
        })
    }

    /// Derives all keys from the secrets of each purpose, which the function `secrets` returns.
    pub fn of(secrets: impl Fn(Purpose) -> Secrets) -> Self {
        Self {
            client_ids: Ring::of(&secrets),
            pre_registered_clients: Ring::of(&secrets),
            client_secrets: Ring::of(&secrets),
            refresh_tokens: Ring::of(&secrets),
            codes: Ring::of(&secrets),
            sessions: Ring::of(&secrets),
            known_browsers: Ring::of(&secrets),
            attempts: Ring::of(&secrets),
            forms: Ring::of(&secrets),
            provider_states: Ring::of(&secrets),
            upstream_sessions: Ring::of(&secrets),
            legacy_endpoints: Ring::of(&secrets),
        }
    }

    /// The same secret and the same ids for all kinds, so that only prefix and version tell them apart.
    #[cfg(test)]
    pub(crate) fn with_secret(secret: [u8; 32], ids: &[crate::sealed::keyring::KeyId]) -> Self {
        Self {
            client_ids: Ring::with_secret(secret, ids),
            pre_registered_clients: Ring::with_secret(secret, ids),
            client_secrets: Ring::with_secret(secret, ids),
            refresh_tokens: Ring::with_secret(secret, ids),
            codes: Ring::with_secret(secret, ids),
            sessions: Ring::with_secret(secret, ids),
            known_browsers: Ring::with_secret(secret, ids),
            attempts: Ring::with_secret(secret, ids),
            forms: Ring::with_secret(secret, ids),
            provider_states: Ring::with_secret(secret, ids),
            upstream_sessions: Ring::with_secret(secret, ids),
            legacy_endpoints: Ring::with_secret(secret, ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::keyring::{Key, KeyId, Kind};
    use std::collections::BTreeSet;

    fn newest<T: Kind>(ring: &Ring<T>) -> (KeyId, [u8; 32]) {
        let Key { id, secret, .. } = ring.newest();
        (*id, **secret)
    }

    #[test]
    fn every_kind_has_a_key_and_a_key_id_of_its_own() {
        let keys = Keys::derive(&RootSecret::new([7; 32]), &[]);
        let all = [
            newest(&keys.client_ids),
            newest(&keys.pre_registered_clients),
            newest(&keys.client_secrets),
            newest(&keys.refresh_tokens),
            newest(&keys.codes),
            newest(&keys.sessions),
            newest(&keys.known_browsers),
            newest(&keys.attempts),
            newest(&keys.forms),
            newest(&keys.provider_states),
            newest(&keys.upstream_sessions),
            newest(&keys.legacy_endpoints),
        ];
        let ids: BTreeSet<_> = all.iter().map(|(id, _)| *id).collect();
        let secrets: BTreeSet<_> = all.iter().map(|(_, secret)| *secret).collect();
        assert_eq!((ids.len(), secrets.len()), (all.len(), all.len()));
    }
}
