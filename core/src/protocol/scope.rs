//! Scopes of access tokens and grants (RFC 6749 §3.3).

use crate::protocol::refusal::Refusal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{collections::BTreeSet, fmt};
use thiserror::Error;

/// The scope by which clients request a refresh token (OpenID Connect Core 1.0 §11). It is ignored: every user's grant
/// has a refresh token here.
const OFFLINE_ACCESS: &str = "offline_access";

/// A set of scope tokens, printed with spaces between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(BTreeSet<String>);

impl Scope {
    /// Reads a space-delimited list. Extra spaces are ignored, because clients send them.
    ///
    /// # Errors
    /// [`InvalidScope`] if a token has a character that RFC 6749 §3.3 does not allow.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let tokens = text.split(' ').filter(|token| !token.is_empty());
        tokens
            .map(|token| is_token(token).then(|| token.to_owned()).ok_or(InvalidScope))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether the set has no tokens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether the set contains every token of `needed`.
    pub fn covers(&self, needed: &Self) -> bool {
        self.0.is_superset(&needed.0)
    }

    /// The tokens of both sets together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// The scopes that a client gets when it asks for `asked`, and `self` is offered. Scopes that are not offered are
    /// dropped if at least one remains, because clients request every scope that they have ever seen. A client that
    /// asks for none gets all.
    ///
    /// # Errors
    /// `invalid_scope` if none of the requested scopes is offered (RFC 6749 §3.3, §5.2).
    pub fn granted_to(&self, asked: Option<&str>) -> Result<Self, Refusal> {
        let asked = Self::parse(asked.unwrap_or_default())
            .map_err(|_| Refusal::invalid_scope("scope has characters that are not allowed in scopes"))?;
        if asked.iter().all(|token| token == OFFLINE_ACCESS) {
            return Ok(self.clone());
        }
        let granted = asked.intersection(self);
        let none = || Refusal::invalid_scope(format!("no requested scope is available; supported: {self}"));
        (!granted.is_empty()).then_some(granted).ok_or_else(none)
    }

    /// The tokens that both sets contain.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }
}

/// Whether all bytes are `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tokens = self.iter();
        tokens.next().map_or(Ok(()), |first| f.write_str(first))?;
        tokens.try_for_each(|token| write!(f, " {token}"))
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The error of [`Scope::parse`]: a character that scopes cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a scope must be printable ASCII without quotes and backslashes")]
pub struct InvalidScope;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stray_spaces_and_repetitions_are_forgiven() {
        assert_eq!(Scope::parse("  user  admin user ").unwrap().to_string(), "admin user");
        assert!(Scope::parse("   ").unwrap().is_empty());
    }

    #[test]
    fn other_characters_are_refused() {
        for bad in ["us\"er", "us\\er", "us\ter", "usér"] {
            assert_eq!(Scope::parse(bad), Err(InvalidScope), "{bad}");
        }
    }

    #[test]
    fn what_is_to_be_had_is_granted_and_everything_to_whoever_asks_for_nothing() {
        let offered = Scope::parse("files user").unwrap();
        for (asked, granted) in [
            (None, "files user"),
            (Some(""), "files user"),
            (Some("offline_access"), "files user"),
            (Some(" user"), "user"),
            (Some("user offline_access claudeai"), "user"),
        ] {
            assert_eq!(offered.granted_to(asked).unwrap().to_string(), granted, "{asked:?}");
        }
        for asked in ["claudeai", "claudeai offline_access", "us\"er"] {
            assert_eq!(offered.granted_to(Some(asked)).unwrap_err().code(), "invalid_scope", "{asked}");
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(text in "\\PC{0,60}") {
            if let Ok(scope) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
            }
        }
    }
}
