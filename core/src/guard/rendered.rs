//! Responses of a guard that do not depend on the request.

use crate::wire::Rendered;
use bytes::Bytes;
use http::HeaderValue;
use std::sync::OnceLock;

/// What a guard answers again and again, made once.
#[derive(Default)]
pub(super) struct RenderedAnswers {
    pub(super) metadata: Rendered,
    /// The header and the body for a request without a token, with which every connection of a client begins.
    pub(super) missing: OnceLock<(HeaderValue, Bytes)>,
}
