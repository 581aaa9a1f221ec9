//! What is published of the root secrets: a list of public keys, and a list of secrets for each purpose.

use crate::entries::{Entry, parse, print};
use crate::keys_error::{KeysError, LIMIT};
use crate::service::Stored;
use crate::{Names, Unanswered};
use doorward::jose::Signer;
use doorward::sealed::{Purpose, RootSecret};
use doorward_signing::Es256;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The lists that are derived from some root secrets, each with the name of its parameter. Public keys come first, so
/// that no key signs before it can be verified.
pub(crate) struct Publication(Vec<(String, Vec<Entry>)>);

impl Publication {
    /// The lists that are derived from these roots.
    ///
    /// # Errors
    /// [`KeysError`] when there is no root, when a root is not valid, or when a parameter would be too large.
    pub(crate) fn of(roots: &[Entry], names: &Names) -> Result<Self, KeysError> {
        if roots.is_empty() {
            return Err(KeysError::RootMissing(names.root()));
        }
        let public =
            |purpose| derive(roots, |root| Es256::new(&root.derive(purpose)).public_key().point().to_vec());
        let mut lists = vec![
            (names.public_keys(), public(Purpose::AccessTokens)?),
            (names.identity_keys(), public(Purpose::Identities)?),
        ];
        for &purpose in Purpose::ALL {
            lists.push((names.of(purpose), derive(roots, |root| root.derive(purpose).as_bytes().to_vec())?));
        }
        let publication = Self(lists);
        for (parameter, value) in publication.values().chain([(names.root(), print(roots))]) {
            let (bytes, keys) = (value.len(), roots.len());
            if bytes > LIMIT {
                return Err(KeysError::TooMany { parameter, keys, bytes });
            }
        }
        Ok(publication)
    }

    /// The name and the value of each parameter, in the order in which they are written.
    pub(crate) fn values(&self) -> impl Iterator<Item = (String, Zeroizing<String>)> {
        self.0.iter().map(|(name, entries)| (name.clone(), print(entries)))
    }

    /// How much of a root is in the lists that exist in `stored`. `place` is the root's place in the list of roots.
    pub(crate) fn standing(&self, place: usize, stored: &BTreeMap<String, Stored>) -> Standing {
        let lists = self.0.iter().filter_map(|(name, ours)| Some((&ours[place], list(stored, name)?)));
        let known: Vec<_> =
            lists.map(|(ours, theirs)| theirs.iter().any(|one| one.is_same_key(ours))).collect();
        match known.iter().all(|known| *known) {
            _ if known.is_empty() => Standing::Nowhere,
            true => Standing::Everywhere,
            false => Standing::Incomplete,
        }
    }

    /// Whether any list exists in `stored`.
    pub(crate) fn exists(names: &Names, stored: &BTreeMap<String, Stored>) -> bool {
        let purposes = Purpose::ALL.iter().map(|purpose| names.of(*purpose));
        purposes.chain([names.public_keys(), names.identity_keys()]).any(|name| list(stored, &name).is_some())
    }
}

/// In which of the existing lists a root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No list exists: no function has read a key yet.
    Nowhere,
    /// At least one existing list lacks it: functions may not know it.
    Incomplete,
    /// Every existing list has it.
    Everywhere,
}

/// A published list. One that is empty or not valid counts as missing: no function can read a key from it.
fn list(stored: &BTreeMap<String, Stored>, name: &str) -> Option<Vec<Entry>> {
    parse(&stored.get(name)?.value).filter(|entries| !entries.is_empty())
}

fn derive(roots: &[Entry], value: impl Fn(&RootSecret) -> Vec<u8>) -> Result<Vec<Entry>, KeysError> {
    let derived = roots.iter().map(|root| {
        let secret = root.bytes().map(RootSecret::new)?;
        Some(Entry::new(root.from, &value(&secret)))
    });
    derived
        .collect::<Option<_>>()
        .ok_or_else(|| Unanswered("a root secret is not 32 bytes long".into()).into())
}
