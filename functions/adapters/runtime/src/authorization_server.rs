//! The authorization server, made of what a function holds.

use crate::function::{Handler, handler};
use crate::role::Role;
use crate::unavailable::Unavailable;
use doorward::answer::among;
use doorward::client::Documents;
use doorward::config::Config;
use doorward::jose::Signer;
use doorward::ports::{Clock, Entropy, Passwords};
use doorward::provider::Provider;
use doorward::sealed::Purpose;
use doorward::server::{Parts, Server};
use doorward::store::Store;
use doorward_parameters::FunctionKeys;
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use std::sync::Arc;

/// What a function is handed beside its keys.
#[derive(Clone)]
pub struct Dependencies {
    /// What must happen once, or be taken back.
    pub store: Arc<dyn Store>,
    /// What clients publish.
    pub documents: Arc<Documents>,
    /// Who checks passwords.
    pub passwords: Arc<dyn Passwords>,
    /// The way to the identity provider.
    pub provider: Arc<Provider>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where chance comes from.
    pub entropy: Arc<dyn Entropy>,
}

impl Dependencies {
    /// No store and nobody who checks passwords: for functions that need neither.
    pub fn empty() -> Self {
        Self {
            store: Arc::new(Unavailable),
            documents: Arc::new(Documents::new(Arc::new(Unavailable), false)),
            passwords: Arc::new(Unavailable),
            provider: Arc::new(Provider::new(Arc::new(Unavailable))),
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

/// Makes the authorization server of what a function holds.
pub fn authorization_server(
    role: &Role,
    config: Config,
    dependencies: Dependencies,
) -> impl Fn(FunctionKeys) -> Handler + Send + Sync + use<> {
    let endpoints = role.endpoints;
    move |function_keys| {
        let Dependencies { store, documents, passwords, provider, clock, entropy } = dependencies.clone();
        let draw = || {
            let mut secret = [0; 32];
            entropy.fill(&mut secret);
            secret
        };
        let keys = function_keys.keys(draw);
        let signer: Arc<dyn Signer> = match function_keys.secrets(Purpose::AccessTokens) {
            Some(secrets) => Arc::new(Es256::new(&secrets.newest)),
            None => Arc::new(Unavailable),
        };
        let (config, public_keys, provider_secret) =
            (config.clone(), function_keys.public_keys, function_keys.provider_secret);
        let server = Server::new(Parts {
            config,
            keys,
            store,
            documents,
            signer,
            public_keys,
            passwords,
            provider,
            provider_secret,
            clock,
            entropy,
        });
        handler(move |request| among(endpoints, server.clone(), request))
    }
}
