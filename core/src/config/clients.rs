//! Pre-registered clients of the configuration (RFC 6749 §2).

use crate::client::{Authentication, Client, Introducer};
use crate::protocol::{ClientId, ClientName, RegisteredRedirectUri, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// A pre-registered client of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredClient {
    /// The client id, which users also see as the client's name.
    pub id: ClientId,
    /// The redirect URIs.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// The client authentication method, with the secret's digest or the keys.
    pub authentication: Authentication,
    /// The scopes that the client may use without a user (RFC 6749 §4.4).
    pub own_scope: Scope,
}

impl ConfiguredClient {
    /// This client, as the endpoints use it.
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

/// The pre-registered clients of the configuration, by id.
#[derive(Clone, Debug, Default)]
pub struct ConfiguredClients(BTreeMap<String, ConfiguredClient>);

impl ConfiguredClients {
    /// Validates the clients and indexes them by id.
    ///
    /// # Errors
    /// A sentence: when two clients have the same id, an id is empty, not printable, or of a reserved form, a
    /// client has neither a redirect URI nor scopes of its own, or it has scopes of its own but no authentication.
    pub fn new(clients: Vec<ConfiguredClient>) -> Result<Self, String> {
        let mut by_id = BTreeMap::new();
        for client in clients {
            let id = client.id.0.clone();
            let printable = !id.is_empty() && id.bytes().all(|byte| (0x20..0x7F).contains(&byte));
            if !printable || id.starts_with("dw_") || id.contains("://") {
                return Err(format!("{id:?} cannot be a client's id: printable ASCII, no URL, and not dw_…"));
            }
            if client.redirect_uris.is_empty() && client.own_scope.is_empty() {
                return Err(format!("the client {id} has no redirect URI, and no scope of its own"));
            }
            if !client.own_scope.is_empty() && client.authentication == Authentication::None {
                return Err(format!("the client {id} has a scope of its own, and nothing to show for it"));
            }
            if by_id.insert(id.clone(), client).is_some() {
                return Err(format!("the client {id} is there twice"));
            }
        }
        Ok(Self(by_id))
    }

    pub(crate) fn find(&self, id: &str) -> Option<&ConfiguredClient> {
        self.0.get(id)
    }
}
