//! The stores of a server, by noun. Each may be another one: an application's own user table is one trait.

use crate::store::assertions::Assertions;
use crate::store::attempts::Attempts;
use crate::store::clients::Clients;
use crate::store::grants::Grants;
use crate::store::memory::MemoryStore;
use crate::store::people::People;
use crate::store::sign_ins::{Separate, SignIns};
use std::sync::Arc;

/// A store of everything.
pub trait Store: Grants + People + Clients + Assertions + Attempts + SignIns {}

impl<T: Grants + People + Clients + Assertions + Attempts + SignIns> Store for T {}

/// The stores of a server. A clone shares them.
#[derive(Clone)]
pub struct Stores {
    grants: Arc<dyn Grants>,
    people: Arc<dyn People>,
    clients: Arc<dyn Clients>,
    assertions: Arc<dyn Assertions>,
    attempts: Arc<dyn Attempts>,
    sign_ins: Arc<dyn SignIns>,
}

impl Stores {
    /// One store of everything.
    pub fn of(store: Arc<dyn Store>) -> Self {
        Self {
            grants: store.clone(),
            people: store.clone(),
            clients: store.clone(),
            assertions: store.clone(),
            attempts: store.clone(),
            sign_ins: store,
        }
    }

    /// Stores in memory: everything is lost when the process ends.
    pub fn in_memory() -> Self {
        Self::of(Arc::new(MemoryStore::default()))
    }

    /// The same stores, with another one for users. A sign-in then takes one request to it and two for the counters.
    #[must_use]
    pub fn with_people(self, people: Arc<dyn People>) -> Self {
        let sign_ins = Arc::new(Separate { people: people.clone(), attempts: self.attempts.clone() });
        Self { people, sign_ins, ..self }
    }

    /// The same stores, with another one for grants.
    #[must_use]
    pub fn with_grants(self, grants: Arc<dyn Grants>) -> Self {
        Self { grants, ..self }
    }

    /// The same stores, with another one for pre-registered clients.
    #[must_use]
    pub fn with_clients(self, clients: Arc<dyn Clients>) -> Self {
        Self { clients, ..self }
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
