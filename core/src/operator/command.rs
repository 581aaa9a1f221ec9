//! The commands of an operator, as JSON.

use crate::protocol::{AuthMethod, ClientId, GrantId, PersonId, Scope};
use serde::Deserialize;
use serde_json::Value;

/// A command, as JSON: `{"command": "add-person", "name": "alice"}`.
#[derive(Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Makes a person known; without a password one is drawn, and told once.
    AddPerson {
        /// The name to sign in with.
        name: PersonId,
        /// The password.
        password: Option<String>,
    },
    /// Lists people, in pieces.
    ListPeople {
        /// Begins behind this name.
        after: Option<PersonId>,
    },
    /// Gives a person another password, and ends their sessions; their clients stay. Without one, one is drawn.
    SetPassword {
        /// Who.
        name: PersonId,
        /// The password.
        password: Option<String>,
    },
    /// Ends a person's sessions and grants, and lets them sign in no more.
    DisablePerson {
        /// Who.
        name: PersonId,
    },
    /// Lets a person sign in again.
    EnablePerson {
        /// Who.
        name: PersonId,
    },
    /// Ends a person's sessions and grants.
    SignOut {
        /// Who.
        name: PersonId,
    },
    /// Lists a person's grants, in pieces.
    ListGrants {
        /// Whose.
        person: PersonId,
        /// Begins behind this one.
        after: Option<GrantArgument>,
    },
    /// Closes a grant.
    RevokeGrant {
        /// Which.
        grant: GrantArgument,
    },
    /// Closes every grant of a person, whose sessions stay.
    RevokeGrants {
        /// Whose.
        person: PersonId,
    },
    /// Makes a client known; its id, and its secret if it has one, are told in the names of RFC 7591 §3.2.1.
    AddClient {
        /// What people are shown.
        client_name: Option<String>,
        /// Where its codes may go; nowhere, for one that speaks for itself alone.
        #[serde(default)]
        redirect_uris: Vec<String>,
        /// What it may have without any person (RFC 6749 §4.4); nothing, where nothing is said.
        #[serde(default)]
        own_scope: Scope,
        /// How it authenticates; not at all, where nothing is said.
        #[serde(default)]
        token_endpoint_auth_method: AuthMethod,
        /// Its public keys, where it signs (RFC 7591 §2).
        jwks: Option<Value>,
        /// Or where they are.
        jwks_uri: Option<String>,
    },
    /// Lists the clients that operators made known, in pieces.
    ListClients {
        /// Begins behind this one.
        after: Option<ClientId>,
    },
    /// Forgets a client that an operator made known.
    RemoveClient {
        /// Which.
        client_id: ClientId,
    },
    /// Lets a client that an operator made known do nothing, until it is unblocked.
    BlockClient {
        /// Which.
        client_id: ClientId,
    },
    /// Lets it go on.
    UnblockClient {
        /// Which.
        client_id: ClientId,
    },
}

/// A grant's id as answers and logs have it.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct GrantArgument(pub GrantId);

impl TryFrom<String> for GrantArgument {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        GrantId::parse(&text).map(Self).ok_or("this is no grant's id")
    }
}
