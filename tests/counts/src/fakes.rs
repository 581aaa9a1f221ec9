//! What the server needs, fixed: time, randomness, passwords, a signer whose signatures cost nothing, and no network.

use async_trait::async_trait;
use doorward::client::{Documents, Fetch, FetchError};
use doorward::config::Config;
use doorward::jose::{PublicKey, Signer, SigningFailed, TokenKeys};
use doorward::ports::{Clock, Entropy, Password, PasswordHash, Passwords, Timestamp};
use doorward::protocol::{Digest, DocumentUrl};
use doorward::provider::Provider;
use doorward::sealed::{Keys, RootSecret};
use doorward::server::{Parts, Server};
use doorward::store::Stores;
use doorward::wire::{HttpClient, Request, Response, Unreachable};
use doorward::{Issuer, ProtectedResource};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The secret of the MCP server at the introspection endpoint.
pub(crate) const SECRET: &str = "a secret of enough length";

/// A server with two resources and no users. Its signatures cost nothing, and no one can verify them.
pub(crate) fn server() -> Server {
    server_with(free_signer())
}

/// A signer whose signatures cost nothing.
pub(crate) fn free_signer() -> Arc<dyn Signer> {
    Arc::new(Free(PublicKey::new([7; 65])))
}

/// The same with signatures that can be verified.
pub(crate) fn server_with(signer: Arc<dyn Signer>) -> Server {
    let resource = |url| ProtectedResource::parse(url, "user,files").expect("a resource");
    let mcp = ProtectedResource { secret: Some(Digest::of(SECRET)), ..resource("https://mcp.example/mcp") };
    let config = Config::builder(Issuer::parse("https://auth.example").expect("an issuer"))
        .resource(mcp)
        .resource(resource("https://other.example/mcp"))
        .build()
        .expect("a sound configuration");
    Server::new(Parts {
        config,
        keys: Keys::derive(&RootSecret::new([7; 32]), &[]),
        stores: Stores::in_memory(),
        documents: Arc::new(Documents::new(Arc::new(Network), false)),
        identity_keys: vec![signer.public_key().clone()],
        token_keys: TokenKeys::signing(signer, []),
        passwords: Arc::new(Plain),
        authenticator: None,
        provider: Arc::new(Provider::new(Arc::new(Network))),
        clock: Arc::new(Noon),
        entropy: Arc::new(Numbers(AtomicU64::new(1))),
    })
}

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_790_000_000)
    }
}

/// Counts, so that no two values are the same.
struct Numbers(AtomicU64);

impl Entropy for Numbers {
    fn fill(&self, bytes: &mut [u8]) {
        let number = self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes();
        bytes.iter_mut().zip(number.iter().cycle()).for_each(|(byte, number)| *byte = *number);
    }
}

struct Plain;

#[async_trait]
impl Passwords for Plain {
    async fn hash(&self, _: &Password) -> PasswordHash {
        PasswordHash::new(PASSWORD)
    }

    async fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> bool {
        stored.is_some_and(|stored| stored.as_str().as_bytes() == password.as_bytes())
    }
}

struct Free(PublicKey);

impl Signer for Free {
    fn public_key(&self) -> &PublicKey {
        &self.0
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], SigningFailed> {
        Ok([1; 64])
    }
}

struct Network;

#[async_trait]
impl Fetch for Network {
    async fn fetch(&self, _: &DocumentUrl, _: Duration) -> Result<Response, FetchError> {
        Err(FetchError::Unavailable("there is no network".to_owned()))
    }
}

#[async_trait]
impl HttpClient for Network {
    async fn send(&self, _: Request, _: Duration) -> Result<Response, Unreachable> {
        Err(Unreachable("there is no network".to_owned()))
    }
}
