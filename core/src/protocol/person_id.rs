//! The id of a user: the `sub` of tokens (RFC 7519 §4.1.2). It is stable as long as the user exists.

use crate::protocol::client_id::ClientId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// For users with a password on this server, the user name. For users of an identity provider, the provider's issuer
/// and the user's subject there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

impl PersonId {
    /// The maximum length of an id, in bytes.
    pub const MAX_BYTES: usize = 255;
    const OF_CLIENTS: &'static str = "client:";

    /// Reads an id: 1 to 255 bytes, without control characters or white space at its ends.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.trim() == text
            && !text.chars().any(char::is_control);
        sound.then(|| Self(text.to_owned()))
    }

    /// The `sub` of a client that acts for itself (`client_credentials`). No user name begins with its prefix
    /// `client:`. Otherwise a client could be mistaken for a user (RFC 9068 §5).
    pub fn of_client(id: &ClientId) -> Option<Self> {
        Self::parse(&format!("{}{id}", Self::OF_CLIENTS))
    }

    /// The id of a user of an identity provider: issuer and subject, which never change (OpenID Connect Core 1.0
    /// §5.7). An email address is not used, because a provider can give it to another user later.
    pub fn at_provider(issuer: &str, subject: &str) -> Option<Self> {
        Self::parse(&format!("{issuer}#{subject}"))
    }

    /// Whether this is the id of a client ([`PersonId::of_client`]).
    pub fn is_a_clients(&self) -> bool {
        self.0.starts_with(Self::OF_CLIENTS)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
            .ok_or("a name is 1 to 255 bytes, without control characters or white space at its ends")
    }
}

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        id.0
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
