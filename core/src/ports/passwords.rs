//! Password hashing trait. A good password hash is slow, so the adapter limits how many run at once.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::Zeroizing;

/// A password as the user typed it.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Creates a password from the text as typed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The bytes to hash.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// The stored form of a password: a PHC string with algorithm, parameters, salt and hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Creates a hash from a PHC string.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Hashes passwords and verifies them.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Hashes `password` for storage.
    async fn hash(&self, password: &Password) -> PasswordHash;

    /// Whether `password` matches `stored`. Without a stored hash, the result is `false` and takes the same time. This
    /// prevents user enumeration by response time.
    async fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> bool;
}
