//! Copies of clients' metadata documents (CIMD). With them users can connect a client again while its web server does not
//! answer, even in a process that has just started.

use crate::ports::Timestamp;
use crate::protocol::DocumentUrl;
use crate::store::error::StoreError;
use async_trait::async_trait;
use bytes::Bytes;
use std::time::Duration;

/// How long a copy is used: 30 days.
pub const COPY_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A copy of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentCopy {
    /// The document, as its server sent it.
    pub json: Bytes,
    /// When it was kept.
    pub kept_at: Timestamp,
}

/// Stores copies of documents. A copy is written when a user allows the client, so a made-up URL costs no write.
#[async_trait]
pub trait DocumentCopies: Send + Sync {
    /// Keeps a copy, in the place of an older one.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn keep(&self, url: &DocumentUrl, copy: DocumentCopy) -> Result<(), StoreError>;

    /// Reads the copy of the document at this URL. Changes of the last seconds may be missing, and a copy that is older than
    /// [`COPY_LIFETIME`] may still be there.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    async fn find(&self, url: &DocumentUrl) -> Result<Option<DocumentCopy>, StoreError>;
}
