//! Bodies that are read and dropped.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use std::error::Error;
use std::pin::pin;
use std::time::Duration;
use tokio::time::timeout;

/// The largest body that is read from a request that is refused, in bytes. After a larger one, the connection is closed.
pub(crate) const MAX_REFUSED: usize = 64 * 1024;
/// How long the rest of an answer that no client gets is read.
const FINISH: Duration = Duration::from_millis(500);

/// Reads a body of at most `limit` bytes and drops it. Returns whether it was read whole. If not, its connection cannot
/// be used again.
pub(crate) async fn discard<B>(body: B, limit: usize) -> bool
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return false;
    }
    let mut body = pin!(Limited::new(body, limit));
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return false;
        }
    }
    true
}

/// Reads the rest of an answer that no client gets, so that its connection can be used again. An upstream that takes long
/// loses the connection.
pub(crate) async fn finish<B>(body: B)
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let _ = timeout(FINISH, discard(body, MAX_REFUSED)).await;
}
