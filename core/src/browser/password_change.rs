//! A user changes the password: the current password is checked like one at a sign-in, and the new one by its length.

use crate::browser::cookies::Browser;
use crate::browser::sign_in::{Confirmation, MAX_PASSWORD, PasswordForm};
use crate::ports::{Password, Timestamp};
use crate::protocol::Parameters;
use crate::sealed::Session;
use crate::server::Server;
use crate::store::{Replaced, StoreError};

/// The shortest new password, in characters (NIST SP 800-63B-4 §3.1.1.2: a password that is the only factor).
pub(crate) const MIN_NEW: usize = 15;

/// The longest new password, in characters. A sign-in takes 1,024 bytes, and a character has at most four.
pub(crate) const MAX_NEW: usize = MAX_PASSWORD / 4;

/// The current password and the new one, as they were typed.
pub(crate) struct PasswordChange {
    current: Password,
    new: Password,
}

/// A rule that a typed password breaks. No hash and no store is needed to see that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokenRule {
    /// No user has a password like the current one: it is empty, or longer than a sign-in takes.
    NoPassword,
    TooShort,
    TooLong,
    /// The repetition differs.
    NotRepeated,
    /// The new password is the current one.
    Unchanged,
}

/// The result of a change.
#[must_use]
pub(crate) enum ChangeOutcome {
    /// The password is set, and every session has ended. This is the new one of this browser.
    Changed(Session),
    /// The current password is wrong.
    Rejected,
    /// The rate limit is reached: too many wrong passwords. The time is the end of the hour.
    RateLimited(Timestamp),
    /// The session has ended: the user was signed out everywhere, disabled, or has changed the password meanwhile.
    SessionEnded,
}

impl PasswordChange {
    /// Reads the form. There is no rule for the kinds of characters (NIST SP 800-63B-4 §3.1.1.2).
    pub(crate) fn read(fields: &Parameters) -> Result<Self, BrokenRule> {
        let typed = |name| fields.once(name).ok().flatten().unwrap_or_default();
        let (current, new, again) = (typed("current"), typed("new"), typed("again"));
        let length = new.chars().count();
        let broken = match () {
            () if current.is_empty() || current.len() > MAX_PASSWORD => Some(BrokenRule::NoPassword),
            () if length < MIN_NEW => Some(BrokenRule::TooShort),
            () if length > MAX_NEW => Some(BrokenRule::TooLong),
            () if new != again => Some(BrokenRule::NotRepeated),
            () if new == current => Some(BrokenRule::Unchanged),
            () => None,
        };
        broken.map_or_else(|| Ok(Self { current: Password::new(current), new: Password::new(new) }), Err)
    }

    /// Sets the new password, if the current one is right. The write succeeds only at the epoch of the session. So a user
    /// who is signed out or disabled at the same time gets no session, and of two changes at the same time one succeeds.
    pub(crate) async fn execute(
        self,
        server: &Server,
        browser: &Browser,
        session: &Session,
        now: Timestamp,
    ) -> Result<ChangeOutcome, StoreError> {
        let typed = PasswordForm::of(session.person.clone(), self.current);
        let person = match typed.confirm(server, browser, session, now).await? {
            Confirmation::Right(person) => person,
            Confirmation::Wrong => return Ok(ChangeOutcome::Rejected),
            Confirmation::RateLimited(end) => return Ok(ChangeOutcome::RateLimited(end)),
            Confirmation::SessionEnded => return Ok(ChangeOutcome::SessionEnded),
        };
        let hash = server.passwords.hash(&self.new).await;
        Ok(match server.stores.people().replace_password(&person.id, person.epoch, hash).await? {
            Replaced::Now => {
                ChangeOutcome::Changed(Session { epoch: person.epoch + 1, ..person.sign_in(now) })
            }
            Replaced::TooLate => ChangeOutcome::SessionEnded,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(current: &str, new: &str, again: &str) -> Option<BrokenRule> {
        let fields = Parameters::default().and("current", current).and("new", new).and("again", again);
        PasswordChange::read(&fields).err()
    }

    #[test]
    fn only_the_length_of_a_new_password_counts() {
        for (new, broken) in [
            ("", Some(BrokenRule::TooShort)),
            ("fourteen chars", Some(BrokenRule::TooShort)),
            ("fifteen chars !", None),
            ("fifteen chars 1", None),
            ("               ", None),
            (&"字".repeat(14), Some(BrokenRule::TooShort)),
            (&"字".repeat(15), None),
            (&"🗝".repeat(MAX_NEW), None),
            (&"a".repeat(MAX_NEW + 1), Some(BrokenRule::TooLong)),
        ] {
            assert_eq!(read("current", new, new), broken, "{new}");
        }
        assert!("🗝".repeat(MAX_NEW).len() <= MAX_PASSWORD, "a sign-in takes every new password");
    }

    #[test]
    fn the_three_passwords_have_to_fit_together() {
        let new = "correct horse 1";
        assert_eq!(read("current", new, "correct horse 2"), Some(BrokenRule::NotRepeated));
        assert_eq!(read("current", new, ""), Some(BrokenRule::NotRepeated));
        assert_eq!(read(new, new, new), Some(BrokenRule::Unchanged));
        assert_eq!(read("", new, new), Some(BrokenRule::NoPassword));
        assert_eq!(read(&"a".repeat(MAX_PASSWORD + 1), new, new), Some(BrokenRule::NoPassword));
        assert_eq!(read(&"a".repeat(MAX_PASSWORD), new, new), None);
        let twice =
            Parameters::default().and("current", "a").and("new", new).and("new", new).and("again", new);
        assert_eq!(PasswordChange::read(&twice).err(), Some(BrokenRule::TooShort));
    }
}
