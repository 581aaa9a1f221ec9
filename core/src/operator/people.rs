//! Commands about people.

use crate::operator::execute::Operator;
use crate::operator::outcome::{CommandError, Output, done, seen};
use crate::ports::{Password, draw};
use crate::protocol::PersonId;
use crate::store::{Change, Changed, CloseReason, Introduced, Person, connections};
use crate::wire::{Actor, Event, EventKind};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::time::Duration;

/// How long somebody who has just signed in can go on when their person is signed out: a minute in which they are not looked
/// up again, five of a code that is carried by hand, a minute of clocks for each, and some room for the list, which is a moment
/// behind.
const CODES: Duration = Duration::from_secs(10 * 60);

impl Operator {
    pub(super) async fn add(&self, name: PersonId, password: Option<String>) -> Result<Output, CommandError> {
        if name.is_a_clients() {
            return Err(CommandError::NoPerson);
        }
        let (password, told) = self.password(password)?;
        let password = self.passwords.hash(&password).await;
        let person =
            Person { id: name.clone(), password: Some(password), called: None, epoch: 0, disabled: false };
        match self.store.introduce(person).await? {
            Introduced::New => Ok(done(told_once(&name, told), about(EventKind::PersonAdded, name))),
            Introduced::Already => Err(CommandError::Known),
        }
    }

    pub(super) async fn list(&self, after: Option<PersonId>) -> Result<Output, CommandError> {
        let people = self.store.people(after.as_ref()).await?;
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
        Ok(done(told_once(&name, told), about(EventKind::PasswordSet, name)))
    }

    /// The epoch first: no session that began before can open a grant that the walk does not see, except by a code that
    /// is under way. So the walk is worth repeating when codes have ended.
    pub(super) async fn end(
        &self,
        name: PersonId,
        change: Change,
        what: EventKind,
    ) -> Result<Output, CommandError> {
        self.change(&name, change).await?;
        let closed =
            connections::close_all(&*self.store, &name, self.clock.now(), CloseReason::SignedOut).await;
        let again = self.clock.now().after(CODES);
        let mut event = about(what, name.clone());
        match closed {
            Ok(closed) => {
                event.reason = Some(format!("{closed} connections"));
                Ok(done(json!({ "name": name, "grants_closed": closed, "repeat_after": again }), event))
            }
            // What was done is written down, and what is left is said.
            Err(error) => {
                event.reason = Some("some connections may be left".to_owned());
                Ok(done(json!({ "name": name, "repeat_now": error.to_string() }), event))
            }
        }
    }

    pub(super) async fn enable(&self, name: PersonId) -> Result<Output, CommandError> {
        self.change(&name, Change::Enable).await?;
        Ok(done(json!({ "name": name }), about(EventKind::PersonEnabled, name)))
    }

    async fn change(&self, name: &PersonId, change: Change) -> Result<Person, CommandError> {
        match self.store.change(name, change).await? {
            Changed::Now(person) => Ok(*person),
            Changed::Unknown => Err(CommandError::Unknown),
        }
    }

    /// The password that was given, or one that is drawn and has to be told.
    fn password(&self, given: Option<String>) -> Result<(Password, Option<String>), CommandError> {
        match given {
            Some(given) if given.is_empty() => Err(CommandError::NoPassword),
            Some(given) => Ok((Password::new(given), None)),
            None => {
                let drawn = URL_SAFE_NO_PAD.encode(draw::<15>(&*self.entropy));
                Ok((Password::new(drawn.clone()), Some(drawn)))
            }
        }
    }
}

fn about(what: EventKind, person: PersonId) -> Event {
    Event { person: Some(person), by: Some(Actor::Operator), ..Event::new(what) }
}

fn listed(person: &Person) -> Value {
    let mut listed = json!({ "name": person.id, "disabled": person.disabled });
    if let Some(called) = &person.called {
        listed["called"] = json!(called);
    }
    listed
}

/// A drawn password is in this answer and nowhere else.
fn told_once(name: &PersonId, drawn: Option<String>) -> Value {
    match drawn {
        None => json!({ "name": name }),
        Some(password) => json!({ "name": name, "password": password }),
    }
}
