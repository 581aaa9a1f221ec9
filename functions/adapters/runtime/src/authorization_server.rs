//! The authorization server of a function: its dependencies, its keys and its configuration.

use crate::environment::{Environment, Invalid};
use crate::function::{Handler, handler};
use crate::role::Role;
use crate::unavailable::Unavailable;
use doorward::answer::among;
use doorward::client::Documents;
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

/// Returns a function that builds the authorization server from keys and from the issuers that the operator trusts. It runs
/// each time they have been read, and fails if the issuers cannot be used.
pub fn authorization_server(
    role: &'static Role,
    environment: Environment,
    dependencies: Dependencies,
) -> impl Fn(FunctionKeys) -> Result<Handler, Invalid> + Send + Sync + use<> {
    move |function_keys| {
        let config = environment.config_of(role, function_keys.trust.as_deref())?;
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
            config: config.with_provider_secret(provider_secret.as_ref()),
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
        Ok(handler(move |request| among(role.endpoints, server.clone(), request)))
    }
}
