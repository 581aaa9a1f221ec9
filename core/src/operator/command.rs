//! The JSON format of the operator's commands.

use crate::client::Block;
use crate::protocol::{AuthMethod, ClientId, EmailAddress, GrantId, PersonId, Scope, Subject};
use serde::Deserialize;
use serde_json::Value;
use strum::VariantNames;

/// A command, as JSON: `{"command": "add-person", "name": "alice"}`.
#[derive(Deserialize, VariantNames)]
#[serde(tag = "command", rename_all = "kebab-case", deny_unknown_fields)]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Adds a user. Without a password, a random one is generated, and only this answer shows it.
    AddPerson {
        /// The name to sign in with.
        name: PersonId,
        /// The password.
        password: Option<String>,
        /// The email address, for which the operator vouches: clients may read it if the user lets them.
        email: Option<EmailAddress>,
    },
    /// Lists users, one page at a time.
    ListPeople {
        /// Starts after this name.
        after: Option<PersonId>,
    },
    /// Sets a user's password and ends the user's sessions. Grants stay open. Without a password, a random one is
    /// generated.
    SetPassword {
        /// The user's name.
        name: PersonId,
        /// The new password.
        password: Option<String>,
    },
    /// Sets another email address for a user with a password, or removes it. Ends the user's sessions, which have it. Grants
    /// stay open, with the address of before.
    SetEmail {
        /// The user's name.
        name: PersonId,
        /// The email address. Without one, the address is removed.
        email: Option<EmailAddress>,
    },
    /// Ends a user's sessions and grants, and disables sign-in.
    DisablePerson {
        /// The user's name.
        name: PersonId,
    },
    /// Enables sign-in again.
    EnablePerson {
        /// The user's name.
        name: PersonId,
    },
    /// Resets a user's counts of wrong passwords (rate limit), so that the user can sign in before the hour ends.
    UnlockPerson {
        /// The user's name.
        name: PersonId,
    },
    /// Ends a user's sessions and grants.
    SignOut {
        /// The user's name.
        name: PersonId,
    },
    /// Lists a user's grants, one page at a time.
    ListGrants {
        /// The user's name.
        person: Subject,
        /// Starts after this grant.
        after: Option<GrantArgument>,
    },
    /// Closes a grant.
    RevokeGrant {
        /// The grant's id.
        grant: GrantArgument,
    },
    /// Closes every grant of a user. Sessions stay.
    RevokeGrants {
        /// The user's name.
        person: Subject,
    },
    /// Adds a pre-registered client. The answer has its id, and its secret if any, under the names of
    /// RFC 7591 §3.2.1.
    AddClient {
        /// The name that users see.
        client_name: Option<String>,
        /// The redirect URIs. Empty if the client only acts for itself.
        #[serde(default)]
        redirect_uris: Vec<String>,
        /// The scopes that the client may use without a user (RFC 6749 §4.4). Default: none.
        #[serde(default)]
        own_scope: Scope,
        /// The client authentication method. Default: `none`.
        #[serde(default)]
        token_endpoint_auth_method: AuthMethod,
        /// The public keys, for a client that authenticates with assertions (RFC 7591 §2).
        jwks: Option<Value>,
        /// The URL of the public keys, as an alternative to `jwks`.
        jwks_uri: Option<String>,
    },
    /// Lists the pre-registered clients that commands added, one page at a time.
    ListClients {
        /// Starts after this client id.
        after: Option<ClientId>,
    },
    /// Removes a pre-registered client.
    RemoveClient {
        /// The client id.
        client_id: ClientId,
    },
    /// Blocks clients: they can do nothing until they are unblocked.
    BlockClient(BlockArgument),
    /// Unblocks clients.
    UnblockClient(BlockArgument),
    /// Lists what is blocked.
    ListBlocks {},
}

impl Command {
    /// The names of all commands.
    pub const NAMES: &'static [&'static str] = Self::VARIANTS;
}

/// Which clients to block or unblock: exactly one of the members.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockArgument {
    /// The client with this id.
    ClientId(ClientId),
    /// The client with this id in the settings of the server. Whether they have it is not known here.
    ConfiguredClient(ClientId),
    /// Clients with a redirect URI on this host, or on a host below it.
    RedirectHost(String),
    /// Clients whose metadata document (CIMD) is on this host, or on a host below it.
    DocumentHost(String),
}

impl BlockArgument {
    /// The block, if the id or the host is valid.
    pub(super) fn block(&self) -> Option<Block> {
        match self {
            Self::ClientId(id) => Block::parse(&id.0),
            Self::ConfiguredClient(id) => id.can_be_configured().then(|| Block::Client(id.clone())),
            Self::RedirectHost(host) => Block::parse(&format!("redirect-host:{host}")),
            Self::DocumentHost(host) => Block::parse(&format!("document-host:{host}")),
        }
    }
}

/// A grant's id, in the form that answers and logs have.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct GrantArgument(pub GrantId);

impl TryFrom<String> for GrantArgument {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        GrantId::parse(&text).map(Self).ok_or("this is not a grant id")
    }
}
