//! Bodies that are read and dropped.

use bytes::Bytes;
use http_body::Body;
use http_body_util::{BodyExt, Limited};
use std::error::Error;
use std::pin::pin;

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
