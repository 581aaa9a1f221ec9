//! Deterministic fakes of the dependencies: clock, entropy, passwords, signer, keys and outbound fetch.

use crate::countdown::TestCountdown;
use crate::test_server::root;
use async_trait::async_trait;
use doorward::client::{Fetch, FetchError};
use doorward::jose::{PublicKey, Signer, SigningFailed};
use doorward::operator::OperatorKeys;
use doorward::ports::{Clock, Entropy, Password, PasswordHash, Passwords, Timestamp};
use doorward::protocol::{Digest, DocumentUrl};
use doorward::sealed::Keys;
use doorward::store::StoreError;
use doorward::wire::{HttpClient, Request, Response, Unreachable};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use tokio::task::yield_now;

/// A clock that stands still until a test moves it forward.
pub struct TestClock {
    now: AtomicU64,
    told: Box<dyn Fn(Timestamp) + Send + Sync>,
}

impl TestClock {
    /// A clock that starts on a day in 2026.
    pub fn new() -> Self {
        Self::telling(|_| ())
    }

    /// A clock that calls `told` with the time, now and after each change.
    pub fn telling(told: impl Fn(Timestamp) + Send + Sync + 'static) -> Self {
        let clock = Self { now: AtomicU64::new(1_790_000_000), told: Box::new(told) };
        (clock.told)(clock.now());
        clock
    }

    /// Moves the clock forward.
    pub fn pass(&self, span: Duration) {
        self.now.fetch_add(span.as_secs(), Ordering::SeqCst);
        (self.told)(self.now());
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }
}

/// Entropy that differs with every draw and is the same in every run.
#[derive(Debug, Default)]
pub struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let draw = self.0.fetch_add(1, Ordering::SeqCst);
        for (part, chunk) in bytes.chunks_mut(32).enumerate() {
            let digest = Digest::of(format!("{draw} {part}")).0;
            chunk.copy_from_slice(&digest[..chunk.len()]);
        }
    }
}

/// A fast password hash without any security. It counts the passwords that it checks. A test can hold up its answers,
/// as a slow hash does, so that other requests are under way meanwhile. Functions that run as real processes do not
/// use it.
#[derive(Debug, Default)]
pub struct TestPasswords {
    checked: AtomicU64,
    right: Arc<RwLock<()>>,
    wrong: Arc<RwLock<()>>,
}

impl TestPasswords {
    /// The number of passwords that were checked since the last call of [`Self::forget`].
    pub fn checked(&self) -> u64 {
        self.checked.load(Ordering::SeqCst)
    }

    /// Sets the number of checked passwords to zero.
    pub fn forget(&self) {
        self.checked.store(0, Ordering::SeqCst);
    }

    /// Waits until this many passwords are being checked, or were.
    pub async fn wait_for(&self, checked: u64) {
        while self.checked() < checked {
            yield_now().await;
        }
    }

    /// No check of a right password ends until the guard is dropped.
    pub async fn hold_right(&self) -> OwnedRwLockWriteGuard<()> {
        self.right.clone().write_owned().await
    }

    /// No check of a wrong password ends until the guard is dropped.
    pub async fn hold_wrong(&self) -> OwnedRwLockWriteGuard<()> {
        self.wrong.clone().write_owned().await
    }
}

#[async_trait]
impl Passwords for TestPasswords {
    async fn hash(&self, password: &Password) -> PasswordHash {
        PasswordHash::new(format!("{:?}", Digest::of(password.as_bytes())))
    }

    async fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> bool {
        self.checked.fetch_add(1, Ordering::SeqCst);
        let is_right = stored == Some(&self.hash(password).await);
        yield_now().await;
        drop(if is_right { self.right.read().await } else { self.wrong.read().await });
        is_right
    }
}

/// Signs deterministically (RFC 6979), with a different library than deployments use.
pub struct TestSigner {
    key: SigningKey,
    public: PublicKey,
}

impl TestSigner {
    /// A signer whose private key is one repeated byte.
    pub fn new(byte: u8) -> Self {
        let key = SigningKey::from_slice(&[byte; 32]).expect("a scalar of P-256");
        let point = key.verifying_key().to_sec1_point(false);
        let public = PublicKey::new(point.as_bytes().try_into().expect("an uncompressed point"));
        Self { key, public }
    }
}

impl Signer for TestSigner {
    fn public_key(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SigningFailed> {
        let signature: Signature = self.key.sign(message);
        Ok(signature.to_bytes().into())
    }
}

/// The keys that every test server starts with, for operator commands.
pub struct TestKeys;

#[async_trait]
impl OperatorKeys for TestKeys {
    async fn keys(&self) -> Result<Keys, StoreError> {
        Ok(Keys::derive(&root(7), &[]))
    }
}

/// Fake of outbound fetch: serves what the test publishes.
#[derive(Default)]
pub struct TestWeb {
    pages: Mutex<HashMap<String, Result<Response, FetchError>>>,
    asked: AtomicU64,
    /// How long every response takes, and the countdown from which that time goes.
    slow: Mutex<Option<(Duration, TestCountdown)>>,
}

impl TestWeb {
    /// Publishes JSON with status 200.
    pub fn publish(&self, url: &str, json: &serde_json::Value) {
        self.answer(url, 200, &[("content-type", "application/json")], &json.to_string());
    }

    /// Publishes any response.
    pub fn answer(&self, url: &str, status: u16, headers: &[(&str, &str)], body: &str) {
        let response =
            headers.iter().fold(http::Response::builder().status(status), |response, (name, value)| {
                response.header(*name, *value)
            });
        self.put(url, Ok(response.body(body.to_owned().into()).expect("a response")));
    }

    /// Makes every later fetch of `url` fail.
    pub fn fail(&self, url: &str, why: FetchError) {
        self.put(url, Err(why));
    }

    /// Every later response takes this long, and the caller's countdown goes on meanwhile.
    pub fn delay(&self, time: Duration, countdown: &TestCountdown) {
        *self.slow.lock().expect("the lock is not poisoned") = Some((time, countdown.clone()));
    }

    /// The number of fetches since the last call of this function.
    pub fn take(&self) -> u64 {
        self.asked.swap(0, Ordering::SeqCst)
    }

    fn put(&self, url: &str, page: Result<Response, FetchError>) {
        self.pages.lock().expect("the lock is not poisoned").insert(url.to_owned(), page);
    }

    fn look_up(&self, url: &str, limit: Duration) -> Result<Response, FetchError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some((time, countdown)) = &*self.slow.lock().expect("the lock is not poisoned") {
            countdown.pass((*time).min(limit));
            if *time > limit {
                return Err(FetchError::Unavailable("it took too long".to_owned()));
            }
        }
        let pages = self.pages.lock().expect("the lock is not poisoned");
        let nothing = || Ok(http::Response::builder().status(404).body("".into()).expect("a response"));
        pages.get(url).cloned().unwrap_or_else(nothing)
    }
}

#[async_trait]
impl Fetch for TestWeb {
    async fn fetch(&self, url: &DocumentUrl, limit: Duration) -> Result<Response, FetchError> {
        self.look_up(url.as_str(), limit)
    }
}

#[async_trait]
impl HttpClient for TestWeb {
    async fn send(&self, request: Request, limit: Duration) -> Result<Response, Unreachable> {
        self.look_up(&request.uri().to_string(), limit).map_err(|error| Unreachable(format!("{error:?}")))
    }
}
