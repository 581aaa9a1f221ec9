//! The authorization server of a function: its dependencies, its keys and its configuration.

use crate::function::{Handler, handler};
use crate::role::Role;
use crate::unavailable::Unavailable;
use doorward::answer::among;
use doorward::client::Documents;
use doorward::config::Config;
use doorward::jose::TokenKeys;
use doorward::ports::{Clock, Entropy, Passwords};
use doorward::provider::Provider;
use doorward::sealed::Purpose;
use doorward::server::{Parts, Server};
use doorward::store::Stores;
use doorward_parameters::FunctionKeys;
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use std::sync::Arc;

/// The dependencies of a function, except its keys.
#[derive(Clone)]
pub struct Dependencies {
    /// The store.
    pub stores: Stores,
    /// The documents that clients publish (CIMD), and their keys.
    pub documents: Arc<Documents>,
    /// The password hash.
    pub passwords: Arc<dyn Passwords>,
    /// The connection to the identity provider.
    pub provider: Arc<Provider>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Dependencies {
    /// Stubs, for functions that need no dependencies. Every call fails.
    pub fn empty() -> Self {
        Self {
            stores: Stores::of(Arc::new(Unavailable)),
            documents: Arc::new(Documents::new(Arc::new(Unavailable), false)),
            passwords: Arc::new(Unavailable),
            provider: Arc::new(Provider::new(Arc::new(Unavailable))),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// Returns a function that builds the authorization server from keys. It runs each time keys have been read.
pub fn authorization_server(
    role: &Role,
    config: Config,
    dependencies: Dependencies,
) -> impl Fn(FunctionKeys) -> Handler + Send + Sync + use<> {
    let endpoints = role.endpoints;
    move |function_keys| {
        let Dependencies { stores, documents, passwords, provider, clock, entropy } = dependencies.clone();
        let draw = || {
            let mut secret = [0; 32];
            entropy.fill(&mut secret);
            secret
        };
        let keys = function_keys.keys(draw);
        let signer = function_keys.secrets(Purpose::AccessTokens).map(|secrets| Es256::new(&secrets.newest));
        let FunctionKeys { public_keys, identity_keys, provider_secret, .. } = function_keys;
        let token_keys = match signer {
            Some(signer) => TokenKeys::signing(Arc::new(signer), public_keys),
            None => TokenKeys::verifying(public_keys),
        };
        let server = Server::new(Parts {
            config: config.clone().with_provider_secret(provider_secret),
            keys,
            stores,
            documents,
            token_keys,
            identity_keys,
            passwords,
            authenticator: None,
            provider,
            clock,
            entropy,
        });
        handler(move |request| among(endpoints, server.clone(), request))
    }
}
