//! The copies of clients' documents (CIMD), cached: what a process has read, and what it has written.

use crate::client::{ClientDocument, pinned};
use crate::ports::Timestamp;
use crate::protocol::DocumentUrl;
use crate::store::document_copies::{COPY_LIFETIME, DocumentCopies, DocumentCopy};
use crate::store::error::StoreError;
use crate::wire::{Cache, Found};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// How long a copy that was read is used without another read: 5 minutes.
const READ_AGAIN: Duration = Duration::from_secs(5 * 60);
/// The least time between two writes of an unchanged document: 1 day.
const WRITE_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// The most entries in each cache.
const MAX_KEPT: usize = 128;

/// The copies that this process has read or written lately.
pub(crate) struct KeptDocuments {
    read: Cache<DocumentUrl, ClientDocument, ()>,
    written: Cache<DocumentUrl, Bytes, ()>,
}

impl Default for KeptDocuments {
    fn default() -> Self {
        Self { read: Cache::new(MAX_KEPT), written: Cache::new(MAX_KEPT) }
    }
}

impl KeptDocuments {
    /// The document to use while its server does not answer: the copy, or a pinned document. It is no source of keys: they
    /// may have been withdrawn.
    pub(crate) async fn find(
        &self,
        store: &dyn DocumentCopies,
        url: &DocumentUrl,
        now: Timestamp,
    ) -> Option<Arc<ClientDocument>> {
        if let Some(read) = self.read.get(url, now).found {
            return Some(read.value);
        }
        // A fault of the store leaves the fault of the document's server as it is.
        let copy = store.find(url).await.ok().flatten();
        let fresh = copy.filter(|copy| now < copy.kept_at.after(COPY_LIFETIME));
        let kept = fresh.and_then(|copy| ClientDocument::parse(url, &copy.json).ok());
        let document = Arc::new(kept.or_else(|| pinned::find(url))?);
        let found = Found::until(document.clone(), now, now.after(READ_AGAIN));
        self.read.put(url.clone(), found, now);
        Some(document)
    }

    /// Keeps a document whose client a user has allowed. An unchanged document is written once a day by each process.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    pub(crate) async fn keep(
        &self,
        store: &dyn DocumentCopies,
        url: &DocumentUrl,
        document: &ClientDocument,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let known = self.written.get(url, now).found;
        if known.is_some_and(|known| *known.value == document.json) {
            return Ok(());
        }
        store.keep(url, DocumentCopy { json: document.json.clone(), kept_at: now }).await?;
        let found = Found::until(Arc::new(document.json.clone()), now, now.after(WRITE_AGAIN));
        self.written.put(url.clone(), found, now);
        Ok(())
    }
}
