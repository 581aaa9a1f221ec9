//! Rate limit on wrong passwords: one row for each bucket of names, kind of browser, and hour.

use crate::SqliteStore;
use async_trait::async_trait;
use doorward::store::{AttemptKey, AttemptSource, Attempts, Reserved, StoreError};
use rusqlite::{Connection, OptionalExtension, Result as SqliteResult};

/// The limit is the condition, so the count never passes it.
const RESERVE: &str = "
    INSERT INTO guesses (hour, name, known, guesses) SELECT ?1, ?2, ?3, 1 WHERE ?4 > 0
    ON CONFLICT DO UPDATE SET guesses = guesses + 1 WHERE guesses < ?4";
const GIVE_BACK: &str =
    "UPDATE guesses SET guesses = guesses - 1 WHERE hour = ?1 AND name = ?2 AND known = ?3 AND guesses > 0";
const RESET: &str = "DELETE FROM guesses WHERE hour = ?1 AND name = ?2 AND known = ?3";
const READ: &str = "SELECT guesses FROM guesses WHERE hour = ?1 AND name = ?2 AND known = ?3";

#[async_trait]
impl Attempts for SqliteStore {
    async fn reserve(&self, key: AttemptKey, limit: u32) -> Result<Reserved, StoreError> {
        let (hour, name, known) = columns(key);
        self.write(move |connection| {
            let reserved = connection.prepare_cached(RESERVE)?.execute((hour, name, known, limit))?;
            Ok(if reserved == 1 { Reserved::Yes } else { Reserved::Full })
        })
        .await
    }

    async fn give_back(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.write(move |connection| connection.prepare_cached(GIVE_BACK)?.execute(columns(key)).map(drop))
            .await
    }

    async fn reset(&self, key: AttemptKey) -> Result<(), StoreError> {
        self.write(move |connection| connection.prepare_cached(RESET)?.execute(columns(key)).map(drop)).await
    }

    async fn read(&self, key: AttemptKey) -> Result<u32, StoreError> {
        self.read(|connection| count(connection, key))
    }
}

/// The count of a key. A counter that does not exist is zero.
pub(crate) fn count(connection: &Connection, key: AttemptKey) -> SqliteResult<u32> {
    let count = connection.prepare_cached(READ)?.query_row(columns(key), |row| row.get(0)).optional()?;
    Ok(count.unwrap_or_default())
}

fn columns(key: AttemptKey) -> (i64, u16, bool) {
    let hour = i64::try_from(key.hour).unwrap_or(i64::MAX);
    (hour, key.name, key.from == AttemptSource::KnownBrowser)
}
