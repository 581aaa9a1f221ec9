//! The result of an operator command.

use crate::client::InvalidKeys;
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
    /// There is no user of this name, or no such grant or client.
    #[error("there is no such user, grant or client")]
    Unknown,
    /// There is a user of this name already.
    #[error("this name is taken")]
    Known,
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
