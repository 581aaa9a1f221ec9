//! The store in memory: the executable definition of the traits, and the store of the local server. It keeps
//! records until the process ends, and drops only old counters of wrong passwords.

use crate::client::{AssertionId, Block, BlockList};
use crate::ports::{PasswordHash, Timestamp};
use crate::protocol::{ClientId, Digest, DocumentUrl, GrantId, PersonId, Subject};
use crate::store::assertions::{Accepted, Assertions};
use crate::store::attempts::{AttemptKey, Attempts, Reserved};
use crate::store::blocks::Blocks;
use crate::store::clients::{Blocked, Clients, PreRegisteredClient};
use crate::store::document_copies::{DocumentCopies, DocumentCopy};
use crate::store::error::StoreError;
use crate::store::grants::{Closed, Excused, Grant, Grants, Opened, PAGE_SIZE, Rotated};
use crate::store::lifecycle::{CloseReason, Excuse, State, UseOutcome};
use crate::store::outcome::Added;
use crate::store::people::{Change, Changed, Login, People, Person, Replaced};
use crate::store::sign_ins::{SignInRecord, SignIns};
use async_trait::async_trait;
use std::collections::{BTreeMap, HashMap, btree_map, hash_map::Entry};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Maps with one lock each. A lock is held for one look-up, never while waiting.
#[derive(Debug, Default)]
pub struct MemoryStore {
    grants: Mutex<HashMap<GrantId, Grant>>,
    people: Mutex<HashMap<PersonId, Person>>,
    clients: Mutex<BTreeMap<ClientId, PreRegisteredClient>>,
    blocks: Mutex<BlockList>,
    document_copies: Mutex<HashMap<DocumentUrl, DocumentCopy>>,
    assertions: Mutex<HashMap<Digest, Timestamp>>,
    attempts: Mutex<HashMap<AttemptKey, u32>>,
}

#[async_trait]
impl Grants for MemoryStore {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        Ok(match lock(&self.grants).entry(grant.id) {
            Entry::Occupied(known) => Opened::Already(Box::new(known.get().clone())),
            Entry::Vacant(place) => {
                place.insert(grant);
                Opened::New
            }
        })
    }

    async fn rotate(&self, id: GrantId, presented: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        let mut grants = lock(&self.grants);
        let Some(grant) = grants.get_mut(&id) else { return Ok(Rotated::Unknown) };
        let rotated = grant.state.rotate(presented, at);
        let State::Open(chain) = grant.state.clone() else { return Ok(Rotated::Closed) };
        let grant = Box::new(grant.clone());
        Ok(match rotated {
            UseOutcome::Next => Rotated::Next { grant, chain },
            UseOutcome::Behind => Rotated::Behind { grant, chain },
            UseOutcome::Ahead => Rotated::Ahead,
            UseOutcome::Closed => Rotated::Closed,
        })
    }

    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        let mut grants = lock(&self.grants);
        let excused = grants.get_mut(&id).is_some_and(|grant| grant.state.excuse(excuse, since));
        Ok(if excused { Excused::Yes } else { Excused::No })
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        if let Some(grant) = lock(&self.grants).get_mut(&id) {
            grant.state.doubt(at);
        }
        Ok(())
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        let mut grants = lock(&self.grants);
        let Some(grant) = grants.get_mut(&id) else { return Ok(Closed::Unknown) };
        Ok(if grant.state.close(at, why) { Closed::Now } else { Closed::Already })
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        Ok(lock(&self.grants).get(&id).cloned())
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        let grants = lock(&self.grants);
        let theirs = grants.values().filter(|grant| grant.subject == *subject);
        let mut behind: Vec<_> = theirs.filter(|grant| Some(grant.id) > after).cloned().collect();
        behind.sort_by_key(|grant| grant.id);
        behind.truncate(PAGE_SIZE);
        Ok(behind)
    }
}

#[async_trait]
impl SignIns for MemoryStore {
    async fn find(&self, id: &PersonId, keys: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        let person = lock(&self.people).get(id).cloned();
        let attempts = lock(&self.attempts);
        Ok(SignInRecord {
            person,
            attempts: keys.map(|attempt_key| attempts.get(&attempt_key).copied().unwrap_or_default()),
        })
    }
}

#[async_trait]
impl People for MemoryStore {
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        Ok(match lock(&self.people).entry(person.id.clone()) {
            Entry::Occupied(_) => Added::Already,
            Entry::Vacant(place) => {
                place.insert(person);
                Added::New
            }
        })
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        Ok(lock(&self.people).get(id).cloned())
    }

    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        let mut people = lock(&self.people);
        let Some(person) = people.get_mut(id) else { return Ok(Changed::Unknown) };
        match change {
            Change::Password(hash) => person.login = Login::Password(hash),
            Change::Disable => person.disabled = true,
            Change::Enable => person.disabled = false,
            Change::Email(email) => person.email = email,
            Change::SignOut => {}
        }
        person.epoch += 1;
        Ok(Changed::Now(Box::new(person.clone())))
    }

    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        let mut people = lock(&self.people);
        let Some(person) = people.get_mut(id).filter(|person| person.epoch == epoch) else {
            return Ok(Replaced::TooLate);
        };
        person.login = Login::Password(password);
        person.epoch += 1;
        Ok(Replaced::Now)
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        let people = lock(&self.people);
        let mut behind: Vec<_> = people.values().filter(|person| Some(&person.id) > after).cloned().collect();
        behind.sort_by(|one, other| one.id.cmp(&other.id));
        behind.truncate(PAGE_SIZE);
        Ok(behind)
    }
}

#[async_trait]
impl Clients for MemoryStore {
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError> {
        Ok(match lock(&self.clients).entry(client.id.clone()) {
            btree_map::Entry::Occupied(_) => Added::Already,
            btree_map::Entry::Vacant(place) => {
                place.insert(client);
                Added::New
            }
        })
    }

    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError> {
        Ok(lock(&self.clients).get(id).cloned())
    }

    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError> {
        let mut clients = lock(&self.clients);
        let Some(client) = clients.get_mut(id) else { return Ok(Blocked::Unknown) };
        client.blocked = blocked;
        Ok(Blocked::Now)
    }

    async fn remove(&self, id: &ClientId) -> Result<(), StoreError> {
        lock(&self.clients).remove(id);
        Ok(())
    }

    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let clients = lock(&self.clients);
        Ok(clients
            .range((behind, Bound::Unbounded))
            .take(PAGE_SIZE)
            .map(|(_, client)| client.clone())
            .collect())
    }
}

#[async_trait]
impl Blocks for MemoryStore {
    async fn read(&self) -> Result<BlockList, StoreError> {
        Ok(lock(&self.blocks).clone())
    }

    async fn set(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        let mut blocks = lock(&self.blocks);
        if blocked {
            blocks.insert(block.clone());
        } else {
            blocks.remove(block);
        }
        Ok(())
    }
}

#[async_trait]
impl DocumentCopies for MemoryStore {
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError> {
        lock(&self.document_copies).insert(url.clone(), copy);
        Ok(())
    }

    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        Ok(lock(&self.document_copies).get(url).cloned())
    }
}

#[async_trait]
impl Assertions for MemoryStore {
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError> {
        Ok(match lock(&self.assertions).insert(assertion.digest, assertion.expires_at) {
            None => Accepted::Now,
            Some(_) => Accepted::Already,
        })
    }
}

#[async_trait]
impl Attempts for MemoryStore {
    async fn reserve(&self, attempt_key: AttemptKey, limit: u32) -> Result<Reserved, StoreError> {
        let mut attempts = lock(&self.attempts);
        attempts.retain(|known, _| known.hour + 1 >= attempt_key.hour);
        let count = attempts.entry(attempt_key).or_default();
        if *count >= limit {
            return Ok(Reserved::Full);
        }
        *count += 1;
        Ok(Reserved::Yes)
    }

    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError> {
        if let Some(count) = lock(&self.attempts).get_mut(&key) {
            *count = count.saturating_sub(1);
        }
        Ok(())
    }

    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError> {
        lock(&self.attempts).remove(&key);
        Ok(())
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        Ok(lock(&self.attempts).get(&key).copied().unwrap_or_default())
    }
}

/// A panic in another thread cannot leave a map half changed: every change is one insertion.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
