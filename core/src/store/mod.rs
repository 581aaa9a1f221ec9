//! What the store remembers: what must happen once, or be taken back. A record and a trait per file.
//!
//! Methods are events of the domain. What a caller may branch on is an outcome; an error is opaque, and means that
//! the store did not answer. The store never judges time: a caller compares with the one `now` of its request.

mod assertions;
mod clients;
pub(crate) mod connections;
mod error;
mod grants;
mod guesses;
pub mod lifecycle;
mod memory;
mod people;

pub use assertions::{Accepted, Assertions};
pub use clients::{Blocked, Clients, Enrolled, KnownClient};
pub use error::StoreError;
pub use grants::{Closed, Excused, Grant, Grants, Opened, PAGE, Rotated};
pub use guesses::{Guessed, Guesser, Guesses};
pub use lifecycle::{Chain, Excuse, Rules, Standing, State, Steps, Turn, Why};
pub use memory::MemoryStore;
pub use people::{Change, Changed, Introduced, Met, People, Person};

/// Everything that is stored.
pub trait Store: Grants + People + Clients + Assertions + Guesses {}

impl<T: Grants + People + Clients + Assertions + Guesses> Store for T {}
