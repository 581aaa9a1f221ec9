//! The table: its key, its index, and the names of what items hold.

/// The key: what the item is, `#`, and its id.
pub const KEY: &str = "pk";
/// The list that an item is on.
pub const LIST: &str = "on_list";
/// The index over [`LIST`], by [`KEY`].
pub const INDEX: &str = "lists";
/// When DynamoDB may delete the item, in seconds since 1970. It deletes late, so nothing is decided by it.
pub const EXPIRY: &str = "gone_after";
/// What the index shows of grants and people. A refresh changes none of it, and so writes to the table alone.
pub const LISTED: [&str; 10] = [
    "client",
    "scope",
    "resource",
    "opened_at",
    "expires_at",
    "closed_at",
    "why",
    "password",
    "epoch",
    "disabled",
];

/// Everybody's list.
pub(crate) const PEOPLE: &str = "people";

/// Items of a grant.
pub const GRANT: &str = "grant#";
/// Items of a person.
pub const PERSON: &str = "person#";
