//! The keys of access tokens: the one that signs, and those that verify (RFC 7517).

use crate::jose::jwk::PublicKey;
use crate::jose::signer::{Signer, SigningFailed};
use std::sync::Arc;

/// The keys of access tokens. The signer's public key is always among those that verify.
#[derive(Clone)]
pub struct TokenKeys {
    signer: Option<Arc<dyn Signer>>,
    public_keys: Vec<PublicKey>,
}

impl TokenKeys {
    /// Signs with `signer`. `others` are published and verify too: keys that signed before this one, or will after it.
    pub fn signing(signer: Arc<dyn Signer>, others: impl IntoIterator<Item = PublicKey>) -> Self {
        let mut public_keys = vec![signer.public_key().clone()];
        public_keys.extend(others.into_iter().filter(|other| other != signer.public_key()));
        Self { signer: Some(signer), public_keys }
    }

    /// Verifies only: every signature is refused with [`SigningFailed`].
    pub fn verifying(public_keys: Vec<PublicKey>) -> Self {
        Self { signer: None, public_keys }
    }

    /// The keys that verify access tokens, the signer's first.
    pub fn public_keys(&self) -> &[PublicKey] {
        &self.public_keys
    }

    /// The key that signs.
    ///
    /// # Errors
    /// [`SigningFailed`] where there is none.
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
