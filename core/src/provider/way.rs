//! The way to a provider at which users sign in, of either kind, and back.

use crate::ports::{Deadline, Entropy, Timestamp};
use crate::protocol::{BrowserDigest, Prompt, Resources};
use crate::provider::claims::Claims;
use crate::provider::connection::Connection;
use crate::provider::error::ProviderError;
use crate::provider::resources::Wanted;
use crate::sealed::{Destination, ProviderState, Ring};
use std::time::Duration;

/// What the server needs to use a provider, beside its settings.
pub(crate) struct Way<'a> {
    /// Of the provider.
    pub(crate) issuer: &'a str,
    pub(crate) connection: Connection,
    /// All resources of this server: their rules decide what is asked of a user.
    pub(crate) resources: &'a Resources,
    /// Of the request.
    pub(crate) deadline: &'a Deadline,
    /// Seals the `state`.
    pub(crate) states: &'a Ring<ProviderState>,
    pub(crate) entropy: &'a dyn Entropy,
    /// How long a `state` is accepted.
    pub(crate) state_lifetime: Duration,
    /// The URL to which the provider sends the browser back: our redirect URI there (OpenID Connect Core 1.0
    /// §3.1.2.1).
    pub(crate) callback: String,
}

/// A user who is about to go to the provider.
pub(crate) struct SignInRedirect<'a> {
    pub(crate) destination: Destination,
    /// The digest that binds the `state` to the user's browser (CSRF).
    pub(crate) browser: BrowserDigest,
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) prompt: Prompt,
}

/// A user whom the provider has identified.
pub(crate) struct Identity {
    pub(crate) claims: Claims,
    /// Why claims are missing without which the sign-in can do.
    pub(crate) missed: Option<ProviderError>,
}

/// A user who came back from the provider with a code.
pub(crate) struct SignInReturn<'a> {
    pub(crate) provider_state: &'a ProviderState,
    pub(crate) code: &'a str,
    /// The resources whose rules the user is judged by.
    pub(crate) wanted: Wanted<'a>,
    pub(crate) now: Timestamp,
}

impl Way<'_> {
    /// A new state, and the same sealed.
    pub(super) fn new_state(
        &self,
        sign_in_redirect: SignInRedirect<'_>,
        now: Timestamp,
    ) -> (ProviderState, String) {
        let SignInRedirect { destination, browser, prompt, .. } = sign_in_redirect;
        let (issuer, expires_at) = (self.issuer, now.after(self.state_lifetime));
        let new = ProviderState::new(issuer, destination, prompt, (browser, expires_at), self.entropy);
        let sealed = self.states.seal(&new, self.entropy);
        (new, sealed)
    }
}
