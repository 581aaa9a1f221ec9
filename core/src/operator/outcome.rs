//! The result of an operator command.

use crate::client::{Block, InvalidKeys};
use crate::protocol::{ClientId, GrantId, PersonId};
use crate::store::StoreError;
use crate::wire::Event;
use serde_json::Value;
use thiserror::Error;

/// The result of a successful command.
#[derive(Debug)]
pub struct Output {
    /// The answer for the operator.
    pub answer: Value,
    /// The event for the log. `None` if the command changed nothing.
    pub event: Option<Event>,
}

pub(super) fn done(answer: Value, event: Event) -> Output {
    Output { answer, event: Some(event) }
}

pub(super) fn seen(answer: Value) -> Output {
    Output { answer, event: None }
}

/// The reason why a command failed.
#[derive(Debug, Error)]
pub enum CommandError {
    /// There is no user of this name.
    #[error("there is no user {:?}; see list-people", .0.as_str())]
    UnknownUser(PersonId),
    /// There is no such grant.
    #[error("there is no grant {0}; see list-grants")]
    UnknownGrant(GrantId),
    /// There is no pre-registered client with this id.
    #[error("there is no client {0}; see list-clients")]
    UnknownClient(ClientId),
    /// There is no pre-registered client with this id, and no client with this id has acted for itself.
    #[error("there is no client {0} in list-clients, and none with this id has acted for itself")]
    NoGrants(ClientId),
    /// The text has no form of a client id.
    #[error(
        "this is no client id: such an id begins with dw_client_ or dw_known_, or is the https URL of the client's document; \
         list-grants and list-clients show it whole. For a client of the server's settings give its id as configured_client"
    )]
    NoClientId,
    /// No key of this server has signed the client id.
    #[error(
        "this client id is not whole, or its key was forgotten: no client can use it; list-grants and list-clients show the ids"
    )]
    UnsignedClientId,
    /// The client or host is not blocked.
    #[error("{0} is not blocked; see list-blocks")]
    NotBlocked(Block),
    /// There is a user of this name already.
    #[error("this name is taken")]
    Known,
    /// The name has a colon.
    #[error("the name of a user with a password has no colon: --user and some clients write NAME:PASSWORD")]
    NameWithColon,
    /// The user signs in at a provider.
    #[error("the user signs in at a provider, which says what the address is")]
    AddressOfProvider,
    /// The password is empty.
    #[error("the password is empty; omit it to get a generated password")]
    NoPassword,
    /// The description of a client is invalid.
    #[error("{0}")]
    InvalidClient(String),
    /// The keys of a client are invalid.
    #[error(transparent)]
    InvalidKeys(#[from] InvalidKeys),
    /// The store did not answer. The change may have been applied; retry.
    #[error(transparent)]
    Unanswered(#[from] StoreError),
}
