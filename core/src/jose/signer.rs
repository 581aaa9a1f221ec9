//! Signer trait for access tokens. It is a trait because good ECDSA signers use randomness of their own, which the
//! core cannot supply.

use crate::jose::jwk::PublicKey;
use thiserror::Error;

/// Signs access tokens with ES256 (RFC 7518 §3.4).
pub trait Signer: Send + Sync {
    /// The `kid` of the public key that verifies the signatures of [`Signer::sign`].
    fn public_key(&self) -> &PublicKey;

    /// Signs `message`. Returns `r` and `s`, 32 bytes each, big-endian.
    ///
    /// # Errors
    /// [`SigningFailed`] if the signer's source of randomness or its key store fails.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed>;
}

/// The error of [`Signer::sign`]. The caller may try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signer did not answer")]
pub struct SigningFailed;
