//! Copies of clients' metadata documents: one row each.

use crate::SqliteStore;
use crate::row::{seconds, time};
use async_trait::async_trait;
use doorward::protocol::DocumentUrl;
use doorward::store::{COPY_LIFETIME, DocumentCopies, DocumentCopy, StoreError};
use rusqlite::{OptionalExtension, params};

const KEEP: &str = "
    INSERT INTO document_copies (url, json, kept_at, gone_after) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET json = excluded.json, kept_at = excluded.kept_at, gone_after = excluded.gone_after";
const FIND: &str = "SELECT json, kept_at FROM document_copies WHERE url = ?1";

#[async_trait]
impl DocumentCopies for SqliteStore {
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError> {
        let url = url.as_str().to_owned();
        let json = String::from_utf8(copy.json.into()).map_err(StoreError::new)?;
        let (kept_at, gone_after) = (seconds(copy.kept_at), seconds(copy.kept_at.after(COPY_LIFETIME)));
        self.write(move |connection| {
            connection.prepare_cached(KEEP)?.execute(params![url, json, kept_at, gone_after]).map(drop)
        })
        .await
    }

    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(FIND)?;
            let copy = statement.query_row([url.as_str()], |row| {
                Ok(DocumentCopy {
                    json: row.get::<_, String>("json")?.into(),
                    kept_at: time(row, "kept_at")?,
                })
            });
            copy.optional()
        })
    }
}
