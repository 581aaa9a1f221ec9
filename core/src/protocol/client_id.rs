//! The client identifier (RFC 6749 §2.2).

use serde::{Deserialize, Serialize};
use std::fmt;

/// The identifier of a client: its signed metadata (dynamic client registration), the URL of its Client ID Metadata
/// Document (CIMD), or an id that the operator gave it (pre-registered client).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub String);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
