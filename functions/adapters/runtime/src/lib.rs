//! Runtime of every function on Lambda: builds configuration and connections from the environment, and converts Lambda
//! events to plain requests.

mod authorization_server;
mod environment;
mod function;
mod invocation;
mod origin_secret;
pub mod role;
mod unavailable;

pub use authorization_server::{Dependencies, authorization_server};
pub use environment::{Environment, Invalid};
pub use function::{Function, Handler, ResponseFuture, handler};
pub use invocation::invoke;
pub use lambda_http::Error;
pub use role::Role;
pub use unavailable::Unavailable;

use doorward::jose::PublicKey;
use doorward::wire::Events;
use doorward_parameters::{FunctionKeys, Needs, ParameterStore};
use doorward_signing::SystemClock;
use lambda_http::{Response, lambda_runtime, service_fn};
use std::future::Future;
use std::io::{Write, stdout};
use std::sync::Arc;

/// State of a function during a cold start, before the first request.
pub struct Bootstrap {
    /// The environment variables.
    pub environment: Environment,
    parameters: ParameterStore,
}

impl Bootstrap {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`Invalid`] when a required variable is missing or not valid.
    pub fn start() -> Result<Self, Invalid> {
        let environment = Environment::of(std::env::vars())?;
        let parameters = ParameterStore::new(environment.account.clone(), environment.connector.clone());
        Ok(Self { environment, parameters })
    }

    /// Serves the endpoints of `role`, until Lambda ends the process.
    ///
    /// # Errors
    /// When the configuration is invalid, or the Lambda runtime fails.
    pub async fn serve(
        self,
        role: &Role,
        dependencies: impl Future<Output = Dependencies>,
    ) -> Result<(), Error> {
        let config = self.environment.config_of(role)?;
        let (dependencies, function_keys) = tokio::join!(dependencies, self.function_keys(role.needs));
        let make = authorization_server(role, config, dependencies);
        self.run(role.needs, function_keys, make).await
    }

    /// Serves the MCP server, with the handler that `make` builds from the public keys.
    ///
    /// # Errors
    /// When the environment is invalid, or the Lambda runtime fails.
    pub async fn guard(
        self,
        make: impl Fn(Vec<PublicKey>) -> Handler + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function_keys = self.function_keys(role::MCP.needs).await;
        self.run(role::MCP.needs, function_keys, move |function_keys| make(function_keys.public_keys)).await
    }

    /// Reads the keys during the cold start, before a caller waits. If this fails, the first request reads them.
    async fn function_keys(&self, needs: Needs) -> Option<FunctionKeys> {
        let now = doorward::ports::Clock::now(&SystemClock);
        FunctionKeys::read(&self.parameters, &self.environment.names, needs, now).await.ok()
    }

    async fn run(
        self,
        needs: Needs,
        function_keys: Option<FunctionKeys>,
        make: impl Fn(FunctionKeys) -> Handler + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function = Function::new(&self.environment, self.parameters, needs, Arc::new(SystemClock), make)?;
        if let Some(function_keys) = function_keys {
            function.hold(function_keys).await;
        }
        lambda_runtime::run(service_fn(async |event| invoke(&function, event, log).await)).await
    }
}

/// Writes one line for every event. If the write fails, the response is still sent.
fn log<B>(response: &Response<B>) {
    let events = response.extensions().get::<Events>();
    for event in events.iter().flat_map(|events| &events.0) {
        let _ = writeln!(stdout(), "{event}");
    }
}
