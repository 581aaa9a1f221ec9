//! Sign-in with a name and a password at the authorization endpoint.

use super::Interaction;
use crate::browser::{self, PasswordForm, SignInOutcome, TOO_MANY, rate_limited};
use crate::pages::Notice;
use crate::ports::Timestamp;
use crate::protocol::{Parameters, PersonId, Refusal};
use crate::rules;
use crate::sealed::Destination;
use crate::store::Person;
use crate::wire::{self, Event, EventKind, Response};
use http::StatusCode;

impl Interaction {
    pub(super) async fn sign_in(&self, fields: &Parameters) -> Response {
        let Some(typed) = PasswordForm::read(fields) else {
            return self.refuse_sign_in(None);
        };
        match typed.check(&self.server, &self.browser, self.now).await {
            Ok(SignInOutcome::SignedIn(person)) => self.welcome(&person),
            Ok(SignInOutcome::Rejected(known)) => self.refuse_sign_in(known),
            Ok(SignInOutcome::RateLimited(known, end)) => self.rate_limited(known, end),
            Err(error) => Refusal::temporarily_unavailable(&error).page(&self.server, self.browser.language),
        }
    }

    /// Redirects to the same request with GET, so that a reload or the back button does not submit the password
    /// again.
    fn welcome(&self, person: &Person) -> Response {
        let session = person.sign_in(self.now);
        let request = Destination::Request(self.asked.query.clone());
        let mut response = wire::see_other(&request.after_sign_in(self.server.config.paths()));
        browser::sign_in(&self.server, &session, &mut response);
        Event { person: Some(session.person), ..self.event(EventKind::SignedIn) }.beside(response)
    }

    pub(super) fn rate_limited(&self, known: Option<PersonId>, end: Timestamp) -> Response {
        let seconds = end.0.saturating_sub(self.now.0);
        let response = rate_limited(self.show_sign_in(Some(Notice::RateLimited(seconds))), seconds);
        let (rule, reason) = (Some(&rules::SIGN_IN_RATE_LIMIT), Some(TOO_MANY.to_owned()));
        Event { person: known, rule, reason, ..self.event(EventKind::SignInFailed) }.beside(response)
    }

    pub(super) fn refuse_sign_in(&self, known: Option<PersonId>) -> Response {
        let mut response = self.show_sign_in(Some(Notice::NoMatch));
        *response.status_mut() = StatusCode::FORBIDDEN;
        let rule = Some(&rules::SIGN_IN_WRONG);
        Event { person: known, rule, ..self.event(EventKind::SignInFailed) }.beside(response)
    }
}
