//! The table: its key, its index, and the names of what items hold.

/// The key: what the item is, `#`, and its id.
pub const KEY: &str = "pk";
/// The list that an item is on.
pub const LIST: &str = "on_list";
/// The index over [`LIST`], by [`KEY`].
pub const INDEX: &str = "lists";
/// When DynamoDB may delete the item, in seconds since 1970. It deletes late, so nothing is decided by it.
pub const EXPIRY: &str = "gone_after";
/// What the index shows of people and clients; of grants nothing but that they are there, so that whatever becomes of one
/// writes to the table alone.
pub const LISTED: [&str; 12] = [
    "password",
    "called",
    "epoch",
    "disabled",
    "client_name",
    "redirect_uris",
    "confidential",
    "own_scope",
    "jwks",
    "jwks_uri",
    "added_at",
    "blocked",
];

/// Everybody's list.
pub(crate) const PEOPLE: &str = "people";

/// The list of clients that operators made known.
pub(crate) const CLIENTS: &str = "clients";

/// Items of a grant.
pub const GRANT: &str = "grant#";
/// Items of a person.
pub const PERSON: &str = "person#";
/// Items of wrong passwords.
pub const GUESSES: &str = "guesses#";
/// Items of an assertion that was taken.
pub const ASSERTION: &str = "assertion#";
/// Items of a client that an operator made known.
pub const CLIENT: &str = "client#";
