//! A user changes the password on the account page.

use super::{AccountPage, event};
use crate::browser::{
    self, BrokenRule, ChangeOutcome, MAX_NEW, MIN_NEW, PasswordChange, TOO_MANY, rate_limited,
};
use crate::pages::{self, Notice, PasswordPage};
use crate::protocol::{Mount, Parameters, PersonId, Refusal};
use crate::rules::{self, Rule};
use crate::sealed::{Question, Session};
use crate::wire::{self, Actor, Event, EventKind, Response};

/// The query that shows the form.
pub(super) const QUERY: &str = "?show=password";

/// Whether the request is for the form, and not for the connections.
pub(super) fn is_meant_by(query: &Parameters) -> bool {
    query.once("show").is_ok_and(|shown| shown == Some("password"))
}

/// Whether the form is for a change of the password.
pub(super) fn is_chosen(fields: &Parameters) -> bool {
    fields.once("wish").is_ok_and(|wish| wish == Some("set-password"))
}

impl AccountPage {
    /// Whether the user signs in with a password at this server.
    pub(super) fn has_password(&self, session: &Session) -> bool {
        self.server.has_passwords() && session.called.is_none()
    }

    /// The page with the form.
    pub(super) fn ask_for_password(&self, session: &Session, notice: Option<Notice>) -> Response {
        let (person, account) = (session.person.as_str(), self.server.path(Mount::Account));
        let page = PasswordPage { person, least: MIN_NEW, account, notice };
        self.page(Question::Account(session.person.clone()), |form| {
            pages::change_password(self.look(), &page, form)
        })
    }

    /// What the typed passwords show by themselves is refused first. Then the store is asked: one read has the user, for
    /// the session and the current password, and the counters of wrong passwords.
    pub(super) async fn change_password(
        &self,
        asked: &PersonId,
        fields: &Parameters,
    ) -> Result<Response, Refusal> {
        let theirs = |session: &&Session| session.person == *asked && self.has_password(session);
        let Some(session) = self.browser.session().filter(theirs) else { return self.show_again().await };
        let change = match PasswordChange::read(fields) {
            Ok(change) => change,
            Err(rule) => return Ok(self.refuse_password(session, rule)),
        };
        Ok(match change.execute(&self.server, &self.browser, session, self.now).await? {
            ChangeOutcome::Changed(session) => self.tell_changed(session),
            ChangeOutcome::Rejected => self.reject_password(session),
            ChangeOutcome::RateLimited(end) => {
                let seconds = end.0.saturating_sub(self.now.0);
                let page = self.ask_for_password(session, Some(Notice::RateLimited(seconds)));
                failed(session, &rules::SIGN_IN_RATE_LIMIT, TOO_MANY).beside(rate_limited(page, seconds))
            }
            ChangeOutcome::SessionEnded => self.ask_again(session),
        })
    }

    fn tell_changed(&self, session: Session) -> Response {
        let mut response = pages::password_changed(self.look(), self.server.path(Mount::Account));
        browser::sign_in(&self.server, &session, &mut response);
        Event { by: Some(Actor::Person), ..event(EventKind::PasswordSet, session.person) }.beside(response)
    }

    fn reject_password(&self, session: &Session) -> Response {
        let mut response = self.ask_for_password(session, Some(Notice::WrongPassword));
        wire::refuse_page(&mut response);
        let reason = "change of the password: the current password did not match";
        failed(session, &rules::SIGN_IN_WRONG, reason).beside(response)
    }

    fn refuse_password(&self, session: &Session, rule: BrokenRule) -> Response {
        let (notice, reason) = match rule {
            BrokenRule::NoPassword => return self.reject_password(session),
            BrokenRule::TooShort => (Notice::TooShort(MIN_NEW), "the new password is too short"),
            BrokenRule::TooLong => (Notice::TooLong(MAX_NEW), "the new password is too long"),
            BrokenRule::NotRepeated => (Notice::NotRepeated, "the repetition of the new password differs"),
            BrokenRule::Unchanged => (Notice::Unchanged, "the new password is the current one"),
        };
        let mut response = self.ask_for_password(session, Some(notice));
        wire::refuse_page(&mut response);
        refused(session, &rules::NEW_PASSWORD, reason).beside(response)
    }

    /// Asks the user to sign in again, because the session has ended meanwhile.
    fn ask_again(&self, session: &Session) -> Response {
        let mut response = self.ask(Some(Notice::SessionEnded));
        wire::refuse_page(&mut response);
        browser::sign_out(&self.server, &mut response);
        refused(session, &rules::SESSION_ENDED, "change of the password: the session has ended")
            .beside(response)
    }
}

fn failed(session: &Session, rule: &'static Rule, reason: &str) -> Event {
    Event { kind: EventKind::SignInFailed, ..refused(session, rule, reason) }
}

fn refused(session: &Session, rule: &'static Rule, reason: &str) -> Event {
    Event { person: Some(session.person.clone()), ..Event::refused(rule, reason) }
}
