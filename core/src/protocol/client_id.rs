//! The client identifier (RFC 6749 §2.2).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The identifier of a client: its signed metadata (dynamic client registration), the URL of its Client ID Metadata
/// Document (CIMD), or an id that the operator gave it (pre-registered client).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub String);

impl ClientId {
    /// Whether it can be the id of a client of the configuration: printable ASCII that is no URL, and none of the signed ids.
    pub(crate) fn can_be_configured(&self) -> bool {
        let text = &self.0;
        let is_printable = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        is_printable && !text.starts_with("dw_") && !text.contains("://")
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
