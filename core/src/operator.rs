//! What an operator can have done: people, their grants, and clients. Whoever may call this may do all of it.

mod clients;
mod grants;
mod people;

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::event::{Event, What};
use crate::keys::Keys;
use crate::passwords::Passwords;
use crate::protocol::client_document::{InvalidDocument, PublishedKeys};
use crate::protocol::registration::AuthMethod;
use crate::protocol::scope::Scope;
use crate::protocol::{client::ClientId, grant_id::GrantId, person_id::PersonId};
use crate::store::{Change, Store, StoreError};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

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
        after: Option<Printed>,
    },
    /// Closes a grant.
    RevokeGrant {
        /// Which.
        grant: Printed,
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
pub struct Printed(pub GrantId);

impl TryFrom<String> for Printed {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        GrantId::parse(&text).map(Self).ok_or("this is no grant's id")
    }
}

/// What commands are carried out with.
pub struct Operator {
    /// What is changed.
    pub store: Arc<dyn Store>,
    /// Who hashes passwords.
    pub passwords: Arc<dyn Passwords>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Where the keys come from that make clients' ids and secrets.
    pub keys: Arc<dyn ClientKeys>,
}

/// Hands out the keys that make clients' ids and secrets.
#[async_trait]
pub trait ClientKeys: Send + Sync {
    /// The keys, as they are now.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be had.
    async fn keys(&self) -> Result<Keys, StoreError>;
}

/// What came of a command.
#[derive(Debug)]
pub struct Done {
    /// For whoever gave it.
    pub answer: Value,
    /// For the log; nothing when nothing was changed.
    pub event: Option<Event>,
}

impl Operator {
    /// Carries out a command.
    ///
    /// # Errors
    /// [`Refused`], and then nothing was changed but what the store may have done without saying so.
    pub async fn obey(&self, command: Command) -> Result<Done, Refused> {
        match command {
            Command::AddPerson { name, password } => self.add(name, password).await,
            Command::ListPeople { after } => self.list(after).await,
            Command::SetPassword { name, password } => self.set_password(name, password).await,
            Command::DisablePerson { name } => self.end(name, Change::Disable, What::PersonDisabled).await,
            Command::EnablePerson { name } => {
                self.change(&name, Change::Enable).await?;
                Ok(done(json!({ "name": name }), people::about(What::PersonEnabled, name)))
            }
            Command::SignOut { name } => self.end(name, Change::SignOut, What::SignedOut).await,
            Command::ListGrants { person, after } => {
                self.grants(&person, after.map(|Printed(grant)| grant)).await
            }
            Command::RevokeGrant { grant: Printed(grant) } => self.revoke(grant).await,
            Command::RevokeGrants { person } => self.revoke_all(person).await,
            Command::AddClient {
                client_name,
                redirect_uris,
                own_scope,
                token_endpoint_auth_method,
                jwks,
                jwks_uri,
            } => {
                let keys = PublishedKeys::parse(jwks.as_ref(), jwks_uri.as_deref())?;
                let shows = clients::shows(token_endpoint_auth_method, keys)?;
                self.add_client(client_name, &redirect_uris, own_scope, shows).await
            }
            Command::ListClients { after } => self.list_clients(after).await,
            Command::RemoveClient { client_id } => self.remove_client(client_id).await,
            Command::BlockClient { client_id } => self.block_client(client_id, true).await,
            Command::UnblockClient { client_id } => self.block_client(client_id, false).await,
        }
    }
}

fn done(answer: Value, event: Event) -> Done {
    Done { answer, event: Some(event) }
}

fn seen(answer: Value) -> Done {
    Done { answer, event: None }
}

/// Why a command was not carried out.
#[derive(Debug)]
pub enum Refused {
    /// There is nobody of this name, or no such grant or client.
    Unknown,
    /// There is somebody of this name already.
    Known,
    /// The name is one that clients have which speak for themselves.
    NoPerson,
    /// The password is empty.
    NoPassword,
    /// A client cannot be as it was described.
    NoClient(String),
    /// The store did not answer. What was begun may have happened: the command can be given again.
    Unanswered(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<InvalidDocument> for Refused {
    fn from(error: InvalidDocument) -> Self {
        Self::NoClient(error.to_string())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is nobody of this name, or no such grant or client"),
            Self::Known => f.write_str("there is somebody of this name already"),
            Self::NoPerson => f.write_str("names that begin with client: are clients'"),
            Self::NoPassword => f.write_str("the password is empty; leave it out to have one drawn"),
            Self::NoClient(why) => f.write_str(why),
            Self::Unanswered(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}
