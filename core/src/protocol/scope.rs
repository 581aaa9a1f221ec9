//! Scopes of access tokens and grants (RFC 6749 §3.3).

use crate::protocol::refusal::Refusal;
use crate::rules;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use thiserror::Error;

/// The scope by which clients request a refresh token (OpenID Connect Core 1.0 §11). It is ignored: every user's grant
/// has a refresh token here.
const OFFLINE_ACCESS: &str = "offline_access";

/// A set of scope tokens: each once, in alphabetical order, with one space between them. It is one text, because each token
/// that is issued or checked copies its scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(String);

impl Scope {
    /// Reads a space-delimited list. Extra spaces are ignored, because clients send them.
    ///
    /// # Errors
    /// [`InvalidScope`] if a token has a character that RFC 6749 §3.3 does not allow.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        text.split(' ').all(are_characters).then(|| Self::of(text.split(' ').collect())).ok_or(InvalidScope)
    }

    /// The set of these tokens. An empty text is none.
    pub(super) fn of(mut tokens: Vec<&str>) -> Self {
        tokens.retain(|token| !token.is_empty());
        tokens.sort_unstable();
        tokens.dedup();
        Self(tokens.join(" "))
    }

    /// Whether the set has no tokens.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tokens, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|token| !token.is_empty())
    }

    /// The tokens with a space between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the set contains every token of `needed`. Both are in order, so one pass over each is enough.
    pub fn covers(&self, needed: &Self) -> bool {
        let mut tokens = self.iter();
        needed.iter().all(|needed| tokens.any(|token| token == needed))
    }

    /// The tokens of both sets together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.covers(other), other.covers(self)) {
            (true, _) => self.clone(),
            (_, true) => other.clone(),
            (false, false) => Self::of(self.iter().chain(other.iter()).collect()),
        }
    }

    /// The scopes that a client gets when it asks for `asked`, and `self` is offered. Scopes that are not offered are
    /// dropped, because clients request every scope that they have ever seen, or a default of their own such as `openid
    /// profile email`. A client that asks for none, or for none that is offered, gets all. One that asks only for scopes
    /// of this server gets all scopes of the resource too. RFC 6749 §3.3 allows that, if the token response says which
    /// scope was granted.
    ///
    /// # Errors
    /// `invalid_scope` if a character is not allowed in scopes (RFC 6749 §3.3).
    pub fn granted_to(&self, asked: Option<&str>) -> Result<GrantedScope, Refusal> {
        let sent = asked.unwrap_or_default();
        let asked = Self::parse(sent).map_err(|why| {
            rules::SCOPE_MALFORMED
                .refuse(format!("{why}; supported: {self}"))
                .for_operator(&format!("scope was {sent}; supported: {self}"))
        })?;
        let known = asked.intersection(self);
        let dropped = asked.iter().filter(|token| *token != OFFLINE_ACCESS && !self.has(token));
        let dropped = Self::of(dropped.collect());
        let scope = match known.is_for_resource() {
            true => known,
            false if known.is_empty() => self.clone(),
            false => known.union(&self.for_resource()),
        };
        Ok(GrantedScope { scope, dropped })
    }

    /// The tokens that both sets contain.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if other.covers(self) {
            return self.clone();
        }
        Self::of(self.iter().filter(|token| other.has(token)).collect())
    }

    /// The set without the scope by which clients request a refresh token, which is ignored.
    #[must_use]
    pub(crate) fn without_offline_access(&self) -> Self {
        Self::of(self.iter().filter(|token| *token != OFFLINE_ACCESS).collect())
    }
}

/// The scope that a client gets, and what was dropped from its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedScope {
    /// The scope. Never empty, if the offered scope is not.
    pub scope: Scope,
    /// The requested scopes that are not offered.
    pub dropped: Scope,
}

impl GrantedScope {
    /// What was dropped, for the log: at most 200 characters of it.
    pub(crate) fn note(&self) -> Option<String> {
        let dropped: String = self.dropped.to_string().chars().take(200).collect();
        (!dropped.is_empty()).then(|| format!("dropped scopes: {dropped}"))
    }
}

/// Whether all bytes are `%x21 / %x23-5B / %x5D-7E` (RFC 6749 §3.3).
fn are_characters(token: &str) -> bool {
    token.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
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
    use std::collections::BTreeSet;

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
    fn offered_scopes_are_granted_and_all_of_them_to_a_client_that_asks_for_none() {
        let offered = Scope::parse("files user").unwrap();
        for (asked, scope, dropped) in [
            (None, "files user", ""),
            (Some(""), "files user", ""),
            (Some("offline_access"), "files user", ""),
            (Some(" user"), "user", ""),
            (Some("user offline_access claudeai"), "user", "claudeai"),
            (Some("claudeai"), "files user", "claudeai"),
            (Some("USER"), "files user", "USER"),
            (Some("openid profile email offline_access"), "files user", "email openid profile"),
        ] {
            let granted = offered.granted_to(asked).unwrap();
            assert_eq!(
                (granted.scope.to_string().as_str(), granted.dropped.to_string().as_str()),
                (scope, dropped)
            );
        }
        let refused = offered.granted_to(Some("us\"er")).unwrap_err();
        assert_eq!(refused.code(), "invalid_scope");
        assert!(refused.description().ends_with("supported: files user"), "{}", refused.description());
        assert_eq!(refused.reason(), "scope was us?er; supported: files user");
    }

    #[test]
    fn the_note_of_what_was_dropped_is_short() {
        let offered = Scope::parse("user").unwrap();
        assert_eq!(offered.granted_to(Some("user")).unwrap().note(), None);
        assert_eq!(offered.granted_to(Some("openid b")).unwrap().note().unwrap(), "dropped scopes: b openid");
        let long = offered.granted_to(Some(&"x".repeat(5000))).unwrap();
        assert_eq!(long.note().map(|note| note.len()), Some(216));
    }

    proptest! {
        #[test]
        fn no_client_gets_what_is_not_offered(asked in "([a-c]{1,2} ?){0,5}", offered in "[a-c]{1,2}( [a-c]{1,2}){0,3}") {
            let (asked, offered) = (asked.as_str(), Scope::parse(&offered).unwrap());
            let granted = offered.granted_to(Some(asked)).unwrap();
            prop_assert!(!granted.scope.is_empty() && offered.covers(&granted.scope));
            prop_assert!(granted.dropped.intersection(&offered).is_empty());
        }

        /// As sets of texts do it.
        #[test]
        fn sets_are_compared_joined_and_cut(one in "([a-c]{1,2} ?){0,5}", other in "([a-c]{1,2} ?){0,5}") {
            let set = |scope: &Scope| scope.iter().map(str::to_owned).collect::<BTreeSet<_>>();
            let (one, other) = (Scope::parse(&one).unwrap(), Scope::parse(&other).unwrap());
            let (a, b) = (set(&one), set(&other));
            prop_assert_eq!(one.covers(&other), a.is_superset(&b));
            prop_assert_eq!(set(&one.union(&other)), a.union(&b).cloned().collect());
            prop_assert_eq!(set(&one.intersection(&other)), a.intersection(&b).cloned().collect());
            prop_assert_eq!(one == other, a == b);
            prop_assert_eq!(one.as_str(), Vec::from_iter(a).join(" "));
        }

        #[test]
        fn what_is_printed_is_read_back(text in "\\PC{0,60}") {
            if let Ok(scope) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&scope.to_string()), Ok(scope));
            }
        }
    }
}
