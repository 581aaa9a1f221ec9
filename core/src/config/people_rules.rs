//! Which users of an issuer are admitted: the operator's rules, and how the issuer's claims are read for them.

use crate::protocol::ClaimRule;
use std::fmt;
use thiserror::Error;

/// The rules of which users of an issuer are admitted. A user must meet one of them. There is at least one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub(crate) Vec<ClaimRule>);

/// The rules of which users of an issuer are admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PeopleRules {
    /// The issuer, which decides what its claims mean.
    pub(crate) issuer: String,
    /// The claim that holds a user's groups, or the path to it.
    pub(crate) groups_claim: String,
    /// The rules. A user must meet one of them.
    pub(crate) allowed: Allowed,
}

impl PeopleRules {
    /// Rules for users of this issuer, whose groups are in the claim `groups`.
    pub(super) fn new(issuer: &str, allowed: Allowed) -> Self {
        Self { issuer: issuer.to_owned(), groups_claim: "groups".to_owned(), allowed }
    }
}

impl Allowed {
    /// Reads a list of rules, separated by commas: `anyone`, `domain:EXAMPLE.COM`, `group:NAME`, or `org:NAME` of GitHub.
    ///
    /// # Errors
    /// [`InvalidAllowed`] for a text that is no rule, and for an empty one.
    pub fn parse(text: &str) -> Result<Self, InvalidAllowed> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let rule = |text: &str| ClaimRule::parse(text).ok_or_else(|| InvalidAllowed::Rule(text.to_owned()));
        let rules: Vec<_> = rules.map(rule).collect::<Result<_, _>>()?;
        if rules.is_empty() { Err(InvalidAllowed::None) } else { Ok(Self(rules)) }
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            rule.fmt(f)?;
        }
        Ok(())
    }
}

/// Why rules of which users are admitted are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvalidAllowed {
    /// There is no rule.
    #[error(
        "no rule allows a user to sign in; use anyone, domain:EXAMPLE.COM, group:NAME, or at GitHub org:NAME"
    )]
    None,
    /// This text is not a rule.
    #[error("{0:?} is not a rule; use anyone, domain:EXAMPLE.COM, group:NAME, or at GitHub org:NAME")]
    Rule(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in
            ["", " , ", "all", "domain:a", "domain:x@a.example", "group:", "domain:", "org:", "org:a/b"]
        {
            assert!(Allowed::parse(wrong).is_err(), "{wrong:?}");
        }
        let printed = "anyone,domain:a.example,group:Team A,org:acme-2";
        assert_eq!(Allowed::parse(printed).unwrap().to_string(), printed);
    }
}
