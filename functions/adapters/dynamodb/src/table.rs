//! The table: its key, its index, and the prefixes of its keys.

/// The key attribute: the kind of the item, `#`, and its id.
pub const KEY: &str = "pk";
/// The attribute that names the list of an item.
pub const LIST: &str = "on_list";
/// The index over [`LIST`], by [`KEY`].
pub const INDEX: &str = "lists";
/// TTL: when DynamoDB may delete the item, in seconds since 1970. It deletes late, so no decision depends on it.
pub const EXPIRY: &str = "gone_after";
/// The attributes of users and clients that the index includes. It includes no attribute of grants, so a change of a
/// grant writes to the table only.
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

/// The list of all users.
pub(crate) const PEOPLE: &str = "people";

/// The list of pre-registered clients.
pub(crate) const CLIENTS: &str = "clients";

/// Key prefix of grants.
pub const GRANT: &str = "grant#";
/// Key prefix of users.
pub const PERSON: &str = "person#";
/// Key prefix of counts of wrong passwords.
pub const GUESSES: &str = "guesses#";
/// Key prefix of accepted client assertions.
pub const ASSERTION: &str = "assertion#";
/// The key of the list of blocked clients.
pub const BLOCKED_CLIENTS: &str = "blocks#clients";
/// Key prefix of copies of clients' metadata documents.
pub const DOCUMENT: &str = "document#";
/// Key prefix of pre-registered clients.
pub const CLIENT: &str = "client#";
