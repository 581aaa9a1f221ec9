//! How long things hold.

use std::time::Duration;

/// How long things hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code; RFC 6749 §4.1.2 allows ten minutes.
    pub code: Duration,
    /// The same where a person carries it to the client by hand.
    pub shown_code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// A grant, from the day its code is spent: no refresh goes beyond it.
    pub grant: Duration,
    /// A refresh token, from the day it is given out: a grant that nobody refreshes for so long has ended.
    pub idle: Duration,
    /// For this long a refresh token that was used can be used again, and gives the same successor: answers get lost,
    /// and processes race. `docs/refresh.md` says why it is what it is.
    pub refresh_window: Duration,
    /// A page with a form on it.
    pub form: Duration,
    /// A way to the identity provider, from the page that it stands on: it may ask for more than a password.
    pub provider_state: Duration,
    /// A sign-in session.
    pub session: Duration,
    /// For this long after a sign-in the person's record is not read again.
    pub fresh_sign_in: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const MINUTE: u64 = 60;
        Self {
            code: Duration::from_secs(MINUTE),
            shown_code: Duration::from_secs(5 * MINUTE),
            access_token: Duration::from_secs(60 * MINUTE),
            grant: Duration::from_secs(90 * 24 * 60 * MINUTE),
            idle: Duration::from_secs(30 * 24 * 60 * MINUTE),
            refresh_window: Duration::from_secs(10 * MINUTE),
            form: Duration::from_secs(10 * MINUTE),
            provider_state: Duration::from_secs(30 * MINUTE),
            session: Duration::from_secs(12 * 60 * MINUTE),
            fresh_sign_in: Duration::from_secs(MINUTE),
        }
    }
}

const DAY: u64 = 24 * 60 * 60;

impl Lifetimes {
    /// The names of those that an operator may set.
    pub const SETTABLE: [&str; 4] =
        ["access-token-seconds", "idle-seconds", "grant-seconds", "refresh-window-seconds"];

    /// Sets one of [`SETTABLE`](Self::SETTABLE).
    ///
    /// # Errors
    /// A sentence, with what it may be.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), String> {
        let (place, bounds) = match name {
            "access-token-seconds" => (&mut self.access_token, 1..=DAY),
            "idle-seconds" => (&mut self.idle, 1..=366 * DAY),
            "grant-seconds" => (&mut self.grant, 1..=366 * DAY),
            // Below, processes of one client are signed out that differ in when they refresh; above, a thief need not hit
            // the moment to stay unseen.
            "refresh-window-seconds" => (&mut self.refresh_window, 2 * 60..=30 * 60),
            _ => return Err("is no lifetime".to_owned()),
        };
        let seconds = text.parse().ok().filter(|seconds| bounds.contains(seconds));
        let seconds = seconds
            .ok_or_else(|| format!("is a number of seconds, {} to {}", bounds.start(), bounds.end()))?;
        *place = Duration::from_secs(seconds);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lifetime_that_may_be_set_is_and_within_bounds() {
        for name in Lifetimes::SETTABLE {
            let mut lifetimes = Lifetimes::default();
            lifetimes.set(name, "300").unwrap();
            assert_ne!(lifetimes, Lifetimes::default(), "{name}");
            for nonsense in ["", "0", "-1", "a day", "99999999999", "1e3"] {
                let refused = Lifetimes::default().set(name, nonsense).unwrap_err();
                assert!(refused.contains("seconds"), "{name}={nonsense}: {refused}");
            }
        }
        assert!(Lifetimes::default().set("refresh-window-seconds", "119").is_err());
        assert!(Lifetimes::default().set("session", "300").is_err());
    }
}
