//! Pre-registered clients, which the operator adds, blocks and removes. Clients from dynamic client registration
//! are not stored.

use crate::client::{Authentication, Client, Introducer};
use crate::ports::Timestamp;
use crate::protocol::{ClientId, ClientName, RegisteredRedirectUri, Scope};
use crate::store::error::StoreError;
use crate::store::outcome::Added;
use async_trait::async_trait;
use std::collections::BTreeSet;

/// The record of a pre-registered client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreRegisteredClient {
    /// Its id.
    pub id: ClientId,
    /// Its name, to show to users.
    pub name: Option<ClientName>,
    /// Its registered redirect URIs.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How it authenticates. The operator's command makes `None`, `DerivedSecret` and `Keys`; a store may refuse
    /// the others.
    pub authentication: Authentication,
    /// The scope that it may have without a user (RFC 6749 §4.4).
    pub own_scope: Scope,
    /// When it was added.
    pub added_at: Timestamp,
    /// Whether it is blocked. A blocked client can do nothing until it is unblocked.
    pub blocked: bool,
}

impl PreRegisteredClient {
    /// The client of this record.
    pub(crate) fn client(self) -> Client {
        let Self { id, name, redirect_uris, authentication, own_scope, .. } = self;
        Client { id, name, redirect_uris, authentication, introduced_by: Introducer::Operator, own_scope }
    }
}

/// The result of [`Clients::block`].
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The client is now blocked or unblocked, as requested.
    Now,
    /// There is no such client.
    Unknown,
}

/// Stores pre-registered clients.
#[async_trait]
pub trait Clients: Send + Sync {
    /// Adds a client, **once**: this never replaces an existing client.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn add(&self, client: PreRegisteredClient) -> Result<Added, StoreError>;

    /// Reads a client with strong consistency: the answer includes every change that was acknowledged before the
    /// call.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn find(&self, id: &ClientId) -> Result<Option<PreRegisteredClient>, StoreError>;

    /// Blocks or unblocks a client.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn block(&self, id: &ClientId, blocked: bool) -> Result<Blocked, StoreError>;

    /// Removes a client, if it exists.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn remove(&self, id: &ClientId) -> Result<(), StoreError>;

    /// Lists clients after `after`, in the order of their ids. An empty list is the end. Changes of the last
    /// seconds may be missing.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn list(&self, after: Option<&ClientId>) -> Result<Vec<PreRegisteredClient>, StoreError>;
}
