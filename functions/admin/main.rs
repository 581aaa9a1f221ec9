//! Admin function: operators' commands about users, clients, grants and keys.
//!
//! It does not answer HTTP. Every caller that IAM allows to invoke it may run every command.

mod keys;

use async_trait::async_trait;
use doorward::jose::Object;
use doorward::operator::{Command, Operator, OperatorKeys, Output};
use doorward::ports::{Clock, Entropy};
use doorward::sealed::{Keys, Purpose};
use doorward::store::{StoreError, Stores};
use doorward::wire::{Event, correlation};
use doorward_dynamodb::DynamoStore;
use doorward_parameters::{FunctionKeys, Names, Needs, ParameterStore};
use doorward_passwords::Argon2id;
use doorward_runtime::{Environment, Error, write};
use doorward_signing::{SystemClock, SystemEntropy, deadline_in};
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The time before the end of the function at which a command is answered.
const MARGIN: Duration = Duration::from_secs(1);

struct Admin {
    operator: Operator,
    kept: Arc<Kept>,
}

/// The location of the keys in Parameter Store.
struct Kept {
    parameters: ParameterStore,
    names: Names,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of(std::env::vars())?;
    let entropy = Arc::new(SystemEntropy);
    let (account, connector) = (environment.account.clone(), environment.connector.clone());
    let parameters =
        ParameterStore::new(account.clone(), connector.clone()).with_kms_key(environment.kms_key());
    let table = environment.table()?;
    let kept = Arc::new(Kept { parameters, names: environment.names });
    let store = DynamoStore::connect(account, connector, table, entropy.clone()).await;
    let stores = Stores::of(Arc::new(store));
    let passwords = Arc::new(Argon2id::new(1, entropy.clone()));
    let clock = Arc::new(SystemClock);
    let operator = Operator { stores, passwords, clock, entropy, keys: kept.clone() };
    let admin = &Admin { operator, kept };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| admin.execute(event).await)).await
}

/// The keys are read only when a command needs them.
#[async_trait]
impl OperatorKeys for Kept {
    async fn keys(&self) -> Result<Keys, StoreError> {
        let needs = Needs {
            purposes: &[Purpose::ClientIds, Purpose::ClientSecrets, Purpose::Sessions],
            public_keys: false,
            identity_keys: false,
            provider_secret: false,
            upstream_headers: false,
            trust: false,
        };
        let function_keys = FunctionKeys::read(&self.parameters, &self.names, needs, SystemClock.now()).await;
        Ok(function_keys.map_err(StoreError::new)?.keys(random_secret))
    }
}

impl Admin {
    async fn execute(&self, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
        let LambdaEvent { payload: asked, context } = event;
        let left = context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let done = if keys::is_about_keys(&asked) {
            let command = read(asked)?;
            keys::execute(&self.kept, command, log_command).await.map_err(|why| refused("KeysRefused", &why))
        } else {
            let command: Command = read(asked)?;
            let deadline = deadline_in(left.saturating_sub(MARGIN));
            self.operator.execute(command, &deadline).await.map_err(|why| refused("CommandRefused", &why))
        };
        let Output { answer, event } = done?;
        if let Some(event) = event {
            log_command(event);
        }
        Ok(answer)
    }
}

/// A random secret, in place of the secrets that no command needs.
fn random_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    SystemEntropy.fill(&mut secret);
    secret
}

fn read<T: DeserializeOwned>(asked: Value) -> Result<T, Diagnostic> {
    let read = serde_json::from_value(asked).map(|Object(command)| command);
    read.map_err(|error| refused("NoCommand", &error))
}

fn refused(kind: &str, why: &impl ToString) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: why.to_string() }
}

/// Logs the event of a command, with a correlation of its own.
fn log_command(event: Event) {
    write(&Event { correlation: Some(correlation::id(&SystemEntropy)), ..event });
}
