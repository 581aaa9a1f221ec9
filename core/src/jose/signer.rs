//! Who signs access tokens: a trait, since good ECDSA signers draw randomness of their own that cannot be handed in.

/// Signs access tokens with ES256 (RFC 7518 §3.4).
pub trait Signer: Send + Sync {
    /// The `kid` of the key that verifies what [`Signer::sign`] makes.
    fn key_id(&self) -> &str;

    /// Signs `message`: `r` and `s`, 32 bytes each, big-endian.
    ///
    /// # Errors
    /// [`SigningFailed`] when the signer's source of randomness or its key store does not answer.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed>;
}

/// The signer could not sign now; trying again may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningFailed;

impl std::fmt::Display for SigningFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the signer did not answer")
    }
}

impl std::error::Error for SigningFailed {}
