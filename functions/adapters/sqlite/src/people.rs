//! Users: one row each.

use crate::row::{number, optional, parsed};
use crate::{SqliteStore, attempts};
use async_trait::async_trait;
use doorward::ports::PasswordHash;
use doorward::protocol::{EmailAddress, PersonId};
use doorward::store::{
    Added, AttemptKey, Change, Changed, Login, PAGE_SIZE, People, Person, Replaced, SignInRecord, SignIns,
    StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row};

const ADD: &str = "
    INSERT INTO people (name, password, called, epoch, disabled, email) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT * FROM people WHERE name = ?1";
const PASSWORD: &str =
    "UPDATE people SET epoch = epoch + 1, password = ?2, called = NULL WHERE name = ?1 RETURNING *";
const REPLACE: &str =
    "UPDATE people SET epoch = epoch + 1, password = ?3, called = NULL WHERE name = ?1 AND epoch = ?2";
const DISABLE: &str = "UPDATE people SET epoch = epoch + 1, disabled = 1 WHERE name = ?1 RETURNING *";
const ENABLE: &str = "UPDATE people SET epoch = epoch + 1, disabled = 0 WHERE name = ?1 RETURNING *";
const EMAIL: &str = "UPDATE people SET epoch = epoch + 1, email = ?2 WHERE name = ?1 RETURNING *";
const SIGN_OUT: &str = "UPDATE people SET epoch = epoch + 1 WHERE name = ?1 RETURNING *";
const LIST: &str = "SELECT * FROM people WHERE name > ?1 ORDER BY name LIMIT ?2";

#[async_trait]
impl SignIns for SqliteStore {
    async fn find(&self, id: &PersonId, [one, other]: [AttemptKey; 2]) -> Result<SignInRecord, StoreError> {
        self.read(|connection| {
            let attempts = [attempts::count(connection, one)?, attempts::count(connection, other)?];
            Ok(SignInRecord { person: find(connection, id)?, attempts })
        })
    }
}

#[async_trait]
impl People for SqliteStore {
    async fn add(&self, person: Person) -> Result<Added, StoreError> {
        self.write(move |connection| {
            let (password, called) = match &person.login {
                Login::Password(hash) => (Some(hash.as_str()), None),
                Login::Provider { name } => (None, Some(name.as_str())),
            };
            let epoch = i64::try_from(person.epoch).unwrap_or(i64::MAX);
            let email = person.email.as_ref().map(EmailAddress::as_str);
            let row = (person.id.as_str(), password, called, epoch, person.disabled, email);
            let added = connection.prepare_cached(ADD)?.execute(row)?;
            Ok(if added == 1 { Added::New } else { Added::Already })
        })
        .await
    }

    async fn find(&self, id: &PersonId) -> Result<Option<Person>, StoreError> {
        self.read(|connection| find(connection, id))
    }

    async fn change(&self, id: &PersonId, change: Change) -> Result<Changed, StoreError> {
        let name = id.as_str().to_owned();
        self.write(move |connection| {
            let changed = match change {
                Change::Password(hash) => {
                    connection.prepare_cached(PASSWORD)?.query_row((name, hash.as_str()), read)
                }
                Change::Disable => connection.prepare_cached(DISABLE)?.query_row([name], read),
                Change::Enable => connection.prepare_cached(ENABLE)?.query_row([name], read),
                Change::Email(email) => {
                    let email = email.as_ref().map(EmailAddress::as_str);
                    connection.prepare_cached(EMAIL)?.query_row((name, email), read)
                }
                Change::SignOut => connection.prepare_cached(SIGN_OUT)?.query_row([name], read),
            };
            Ok(changed.optional()?.map_or(Changed::Unknown, |person| Changed::Now(Box::new(person))))
        })
        .await
    }

    async fn replace_password(
        &self,
        id: &PersonId,
        epoch: u64,
        password: PasswordHash,
    ) -> Result<Replaced, StoreError> {
        let (name, epoch) = (id.as_str().to_owned(), i64::try_from(epoch).unwrap_or(i64::MAX));
        self.write(move |connection| {
            let row = (name, epoch, password.as_str());
            let replaced = connection.prepare_cached(REPLACE)?.execute(row)?;
            Ok(if replaced == 1 { Replaced::Now } else { Replaced::TooLate })
        })
        .await
    }

    async fn list(&self, after: Option<&PersonId>) -> Result<Vec<Person>, StoreError> {
        // No name is empty, so all names come after the empty text.
        let after = after.map_or("", PersonId::as_str);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(LIST)?;
            statement.query_map((after, PAGE_SIZE as i64), read)?.collect()
        })
    }
}

fn find(connection: &Connection, id: &PersonId) -> rusqlite::Result<Option<Person>> {
    connection.prepare_cached(FIND)?.query_row([id.as_str()], read).optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: parsed(row, "name", PersonId::parse)?,
        login: match optional(row, "password", |hash| Some(PasswordHash::new(hash)))? {
            Some(hash) => Login::Password(hash),
            None => Login::Provider { name: row.get("called")? },
        },
        epoch: number(row, "epoch")?,
        disabled: number::<u8>(row, "disabled")? == 1,
        email: optional(row, "email", EmailAddress::parse)?,
    })
}
