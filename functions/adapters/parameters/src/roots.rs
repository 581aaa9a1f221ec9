//! Root secrets and key rotation, for operators' commands: creation of a new root, and removal of an old one.

use crate::entries::{Entry, newest_first, parse, print};
use crate::{Names, ParameterStore, Unanswered, WAIT};
use doorward::jose::Signer;
use doorward::ports::{Entropy, Timestamp};
use doorward::sealed::{Purpose, RootSecret};
use doorward_signing::Es256;
use serde::Serialize;
use thiserror::Error;

/// The root secrets of a deployment.
pub struct Roots<'a> {
    store: &'a ParameterStore,
    names: &'a Names,
}

/// Public facts about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// When the key starts to sign and seal. It identifies the key.
    pub from: Timestamp,
    /// Whether the key signs and seals now.
    pub makes: bool,
}

impl<'a> Roots<'a> {
    /// The roots of the deployment with these names.
    pub fn new(store: &'a ParameterStore, names: &'a Names) -> Self {
        Self { store, names }
    }

    /// All keys, ordered by their times.
    ///
    /// # Errors
    /// [`KeysError`] when the store does not answer.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        Ok(known(&self.read(&self.names.root()).await?, now))
    }

    /// Key rotation: creates a root. The first root is used at once. Every other root is used after [`WAIT`], when
    /// every function accepts it. If an earlier rotation was interrupted, this completes it instead.
    ///
    /// # Errors
    /// [`KeysError`] when the store does not answer, or another process changed the keys at the same time.
    pub async fn rotate(&self, entropy: &dyn Entropy, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        let mut roots = self.read(&self.names.root()).await?;
        let published = self.read(&self.names.of(LAST)).await?;
        let from = if published.is_empty() { now } else { now.after(WAIT) };
        let is_published = |root: &Entry| published.iter().any(|published| published.from == root.from);
        match roots.iter_mut().find(|root| !is_published(root)) {
            Some(interrupted) => interrupted.from = from,
            None => {
                let mut secret = [0; 32];
                entropy.fill(&mut secret);
                roots.push(Entry::new(from, &secret));
            }
        }
        self.replace(roots, now).await
    }

    /// Removes a root. Everything that it signed or sealed becomes invalid, in each function at its next read of the
    /// keys.
    ///
    /// # Errors
    /// [`KeysError`] when no key has this time, when the key is in use, when another process changed the keys at the
    /// same time, or when the store does not answer.
    pub async fn forget(&self, from: Timestamp, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        let roots = self.read(&self.names.root()).await?;
        let meant = known(&roots, now).into_iter().find(|known| known.from == from);
        match meant {
            None => Err(KeysError::Unknown),
            Some(Known { makes: true, .. }) => Err(KeysError::InUse),
            Some(_) => self.replace(roots.into_iter().filter(|root| root.from != from).collect(), now).await,
        }
    }

    async fn read(&self, name: &str) -> Result<Vec<Entry>, KeysError> {
        match self.store.read(&[name.to_owned()]).await?.get(name) {
            None => Ok(Vec::new()),
            Some(value) => parse(value)
                .ok_or_else(|| Unanswered(format!("the parameter {name} has no valid keys")).into()),
        }
    }

    /// Writes the roots, then the secrets derived from them, and then reads the roots back. If another process has
    /// replaced them meanwhile, this publishes that process's roots and returns [`KeysError::Contended`].
    async fn replace(&self, roots: Vec<Entry>, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        let ours = print(&roots);
        self.store.write(&self.names.root(), &ours).await?;
        self.publish(&roots).await?;
        let now_there = self.read(&self.names.root()).await?;
        if *print(&now_there) != *ours {
            self.publish(&now_there).await?;
            return Err(KeysError::Contended);
        }
        Ok(known(&roots, now))
    }

    /// Publishes the public keys first, so that no key signs before it can be verified.
    async fn publish(&self, roots: &[Entry]) -> Result<(), KeysError> {
        let signer = |root: &RootSecret| Es256::new(&root.derive(Purpose::AccessTokens));
        let public = derive(roots, |root| signer(root).public_key().point().to_vec())?;
        self.store.write(&self.names.public_keys(), &print(&public)).await?;
        for &purpose in Purpose::ALL {
            let derived = derive(roots, |root| root.derive(purpose).as_bytes().to_vec())?;
            self.store.write(&self.names.of(purpose), &print(&derived)).await?;
        }
        Ok(())
    }
}

/// The purpose that is published last. A root without a secret for it was not completely published.
const LAST: Purpose = Purpose::ALL[Purpose::ALL.len() - 1];

fn derive(roots: &[Entry], value: impl Fn(&RootSecret) -> Vec<u8>) -> Result<Vec<Entry>, KeysError> {
    let derived = roots.iter().map(|root| {
        let secret = root.bytes().map(RootSecret::new)?;
        Some(Entry::new(root.from, &value(&secret)))
    });
    derived
        .collect::<Option<_>>()
        .ok_or_else(|| Unanswered("a root secret is not 32 bytes long".into()).into())
}

fn known(roots: &[Entry], now: Timestamp) -> Vec<Known> {
    let sorted = newest_first(roots.to_vec(), now);
    let mut known: Vec<_> =
        sorted.iter().enumerate().map(|(place, root)| Known { from: root.from, makes: place == 0 }).collect();
    known.sort_by_key(|known| known.from);
    known
}

/// Why a command about keys failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// No key has this time. `list-keys` shows all keys.
    #[error("no key has this time; list-keys shows all keys")]
    Unknown,
    /// The key is in use. Run `rotate-keys` first, and wait until the new key is in use.
    #[error("this key is in use; run rotate-keys, and wait until the new key is in use")]
    InUse,
    /// Another process changed the keys at the same time. Its change is in effect. This change is not; try again.
    #[error("another process changed the keys at the same time; run list-keys and try again")]
    Contended,
    /// The store did not answer. The next change completes a change that was interrupted.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}
