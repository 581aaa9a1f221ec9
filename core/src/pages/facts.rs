//! What a person has to know of an authorization request before answering it.

use crate::client::{AuthorizationRequest, Introducer, Requester, Vendor};
use crate::language::Language;
use crate::pages::scope::described;
use crate::protocol::RedirectKind;

/// What is to be known of a request before it is answered.
pub(super) struct RequestFacts<'a> {
    pub(super) scopes: Vec<String>,
    pub(super) is_local: bool,
    pub(super) introducer: &'a Introducer,
    /// Whether any program on the person's machine could say that it is this client.
    pub(super) can_be_impersonated: bool,
    /// Whose name it has taken.
    pub(super) impersonated: Option<&'static Vendor>,
}

impl<'a> RequestFacts<'a> {
    pub(super) fn of(asked: &'a AuthorizationRequest, language: &Language) -> Self {
        let Requester { client, redirect, .. } = &asked.requester;
        let offered = asked.resource.scopes.iter().filter(|offered| asked.scope.covers(&offered.scope));
        Self {
            scopes: offered.map(|offered| described(offered, language)).collect(),
            is_local: redirect.kind() == RedirectKind::Loopback,
            introducer: client.introduced_by(),
            can_be_impersonated: redirect.kind() != RedirectKind::Https && !client.is_confidential(),
            impersonated: Vendor::impersonated_by(client, redirect),
        }
    }
}

/// Where a form goes of which the client is told the answer.
pub(super) fn answers_to(asked: &AuthorizationRequest) -> String {
    format!("'self' {}", asked.requester.redirect.form_action())
}
