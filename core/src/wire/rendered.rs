//! A public document that is the same for every request, so it is serialized once.

use crate::wire::message::{Response, document_of, serialized};
use bytes::Bytes;
use serde::Serialize;
use std::sync::OnceLock;

/// The bytes of a document. The first request makes them.
#[derive(Clone, Default)]
pub(crate) struct Rendered(OnceLock<Bytes>);

impl Rendered {
    /// A response with the document. `make` has to make the same each time.
    pub(crate) fn document<T: Serialize>(&self, make: impl FnOnce() -> T) -> Response {
        document_of(self.0.get_or_init(|| serialized(&make())).clone())
    }
}
