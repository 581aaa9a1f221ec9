//! The user's browser: its cookies, and sign-in with a password.

mod cookies;
mod sign_in;

pub(crate) use cookies::{Browser, NO_COOKIE, sign_in, sign_out};
pub(crate) use sign_in::{PasswordForm, SignInOutcome, TOO_MANY, is_current, rate_limited, still_holds};
