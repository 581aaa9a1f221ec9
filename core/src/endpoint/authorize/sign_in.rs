//! A person signs in with a name and a password.

use super::Visit;
use crate::browser::{self, Credentials, Recognised, TOO_MANY, put_off};
use crate::pages::Notice;
use crate::protocol::{Parameters, PersonId, Refusal, paths};
use crate::store::Person;
use crate::wire::{self, Event, Response, What};
use http::StatusCode;

impl Visit {
    pub(super) async fn sign_in(&self, fields: &Parameters) -> Response {
        let Some(typed) = Credentials::read(fields) else {
            return self.turn_away(None);
        };
        match typed.recognise(&self.server, &self.browser, self.now).await {
            Ok(Recognised::Genuine(person)) => self.welcome(&person),
            Ok(Recognised::Not(known)) => self.turn_away(known),
            Ok(Recognised::NotNow(known, seconds)) => self.put_off(known, seconds),
            Err(error) => Refusal::temporarily_unavailable(&error).page(&self.server, self.words()),
        }
    }

    /// Back to the same request, by GET: a reload or the way back then sends no password again.
    fn welcome(&self, person: &Person) -> Response {
        let session = person.sign_in(self.now);
        let mut response =
            wire::see_other(&format!("{}?{}", paths::AUTHORIZE, self.asked.query_after_sign_in));
        browser::sign_in(&self.server, &session, &mut response);
        Event { person: Some(session.person), ..self.event(What::SignedIn) }.beside(response)
    }

    pub(super) fn put_off(&self, known: Option<PersonId>, seconds: u64) -> Response {
        let response = put_off(self.show_sign_in(Some(Notice::NotNow(seconds))), seconds);
        let reason = Some(TOO_MANY.to_owned());
        Event { person: known, reason, ..self.event(What::SignInFailed) }.beside(response)
    }

    pub(super) fn turn_away(&self, known: Option<PersonId>) -> Response {
        let mut response = self.show_sign_in(Some(Notice::NoMatch));
        *response.status_mut() = StatusCode::FORBIDDEN;
        Event { person: known, ..self.event(What::SignInFailed) }.beside(response)
    }
}
