//! Pre-registered clients of the configuration (RFC 6749 §2).

use crate::client::{Authentication, Client, Introducer};
use crate::protocol::{ClientId, ClientName, RegisteredRedirectUri, Scope};
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A pre-registered client of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredClient {
    /// The client id. The pages show it as the client's name.
    pub id: ClientId,
    /// The redirect URIs to which codes may be sent.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How the client authenticates.
    pub authentication: Authentication,
    /// The scopes that the client can get for itself, without a user (RFC 6749 §4.4).
    pub own_scope: Scope,
}

impl ConfiguredClient {
    fn check(&self) -> Result<(), InvalidClient> {
        let id = || self.id.clone();
        if !self.id.can_be_configured() {
            return Err(InvalidClient::Id(id()));
        }
        let is_public = self.authentication == Authentication::None;
        if self.redirect_uris.is_empty() && self.own_scope.is_empty() && is_public {
            return Err(InvalidClient::Useless(id()));
        }
        if !self.own_scope.is_empty() && is_public {
            return Err(InvalidClient::Unauthenticated(id()));
        }
        Ok(())
    }

    /// The client of this configuration.
    pub(crate) fn client(&self) -> Client {
        Client {
            id: self.id.clone(),
            name: ClientName::parse(&self.id.0),
            redirect_uris: self.redirect_uris.clone(),
            authentication: self.authentication.clone(),
            introduced_by: Introducer::Operator,
            own_scope: self.own_scope.clone(),
        }
    }
}

/// Clients by their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfiguredClients(BTreeMap<String, ConfiguredClient>);

impl ConfiguredClients {
    pub(super) fn new(clients: Vec<ConfiguredClient>) -> Result<Self, InvalidClient> {
        let mut by_id = BTreeMap::new();
        for client in clients {
            client.check()?;
            let id = client.id.clone();
            if by_id.insert(id.0.clone(), client).is_some() {
                return Err(InvalidClient::Twice(id));
            }
        }
        Ok(Self(by_id))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&ConfiguredClient> {
        self.0.get(id)
    }
}

/// Why a pre-registered client is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidClient {
    /// The id looks like an id of another kind (a URL, or an id that this server signs), or is not printable ASCII.
    #[error("{:?} is not a valid client id; use printable ASCII that is not a URL and does not begin with dw_", .0.0)]
    Id(ClientId),
    /// The client has no redirect URI, no scope of its own and no credentials with which it could bring assertions, so it cannot
    /// do anything.
    #[error("the client {0} has no redirect URI, no scope of its own and no credentials; add one of them")]
    Useless(ClientId),
    /// The client has a scope of its own, but does not authenticate (RFC 6749 §4.4).
    #[error("the client {0} has a scope of its own, but does not authenticate; add a secret or keys")]
    Unauthenticated(ClientId),
    /// Two clients have this id.
    #[error("the client {0} is configured twice; remove one")]
    Twice(ClientId),
}
