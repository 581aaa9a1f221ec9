//! Argon2id (RFC 9106) for deployments: 19 MiB, two passes, one lane, on a bounded number of threads.

use argon2::password_hash::phc::PasswordHash as Phc;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use async_trait::async_trait;
use doorward::entropy::Entropy;
use doorward::passwords::{Password, PasswordHash, Passwords};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Hashes passwords; at most so many at once, so that a rush of sign-ins leaves room for everything else.
pub struct Argon2id {
    permits: Semaphore,
    entropy: Arc<dyn Entropy>,
}

/// RFC 9106 §3.1 recommends 128 bits.
const SALT_LENGTH: usize = 16;

impl Argon2id {
    /// At most `at_once` hashes are made at the same time, of 19 MiB each; salts come from `entropy`.
    pub fn new(at_once: usize, entropy: Arc<dyn Entropy>) -> Self {
        Self { permits: Semaphore::new(at_once), entropy }
    }

    /// Runs `work` on a thread that may be slow, when there is room.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _permit = self.permits.acquire().await.expect("the semaphore is never closed");
        spawn_blocking(work).await.expect("hashing does not panic")
    }
}

#[async_trait]
impl Passwords for Argon2id {
    async fn hash(&self, password: &Password) -> PasswordHash {
        let mut salt = [0; SALT_LENGTH];
        self.entropy.fill(&mut salt);
        let password = password.clone();
        self.run(move || hash(&password, salt)).await
    }

    async fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> bool {
        let password = password.clone();
        match stored.cloned() {
            Some(stored) => self.run(move || matches(&password, &stored)).await,
            // Nobody to compare with: the same work, for nothing.
            None => self.run(move || hash(&password, [0; SALT_LENGTH])).await.as_str().is_empty(),
        }
    }
}

fn hash(password: &Password, salt: [u8; SALT_LENGTH]) -> PasswordHash {
    let hashed: Phc = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("argon2's defaults are sound");
    PasswordHash::new(hashed.to_string())
}

fn matches(password: &Password, stored: &PasswordHash) -> bool {
    Phc::new(stored.as_str())
        .is_ok_and(|stored| Argon2::default().verify_password(password.as_bytes(), &stored).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(at).unwrap_or_default();
            }
        }
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Argon2id::new(1, Arc::new(Counting));
        let stored = passwords.hash(&Password::new("correct horse")).await;
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(&Password::new("correct horse"), Some(&stored)).await);
        assert!(!passwords.verify(&Password::new("wrong horse"), Some(&stored)).await);
        assert!(!passwords.verify(&Password::new("correct horse"), None).await);
        assert!(!passwords.verify(&Password::new(""), Some(&PasswordHash::new("not a hash"))).await);
    }
}
