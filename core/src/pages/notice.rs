//! Notices: messages on a page about the form that was sent.

use crate::language::Language;

/// A notice about the form that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The name and the password do not match.
    NoMatch,
    /// Rate limit: no sign-in with this name for this number of seconds.
    RateLimited(u64),
    /// The CSRF token is not for this browser and request, or has expired.
    TooOld,
    /// The signed-in user is not the user who was asked, or no user is signed in.
    UserChanged,
    /// The form contains none of the choices.
    Choose,
    /// The user is signed out everywhere, and all connections are closed.
    SignedOut,
    /// The same, but some connections are still open.
    SignedOutSomeConnected,
    /// Some connections are still open.
    SomeConnected,
    /// The current password is wrong.
    WrongPassword,
    /// The new password has fewer characters than this.
    TooShort(usize),
    /// The new password has more characters than this.
    TooLong(usize),
    /// The repetition of the new password differs.
    NotRepeated,
    /// The new password is the current one.
    Unchanged,
    /// The session has ended meanwhile.
    SessionEnded,
}

impl Notice {
    pub(crate) fn say(&self, language: &Language) -> String {
        match self {
            Self::NoMatch => language.no_match.to_string(),
            Self::RateLimited(seconds) => {
                language.too_many_wrong_passwords.plain("minutes", &seconds.div_ceil(60).to_string())
            }
            Self::TooOld => language.too_old.to_string(),
            Self::UserChanged => language.user_changed.to_string(),
            Self::Choose => language.choose.to_string(),
            Self::SignedOut => language.signed_out.to_string(),
            Self::SignedOutSomeConnected => language.signed_out_some_connected.to_string(),
            Self::SomeConnected => language.some_connected.to_string(),
            Self::WrongPassword => language.wrong_password.to_string(),
            Self::TooShort(least) => language.too_short.plain("count", &least.to_string()),
            Self::TooLong(most) => language.too_long.plain("count", &most.to_string()),
            Self::NotRepeated => language.not_repeated.to_string(),
            Self::Unchanged => language.unchanged.to_string(),
            Self::SessionEnded => language.session_ended.to_string(),
        }
    }
}
