//! Lifetimes of codes, tokens, grants, sessions and forms.

use std::ops::RangeInclusive;
use std::time::Duration;
use strum::VariantArray;
use thiserror::Error;

/// Lifetimes of codes, tokens, grants, sessions and forms. [`Config::builder`](crate::Config::builder) checks each
/// against its [bounds](Lifetime::bounds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An authorization code. RFC 6749 §4.1.2 recommends at most ten minutes.
    pub code: Duration,
    /// An authorization code that the user copies to the client by hand.
    pub shown_code: Duration,
    /// An access token.
    pub access_token: Duration,
    /// An access token for an identity assertion (ID-JAG). It never lives longer than other access tokens.
    pub identity: Duration,
    /// A grant, from the time its code is redeemed. No refresh extends it.
    pub grant: Duration,
    /// A refresh token, from the time it is issued. A grant that is not refreshed for this long ends.
    pub idle: Duration,
    /// The refresh window: for this long, a used refresh token can be used again, and returns the same successor.
    /// This is for lost responses, and for processes that refresh at the same time. `docs/refresh.md` gives the
    /// reasons for the value.
    pub refresh_window: Duration,
    /// A page with a form on it.
    pub form: Duration,
    /// The `state` of a sign-in at the identity provider, from the page that links to it.
    pub provider_state: Duration,
    /// A sign-in session.
    pub session: Duration,
    /// The time after a sign-in in which the user's record is not read again.
    pub fresh_sign_in: Duration,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            code: Duration::from_secs(MINUTE),
            shown_code: Duration::from_secs(5 * MINUTE),
            access_token: Duration::from_secs(60 * MINUTE),
            identity: Duration::from_secs(60 * MINUTE),
            grant: Duration::from_secs(90 * DAY),
            idle: Duration::from_secs(30 * DAY),
            refresh_window: Duration::from_secs(10 * MINUTE),
            form: Duration::from_secs(10 * MINUTE),
            provider_state: Duration::from_secs(30 * MINUTE),
            session: Duration::from_secs(12 * 60 * MINUTE),
            fresh_sign_in: Duration::from_secs(MINUTE),
        }
    }
}

/// The kinds of [`Lifetimes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, VariantArray)]
pub enum Lifetime {
    /// [`Lifetimes::code`].
    Code,
    /// [`Lifetimes::shown_code`].
    ShownCode,
    /// [`Lifetimes::access_token`].
    AccessToken,
    /// [`Lifetimes::identity`].
    Identity,
    /// [`Lifetimes::grant`].
    Grant,
    /// [`Lifetimes::idle`].
    Idle,
    /// [`Lifetimes::refresh_window`].
    RefreshWindow,
    /// [`Lifetimes::form`].
    Form,
    /// [`Lifetimes::provider_state`].
    ProviderState,
    /// [`Lifetimes::session`].
    Session,
    /// [`Lifetimes::fresh_sign_in`].
    FreshSignIn,
}

impl Lifetime {
    /// All kinds.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The allowed values, in seconds.
    pub fn bounds(self) -> RangeInclusive<u64> {
        match self {
            Self::Code | Self::ShownCode => 1..=10 * MINUTE,
            Self::AccessToken | Self::Identity => 1..=DAY,
            Self::Grant | Self::Idle => 1..=366 * DAY,
            // A shorter window refuses processes of one client that refresh at slightly different times. With a
            // longer window, an attacker who has a copy needs no exact timing to stay undetected.
            Self::RefreshWindow => 2 * MINUTE..=30 * MINUTE,
            Self::Form | Self::ProviderState => MINUTE..=60 * MINUTE,
            Self::Session => MINUTE..=30 * DAY,
            Self::FreshSignIn => 0..=10 * MINUTE,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Code => "an authorization code",
            Self::ShownCode => "an authorization code that the user copies",
            Self::AccessToken => "an access token",
            Self::Identity => "an access token for an identity assertion",
            Self::Grant => "a grant",
            Self::Idle => "a grant that is not refreshed",
            Self::RefreshWindow => "the refresh window",
            Self::Form => "a form",
            Self::ProviderState => "a sign-in at the provider",
            Self::Session => "a session",
            Self::FreshSignIn => "a fresh sign-in",
        }
    }
}

impl Lifetimes {
    /// The lifetime of this kind.
    pub fn get(&self, lifetime: Lifetime) -> Duration {
        *self.clone().get_mut(lifetime)
    }

    /// Sets the lifetime of this kind.
    pub fn set(&mut self, lifetime: Lifetime, duration: Duration) {
        *self.get_mut(lifetime) = duration;
    }

    fn get_mut(&mut self, lifetime: Lifetime) -> &mut Duration {
        match lifetime {
            Lifetime::Code => &mut self.code,
            Lifetime::ShownCode => &mut self.shown_code,
            Lifetime::AccessToken => &mut self.access_token,
            Lifetime::Identity => &mut self.identity,
            Lifetime::Grant => &mut self.grant,
            Lifetime::Idle => &mut self.idle,
            Lifetime::RefreshWindow => &mut self.refresh_window,
            Lifetime::Form => &mut self.form,
            Lifetime::ProviderState => &mut self.provider_state,
            Lifetime::Session => &mut self.session,
            Lifetime::FreshSignIn => &mut self.fresh_sign_in,
        }
    }

    pub(super) fn check(&self) -> Result<(), LifetimeOutOfBounds> {
        let is_within = |one: &Lifetime| one.bounds().contains(&self.get(*one).as_secs());
        let wrong = Lifetime::ALL.iter().copied().find(|one| !is_within(one));
        wrong.map_or(Ok(()), |lifetime| Err(LifetimeOutOfBounds { lifetime, duration: self.get(lifetime) }))
    }
}

/// The error for a lifetime that is outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the lifetime of {} is {} s; it must be {} to {} s",
    .lifetime.name(), .duration.as_secs(), .lifetime.bounds().start(), .lifetime.bounds().end()
)]
pub struct LifetimeOutOfBounds {
    /// The kind of lifetime.
    pub lifetime: Lifetime,
    /// The value that was refused.
    pub duration: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_bounds_and_what_is_outside_is_named() {
        assert_eq!(Lifetimes::default().check(), Ok(()));
        for &lifetime in Lifetime::ALL {
            let (least, most) = lifetime.bounds().into_inner();
            for (seconds, is_allowed) in
                [(least, true), (most, true), (least.wrapping_sub(1), false), (most + 1, false)]
            {
                let mut lifetimes = Lifetimes::default();
                lifetimes.set(lifetime, Duration::from_secs(seconds));
                let expected = LifetimeOutOfBounds { lifetime, duration: Duration::from_secs(seconds) };
                let expected = if is_allowed { Ok(()) } else { Err(expected) };
                assert_eq!(lifetimes.check(), expected, "{lifetime:?} {seconds}");
            }
        }
    }
}
