//! The keys of access tokens: the signing key, and the public keys for verification (RFC 7517).

use crate::jose::jwk::PublicKey;
use crate::jose::signer::{Signer, SigningFailed};
use std::sync::Arc;

/// The keys of access tokens. The signer's public key is always among the public keys.
#[derive(Clone)]
pub struct TokenKeys {
    signer: Option<Arc<dyn Signer>>,
    public_keys: Vec<PublicKey>,
}

impl TokenKeys {
    /// Creates keys that sign with `signer`. `others` are also published and accepted: keys that signed before this
    /// one, or will sign after it (key rotation).
    pub fn signing(signer: Arc<dyn Signer>, others: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut public_keys = vec![signer.public_key().clone()];
        public_keys.extend(others.into_iter().filter(|other| other != signer.public_key()));
        Self { signer: Some(signer), public_keys }
    }

    /// Creates keys that only verify: [`Self::signer`] fails with [`SigningFailed`].
    pub fn verifying(public_keys: Vec<PublicKey>) -> Self {
        Self { signer: None, public_keys }
    }

    /// The public keys that verify access tokens. The signer's key is the first.
    pub fn public_keys(&self) -> &[PublicKey] {
        &self.public_keys
    }

    /// The signing key.
    ///
    /// # Errors
    /// [`SigningFailed`] if there is no signing key.
    pub fn signer(&self) -> Result<&dyn Signer, SigningFailed> {
        self.signer.as_deref().ok_or(SigningFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(PublicKey);

    impl Signer for Fixed {
        fn public_key(&self) -> &PublicKey {
            &self.0
        }

        fn sign(&self, _: &[u8]) -> Result<[u8; 64], SigningFailed> {
            Err(SigningFailed)
        }
    }

    #[test]
    fn the_signers_public_key_is_always_published_first_and_once() {
        let [ours, other] = [1, 2].map(|byte| PublicKey::new([byte; 65]));
        for others in [vec![], vec![other.clone()], vec![other.clone(), ours.clone()]] {
            let keys = TokenKeys::signing(Arc::new(Fixed(ours.clone())), others);
            assert_eq!(keys.public_keys()[0], ours);
            assert_eq!(keys.public_keys().iter().filter(|key| **key == ours).count(), 1);
        }
        assert!(TokenKeys::verifying(vec![other]).signer().is_err());
    }
}
