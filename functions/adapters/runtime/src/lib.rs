//! Runtime of every function on Lambda: builds configuration and connections from the environment, and converts Lambda
//! events to plain requests.

mod authorization_server;
mod environment;
mod function;
mod invocation;
mod origin_secret;
pub mod role;
mod streaming;
mod unavailable;

pub use authorization_server::{Dependencies, authorization_server};
pub use environment::{Environment, Invalid};
pub use function::{Function, Handler, ResponseFuture, handler, unavailable};
pub use invocation::invoke;
pub use lambda_http::Error;
pub use role::Role;
pub use streaming::{Ending, Streamed, stream};
pub use unavailable::Unavailable;

use bytes::Bytes;
use doorward::jose::PublicKey;
use doorward::wire::{Event, Events};
use doorward_parameters::{FunctionKeys, Needs, ParameterStore};
use doorward_signing::SystemClock;
use http_body::Body;
use lambda_http::{Response, lambda_runtime, service_fn};
use std::future::Future;
use std::io::{self, Write, stdout};
use std::sync::Arc;
use std::time::Duration;

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
        role: &'static Role,
        dependencies: impl Future<Output = Dependencies>,
    ) -> Result<(), Error> {
        self.environment.config()?;
        let (dependencies, function_keys) = tokio::join!(dependencies, self.function_keys(role.needs));
        let make = authorization_server(role, self.environment.clone(), dependencies);
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
        self.run(role::MCP.needs, function_keys, move |function_keys| Ok(make(function_keys.public_keys)))
            .await
    }

    /// Serves a function of its own kind, with the handler that `make` builds from its keys. A request may take as long as
    /// `longest`.
    ///
    /// # Errors
    /// When the environment is invalid, or the Lambda runtime fails.
    pub async fn answer(
        self,
        needs: Needs,
        longest: Duration,
        make: impl Fn(FunctionKeys) -> Handler + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function_keys = self.function_keys(needs).await;
        let make = move |function_keys| Ok(make(function_keys));
        let function = self.function(needs, function_keys, make).await?.answering_within(longest);
        lambda_runtime::run(service_fn(async |event| invoke(&function, event, log).await)).await
    }

    /// Serves as [`Self::answer`] does, with responses that stream.
    ///
    /// # Errors
    /// When the environment is invalid, or the Lambda runtime fails.
    pub async fn stream<B>(
        self,
        needs: Needs,
        make: impl Fn(FunctionKeys) -> Handler<B> + Send + Sync + 'static,
    ) -> Result<(), Error>
    where
        B: Body<Data = Bytes, Error: Into<Error>> + Send + Unpin + 'static,
    {
        let function_keys = self.function_keys(needs).await;
        let make = move |function_keys| Ok(make(function_keys));
        let function = self.function(needs, function_keys, make).await?.answering_within(Duration::MAX);
        lambda_runtime::run(service_fn(async |event| stream(&function, event, write).await)).await
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
        make: impl Fn(FunctionKeys) -> Result<Handler, Invalid> + Send + Sync + 'static,
    ) -> Result<(), Error> {
        let function = self.function(needs, function_keys, make).await?;
        lambda_runtime::run(service_fn(async |event| invoke(&function, event, log).await)).await
    }

    async fn function<B>(
        self,
        needs: Needs,
        function_keys: Option<FunctionKeys>,
        make: impl Fn(FunctionKeys) -> Result<Handler<B>, Invalid> + Send + Sync + 'static,
    ) -> Result<Function<B>, Invalid> {
        let function = Function::new(&self.environment, self.parameters, needs, Arc::new(SystemClock), make)?;
        if let Some(function_keys) = function_keys {
            function.hold(function_keys).await;
        }
        Ok(function)
    }
}

/// Writes one line for every event.
fn log<B>(response: &Response<B>) {
    let events = response.extensions().get::<Events>();
    events.iter().flat_map(|events| &events.0).for_each(write);
}

/// Writes the line of an event, before the response is sent: afterwards the sandbox may be frozen. If the write fails, the
/// response is still sent.
pub fn write(event: &Event) {
    let _ = write_to(&mut stdout(), event);
}

/// The buffer of the standard output is shorter than some lines. One that is given whole is one write.
fn write_to(out: &mut impl Write, event: &Event) -> io::Result<()> {
    out.write_all(format!("{event}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::wire::EventKind;
    use std::io::LineWriter;

    #[test]
    fn a_line_is_one_write_however_long_it_is() {
        #[derive(Default)]
        struct Writes(Vec<usize>);
        impl Write for Writes {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.push(bytes.len());
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        // The standard output is such a writer.
        let mut out = LineWriter::new(Writes::default());
        let events = [10, 5_000]
            .map(|length| Event { reason: Some("x".repeat(length)), ..Event::new(EventKind::Refused) });
        events.iter().for_each(|event| write_to(&mut out, event).unwrap());
        assert_eq!(out.get_ref().0, events.map(|event| format!("{event}\n").len()));
    }
}
