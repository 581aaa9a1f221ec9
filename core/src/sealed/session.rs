//! The sign-in session: the user of a browser, sealed into a cookie.

use crate::ports::Timestamp;
use crate::protocol::{Digest, PersonId, Profile};
use crate::sealed::content::if_there;
use crate::sealed::keyring::{Carried, Kind, Purpose};
use crate::sealed::seal::Sealed;
use serde::{Deserialize, Serialize};

/// The session of a user who signed in. The server does not store it. Raising the user's epoch invalidates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The user.
    pub person: PersonId,
    /// The name to show, if it is not the id.
    pub called: Option<String>,
    /// The user's epoch at the sign-in. A newer epoch ends the session.
    pub epoch: u64,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
    /// What the claims of the provider decided at the sign-in. Empty in a session of an earlier version, which ends before
    /// this field, and for a user with a password.
    #[serde(deserialize_with = "if_there")]
    pub verdicts: Vec<Verdict>,
    /// What is known about the user since the sign-in. Empty in a session of an earlier version, which ends before this
    /// field.
    #[serde(deserialize_with = "if_there")]
    pub profile: Profile,
}

/// Whether the user met the rules of a resource at the sign-in. The claims themselves are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rules.
    pub rules: RulesDigest,
    /// Whether the user met one of them.
    pub is_met: bool,
}

/// A digest of rules, and of what else decides how they are applied. If one of these changes, the verdict no longer counts.
/// It has 64 bits, so that the cookie stays short. That is enough: no attacker chooses the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RulesDigest([u8; 8]);

impl RulesDigest {
    /// The digest of this text.
    pub fn of(text: &str) -> Self {
        let Digest([a, b, c, d, e, f, g, h, ..]) = Digest::of(text);
        Self([a, b, c, d, e, f, g, h])
    }
}

impl Session {
    /// Whether the user met these rules at the sign-in. `None` if the sign-in did not judge by them.
    pub fn verdict(&self, rules: RulesDigest) -> Option<bool> {
        self.verdicts.iter().find(|verdict| verdict.rules == rules).map(|verdict| verdict.is_met)
    }

    /// The name to show to the user.
    pub fn name(&self) -> &str {
        self.called.as_deref().unwrap_or(self.person.as_str())
    }
}

impl Kind for Session {
    const PURPOSE: Purpose = Purpose::Sessions;
    const PREFIX: &'static str = "dw_session_";
    const VERSION: u8 = 2;
}

impl Carried for Session {}
impl Sealed for Session {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DisplayName, EmailAddress};

    #[test]
    fn a_user_is_called_by_the_name_or_else_by_the_id() {
        let session = |called: Option<&str>| Session {
            person: PersonId::parse("alice").unwrap(),
            called: called.map(str::to_owned),
            epoch: 0,
            signed_in_at: Timestamp(7),
            verdicts: Vec::new(),
            profile: Profile::default(),
        };
        assert_eq!((session(None).name(), session(Some("Alice A.")).name()), ("alice", "Alice A."));
    }

    #[test]
    fn a_session_that_ends_before_the_newer_fields_is_read_and_has_none_of_them() {
        #[derive(Serialize)]
        struct First {
            person: &'static str,
            called: Option<&'static str>,
            epoch: u64,
            signed_in_at: Timestamp,
        }
        #[derive(Serialize)]
        struct Second {
            first: First,
            verdicts: Vec<Verdict>,
        }
        fn read(session: &impl Serialize) -> Session {
            postcard::from_bytes(&postcard::to_allocvec(session).unwrap()).unwrap()
        }
        let (rules, other) = (RulesDigest::of("a"), RulesDigest::of("b"));
        let verdicts = || vec![Verdict { rules, is_met: false }];
        let first = || First { person: "alice", called: Some("A"), epoch: 2, signed_in_at: Timestamp(7) };
        let old = read(&first());
        assert_eq!((old.name(), old.epoch, old.verdict(rules)), ("A", 2, None));
        assert_eq!(old.profile, Profile::default());
        let second = read(&Second { first: first(), verdicts: verdicts() });
        let with_verdicts = Session { verdicts: verdicts(), ..old };
        assert_eq!(second, with_verdicts);
        assert_eq!((second.verdict(rules), second.verdict(other)), (Some(false), None));
        let profile = Profile { email: EmailAddress::parse("a@b.example"), name: DisplayName::parse("A") };
        let new = Session { profile, ..with_verdicts };
        assert_eq!(read(&new), new);
    }
}
