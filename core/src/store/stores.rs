//! The stores of a server, one for each kind of record. An application can replace each of them: for its own user
//! table, it implements one trait.

use crate::ports::Timestamp;
use crate::store::assertions::Assertions;
use crate::store::attempts::Attempts;
use crate::store::blocked_clients::BlockedClients;
use crate::store::blocks::Blocks;
use crate::store::clients::Clients;
use crate::store::document_copies::DocumentCopies;
use crate::store::grants::Grants;
use crate::store::kept_documents::KeptDocuments;
use crate::store::memory::MemoryStore;
use crate::store::people::People;
use crate::store::sign_ins::{Separate, SignIns};
use std::sync::Arc;

/// A store that has all kinds of records.
pub trait Store:
    Grants + People + Clients + Blocks + DocumentCopies + Assertions + Attempts + SignIns
{
}

impl<T: Grants + People + Clients + Blocks + DocumentCopies + Assertions + Attempts + SignIns> Store for T {}

/// The stores of a server, and the caches of what a process reads or writes rarely. Clones share both.
#[derive(Clone)]
pub struct Stores {
    grants: Arc<dyn Grants>,
    people: Arc<dyn People>,
    clients: Arc<dyn Clients>,
    blocks: Arc<dyn Blocks>,
    blocked_clients: Arc<BlockedClients>,
    document_copies: Arc<dyn DocumentCopies>,
    kept_documents: Arc<KeptDocuments>,
    assertions: Arc<dyn Assertions>,
    attempts: Arc<dyn Attempts>,
    sign_ins: Arc<dyn SignIns>,
}

impl Stores {
    /// Uses one store for all kinds of records.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self {
            grants: store.clone(),
            people: store.clone(),
            clients: store.clone(),
            blocks: store.clone(),
            blocked_clients: Arc::default(),
            document_copies: store.clone(),
            kept_documents: Arc::default(),
            assertions: store.clone(),
            attempts: store.clone(),
            sign_ins: store,
        }
    }

    /// Creates stores in memory. All data is lost when the process ends.
    pub fn in_memory() -> Self {
        Self::of(Arc::new(MemoryStore::default()))
    }

    /// Uses another store for users. A sign-in then needs one request to that store, and two for the counters.
    #[must_use]
    pub fn with_people(self, people: Arc<dyn People>) -> Self {
        let sign_ins = Arc::new(Separate { people: people.clone(), attempts: self.attempts.clone() });
        Self { people, sign_ins, ..self }
    }

    /// Uses another store for grants.
    #[must_use]
    pub fn with_grants(self, grants: Arc<dyn Grants>) -> Self {
        Self { grants, ..self }
    }

    /// Uses another store for pre-registered clients.
    #[must_use]
    pub fn with_clients(self, clients: Arc<dyn Clients>) -> Self {
        Self { clients, ..self }
    }

    /// Uses another store for the list of blocked clients.
    #[must_use]
    pub fn with_blocks(self, blocks: Arc<dyn Blocks>) -> Self {
        Self { blocks, blocked_clients: Arc::default(), ..self }
    }

    /// Uses another store for the copies of clients' documents.
    #[must_use]
    pub fn with_document_copies(self, document_copies: Arc<dyn DocumentCopies>) -> Self {
        Self { document_copies, kept_documents: Arc::default(), ..self }
    }

    /// Reads the list of blocked clients before there is a request, so that the first one does not wait for it. A fault of
    /// the store is ignored: then the first request reads the list.
    pub async fn read_blocked_clients(&self, now: Timestamp) {
        let _ = self.blocked_clients.list(&*self.blocks, now).await;
    }

    /// Grants.
    pub fn grants(&self) -> &Arc<dyn Grants> {
        &self.grants
    }

    /// Users.
    pub fn people(&self) -> &Arc<dyn People> {
        &self.people
    }

    /// Pre-registered clients.
    pub fn clients(&self) -> &Arc<dyn Clients> {
        &self.clients
    }

    /// The list of blocked clients.
    pub fn blocks(&self) -> &Arc<dyn Blocks> {
        &self.blocks
    }

    /// The cache of the list of blocked clients.
    pub(crate) fn blocked_clients(&self) -> &BlockedClients {
        &self.blocked_clients
    }

    /// The cache of the copies of clients' documents.
    pub(crate) fn kept_documents(&self) -> &KeptDocuments {
        &self.kept_documents
    }

    /// Copies of clients' metadata documents (CIMD).
    pub fn document_copies(&self) -> &Arc<dyn DocumentCopies> {
        &self.document_copies
    }

    /// Client assertions that were used.
    pub fn assertions(&self) -> &Arc<dyn Assertions> {
        &self.assertions
    }

    /// Counters of wrong passwords.
    pub fn attempts(&self) -> &Arc<dyn Attempts> {
        &self.attempts
    }

    /// Users together with their counters.
    pub fn sign_ins(&self) -> &Arc<dyn SignIns> {
        &self.sign_ins
    }
}
