//! The facts about an authorization request that a user must know before the decision.

use crate::client::{AuthorizationRequest, Introducer, Requester, Vendor};
use crate::language::{Filled, Language};
use crate::pages::scope::{about, described};
use crate::protocol::{Profile, RedirectKind};

/// The facts that a page shows about a request.
pub(super) struct RequestFacts<'a> {
    pub(super) scopes: Vec<String>,
    /// What the client and the resource could read about the user.
    pub(super) about: Vec<Filled>,
    pub(super) is_local: bool,
    pub(super) introducer: &'a Introducer,
    /// Whether any program on the user's machine could claim to be this client.
    pub(super) can_be_impersonated: bool,
    /// The vendor that the client impersonates by its name.
    pub(super) impersonated: Option<&'static Vendor>,
}

impl<'a> RequestFacts<'a> {
    /// `profile` is what is known about the user: nothing before the sign-in.
    pub(super) fn of(asked: &'a AuthorizationRequest, profile: &Profile, language: &Language) -> Self {
        let Requester { client, redirect, .. } = &asked.requester;
        // The user agrees to the implied scopes too, so the page names them.
        let granted = asked.resource.implied.expand(&asked.granted.scope);
        let offered = asked.resource.scopes.iter().filter(|offered| granted.covers(&offered.scope));
        Self {
            scopes: offered.map(|offered| described(offered, language)).collect(),
            about: about(&profile.allowed_by(&asked.granted.scope), language),
            is_local: redirect.kind() == RedirectKind::Loopback,
            introducer: client.introduced_by(),
            can_be_impersonated: redirect.kind() != RedirectKind::Https && !client.is_confidential(),
            impersonated: Vendor::impersonated_by(client, redirect),
        }
    }
}
