//! What a person has to know of an authorization request before answering it.

use crate::client::{Asker, AuthorizationRequest, Introducer, Vendor};
use crate::language::Language;
use crate::pages::scope::described;
use crate::protocol::Kind;

/// What is to be known of a request before it is answered.
pub(super) struct Facts<'a> {
    pub(super) scopes: Vec<String>,
    pub(super) is_local: bool,
    pub(super) introducer: &'a Introducer,
    /// Whether any program on the person's machine could say that it is this client.
    pub(super) is_anybodys: bool,
    /// Whose name it has taken.
    pub(super) impersonated: Option<&'static Vendor>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(asked: &'a AuthorizationRequest, words: &Language) -> Self {
        let Asker { client, redirect, .. } = &asked.asker;
        let offered = asked.resource.scopes.iter().filter(|offered| asked.scope.covers(&offered.scope));
        Self {
            scopes: offered.map(|offered| described(offered, words)).collect(),
            is_local: redirect.kind() == Kind::Loopback,
            introducer: client.introduced_by(),
            is_anybodys: redirect.kind() != Kind::Https && !client.is_confidential(),
            impersonated: Vendor::impersonated_by(client, redirect),
        }
    }
}

/// Where a form goes of which the client is told the answer.
pub(super) fn answers_to(asked: &AuthorizationRequest) -> String {
    format!("'self' {}", asked.asker.redirect.form_action())
}
