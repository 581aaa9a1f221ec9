//! What came of a command.

use crate::client::InvalidKeys;
use crate::store::StoreError;
use crate::wire::Event;
use serde_json::Value;
use std::fmt;

/// What came of a command.
#[derive(Debug)]
pub struct Output {
    /// For whoever gave it.
    pub answer: Value,
    /// For the log; nothing when nothing was changed.
    pub event: Option<Event>,
}

pub(super) fn done(answer: Value, event: Event) -> Output {
    Output { answer, event: Some(event) }
}

pub(super) fn seen(answer: Value) -> Output {
    Output { answer, event: None }
}

/// Why a command was not carried out.
#[derive(Debug)]
pub enum CommandError {
    /// There is nobody of this name, or no such grant or client.
    Unknown,
    /// There is somebody of this name already.
    Known,
    /// The name is one that clients have which speak for themselves.
    NoPerson,
    /// The password is empty.
    NoPassword,
    /// A client cannot be as it was described.
    ClientLookupError(String),
    /// The store did not answer. What was begun may have happened: the command can be given again.
    Unanswered(StoreError),
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::Unanswered(error)
    }
}

impl From<InvalidKeys> for CommandError {
    fn from(error: InvalidKeys) -> Self {
        Self::ClientLookupError(error.to_string())
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("there is nobody of this name, or no such grant or client"),
            Self::Known => f.write_str("there is somebody of this name already"),
            Self::NoPerson => f.write_str("names that begin with client: are clients'"),
            Self::NoPassword => f.write_str("the password is empty; leave it out to have one drawn"),
            Self::ClientLookupError(why) => f.write_str(why),
            Self::Unanswered(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CommandError {}
