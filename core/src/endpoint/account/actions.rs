//! What a user does on the account page: revoke connections, sign out.

use super::{AccountPage, event};
use crate::browser;
use crate::pages::Notice;
use crate::protocol::{GrantId, Mount, Parameters, PersonId, Prompt, Refusal};
use crate::sealed::Session;
use crate::store::connections::{Closing, Ended, Rest};
use crate::store::{Change, Changed, CloseReason, Closed, Grant};
use crate::wire::{self, Actor, Event, EventKind, Response};

/// The action that the user chose.
enum AccountAction {
    /// End one grant.
    Revoke(GrantId),
    /// End all grants.
    RevokeAll,
    /// Sign out in this browser.
    SignOut,
    /// Sign out in all browsers, and end all grants.
    SignOutEverywhere,
}

impl AccountAction {
    fn parse(fields: &Parameters) -> Option<Self> {
        match fields.once("wish").ok()?? {
            "revoke-all" => Some(Self::RevokeAll),
            "sign-out" => Some(Self::SignOut),
            "sign-out-everywhere" => Some(Self::SignOutEverywhere),
            one => one.strip_prefix("revoke:").and_then(GrantId::parse).map(Self::Revoke),
        }
    }
}

impl AccountPage {
    pub(super) async fn execute(&self, asked: &PersonId, fields: &Parameters) -> Result<Response, Refusal> {
        let session = self.person().await?.filter(|session| session.person == *asked);
        let (Some(session), Some(action)) = (session, AccountAction::parse(fields)) else {
            return self.show_again().await;
        };
        match action {
            AccountAction::Revoke(grant) => self.revoke(session, grant).await,
            AccountAction::RevokeAll => self.revoke_all(session).await,
            AccountAction::SignOut => Ok(self.sign_out(session)),
            AccountAction::SignOutEverywhere => self.sign_out_everywhere(session).await,
        }
    }

    /// Ends one grant of this user. The answer for another user's grant, or for an unknown one, is the same as for
    /// a closed grant, so that it tells nothing about the grants of others.
    async fn revoke(&self, session: &Session, grant: GrantId) -> Result<Response, Refusal> {
        let back = wire::see_other(self.server.path(Mount::Account));
        let theirs = |known: &Grant| known.subject.person() == Some(&session.person);
        let Some(known) = self.server.stores.grants().find(grant).await?.filter(theirs) else {
            return Ok(back);
        };
        match self.server.stores.grants().close(grant, self.now, CloseReason::Person).await? {
            Closed::Already | Closed::Unknown => Ok(back),
            Closed::Now => {
                let (client, grant, by) = (Some(known.client), Some(grant), Some(Actor::Person));
                Ok(Event { client, grant, by, ..event(EventKind::Revoked, session.person.clone()) }
                    .beside(back))
            }
        }
    }

    async fn revoke_all(&self, session: &Session) -> Result<Response, Refusal> {
        let ended = self.close_all(session, CloseReason::Person).await;
        let reason = Some(ended.reason());
        let response = match ended.rest {
            None => Ok(wire::see_other(self.server.path(Mount::Account))),
            Some(Rest::NoTimeLeft(_)) => self.list(session, None, Some(Notice::SomeConnected)).await,
            Some(Rest::Unanswered(error)) => Err(error.into()),
        };
        let response = response.unwrap_or_else(|refusal| refusal.page(&self.server, self.browser.language));
        let revoked =
            Event { reason, by: Some(Actor::Person), ..event(EventKind::Revoked, session.person.clone()) };
        Ok(revoked.beside(response))
    }

    async fn close_all(&self, session: &Session, why: CloseReason) -> Ended {
        let store = &**self.server.stores.grants();
        let (subject, deadline) = (&session.person.clone().into(), self.server.deadline());
        Closing { store, subject, now: self.now, why, deadline }.run().await
    }

    fn sign_out(&self, session: &Session) -> Response {
        let mut response =
            self.signed_out().unwrap_or_else(|| wire::see_other(self.server.path(Mount::Account)));
        browser::sign_out(&self.server, &mut response);
        event(EventKind::SessionEnded, session.person.clone()).beside(response)
    }

    /// The redirect to the sign-out of the application that embeds this server, if there is one.
    fn signed_out(&self) -> Option<Response> {
        let authenticator = self.server.authenticator.as_ref()?;
        Some(wire::to_application(&authenticator.sign_out_url(self.server.path(Mount::Account))))
    }

    /// Raises the epoch first, then closes the grants. An older session or code can then open no grant that the walk
    /// misses, unless the list is behind. If closing ends early, the event still records the raised epoch.
    async fn sign_out_everywhere(&self, session: &Session) -> Result<Response, Refusal> {
        let (stores, person) = (&self.server.stores, &session.person);
        match stores.people().change(person, Change::SignOut).await? {
            Changed::Now(_) | Changed::Unknown => {}
        }
        let ended = self.close_all(session, CloseReason::SignedOut).await;
        let reason = Some(ended.reason());
        let response = match (ended.rest, self.signed_out()) {
            (Some(Rest::Unanswered(error)), _) => Err(error.into()),
            (_, Some(response)) => Ok(response),
            (None, None) => self.ask_who(Prompt::AsUsual, Some(Notice::SignedOut)).await,
            (Some(Rest::NoTimeLeft(_)), None) => {
                self.ask_who(Prompt::AsUsual, Some(Notice::SignedOutSomeConnected)).await
            }
        };
        let mut response =
            response.unwrap_or_else(|refusal| refusal.page(&self.server, self.browser.language));
        browser::sign_out(&self.server, &mut response);
        Ok(Event { reason, by: Some(Actor::Person), ..event(EventKind::SignedOut, person.clone()) }
            .beside(response))
    }
}
