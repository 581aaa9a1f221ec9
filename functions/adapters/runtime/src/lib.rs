//! What every function on Lambda begins with: the environment becomes a configuration and connections, and events
//! become plain requests.

mod door;
mod environment;
mod function;
mod made;
mod nobody;
pub mod role;

pub use environment::{Environment, Invalid};
pub use function::{Answering, Answers, Function, answers};
pub use lambda_http::Error;
pub use made::{Hands, authorization_server};
pub use nobody::Nobody;
pub use role::Role;

use doorward::jose::PublicKey;
use doorward::wire::Events;
use doorward_parameters::{Held, Needs, ParameterStore};
use doorward_signing::SystemClock;
use lambda_http::{Response, service_fn};
use std::future::Future;
use std::io::{Write, stdout};
use std::sync::Arc;

/// What a function finds when it starts, and nobody has called it yet.
pub struct Cold {
    /// What the deployment says.
    pub environment: Environment,
    parameters: ParameterStore,
}

impl Cold {
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
    pub async fn serve(self, role: &Role, hands: impl Future<Output = Hands>) -> Result<(), Error> {
        let config = self.environment.config()?;
        let (hands, held) = tokio::join!(hands, self.held(role.needs));
        let make = authorization_server(role, config, hands);
        self.run(role.needs, held, make).await
    }

    /// Answers as the MCP server, with what `make` makes of the public keys.
    ///
    /// # Errors
    /// When the runtime is gone.
    pub async fn guard(
        self,
        make: impl Fn(Vec<PublicKey>) -> Answers + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let held = self.held(role::MCP.needs).await;
        self.run(role::MCP.needs, held, move |held| make(held.public_keys)).await
    }

    /// What is read before anybody waits for it. If it cannot be read, whoever comes first tries again.
    async fn held(&self, needs: Needs) -> Option<Held> {
        let now = doorward::ports::Clock::now(&SystemClock);
        Held::read(&self.parameters, &self.environment.names, needs, now).await.ok()
    }

    async fn run(
        self,
        needs: Needs,
        held: Option<Held>,
        make: impl Fn(Held) -> Answers + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function = Function::new(&self.environment, self.parameters, needs, Arc::new(SystemClock), make)?;
        if let Some(held) = held {
            function.hold(held).await;
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
