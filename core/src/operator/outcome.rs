//! What came of a command.

use crate::client::InvalidKeys;
use crate::store::StoreError;
use crate::wire::Event;
use serde_json::Value;
use std::fmt;

/// What came of a command.
#[derive(Debug)]
pub struct Done {
    /// For whoever gave it.
    pub answer: Value,
    /// For the log; nothing when nothing was changed.
    pub event: Option<Event>,
}

pub(super) fn done(answer: Value, event: Event) -> Done {
    Done { answer, event: Some(event) }
}

pub(super) fn seen(answer: Value) -> Done {
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

impl From<InvalidKeys> for Refused {
    fn from(error: InvalidKeys) -> Self {
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
