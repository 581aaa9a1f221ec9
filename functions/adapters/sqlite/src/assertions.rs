//! Accepted client assertions, to prevent replay: one row each, kept until the assertion has expired.

use crate::SqliteStore;
use crate::row::seconds;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::client::AssertionId;
use doorward::ports::CLOCK_SKEW;
use doorward::store::{Accepted, Assertions, StoreError};
use rusqlite::params;

const ACCEPT: &str = "INSERT INTO assertions (digest, gone_after) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

#[async_trait]
impl Assertions for SqliteStore {
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError> {
        let digest = URL_SAFE_NO_PAD.encode(assertion.digest.0);
        let gone_after = seconds(assertion.expires_at.after(CLOCK_SKEW + CLOCK_SKEW));
        self.write(move |connection| {
            let accepted = connection.prepare_cached(ACCEPT)?.execute(params![digest, gone_after])?;
            Ok(if accepted == 1 { Accepted::Now } else { Accepted::Already })
        })
        .await
    }
}
