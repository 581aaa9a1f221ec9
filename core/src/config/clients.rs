//! Pre-registered clients of the configuration (RFC 6749 §2).

use crate::client::{Authentication, Client, Introducer};
use crate::protocol::{ClientId, ClientName, RegisteredRedirectUri, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// A client of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfiguredClient {
    /// Its id, which people are shown as its name.
    pub id: ClientId,
    /// Where its codes may go.
    pub redirect_uris: BTreeSet<RegisteredRedirectUri>,
    /// How it shows that it is the one.
    pub authentication: Authentication,
    /// What it may have without any person (RFC 6749 §4.4).
    pub own_scope: Scope,
}

impl ConfiguredClient {
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
pub struct ConfiguredClients(BTreeMap<String, ConfiguredClient>);

impl ConfiguredClients {
    /// Takes clients.
    ///
    /// # Errors
    /// A sentence, when two have one id, when one has an id that means something else here, or can do nothing.
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
