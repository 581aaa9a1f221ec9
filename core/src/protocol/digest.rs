//! SHA-256 digests (FIPS 180-4), which stand for longer values.

use serde::{Deserialize, Serialize};

/// A SHA-256 digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes.as_ref());
        Self(digest.as_ref().try_into().expect("SHA-256 is 32 bytes"))
    }
}
