//! The operator's commands for users.

use crate::operator::execute::Operator;
use crate::operator::outcome::{CommandError, Output, done, seen};
use crate::ports::{Deadline, Entropy, Password, draw};
use crate::protocol::{EmailAddress, PersonId};
use crate::store::{Added, AttemptKey, Change, Changed, CloseReason, Login, Person};
use crate::wire::{Actor, Event, EventKind};
use serde_json::{Value, json};
use std::time::Duration;

/// The time after which a sign-out should be repeated, because a grant that was opened just before may have been missing
/// in the list of grants, which is eventually consistent. Sessions and codes from before have ended.
const REPEAT_DELAY: Duration = Duration::from_secs(60);

/// The characters of generated passwords: 32, without those that look like others (0 and o, 1 and l) and without a hyphen, with
/// which a command line would take the password for a flag.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A random password of 120 bits.
pub fn generated_password(entropy: &dyn Entropy) -> String {
    draw::<24>(entropy).iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

impl Operator {
    pub(super) async fn add(
        &self,
        name: PersonId,
        password: Option<String>,
        email: Option<EmailAddress>,
    ) -> Result<Output, CommandError> {
        if name.as_str().contains(':') {
            return Err(CommandError::NameWithColon);
        }
        let (password, told) = self.password(password)?;
        let password = self.passwords.hash(&password).await;
        let person = Person { email, ..Person::new(name.clone(), Login::Password(password)) };
        match self.stores.people().add(person).await? {
            Added::New => Ok(done(with_generated_password(&name, told), about(EventKind::PersonAdded, name))),
            Added::Already => Err(CommandError::Known),
        }
    }

    pub(super) async fn list(&self, after: Option<PersonId>) -> Result<Output, CommandError> {
        let people = self.stores.people().list(after.as_ref()).await?;
        let next = people.last().map(|last| last.id.clone());
        let shown = people.iter().map(listed);
        Ok(seen(json!({ "people": shown.collect::<Vec<_>>(), "after": next })))
    }

    pub(super) async fn set_password(
        &self,
        name: PersonId,
        password: Option<String>,
    ) -> Result<Output, CommandError> {
        let (password, told) = self.password(password)?;
        let password = self.passwords.hash(&password).await;
        self.change(&name, Change::Password(password)).await?;
        Ok(done(with_generated_password(&name, told), about(EventKind::PasswordSet, name)))
    }

    pub(super) async fn set_email(
        &self,
        name: PersonId,
        email: Option<EmailAddress>,
    ) -> Result<Output, CommandError> {
        let known = self.stores.people().find(&name).await?;
        let known = known.ok_or_else(|| CommandError::UnknownUser(name.clone()))?;
        if known.password().is_none() {
            return Err(CommandError::AddressOfProvider);
        }
        self.change(&name, Change::Email(email.clone())).await?;
        Ok(done(json!({ "name": name, "email": email }), about(EventKind::EmailSet, name)))
    }

    /// Raises the epoch first, then closes the grants. An older session or code can then open no grant that the walk
    /// misses, unless the list is behind. If closing ends early, the event still records the raised epoch, and the answer
    /// says to repeat the command.
    pub(super) async fn end(
        &self,
        name: PersonId,
        change: Change,
        what: EventKind,
        deadline: &Deadline,
    ) -> Result<Output, CommandError> {
        self.change(&name, change).await?;
        let ended = self.close_all(&name.clone().into(), CloseReason::SignedOut, deadline).await;
        let event = Event { reason: Some(ended.reason()), ..about(what, name.clone()) };
        let mut answer = json!({ "name": name, "grants_closed": ended.closed });
        match ended.rest {
            None => answer["repeat_after"] = json!(self.clock.now().after(REPEAT_DELAY)),
            Some(rest) => answer["repeat_now"] = json!(rest.to_string()),
        }
        Ok(done(answer, event))
    }

    pub(super) async fn enable(&self, name: PersonId) -> Result<Output, CommandError> {
        self.change(&name, Change::Enable).await?;
        Ok(done(json!({ "name": name }), about(EventKind::PersonEnabled, name)))
    }

    /// Resets the counters of this hour. The answer says what they had counted. Names that share the counters get
    /// their attempts back too.
    pub(super) async fn unlock(&self, name: PersonId) -> Result<Output, CommandError> {
        let keys = self.keys.keys().await?;
        let counters = AttemptKey::both(&keys, &name, self.clock.now());
        let found = self.stores.sign_ins().find(&name, counters).await?;
        found.person.ok_or_else(|| CommandError::UnknownUser(name.clone()))?;
        for counter in counters {
            self.stores.attempts().reset(counter).await?;
        }
        let [unknown, known] = found.attempts;
        let answer = json!({ "name": name, "in_unknown_browsers": unknown, "in_known_browsers": known });
        let reason = Some(format!("{} wrong passwords", unknown.saturating_add(known)));
        Ok(done(answer, Event { reason, ..about(EventKind::PersonUnlocked, name) }))
    }

    async fn change(&self, name: &PersonId, change: Change) -> Result<Person, CommandError> {
        match self.stores.people().change(name, change).await? {
            Changed::Now(person) => Ok(*person),
            Changed::Unknown => Err(CommandError::UnknownUser(name.clone())),
        }
    }

    /// The given password, or a generated one, which is also returned as text for the answer.
    fn password(&self, given: Option<String>) -> Result<(Password, Option<String>), CommandError> {
        match given {
            Some(given) if given.is_empty() => Err(CommandError::NoPassword),
            Some(given) => Ok((Password::new(given), None)),
            None => {
                let generated = generated_password(&*self.entropy);
                Ok((Password::new(generated.clone()), Some(generated)))
            }
        }
    }
}

fn about(what: EventKind, person: PersonId) -> Event {
    Event { person: Some(person), by: Some(Actor::Operator), ..Event::new(what) }
}

fn listed(person: &Person) -> Value {
    let mut listed = json!({ "name": person.id, "disabled": person.disabled });
    if let Login::Provider { name: called } = &person.login {
        listed["called"] = json!(called);
    }
    if let Some(email) = &person.email {
        listed["email"] = json!(email);
    }
    listed
}

/// The answer with a generated password, which is not shown or stored anywhere else.
fn with_generated_password(name: &PersonId, generated: Option<String>) -> Value {
    match generated {
        None => json!({ "name": name }),
        Some(password) => json!({ "name": name, "password": password }),
    }
}
