//! Who a person is: the `sub` of tokens (RFC 7519 §4.1.2), stable for as long as the person exists.

use crate::protocol::client_id::ClientId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// For people who sign in with a password here, their name; for others, the provider and what they are there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonId(String);

impl PersonId {
    /// Longer names are nobody's.
    pub const MAX_BYTES: usize = 255;
    const OF_CLIENTS: &'static str = "client:";

    /// Reads a name: 1 to 255 bytes without control characters, nor white space at its ends.
    pub fn parse(text: &str) -> Option<Self> {
        let sound = !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.trim() == text
            && !text.chars().any(char::is_control);
        sound.then(|| Self(text.to_owned()))
    }

    /// What a client is called that speaks for itself: no person's name begins so, or the one could be taken for the other
    /// (RFC 9068 §5).
    pub fn of_client(id: &ClientId) -> Option<Self> {
        Self::parse(&format!("{}{id}", Self::OF_CLIENTS))
    }

    /// Somebody whom an identity provider knows, by what never changes there (OpenID Connect Core 1.0 §5.7). No address: one
    /// that somebody gives up is somebody else's next year.
    pub fn at_provider(issuer: &str, subject: &str) -> Option<Self> {
        Self::parse(&format!("{issuer}#{subject}"))
    }

    /// Whether it is such a client's.
    pub fn is_a_clients(&self) -> bool {
        self.0.starts_with(Self::OF_CLIENTS)
    }

    /// The name.
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
