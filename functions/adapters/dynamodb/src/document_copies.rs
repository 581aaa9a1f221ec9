//! Copies of clients' metadata documents: one item each.

use crate::DynamoStore;
use crate::item::{Item, text, time};
use crate::table::{DOCUMENT, EXPIRY, KEY};
use crate::unanswered;
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::protocol::{Digest, DocumentUrl};
use doorward::store::{COPY_LIFETIME, DocumentCopies, DocumentCopy, StoreError};

#[async_trait]
impl DocumentCopies for DynamoStore {
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError> {
        let json = String::from_utf8(copy.json.into()).map_err(StoreError::new)?;
        let item = Item::default()
            .with(KEY, key(url))
            .with("url", text(url.as_str()))
            .with("json", text(json))
            .with("kept_at", time(copy.kept_at))
            .with(EXPIRY, time(copy.kept_at.after(COPY_LIFETIME)));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item.0));
        put.send().await.map(drop).map_err(unanswered)
    }

    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError> {
        let Some(item) = self.find(key(url)).await? else { return Ok(None) };
        let json = item.text("json")?.to_owned().into_bytes().into();
        Ok(Some(DocumentCopy { json, kept_at: item.time("kept_at")? }))
    }
}

/// A URL may be longer than a key, so the key has its digest.
fn key(url: &DocumentUrl) -> AttributeValue {
    text(format!("{DOCUMENT}{}", URL_SAFE_NO_PAD.encode(Digest::of(url.as_str()).0)))
}
