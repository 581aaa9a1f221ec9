//! What a client may read about its user: the claims of `UserInfo` (OpenID Connect Core 1.0 §5.1).

use crate::protocol::client_name::misleading;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What is known about a user, or what a user let a client read: each only if it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The email address, which the provider has verified, or which the operator vouches for.
    pub email: Option<EmailAddress>,
    /// The name.
    pub name: Option<DisplayName>,
}

/// An email address: `local@domain` with at most 254 bytes (RFC 5321 §4.5.3.1), without quotes, comments, white space and
/// characters that mislead. Letters beyond ASCII are accepted (RFC 6531 §3.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// The name of a user to show to others: at most 100 bytes, without characters that mislead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DisplayName(String);

impl EmailAddress {
    /// The maximum length of an address, in bytes.
    pub const MAX_BYTES: usize = 254;
    /// The maximum length of the part before the @, in bytes (RFC 5321 §4.5.3.1.1).
    const MAX_LOCAL: usize = 64;
    const RULE: &'static str =
        "an email address is local@domain, with at most 254 bytes, without quotes and white space";

    /// Reads an address. Nothing is changed: another spelling could be another address.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let is_sound = text.len() <= Self::MAX_BYTES
            && local.len() <= Self::MAX_LOCAL
            && are_atoms(local, |c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
            && are_atoms(domain, |c| c.is_ascii_alphanumeric() || c == '-');
        is_sound.then(|| Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether these are atoms with dots between (RFC 5321 §4.1.2).
fn are_atoms(text: &str, is_ascii: impl Fn(char) -> bool) -> bool {
    let is_character =
        |c: char| if c.is_ascii() { is_ascii(c) } else { !misleading(c) && !c.is_whitespace() };
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_character))
}

impl TryFrom<String> for EmailAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or(Self::RULE)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl DisplayName {
    /// The maximum length of a name, in bytes.
    pub const MAX_BYTES: usize = 100;

    /// Reads a name. Removes characters that could mislead who reads it, and truncates the rest to 100 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut name: String = text.chars().filter(|c| !misleading(*c)).collect();
        name.truncate(name.floor_char_boundary(Self::MAX_BYTES));
        let name = name.trim();
        (!name.is_empty()).then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_or_not_at_all() {
        for sound in ["alice@acme.example", "o'Neil+mcp@a-b.example", "Zoë@müller.example", "a@localhost"] {
            assert_eq!(EmailAddress::parse(sound).unwrap().as_str(), sound);
        }
        let longest = format!("{}@{}.{}", "l".repeat(64), "d".repeat(94), "d".repeat(94));
        assert_eq!(longest.len(), EmailAddress::MAX_BYTES);
        assert!(EmailAddress::parse(&longest).is_some());
        let (too_long, long_local) = (format!("{longest}d"), format!("{}@a.example", "l".repeat(65)));
        for unsound in [
            "",
            "alice",
            "@a.example",
            "alice@",
            "a@b@c.example",
            "a..b@c.example",
            ".a@c.example",
            "a@.example",
            "a@c.example.",
            " a@c.example",
            "a@c.example\n",
            "a b@c.example",
            "\"a b\"@c.example",
            "a@[127.0.0.1]",
            "a@c.example>,<b@d.example",
            "a@c_d.example",
            "a\u{0}@c.example",
            "a\u{202E}@c.example",
            "a\u{200B}@c.example",
            "a\u{A0}@c.example",
            too_long.as_str(),
            long_local.as_str(),
        ] {
            assert_eq!(EmailAddress::parse(unsound), None, "{unsound:?}");
        }
        assert!(serde_json::from_str::<EmailAddress>("\"alice\"").is_err());
    }

    #[test]
    fn a_name_has_no_misleading_characters_and_is_cut() {
        let name = |text: &str| DisplayName::parse(text).map(|name| name.as_str().to_owned());
        assert_eq!(name(" Alice \u{202E}\n\"A\" Example "), Some("Alice A Example".to_owned()));
        assert_eq!(name(&"é".repeat(60)), Some("é".repeat(50)));
        assert_eq!((name(""), name(" \u{200B} ")), (None, None));
    }
}
