//! The user's decision on the consent page.

use super::Interaction;
use super::access::{Access, Denial};
use crate::browser::{self, still_holds};
use crate::config::Lifetimes;
use crate::pages::{self, Notice};
use crate::ports::draw;
use crate::protocol::{ClientDigest, GrantId, GrantedScope, Parameters, PersonId, RedirectKind, Refusal};
use crate::rules;
use crate::sealed::{AuthorizationCode, Destination, Session};
use crate::wire::{self, Event, EventKind, Response};
use std::time::Duration;

pub(super) enum Decision {
    Allow,
    /// Allow, and show the answer, for the user to carry it to a client that listens on another machine.
    Show,
    Deny,
    /// Sign in as another user.
    Switch,
}

impl Decision {
    pub(super) fn parse(fields: &Parameters) -> Option<Self> {
        match fields.once("decision").ok()?? {
            "allow" => Some(Self::Allow),
            "show" => Some(Self::Show),
            "deny" => Some(Self::Deny),
            "switch" => Some(Self::Switch),
            _ => None,
        }
    }
}

impl Interaction {
    pub(super) async fn consent(&self, asked: &PersonId, fields: &Parameters) -> Response {
        let Some(session) = self.browser.session().filter(|session| session.person == *asked) else {
            return self.show_again(Notice::UserChanged).await;
        };
        let (decision, access) = (Decision::parse(fields), self.access(session));
        match decision {
            // The rules have changed since the page was shown.
            Some(Decision::Allow | Decision::Show) if access != Access::Granted => self.show(None).await,
            Some(Decision::Allow) => self.allow(session, self.lifetimes().code, wire::see_other).await,
            Some(Decision::Show) if self.asked.requester.redirect.kind() == RedirectKind::Loopback => {
                self.allow(session, self.lifetimes().shown_code, |url| pages::answer(self.look(), url)).await
            }
            Some(Decision::Deny) => match access {
                Access::Denied(denial) => self.answer_denied(session, denial),
                Access::Granted | Access::Unknown => self.deny(Some(&session.person)),
            },
            Some(Decision::Switch) => self.sign_out(),
            Some(Decision::Show) | None => self.show_again(Notice::Choose).await,
        }
    }

    pub(super) fn deny(&self, person: Option<&PersonId>) -> Response {
        let url =
            rules::USER_DENIED.refuse("the user denied the request").url(&self.server, &self.asked.requester);
        let event = Event { person: person.cloned(), ..self.event(EventKind::Denied) };
        event.beside(wire::see_other(&url))
    }

    /// The user who may not use the resource goes back to the client.
    fn answer_denied(&self, session: &Session, denial: Denial) -> Response {
        let refusal = self.refusal(denial);
        let url = refusal.url(&self.server, &self.asked.requester);
        let (person, reason) = (Some(session.person.clone()), Some(refusal.reason().to_owned()));
        Event { person, reason, ..self.event(EventKind::Denied) }.beside(wire::see_other(&url))
    }

    async fn allow(&self, session: &Session, life: Duration, tell: impl Fn(&str) -> Response) -> Response {
        match still_holds(&self.server, session, self.now).await {
            Ok(true) => {
                self.server.keep_document(&self.asked.requester.client, self.now).await;
                self.issue_code(session, life, tell)
            }
            Ok(false) => self.sign_out(),
            Err(error) => Refusal::temporarily_unavailable(&error).page(&self.server, self.browser.language),
        }
    }

    pub(super) fn send_code(&self, session: &Session) -> Response {
        self.issue_code(session, self.lifetimes().code, wire::see_other)
    }

    fn lifetimes(&self) -> &Lifetimes {
        self.server.config.lifetimes()
    }

    fn issue_code(&self, session: &Session, life: Duration, tell: impl Fn(&str) -> Response) -> Response {
        let asked = &self.asked;
        let grant = GrantId(draw(&*self.server.entropy));
        let GrantedScope { scope, dropped } = session.profile.grantable(&asked.granted.scope);
        let profile = session.profile.allowed_by(&scope);
        let code = AuthorizationCode {
            grant,
            client: ClientDigest::of(asked.requester.client.id()),
            client_name: asked.requester.client.claimed_name().cloned(),
            installation: self.installation.clone(),
            confidential: asked.requester.client.is_confidential(),
            redirect: asked.requester.redirect.digest(),
            proof: asked.proof,
            scope,
            resource: asked.resource.resource.clone(),
            person: session.person.clone(),
            signed_in_at: session.signed_in_at,
            expires_at: self.now.after(life),
            epoch: Some(session.epoch),
            profile,
            nonce: asked.nonce.clone(),
        };
        let code = self.server.keys.codes.seal(&code, &*self.server.entropy);
        let url = asked.requester.redirect.url(
            &[("code", &code)],
            asked.requester.state.as_deref(),
            self.server.config.issuer(),
        );
        let event = Event {
            person: Some(session.person.clone()),
            grant: Some(grant),
            reason: asked.note(&dropped),
            ..self.event(EventKind::Consented)
        };
        event.beside(tell(&url))
    }

    fn sign_out(&self) -> Response {
        let (request, paths) = (Destination::Request(self.asked.query.clone()), self.server.config.paths());
        if let Some(authenticator) = &self.server.authenticator {
            return wire::to_application(&authenticator.sign_out_url(&request.after_sign_in(paths)));
        }
        let mut response = wire::see_other(&request.with_another_account(paths));
        browser::sign_out(&self.server, &mut response);
        response
    }
}
