//! Signer (ES256), randomness, clock and deadlines for deployments. Signer and randomness use ring.

use doorward::jose::{PublicKey, Signer, SigningFailed};
use doorward::ports::{Clock, Countdown, Deadline, Entropy, Timestamp};
use doorward::sealed::PurposeSecret;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Random bytes from the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        SystemRandom::new().fill(bytes).expect("the operating system has randomness");
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since.map_or(0, |since| since.as_secs()))
    }
}

/// Counts down on the operating system's monotonic clock.
#[derive(Clone, Copy, Debug)]
struct Stopwatch {
    end: Instant,
}

impl Countdown for Stopwatch {
    fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

/// The deadline of a request that has this much time from now on.
pub fn deadline_in(time: Duration) -> Deadline {
    Instant::now().checked_add(time).map_or_else(Deadline::default, |end| Deadline::new(Stopwatch { end }))
}

/// Signs tokens with ES256. The signing key is derived from the secret of a purpose.
pub struct Es256 {
    pair: EcdsaKeyPair,
    public: PublicKey,
    random: SystemRandom,
}

impl Es256 {
    /// Derives the signing key from the secret for [`AccessTokens`](doorward::sealed::Purpose::AccessTokens) or
    /// [`Identities`](doorward::sealed::Purpose::Identities).
    pub fn new(secret: &PurposeSecret) -> Self {
        let scalar = scalar(secret);
        // ring signs quickly, but cannot compute the public key of a scalar. So p256 computes it, once for each key.
        let point = scalar.public_key().to_sec1_point(false);
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &scalar.to_bytes(),
            point.as_bytes(),
            &random,
        );
        let point = point.as_bytes().try_into().expect("an uncompressed P-256 point is 65 bytes");
        Self { pair: pair.expect("the two halves belong together"), public: PublicKey::new(point), random }
    }
}

/// Derives a scalar of P-256. About 1 in 2^32 derivations is not a valid scalar. Then the next derivation is used.
fn scalar(secret: &PurposeSecret) -> p256::SecretKey {
    (0..)
        .find_map(|attempt: u32| {
            p256::SecretKey::from_slice(&secret.derive(&format!("es256 {attempt}"))[..]).ok()
        })
        .expect("one of the attempts is a scalar")
}

impl Signer for Es256 {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed> {
        let signature = self.pair.sign(&self.random, message).map_err(|_| SigningFailed)?;
        signature.as_ref().try_into().map_err(|_| SigningFailed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_comes_nearer_and_passes() {
        let long = deadline_in(Duration::from_secs(60)).left();
        assert!(Duration::from_secs(59) < long && long <= Duration::from_secs(60), "{long:?}");
        assert_eq!(deadline_in(Duration::ZERO).left(), Duration::ZERO);
        assert_eq!(deadline_in(Duration::MAX).left(), Duration::MAX);
    }

    #[test]
    fn a_secret_always_gives_the_same_key_and_another_gives_another() {
        let [one, same, other] = [1, 1, 2].map(|byte| Es256::new(&PurposeSecret::new([byte; 32])));
        assert_eq!(one.public_key(), same.public_key());
        assert_ne!(one.public_key(), other.public_key());
        let signature = one.sign(b"message").unwrap();
        assert!(same.public_key().verifies(b"message", &signature));
        assert!(!same.public_key().verifies(b"massage", &signature));
        assert!(!other.public_key().verifies(b"message", &signature));
    }
}
