//! Builds an authorization server for an application. Everything but the configuration and the secret has a default.

use crate::authorization_server::AuthorizationServer;
use crate::on_event::OnEvent;
use doorward::client::{Documents, Fetch};
use doorward::config::Config;
use doorward::jose::{Signer, TokenKeys};
use doorward::provider::Provider;
use doorward::sealed::{Keys, Purpose, RootSecret};
use doorward::server::{Parts, Server};
use doorward::store::Stores;
use doorward::wire::{Authenticator, Event};
use doorward_outbound::OutboundClient;
use doorward_passwords::Argon2id;
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use std::sync::Arc;
use std::thread::available_parallelism;
use thiserror::Error;

/// Collects the parts of an [`AuthorizationServer`].
pub struct AuthorizationServerBuilder {
    config: Config,
    secret: RootSecret,
    older_secrets: Vec<RootSecret>,
    stores: Stores,
    fetch: Option<Arc<dyn Fetch>>,
    authenticator: Option<Arc<dyn Authenticator>>,
    on_event: OnEvent,
}

impl AuthorizationServer {
    /// Begins a server with this configuration. All its keys are derived from `secret`: keep it, and give the same secret
    /// to all processes that serve this issuer.
    pub fn builder(config: Config, secret: RootSecret) -> AuthorizationServerBuilder {
        AuthorizationServerBuilder::new(config, secret)
    }
}

impl AuthorizationServerBuilder {
    fn new(config: Config, secret: RootSecret) -> Self {
        Self {
            config,
            secret,
            older_secrets: Vec::new(),
            stores: Stores::in_memory(),
            fetch: None,
            authenticator: None,
            on_event: OnEvent::default(),
        }
    }

    /// Sets the secrets of before a key rotation. Values that they made stay valid.
    #[must_use]
    pub fn older_secrets(mut self, secrets: Vec<RootSecret>) -> Self {
        self.older_secrets = secrets;
        self
    }

    /// Sets the stores. By default they are in memory: everything is lost when the process ends.
    #[must_use]
    pub fn stores(mut self, stores: Stores) -> Self {
        self.stores = stores;
        self
    }

    /// Sets what fetches the documents that clients publish. By default that is [`doorward_outbound::Fetcher`]. Wrap it to count
    /// fetches: it protects against SSRF.
    #[must_use]
    pub fn fetch(mut self, fetch: Arc<dyn Fetch>) -> Self {
        self.fetch = Some(fetch);
        self
    }

    /// Sets the sign-in of the application, which replaces passwords.
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.authenticator = Some(Arc::new(authenticator));
        self
    }

    /// Sets what is called with each event, for a log. By default events are dropped.
    #[must_use]
    pub fn on_event(mut self, on_event: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.on_event = OnEvent::new(on_event);
        self
    }

    /// Builds the server.
    ///
    /// # Errors
    /// [`TwoSignIns`] when there is an authenticator and a provider: users sign in at one of the two.
    pub fn build(self) -> Result<AuthorizationServer, TwoSignIns> {
        if self.authenticator.is_some() && !self.config.providers().is_empty() {
            return Err(TwoSignIns);
        }
        let entropy = Arc::new(SystemEntropy);
        let signer = |root: &RootSecret| Es256::new(&root.derive(Purpose::AccessTokens));
        let identities =
            |root: &RootSecret| Es256::new(&root.derive(Purpose::Identities)).public_key().clone();
        let identity_keys =
            std::iter::once(&self.secret).chain(&self.older_secrets).map(identities).collect();
        let retired = self.older_secrets.iter().map(|root| signer(root).public_key().clone());
        // One CPU stays free for other requests: with two hashes on two CPUs, each of them waited milliseconds for one.
        let hashes_at_once = available_parallelism().map_or(1, |cpus| (cpus.get() - 1).max(1));
        let documents = match self.fetch {
            None => doorward_outbound::documents(self.config.issuer()),
            Some(fetch) => Arc::new(Documents::new(fetch, self.config.issuer().is_loopback())),
        };
        let server = Server::new(Parts {
            documents,
            config: self.config,
            keys: Keys::derive(&self.secret, &self.older_secrets),
            stores: self.stores,
            token_keys: TokenKeys::signing(Arc::new(signer(&self.secret)), retired),
            identity_keys,
            passwords: Arc::new(Argon2id::new(hashes_at_once, entropy.clone())),
            authenticator: self.authenticator,
            provider: Arc::new(Provider::new(Arc::new(OutboundClient::default()))),
            clock: Arc::new(SystemClock),
            entropy,
        });
        Ok(AuthorizationServer::new(server, self.on_event))
    }
}

/// There are an authenticator and a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("users sign in to the application or at a provider: set an authenticator or a provider, not both")]
pub struct TwoSignIns;

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use doorward::config::{Allowed, ProviderSettings};
    use doorward::wire::{Request, SignedInUser, Unreachable};
    use doorward::{Issuer, ProtectedResource};

    struct Application;

    #[async_trait]
    impl Authenticator for Application {
        async fn user(&self, _: &Request) -> Result<Option<SignedInUser>, Unreachable> {
            Ok(None)
        }

        fn sign_in_url(&self, _: &str) -> String {
            "/sign-in".to_owned()
        }
    }

    #[test]
    fn users_sign_in_at_one_place() {
        let config = Config::builder(Issuer::parse("https://auth.example").unwrap())
            .resource(ProtectedResource::parse("https://mcp.example/mcp", "read").unwrap());
        let allowed = Allowed::parse("domain:example.com").unwrap();
        let provider = ProviderSettings::new("https://accounts.example", "doorward", allowed).unwrap();
        let secret = RootSecret::new([7; 32]);
        let with_provider = config.clone().provider(provider).build().unwrap();
        let build =
            |config, secret| AuthorizationServer::builder(config, secret).authenticator(Application).build();
        let server = build(config.build().unwrap(), secret.clone()).unwrap();
        assert!(server.guard_at("https://mcp.example/mcp").is_some());
        assert!(server.guard_at("https://other.example/mcp").is_none());
        assert_eq!(build(with_provider, secret).err(), Some(TwoSignIns));
    }
}
