//! The id of a user: the `sub` of tokens (RFC 7519 §4.1.2). It is stable as long as the user exists.

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
    /// The prefix of clients that act for themselves.
    pub(super) const CLIENT: &'static str = "client:";
    pub(super) const RULE: &'static str = "a name has 1 to 255 bytes, no control characters, no white space at its ends, \
                                           and does not begin with client:";

    /// Reads an id: 1 to 255 bytes, without control characters, white space at its ends, or the prefix `client:` of
    /// clients that act for themselves.
    pub fn parse(text: &str) -> Option<Self> {
        (Self::is_sound(text) && !text.starts_with(Self::CLIENT)).then(|| Self(text.to_owned()))
    }

    pub(super) fn is_sound(text: &str) -> bool {
        !text.is_empty()
            && text.len() <= Self::MAX_BYTES
            && text.trim() == text
            && !text.chars().any(char::is_control)
    }

    /// The id of a user of an identity provider: issuer and subject, which never change (OpenID Connect Core 1.0
    /// §5.7). An email address is not used, because a provider can give it to another user later.
    pub fn at_provider(issuer: &str, subject: &str) -> Option<Self> {
        Self::parse(&format!("{issuer}#{subject}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PersonId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(Self::RULE)
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
