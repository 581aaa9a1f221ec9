//! The root secrets, for operators' commands: making a new one, and forgetting an old one.

use crate::entries::{Entry, newest_first, parse, print};
use crate::{Names, ParameterStore, Unanswered, WAIT};
use doorward::ports::{Entropy, Timestamp};
use doorward::sealed::{Purpose, RootSecret};
use doorward_signing::Es256;
use serde::Serialize;
use std::fmt;

/// The root secrets of a deployment, and where they are.
pub struct Roots<'a> {
    store: &'a ParameterStore,
    names: &'a Names,
}

/// What is known of a key without knowing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// From when on it makes things, and its name.
    pub from: Timestamp,
    /// Whether it is the one that does now.
    pub makes: bool,
}

impl<'a> Roots<'a> {
    /// Those of this deployment.
    pub fn new(store: &'a ParameterStore, names: &'a Names) -> Self {
        Self { store, names }
    }

    /// What keys there are, in the order of their times.
    ///
    /// # Errors
    /// [`KeysError`] when the store does not answer.
    pub async fn list(&self, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        Ok(known(&self.read(&self.names.root()).await?, now))
    }

    /// Makes a root. The first makes things at once; every other from [`WAIT`] on, when it is accepted everywhere. If an
    /// earlier rotation was interrupted, finishes that one instead.
    ///
    /// # Errors
    /// [`KeysError`] when the store does not answer, or somebody else was at it.
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

    /// Forgets a root: nothing that it made is accepted any longer, once every function has read its keys again.
    ///
    /// # Errors
    /// [`KeysError`] when there is no such key, when it is the one that makes things, or the store does not answer.
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
            Some(value) => parse(value).ok_or_else(|| Unanswered(format!("{name} holds no keys")).into()),
        }
    }

    /// Writes the roots, and then what is derived from them as they are: of two who are at it at once, the one who sees
    /// the other's roots in place of its own says so, and the other's are everywhere.
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

    /// The public keys first: nothing is signed by a key that cannot be verified yet.
    async fn publish(&self, roots: &[Entry]) -> Result<(), KeysError> {
        let signer = |root: &RootSecret| Es256::new(&root.derive(Purpose::AccessTokens));
        let public = derive(roots, |root| signer(root).public_key().point().to_vec())?;
        self.store.write(&self.names.public_keys(), &print(&public)).await?;
        for purpose in Purpose::ALL {
            let derived = derive(roots, |root| root.derive(purpose).as_bytes().to_vec())?;
            self.store.write(&self.names.of(purpose), &print(&derived)).await?;
        }
        Ok(())
    }
}

/// What is published last: a root that is not in it may not be everywhere.
const LAST: Purpose = Purpose::ALL[Purpose::ALL.len() - 1];

fn derive(roots: &[Entry], value: impl Fn(&RootSecret) -> Vec<u8>) -> Result<Vec<Entry>, KeysError> {
    let derived = roots.iter().map(|root| {
        let secret = root.bytes().map(RootSecret::new)?;
        Some(Entry::new(root.from, &value(&secret)))
    });
    derived.collect::<Option<_>>().ok_or_else(|| Unanswered("a root is not 32 bytes long".into()).into())
}

fn known(roots: &[Entry], now: Timestamp) -> Vec<Known> {
    let sorted = newest_first(roots.to_vec(), now);
    let mut known: Vec<_> =
        sorted.iter().enumerate().map(|(place, root)| Known { from: root.from, makes: place == 0 }).collect();
    known.sort_by_key(|known| known.from);
    known
}

/// Why the keys were not changed, or not as was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeysError {
    /// There is no such key.
    Unknown,
    /// It is the key that makes things now: another has to do that first.
    InUse,
    /// Somebody else changed the keys meanwhile: theirs hold, and not this change.
    Contended,
    /// The store did not answer. Whatever was begun is finished by the next change.
    Unanswered(Unanswered),
}

impl From<Unanswered> for KeysError {
    fn from(why: Unanswered) -> Self {
        Self::Unanswered(why)
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is no such key"),
            Self::InUse => {
                f.write_str("this key is in use: rotate first, and wait until the new one makes things")
            }
            Self::Contended => {
                f.write_str("somebody else changed the keys meanwhile: look at them, and try again")
            }
            Self::Unanswered(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for KeysError {}
