//! What every function on Lambda begins with: the environment becomes a configuration and connections, and events
//! become plain requests.

mod authorization_server;
mod environment;
mod function;
mod origin_secret;
pub mod role;
mod unavailable;

pub use authorization_server::{Dependencies, authorization_server};
pub use environment::{Environment, Invalid};
pub use function::{Function, Handler, ResponseFuture, handler};
pub use lambda_http::Error;
pub use role::Role;
pub use unavailable::Unavailable;

use doorward::jose::PublicKey;
use doorward::wire::Events;
use doorward_parameters::{FunctionKeys, Needs, ParameterStore};
use doorward_signing::SystemClock;
use lambda_http::{Response, service_fn};
use std::future::Future;
use std::io::{Write, stdout};
use std::sync::Arc;

/// What a function finds when it starts, and nobody has called it yet.
pub struct Bootstrap {
    /// What the deployment says.
    pub environment: Environment,
    parameters: ParameterStore,
}

impl Bootstrap {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`Invalid`] when it lacks something.
    pub fn start() -> Result<Self, Invalid> {
        let environment = Environment::of(std::env::vars())?;
        let parameters = ParameterStore::new(environment.account.clone(), environment.connector.clone());
        Ok(Self { environment, parameters })
    }

    /// Answers where `role` does, until Lambda has no more use for the process.
    ///
    /// # Errors
    /// When the configuration is invalid, or the runtime is gone.
    pub async fn serve(
        self,
        role: &Role,
        dependencies: impl Future<Output = Dependencies>,
    ) -> Result<(), Error> {
        let config = self.environment.config()?;
        let (dependencies, function_keys) = tokio::join!(dependencies, self.function_keys(role.needs));
        let make = authorization_server(role, config, dependencies);
        self.run(role.needs, function_keys, make).await
    }

    /// Answers as the MCP server, with what `make` makes of the public keys.
    ///
    /// # Errors
    /// When the runtime is gone.
    pub async fn guard(
        self,
        make: impl Fn(Vec<PublicKey>) -> Handler + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function_keys = self.function_keys(role::MCP.needs).await;
        self.run(role::MCP.needs, function_keys, move |function_keys| make(function_keys.public_keys)).await
    }

    /// What is read before anybody waits for it. If it cannot be read, whoever comes first tries again.
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
        lambda_http::run(service_fn(async |event| {
            let response = function.handle(event).await;
            log(&response);
            Ok::<_, Error>(response)
        }))
        .await
    }
}

/// A line for everything that happened. One that cannot be written is no reason not to answer.
fn log<B>(response: &Response<B>) {
    let events = response.extensions().get::<Events>();
    for event in events.iter().flat_map(|events| &events.0) {
        let _ = writeln!(stdout(), "{event}");
    }
}
