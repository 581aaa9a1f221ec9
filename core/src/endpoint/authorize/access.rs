//! Whether the user may use the resource of the request (`resource-people`). It is judged whenever a page is shown and before
//! a code is issued.

use super::Interaction;
use crate::pages::{self, Notice};
use crate::protocol::{Judgement, Refusal};
use crate::rules;
use crate::sealed::{Question, Session};
use crate::wire::{Event, Response, correlation};

/// What the rules of the resource say about the user of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Granted,
    Denied(Denial),
    /// The rules are about claims, and the sign-in did not judge by them: the session is older than the rules, or than this
    /// version. The user has to sign in again.
    Unknown,
}

/// Why the user may not use the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denial {
    /// No rule names the user.
    ById,
    /// The claims of the provider met no rule at the sign-in.
    ByClaims,
    /// The rules are about claims, but users do not sign in at a provider.
    NoClaims,
}

impl Interaction {
    /// Shows a signed-in user the page for the next step.
    pub(super) async fn show_to(&self, session: &Session, notice: Option<Notice>) -> Response {
        match self.access(session) {
            Access::Granted => self.show_consent(session, notice),
            Access::Denied(denial) => self.show_denied(session, denial),
            Access::Unknown => self.ask_who(notice).await,
        }
    }

    pub(super) fn access(&self, session: &Session) -> Access {
        let users = &self.asked.resource.users;
        match users.judge(&session.person) {
            Judgement::Admitted => Access::Granted,
            Judgement::Excluded => Access::Denied(Denial::ById),
            Judgement::ByClaims => {
                if self.server.providers().is_empty() {
                    return Access::Denied(Denial::NoClaims);
                }
                // A user whose provider has been removed has to sign in at another.
                let provider = self.server.config.provider_of(&session.person);
                match provider.and_then(|provider| session.verdict(provider.people().digest(users))) {
                    Some(true) => Access::Granted,
                    Some(false) => Access::Denied(Denial::ByClaims),
                    None => Access::Unknown,
                }
            }
        }
    }

    /// The refusal for a user who may not use the resource (RFC 6749 §4.1.2.1).
    pub(super) fn refusal(&self, denial: Denial) -> Refusal {
        let resource = &self.asked.resource.resource;
        let why = match denial {
            Denial::ById => "names the user",
            Denial::ByClaims => "matched at the user's sign-in",
            Denial::NoClaims => "matches: they are about claims, and users do not sign in at a provider",
        };
        rules::USER_NOT_ALLOWED
            .refuse(format!("the user may not use {resource}"))
            .for_operator(&format!("no rule of resource-people for {resource} {why}"))
    }

    /// Tells the user, who can then tell the client, or sign in with another account. The client hears nothing before the
    /// user does: an attacker who can register a client would otherwise learn who may use the resource.
    fn show_denied(&self, session: &Session, denial: Denial) -> Response {
        let (refusal, id) = (self.refusal(denial), correlation::id(&*self.server.entropy));
        let mut response = self.page(Question::Consent(session.person.clone()), |form| {
            let is_by_claims = denial == Denial::ByClaims;
            let uri = self.server.explains(refusal.rule());
            pages::resource_denied(self.look(), &self.asked, session.name(), is_by_claims, (form, &id, &uri))
        });
        correlation::put(&id, &mut response);
        let (person, correlation) = (Some(session.person.clone()), Some(id));
        Event { person, correlation, ..self.refused(refusal.rule(), refusal.reason()) }.beside(response)
    }
}
