//! A client that an operator made known, and can take back. Clients that registered themselves are not stored.

use crate::client::{Authentication, Client, Introducer};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, ClientName, RegisteredRedirectUri, Scope};
use crate::store::error::StoreError;
use async_trait::async_trait;
use std::collections::BTreeSet;

/// What is known of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreRegisteredClient {
    /// Its id.
    pub id: ClientId,
    /// Its name, for people.
    pub name: Option<ClientName>,
    /// Where its codes may go.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How it shows that it is the one.
    /// An operator's command makes `None`, `DerivedSecret` and `Keys`; a store may refuse the others.
    pub authentication: Authentication,
    /// What it may have without any person (RFC 6749 §4.4).
    pub own_scope: Scope,
    /// Since when it is known.
    pub added_at: Timestamp,
    /// May do nothing for the time being.
    pub blocked: bool,
}

impl PreRegisteredClient {
    /// The client of this record.
    pub(crate) fn client(self) -> Client {
        let Self { id, name, redirect_uris, authentication, own_scope, .. } = self;
        Client { id, name, redirect_uris, authentication, introduced_by: Introducer::Operator, own_scope }
    }
}

/// What came of [`Clients::enroll`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// The client is known now.
    New,
    /// There was one of this id already, which stays as it was.
    Already,
}

/// What came of [`Clients::block`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// It is as it was asked for.
    Now,
    /// There is no such client.
    Unknown,
}

/// Remembers clients.
#[async_trait]
pub trait Clients: Send + Sync {
    /// Makes a client known, **once**: none that is known is ever replaced by this.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn enroll(&self, client: PreRegisteredClient) -> Result<Enrolled, StoreError>;

    /// Finds a client, as it is now: an answer never misses a change that was acknowledged before the question.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn client(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError>;

    /// Blocks a client, or lets it go on.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError>;

    /// Forgets a client, if it is known.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn remove(&self, id: &ClientId) -> Result<(), StoreError>;

    /// Lists clients behind `after` by their ids; an empty answer is the end. Changes of the last seconds may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn clients(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError>;
}
