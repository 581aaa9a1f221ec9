//! Root secrets and key rotation, for operators' commands: creation of a new root, completion of what was interrupted,
//! and removal of an old root.

use crate::entries::{Entry, newest_first, parse, print};
use crate::keys_error::KeysError;
use crate::publication::{Publication, Standing};
use crate::service::{Created, Stored};
use crate::{Names, ParameterStore, Unanswered, WAIT};
use doorward::ports::{Entropy, Timestamp};
use doorward::sealed::Purpose;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

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

/// The result of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ensured {
    /// All keys, ordered by their times.
    pub keys: Vec<Known>,
    /// The parameters that were written. Empty: everything was there already.
    pub written: Vec<String>,
}

/// All parameters of the keys, as they were read in one request.
struct Present {
    stored: BTreeMap<String, Stored>,
    roots: Vec<Entry>,
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
        Ok(known(&self.read_root().await?.1, now))
    }

    /// Makes sure that there is a key, and that all that is derived from the keys is published. It creates the first
    /// key, completes a change that was interrupted at any write, and publishes the secrets of a new purpose. If
    /// nothing is missing, it writes nothing.
    ///
    /// # Errors
    /// [`KeysError`] when the store does not answer, when keys are published and the root is missing, when a parameter
    /// would be too large, or when another process changed the keys at the same time.
    pub async fn ensure(&self, entropy: &dyn Entropy, now: Timestamp) -> Result<Ensured, KeysError> {
        let present = self.read().await?;
        let mut roots = present.roots.clone();
        if roots.is_empty() {
            roots.push(root(entropy, now));
        } else {
            self.complete(&present, &mut roots, now)?;
        }
        self.replace(&present, roots, now).await
    }

    /// Key rotation: creates a root. The first root is used at once. Every other root is used after [`WAIT`], when
    /// every function accepts it. If an earlier rotation was interrupted, this completes it instead.
    ///
    /// # Errors
    /// As [`Self::ensure`].
    pub async fn rotate(&self, entropy: &dyn Entropy, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        let present = self.read().await?;
        let mut roots = present.roots.clone();
        if roots.is_empty() {
            roots.push(root(entropy, now));
        } else if !self.complete(&present, &mut roots, now)? {
            let from = free(&roots, now.after(WAIT));
            roots.push(root(entropy, from));
        }
        Ok(self.replace(&present, roots, now).await?.keys)
    }

    /// Removes a root. Everything that it signed or sealed becomes invalid, in each function at its next read of the
    /// keys.
    ///
    /// # Errors
    /// [`KeysError`] when no key has this time, when the key is in use, when another process changed the keys at the
    /// same time, or when the store does not answer.
    pub async fn forget(&self, from: Timestamp, now: Timestamp) -> Result<Vec<Known>, KeysError> {
        let present = self.read().await?;
        let meant = known(&present.roots, now).into_iter().find(|known| known.from == from);
        match meant {
            None => Err(KeysError::Unknown),
            Some(Known { makes: true, .. }) => Err(KeysError::InUse),
            Some(_) => {
                let roots = present.roots.iter().filter(|root| root.from != from).cloned().collect();
                Ok(self.replace(&present, roots, now).await?.keys)
            }
        }
    }

    /// Whether a rotation was interrupted. A root that some functions cannot know gets a new time, after which they
    /// do. A first root that is in no list keeps its time: no function has a key yet.
    fn complete(&self, present: &Present, roots: &mut [Entry], now: Timestamp) -> Result<bool, KeysError> {
        let publication = Publication::of(roots, self.names)?;
        let mut interrupted = false;
        for place in 0..roots.len() {
            let standing = publication.standing(place, &present.stored);
            interrupted |= standing != Standing::Everywhere;
            if standing == Standing::Incomplete {
                roots[place].from = free(roots, now.after(WAIT));
            }
        }
        Ok(interrupted)
    }

    /// Reads all parameters. Lists without a root are an error: a new root would invalidate everything.
    async fn read(&self) -> Result<Present, KeysError> {
        let purposes = Purpose::ALL.iter().map(|purpose| self.names.of(*purpose));
        let public = [self.names.public_keys(), self.names.identity_keys()];
        let all: Vec<_> = [self.names.root()].into_iter().chain(public).chain(purposes).collect();
        let stored = self.store.read(&all).await?;
        let roots = self.roots(&stored)?;
        if roots.is_empty() && Publication::exists(self.names, &stored) {
            return Err(KeysError::RootMissing(self.names.root()));
        }
        Ok(Present { stored, roots })
    }

    /// The version of the root's parameter (0 if it does not exist), and the roots.
    async fn read_root(&self) -> Result<(u64, Vec<Entry>), KeysError> {
        let name = self.names.root();
        let stored = self.store.read(std::slice::from_ref(&name)).await?;
        Ok((stored.get(&name).map_or(0, |stored| stored.version), self.roots(&stored)?))
    }

    fn roots(&self, stored: &BTreeMap<String, Stored>) -> Result<Vec<Entry>, KeysError> {
        let name = self.names.root();
        match stored.get(&name) {
            None => Ok(Vec::new()),
            Some(stored) => parse(&stored.value)
                .ok_or_else(|| Unanswered(format!("the parameter {name} has no valid keys")).into()),
        }
    }

    /// Writes the roots, then the lists derived from them, as far as they differ from what is there. Then it reads the
    /// roots back. If another process has written them meanwhile, this publishes that process's roots and returns
    /// [`KeysError::Contended`]. An older version than the one written here is a stale read: Parameter Store does not
    /// promise that a read sees the last write.
    async fn replace(
        &self,
        present: &Present,
        roots: Vec<Entry>,
        now: Timestamp,
    ) -> Result<Ensured, KeysError> {
        let publication = Publication::of(&roots, self.names)?;
        let mut written = Vec::new();
        let root = self.names.root();
        let ours = print(&roots);
        let version = match present.stored.get(&root) {
            Some(stored) if *stored.value == *ours => stored.version,
            Some(_) => {
                written.push(root.clone());
                self.store.write(&root, &ours).await?
            }
            None => {
                written.push(root.clone());
                self.create(&root, &ours).await?
            }
        };
        for (name, value) in publication.values() {
            if present.stored.get(&name).is_none_or(|stored| *stored.value != *value) {
                self.store.write(&name, &value).await?;
                written.push(name);
            }
        }
        if written.is_empty() {
            return Ok(Ensured { keys: known(&roots, now), written });
        }
        let (version_there, there) = self.read_root().await?;
        if version_there > version && *print(&there) != *ours {
            for (name, value) in Publication::of(&there, self.names)?.values() {
                self.store.write(&name, &value).await?;
            }
            return Err(KeysError::Contended);
        }
        Ok(Ensured { keys: known(&roots, now), written })
    }

    /// Creates the root's parameter. It never replaces one that a stale read has not shown.
    async fn create(&self, name: &str, ours: &str) -> Result<u64, KeysError> {
        match self.store.create(name, ours).await? {
            Created::Now(version) => Ok(version),
            // A repeated request finds its own value, if only the first response was lost.
            Created::Exists => match self.store.read(&[name.to_owned()]).await?.get(name) {
                Some(stored) if *stored.value == ours => Ok(stored.version),
                _ => Err(KeysError::Contended),
            },
        }
    }
}

fn root(entropy: &dyn Entropy, from: Timestamp) -> Entry {
    let mut secret = [0; 32];
    entropy.fill(&mut secret);
    Entry::new(from, &secret)
}

/// The first time from `from` on that no root has: the time identifies a root.
fn free(roots: &[Entry], from: Timestamp) -> Timestamp {
    let mut free = from;
    while roots.iter().any(|root| root.from == free) {
        free = free.after(Duration::from_secs(1));
    }
    free
}

fn known(roots: &[Entry], now: Timestamp) -> Vec<Known> {
    let sorted = newest_first(roots.to_vec(), now);
    let mut known: Vec<_> =
        sorted.iter().enumerate().map(|(place, root)| Known { from: root.from, makes: place == 0 }).collect();
    known.sort_by_key(|known| known.from);
    known
}
