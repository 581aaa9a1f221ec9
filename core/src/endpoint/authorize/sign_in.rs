//! A person signs in with a name and a password.

use super::Visit;
use crate::browser;
use crate::event::{Event, What};
use crate::passwords::Password;
use crate::paths;
use crate::protocol::parameters::Parameters;
use crate::protocol::person_id::PersonId;
use crate::protocol::session::Session;
use crate::refusal::Refusal;
use crate::store::{Person, StoreError};
use crate::wire::{self, Response};
use http::StatusCode;

/// More is not a password, and would be hashed all the same.
const MAX_PASSWORD: usize = 1024;

/// What was typed.
pub(super) struct Credentials {
    name: Option<PersonId>,
    password: Password,
}

/// Who that is.
pub(super) enum Recognised {
    Genuine(Person),
    /// Not who it says; a name that nobody has is not kept, since it may be a password in the wrong field.
    Not(Option<PersonId>),
}

impl Credentials {
    /// Whether there is anything to look up and to compare.
    pub(super) fn is_complete(&self) -> bool {
        self.name.is_some() && !self.password.as_bytes().is_empty()
    }

    pub(super) fn read(fields: &Parameters) -> Option<Self> {
        let name = fields.once("username").ok()?.unwrap_or_default();
        let password = fields.once("password").ok()?.unwrap_or_default();
        let sized = password.len() <= MAX_PASSWORD;
        sized.then(|| Self { name: PersonId::parse(name.trim()), password: Password::new(password) })
    }
}

impl Visit {
    pub(super) async fn sign_in(&self, fields: &Parameters) -> Response {
        let Some(typed) = Credentials::read(fields) else {
            return self.turn_away(None);
        };
        match self.recognise(&typed).await {
            Ok(Recognised::Genuine(person)) => self.welcome(person),
            Ok(Recognised::Not(known)) => self.turn_away(known),
            Err(error) => Refusal::temporarily_unavailable(&error).page(&self.server),
        }
    }

    /// One look-up and one hash, whether the person exists or not.
    pub(super) async fn recognise(&self, typed: &Credentials) -> Result<Recognised, StoreError> {
        let known = match &typed.name {
            Some(name) => self.server.store.person(name).await?,
            None => None,
        };
        let stored = known.as_ref().map(|person| &person.password);
        let genuine = self.server.passwords.verify(&typed.password, stored).await;
        Ok(match known {
            Some(person) if genuine && !person.disabled => Recognised::Genuine(person),
            known => Recognised::Not(known.map(|person| person.id)),
        })
    }

    /// Back to the same request, by GET: a reload or the way back then sends no password again.
    fn welcome(&self, person: Person) -> Response {
        let session = Session { person: person.id, epoch: person.epoch, signed_in_at: self.now };
        let mut response = wire::see_other(&format!("{}?{}", paths::AUTHORIZE, self.asked.query));
        browser::sign_in(&self.server, &session, &mut response);
        Event { person: Some(session.person), ..self.event(What::SignedIn) }.beside(response)
    }

    pub(super) fn turn_away(&self, known: Option<PersonId>) -> Response {
        let mut response = self.show_sign_in(Some("The name and the password do not match."));
        *response.status_mut() = StatusCode::FORBIDDEN;
        Event { person: known, ..self.event(What::SignInFailed) }.beside(response)
    }
}
