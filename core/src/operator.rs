//! What an operator can have done: people, their grants, and clients. Whoever may call this may do all of it.

mod clients;

use crate::clock::{Clock, Timestamp};
use crate::entropy::{Entropy, draw};
use crate::event::{Event, What};
use crate::keys::Keys;
use crate::passwords::{Password, Passwords};
use crate::protocol::client_document::{InvalidDocument, PublishedKeys};
use crate::protocol::registration::AuthMethod;
use crate::protocol::scope::Scope;
use crate::protocol::{client::ClientId, grant_id::GrantId, person_id::PersonId};
use crate::store::{Change, Changed, Closed, Introduced, Listed, Person, Store, StoreError, Why};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::{fmt, time::Duration};

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

/// How long a code can be under way when a person is signed out, with some room for clocks.
const CODES: Duration = Duration::from_secs(2 * 60);

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
                Ok(done(json!({ "name": name }), about(What::PersonEnabled, name)))
            }
            Command::SignOut { name } => self.end(name, Change::SignOut, What::SignedOut).await,
            Command::ListGrants { person, after } => {
                self.grants(&person, after.map(|Printed(grant)| grant)).await
            }
            Command::RevokeGrant { grant: Printed(grant) } => self.revoke(grant).await,
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

    async fn add(&self, name: PersonId, password: Option<String>) -> Result<Done, Refused> {
        if name.is_a_clients() {
            return Err(Refused::NoPerson);
        }
        let (password, told) = self.password(password)?;
        let password = self.passwords.hash(&password).await;
        let person = Person { id: name.clone(), password, epoch: 0, disabled: false };
        match self.store.introduce(person).await? {
            Introduced::New => Ok(done(told_once(&name, told), about(What::PersonAdded, name))),
            Introduced::Already => Err(Refused::Known),
        }
    }

    async fn list(&self, after: Option<PersonId>) -> Result<Done, Refused> {
        let people = self.store.people(after.as_ref()).await?;
        let next = people.last().map(|last| last.id.clone());
        let shown = people.iter().map(|person| json!({ "name": person.id, "disabled": person.disabled }));
        Ok(seen(json!({ "people": shown.collect::<Vec<_>>(), "after": next })))
    }

    async fn set_password(&self, name: PersonId, password: Option<String>) -> Result<Done, Refused> {
        let (password, told) = self.password(password)?;
        let password = self.passwords.hash(&password).await;
        self.change(&name, Change::Password(password)).await?;
        Ok(done(told_once(&name, told), about(What::PasswordSet, name)))
    }

    /// The epoch first: no session that began before can open a grant that the walk does not see, except by a code that
    /// is under way. So the walk is worth repeating when codes have ended.
    async fn end(&self, name: PersonId, change: Change, what: What) -> Result<Done, Refused> {
        self.change(&name, change).await?;
        let closed = self.close_all(&name, self.clock.now()).await?;
        let again = self.clock.now().after(CODES);
        Ok(done(json!({ "name": name, "grants_closed": closed, "repeat_after": again }), about(what, name)))
    }

    async fn close_all(&self, person: &PersonId, now: Timestamp) -> Result<u32, Refused> {
        let (mut closed, mut after) = (0, None);
        loop {
            let page = self.store.grants_of(person, after).await?;
            let Some(last) = page.last() else { return Ok(closed) };
            after = Some(last.id);
            for grant in page.iter().filter(|grant| grant.closed.is_none() && now < grant.expires_at) {
                if self.store.close(grant.id, now, Why::SignedOut).await? == Closed::Now {
                    closed += 1;
                }
            }
        }
    }

    async fn grants(&self, person: &PersonId, after: Option<GrantId>) -> Result<Done, Refused> {
        let page = self.store.grants_of(person, after).await?;
        let next = page.last().map(|last| last.id.to_string());
        let shown: Vec<_> = page.iter().map(shown).collect();
        Ok(seen(json!({ "grants": shown, "after": next })))
    }

    async fn revoke(&self, grant: GrantId) -> Result<Done, Refused> {
        match self.store.close(grant, self.clock.now(), Why::Operator).await? {
            Closed::Unknown => Err(Refused::Unknown),
            closed => {
                let answer = json!({ "grant": grant.to_string(), "was_open": closed == Closed::Now });
                Ok(done(answer, Event { grant: Some(grant), ..Event::new(What::Revoked) }))
            }
        }
    }

    async fn change(&self, name: &PersonId, change: Change) -> Result<Person, Refused> {
        match self.store.change(name, change).await? {
            Changed::Now(person) => Ok(*person),
            Changed::Unknown => Err(Refused::Unknown),
        }
    }

    /// The password that was given, or one that is drawn and has to be told.
    fn password(&self, given: Option<String>) -> Result<(Password, Option<String>), Refused> {
        match given {
            Some(given) if given.is_empty() => Err(Refused::NoPassword),
            Some(given) => Ok((Password::new(given), None)),
            None => {
                let drawn = URL_SAFE_NO_PAD.encode(draw::<15>(&*self.entropy));
                Ok((Password::new(drawn.clone()), Some(drawn)))
            }
        }
    }
}

fn about(what: What, person: PersonId) -> Event {
    Event { person: Some(person), ..Event::new(what) }
}

fn done(answer: Value, event: Event) -> Done {
    Done { answer, event: Some(event) }
}

fn seen(answer: Value) -> Done {
    Done { answer, event: None }
}

/// A drawn password is in this answer and nowhere else.
fn told_once(name: &PersonId, drawn: Option<String>) -> Value {
    match drawn {
        None => json!({ "name": name }),
        Some(password) => json!({ "name": name, "password": password }),
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    grant: String,
    client: &'a str,
    scope: String,
    resource: &'a str,
    opened_at: Timestamp,
    expires_at: Timestamp,
    closed: Option<(Timestamp, Why)>,
}

fn shown(grant: &Listed) -> Shown<'_> {
    Shown {
        grant: grant.id.to_string(),
        client: &grant.client.0,
        scope: grant.scope.to_string(),
        resource: grant.resource.as_str(),
        opened_at: grant.opened_at,
        expires_at: grant.expires_at,
        closed: grant.closed,
    }
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
