//! Keys of one function: the secrets of its purposes, the public keys, and the identity provider's secret.

use crate::entries::{newest_first, parse};
use crate::{Names, ParameterStore, Unanswered};
use doorward::config::ProviderSecret;
use doorward::jose::PublicKey;
use doorward::ports::Timestamp;
use doorward::sealed::{Keys, Purpose, PurposeSecret, Secrets};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The keys of one function.
pub struct FunctionKeys {
    secrets: BTreeMap<Purpose, Secrets>,
    /// The keys that verify access tokens. The key that signs is first.
    pub public_keys: Vec<PublicKey>,
    /// The keys that verify identities. Empty until `ensure-keys` has published them, after an upgrade.
    pub identity_keys: Vec<PublicKey>,
    /// The client secret at the identity provider, for the redemption of its codes.
    pub provider_secret: Option<ProviderSecret>,
    /// The headers that gateways add, one a line. They are secret.
    pub upstream_headers: Option<Zeroizing<String>>,
    /// The issuers that the operator trusts, as a TOML document.
    pub trust: Option<String>,
}

/// Which keys a function needs.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// The secrets of these purposes.
    pub purposes: &'static [Purpose],
    /// The public keys.
    pub public_keys: bool,
    /// The public keys of identities.
    pub identity_keys: bool,
    /// The client secret at the identity provider, if the operator has stored one.
    pub provider_secret: bool,
    /// The headers of upstreams, if the operator has stored some.
    pub upstream_headers: bool,
    /// The issuers that the operator trusts, if there are any.
    pub trust: bool,
}

impl FunctionKeys {
    /// Reads the keys that a function needs. `now` determines which of them is in use.
    ///
    /// # Errors
    /// [`Unanswered`] when the store does not answer, does not allow this function to read, or has no such keys yet.
    pub async fn read(
        store: &ParameterStore,
        names: &Names,
        needs: Needs,
        now: Timestamp,
    ) -> Result<Self, Unanswered> {
        let public_name = needs.public_keys.then(|| names.public_keys());
        let identities = needs.identity_keys.then(|| names.identity_keys());
        let secret = needs.provider_secret.then(|| names.provider_secret());
        let headers = needs.upstream_headers.then(|| names.upstream_headers());
        let trust = needs.trust.then(|| names.trust()).into_iter().flatten();
        let trust: Vec<_> = trust.collect();
        let purposes = needs.purposes.iter().map(|purpose| names.of(*purpose));
        let others =
            [&public_name, &identities, &secret, &headers].into_iter().flatten().chain(&trust).cloned();
        let asked: Vec<_> = purposes.chain(others).collect();
        let values = store.read(&asked).await?;
        let entries = |name: &str| {
            let value =
                values.get(name).ok_or_else(|| Unanswered(format!("the parameter {name} does not exist")))?;
            let entries = parse(&value.value).filter(|entries| !entries.is_empty());
            entries.map(|entries| newest_first(entries, now)).ok_or_else(|| unreadable(name))
        };
        let mut secrets = BTreeMap::new();
        for purpose in needs.purposes {
            let name = names.of(*purpose);
            let read: Option<Vec<_>> =
                entries(&name)?.iter().map(|entry| entry.bytes().map(PurposeSecret::new)).collect();
            let mut read = read.ok_or_else(|| unreadable(&name))?;
            secrets.insert(*purpose, Secrets { newest: read.remove(0), others: read });
        }
        let public = |name: String| {
            let read: Option<_> =
                entries(&name)?.iter().map(|entry| entry.bytes().map(PublicKey::new)).collect();
            read.ok_or_else(|| unreadable(&name))
        };
        let public_keys = public_name.map(public).transpose()?.unwrap_or_default();
        let published = identities.filter(|name| values.contains_key(name));
        let identity_keys = published.map(public).transpose()?.unwrap_or_default();
        let written = secret.and_then(|name| values.get(&name));
        let provider_secret = written.map(|stored| ProviderSecret::new(stored.value.trim()));
        let upstream_headers = headers.and_then(|name| values.get(&name)).map(|stored| stored.value.clone());
        let parts: Vec<_> =
            trust.iter().map_while(|name| values.get(name)).map(|part| part.value.as_str()).collect();
        let trust = (!parts.is_empty()).then(|| parts.concat());
        Ok(Self { secrets, public_keys, identity_keys, provider_secret, upstream_headers, trust })
    }

    /// The secrets of a purpose, if this function has them.
    pub fn secrets(&self, purpose: Purpose) -> Option<&Secrets> {
        self.secrets.get(&purpose)
    }

    /// Keys for every purpose. If this function has no secret for a purpose, `draw` makes a random secret. A random
    /// secret verifies nothing of other functions, and other functions accept nothing that it signs or seals.
    pub fn keys(&self, draw: impl Fn() -> [u8; 32]) -> Keys {
        Keys::of(|purpose| {
            let strange = || Secrets { newest: PurposeSecret::new(draw()), others: Vec::new() };
            self.secrets(purpose).cloned().unwrap_or_else(strange)
        })
    }
}

fn unreadable(name: &str) -> Unanswered {
    Unanswered(format!("the parameter {name} has no valid keys"))
}
