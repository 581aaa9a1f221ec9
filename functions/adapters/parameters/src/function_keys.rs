//! What one function holds: the secrets of its purposes, and the public keys.

use crate::entries::{newest_first, parse};
use crate::{Names, ParameterStore, Unanswered};
use doorward::config::ProviderSecret;
use doorward::jose::PublicKey;
use doorward::ports::Timestamp;
use doorward::sealed::{Keys, Purpose, PurposeSecret, Secrets};
use std::collections::BTreeMap;

/// What one function holds.
pub struct FunctionKeys {
    secrets: BTreeMap<Purpose, Secrets>,
    /// The keys that verify access tokens, the signer's first.
    pub public_keys: Vec<PublicKey>,
    /// The secret with which codes of the identity provider are redeemed.
    pub provider_secret: Option<ProviderSecret>,
}

/// What a function asks for.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// The secrets of these purposes.
    pub purposes: &'static [Purpose],
    /// The public keys.
    pub public_keys: bool,
    /// The secret of the identity provider, which an operator may have written there.
    pub provider_secret: bool,
}

impl FunctionKeys {
    /// Reads what a function needs, as it counts at this time.
    ///
    /// # Errors
    /// [`Unanswered`] when the store does not answer, does not let this function read, or has no such keys yet.
    pub async fn read(
        store: &ParameterStore,
        names: &Names,
        needs: Needs,
        now: Timestamp,
    ) -> Result<Self, Unanswered> {
        let public = needs.public_keys.then(|| names.public_keys());
        let secret = needs.provider_secret.then(|| names.provider_secret());
        let purposes = needs.purposes.iter().map(|purpose| names.of(*purpose));
        let asked: Vec<_> = purposes.chain(public.clone()).chain(secret.clone()).collect();
        let values = store.read(&asked).await?;
        let entries = |name: &str| {
            let value = values.get(name).ok_or_else(|| Unanswered(format!("there is no {name}")))?;
            let entries = parse(value).filter(|entries| !entries.is_empty());
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
        let public_keys = match public {
            None => Vec::new(),
            Some(name) => {
                let read: Option<_> =
                    entries(&name)?.iter().map(|entry| entry.bytes().map(PublicKey::new)).collect();
                read.ok_or_else(|| unreadable(&name))?
            }
        };
        let written = secret.and_then(|name| values.get(&name));
        let provider_secret = written.map(|text| ProviderSecret::new(text.trim()));
        Ok(Self { secrets, public_keys, provider_secret })
    }

    /// The secrets of a purpose, if this function was given them.
    pub fn secrets(&self, purpose: Purpose) -> Option<&Secrets> {
        self.secrets.get(&purpose)
    }

    /// All keys. For a purpose that this function was not given, `draw` makes a secret that nobody else has: it
    /// recognises nothing, and nobody takes what it would make.
    pub fn keys(&self, draw: impl Fn() -> [u8; 32]) -> Keys {
        Keys::of(|purpose| {
            let strange = || Secrets { newest: PurposeSecret::new(draw()), others: Vec::new() };
            self.secrets(purpose).cloned().unwrap_or_else(strange)
        })
    }
}

fn unreadable(name: &str) -> Unanswered {
    Unanswered(format!("{name} holds no keys"))
}
