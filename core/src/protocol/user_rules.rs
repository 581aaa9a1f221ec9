//! Rules of which users may use a resource, or may sign in at all.

use crate::protocol::person_id::PersonId;
use crate::protocol::subject::Subject;
use std::fmt;
use thiserror::Error;

/// A rule about what a provider says of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimRule {
    /// Every user.
    Anyone,
    /// A user with a verified email address in this domain.
    Domain(String),
    /// A user in this group.
    Group(String),
    /// A user who is a member of this organization at GitHub.
    Organization(String),
}

/// A rule about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
enum UserRule {
    User(PersonId),
    Claim(ClaimRule),
}

/// The rules of which users may use a resource. A user must meet one of them. Without rules, every user may who can sign
/// in. The rules do not concern clients that act for themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserRules(Vec<UserRule>);

/// What rules say about a user of whom only the id is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A rule is met.
    Admitted,
    /// No rule can be met.
    Excluded,
    /// The claims of the provider decide.
    ByClaims,
}

impl ClaimRule {
    /// Reads `anyone`, `domain:EXAMPLE.COM`, `group:NAME` or `org:NAME`. `None` for any other text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None if text == "anyone" => Some(Self::Anyone),
            Some(("domain", domain)) if domain.contains('.') && !domain.contains('@') => {
                Some(Self::Domain(domain.to_owned()))
            }
            Some(("group", group)) if !group.is_empty() => Some(Self::Group(group.to_owned())),
            Some(("org", name)) if is_organization(name) => Some(Self::Organization(name.to_owned())),
            _ => None,
        }
    }
}

/// Whether GitHub may give this name to an organization. The name becomes a segment of a URL.
fn is_organization(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=100).contains(&name.len()) && name.bytes().all(is_plain)
}

impl UserRule {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("user:") {
            Some(id) => PersonId::parse(id).map(Self::User),
            None => ClaimRule::parse(text).map(Self::Claim),
        }
    }
}

impl UserRules {
    /// Reads rules, separated by commas: `anyone`, `user:NAME`, `domain:EXAMPLE.COM`, `group:NAME` or
    /// `org:NAME`.
    ///
    /// # Errors
    /// [`InvalidUserRule`] for a text that is no rule, and for an empty one.
    pub fn parse(text: &str) -> Result<Self, InvalidUserRule> {
        let rule = |text: &str| UserRule::parse(text).ok_or_else(|| InvalidUserRule(text.to_owned()));
        text.split(',').map(str::trim).map(rule).collect::<Result<_, _>>().map(Self)
    }

    /// Adds rules. A user must meet one of all of them.
    pub fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// What the rules say about this user.
    pub fn judge(&self, person: &PersonId) -> Judgement {
        let meets = |rule: &UserRule| match rule {
            UserRule::User(named) => named == person,
            UserRule::Claim(rule) => *rule == ClaimRule::Anyone,
        };
        match self.0.is_empty() || self.0.iter().any(meets) {
            true => Judgement::Admitted,
            false if self.need_claims() => Judgement::ByClaims,
            false => Judgement::Excluded,
        }
    }

    /// Whether this subject meets no rule, whatever a provider says. Never a client that acts for itself.
    pub fn exclude(&self, subject: &Subject) -> bool {
        subject.person().is_some_and(|person| self.judge(person) == Judgement::Excluded)
    }

    /// Whether a rule is about the claims of a provider.
    pub fn need_claims(&self) -> bool {
        self.claims().any(|rule| *rule != ClaimRule::Anyone)
    }

    /// The rules about claims.
    pub fn claims(&self) -> impl Iterator<Item = &ClaimRule> {
        self.0.iter().filter_map(|rule| match rule {
            UserRule::User(_) => None,
            UserRule::Claim(rule) => Some(rule),
        })
    }
}

impl fmt::Display for ClaimRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("anyone"),
            Self::Domain(domain) => write!(f, "domain:{domain}"),
            Self::Group(group) => write!(f, "group:{group}"),
            Self::Organization(name) => write!(f, "org:{name}"),
        }
    }
}

impl fmt::Display for UserRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match rule {
                UserRule::User(person) => write!(f, "user:{person}")?,
                UserRule::Claim(rule) => rule.fmt(f)?,
            }
        }
        Ok(())
    }
}

/// This text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a rule; use anyone, user:NAME, domain:EXAMPLE.COM, group:NAME or org:NAME")]
pub struct InvalidUserRule(String);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client_id::ClientId;

    fn person(name: &str) -> PersonId {
        PersonId::parse(name).unwrap()
    }

    #[test]
    fn a_user_has_to_meet_one_rule() {
        use Judgement::{Admitted, ByClaims, Excluded};
        for (rules, judged) in [
            ("user:alice", Admitted),
            ("user:bob, user:alice", Admitted),
            ("user:bob", Excluded),
            ("user:Alice", Excluded),
            ("user:https://idp.example#alice", Excluded),
            ("anyone", Admitted),
            ("user:bob,anyone", Admitted),
            ("group:staff", ByClaims),
            ("user:bob,domain:a.example", ByClaims),
            ("user:alice,group:staff", Admitted),
            ("group:staff,anyone", Admitted),
        ] {
            assert_eq!(UserRules::parse(rules).unwrap().judge(&person("alice")), judged, "{rules}");
        }
        assert_eq!(UserRules::default().judge(&person("alice")), Admitted, "no rule");
        let mut rules = UserRules::parse("user:bob").unwrap();
        rules.add(UserRules::parse("user:alice").unwrap());
        assert_eq!((rules.judge(&person("alice")), rules.judge(&person("eve"))), (Admitted, Excluded));
    }

    #[test]
    fn a_client_that_acts_for_itself_is_never_excluded() {
        let rules = UserRules::parse("user:bob").unwrap();
        let client = Subject::of_client(&ClientId("robot".to_owned())).unwrap();
        assert!(!rules.exclude(&client) && rules.exclude(&person("alice").into()));
        assert!(!UserRules::parse("group:staff").unwrap().exclude(&person("alice").into()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            "",
            " ",
            ",",
            "user:a,",
            "user:",
            "user: a",
            "user:client:a",
            "all",
            "domain:a",
            "domain:x@a.b",
            "group:",
            "org:",
            "org:a/b",
            "org:a.b",
            "org:a b",
        ] {
            assert!(UserRules::parse(wrong).is_err(), "{wrong:?}");
        }
        let printed = "anyone,user:https://idp.example#7,domain:a.example,group:Team A,org:acme";
        assert_eq!(UserRules::parse(printed).unwrap().to_string(), printed);
    }
}
