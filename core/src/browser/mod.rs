//! The user's browser: its cookies, sign-in with a password, and the change of the password.

mod cookies;
mod password_change;
mod sign_in;

pub(crate) use cookies::{Browser, NO_COOKIE, sign_in, sign_out};
pub(crate) use password_change::{BrokenRule, ChangeOutcome, MAX_NEW, MIN_NEW, PasswordChange};
pub(crate) use sign_in::{PasswordForm, SignInOutcome, TOO_MANY, is_current, rate_limited, still_holds};
