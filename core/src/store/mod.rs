//! What the store remembers: what must happen once, or be taken back. A record and a trait per file.
//!
//! Methods are events of the domain. What a caller may branch on is an outcome; an error is opaque, and means that
//! the store did not answer. The store never judges time: a caller compares with the one `now` of its request.

pub mod assertions;
pub mod clients;
pub mod grants;
pub mod guesses;
pub mod memory;
pub mod people;

pub use assertions::{Accepted, Assertions};
pub use clients::{Blocked, Clients, Enrolled, KnownBy, KnownClient};
pub use grants::{Closed, Excused, Grant, Grants, Opened, Rotated};
pub use guesses::{Guessed, Guesser, Guesses};
pub use people::{Change, Changed, Introduced, Met, People, Person};

use std::{error::Error, fmt};

/// Everything that is stored.
pub trait Store: Grants + People + Clients + Assertions + Guesses {}

impl<T: Grants + People + Clients + Assertions + Guesses> Store for T {}

/// The store did not answer; nothing is known about what it did.
#[derive(Debug)]
pub struct StoreError(Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what the adapter saw, for the operator's log.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store did not answer: {}", self.0)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
