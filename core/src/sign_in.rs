//! Whether a person is who they say they are, by name and password, and whether they still are.

use crate::clock::Timestamp;
use crate::passwords::Password;
use crate::protocol::parameters::Parameters;
use crate::protocol::person_id::PersonId;
use crate::protocol::session::Session;
use crate::server::Server;
use crate::store::{Person, StoreError};

/// What a page says to whoever it is not.
pub(crate) const NO_MATCH: &str = "The name and the password do not match.";

/// More is not a password, and would be hashed all the same.
const MAX_PASSWORD: usize = 1024;

/// Whether a session's person may still decide. Right after the sign-in the record was just read; later it is read again.
pub(crate) async fn still_holds(
    server: &Server,
    session: &Session,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if now < session.signed_in_at.after(server.config.lifetimes.fresh_sign_in) {
        return Ok(true);
    }
    is_current(server, session).await
}

/// The same, asked in any case.
pub(crate) async fn is_current(server: &Server, session: &Session) -> Result<bool, StoreError> {
    let person = server.store.person(&session.person).await?;
    Ok(person.is_some_and(|person| !person.disabled && person.epoch == session.epoch))
}

/// What was typed.
pub(crate) struct Credentials {
    name: Option<PersonId>,
    password: Password,
}

/// Who that is.
pub(crate) enum Recognised {
    Genuine(Person),
    /// Not who it says; a name that nobody has is not kept, since it may be a password in the wrong field.
    Not(Option<PersonId>),
}

impl Credentials {
    pub(crate) fn read(fields: &Parameters) -> Option<Self> {
        let name = fields.once("username").ok()?.unwrap_or_default();
        let password = fields.once("password").ok()?.unwrap_or_default();
        let sized = password.len() <= MAX_PASSWORD;
        sized.then(|| Self { name: PersonId::parse(name.trim()), password: Password::new(password) })
    }

    /// Whether there is anything to look up and to compare.
    pub(crate) fn is_complete(&self) -> bool {
        self.name.is_some() && !self.password.as_bytes().is_empty()
    }

    /// One look-up and one hash, whether the person exists or not.
    pub(crate) async fn recognise(&self, server: &Server) -> Result<Recognised, StoreError> {
        let known = match &self.name {
            Some(name) => server.store.person(name).await?,
            None => None,
        };
        let stored = known.as_ref().map(|person| &person.password);
        let genuine = server.passwords.verify(&self.password, stored).await;
        Ok(match known {
            Some(person) if genuine && !person.disabled => Recognised::Genuine(person),
            known => Recognised::Not(known.map(|person| person.id)),
        })
    }
}
