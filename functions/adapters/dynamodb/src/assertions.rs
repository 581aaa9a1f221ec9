//! Accepted client assertions, to prevent replay: one item each, kept until the assertion has expired.

use crate::DynamoStore;
use crate::item::{Item, text, time};
use crate::table::{ASSERTION, EXPIRY, KEY};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::client::AssertionId;
use doorward::ports::CLOCK_SKEW;
use doorward::store::{Accepted, Assertions, StoreError};

#[async_trait]
impl Assertions for DynamoStore {
    async fn accept(&self, assertion: AssertionId) -> Result<Accepted, StoreError> {
        let key = format!("{ASSERTION}{}", URL_SAFE_NO_PAD.encode(assertion.digest.0));
        let item = Item::default()
            .with(KEY, text(key))
            .with(EXPIRY, time(assertion.expires_at.after(CLOCK_SKEW + CLOCK_SKEW)));
        Ok(self.put_once(item).await?.map_or(Accepted::Now, |_| Accepted::Already))
    }
}
