//! The result of an operator command.

use crate::client::InvalidKeys;
use crate::store::StoreError;
use crate::wire::Event;
use serde_json::Value;
use std::fmt;

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
#[derive(Debug)]
pub enum CommandError {
    /// There is no user of this name, or no such grant or client.
    Unknown,
    /// There is a user of this name already.
    Known,
    /// The password is empty.
    NoPassword,
    /// The description of a client is invalid.
    InvalidClient(String),
    /// The store did not answer. The change may have been applied; retry.
    Unanswered(StoreError),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<InvalidKeys> for CommandError {
    fn from(error: InvalidKeys) -> Self {
        Self::InvalidClient(error.to_string())
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is nobody of this name, or no such grant or client"),
            Self::Known => f.write_str("there is somebody of this name already"),
            Self::NoPassword => f.write_str("the password is empty; leave it out to have one drawn"),
            Self::InvalidClient(why) => f.write_str(why),
            Self::Unanswered(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CommandError {}
