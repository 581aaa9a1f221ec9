//! The store: data for what must happen once, or must be revocable. One file for each record and its trait.
//!
//! A method is an event of the domain. What a caller may branch on is in its result. An error is opaque: the store
//! did not answer. The store has no clock: the caller compares times with the one `now` of its request.

mod assertions;
mod attempts;
mod blocked_clients;
mod blocks;
mod clients;
pub(crate) mod connections;
mod document_copies;
mod error;
mod grants;
mod kept_documents;
pub mod lifecycle;
mod memory;
mod outcome;
mod people;
mod sign_ins;
mod stores;

pub use assertions::{Accepted, Assertions};
pub use attempts::{AttemptKey, AttemptSource, Attempts, Reserved};
pub use blocks::Blocks;
pub use clients::{Blocked, Clients, PreRegisteredClient};
pub use document_copies::{COPY_LIFETIME, DocumentCopies, DocumentCopy};
pub use error::StoreError;
pub use grants::{Closed, Excused, Grant, Grants, Opened, PAGE_SIZE, Rotated};
pub use lifecycle::{Chain, CloseReason, Excuse, RefreshRules, Standing, State, Steps, UseOutcome};
pub use memory::MemoryStore;
pub use outcome::Added;
pub use people::{Change, Changed, Login, People, Person, Replaced};
pub use sign_ins::{SignInRecord, SignIns};
pub use stores::{Store, Stores};
