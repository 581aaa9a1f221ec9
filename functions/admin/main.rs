//! Operators' commands: people, grants and keys. It is no HTTP function: whoever IAM lets invoke it may do all of it.

mod keys;

use doorward::event::Event;
use doorward::operator::{Command, Done, Operator};
use doorward_dynamodb::DynamoStore;
use doorward_parameters::{Names, ParameterStore};
use doorward_passwords::Argon2id;
use doorward_runtime::{Environment, Error};
use doorward_signing::{SystemClock, SystemEntropy};
use lambda_http::lambda_runtime::{self, Diagnostic, LambdaEvent, service_fn};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::{Write, stdout};
use std::sync::Arc;

struct Admin {
    operator: Operator,
    parameters: ParameterStore,
    names: Names,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let environment = Environment::of(std::env::vars())?;
    let entropy = Arc::new(SystemEntropy);
    let (account, connector) = (environment.account.clone(), environment.connector.clone());
    let parameters = ParameterStore::new(account.clone(), connector.clone());
    let store = DynamoStore::connect(account, connector, environment.table()?, entropy.clone()).await;
    let passwords = Arc::new(Argon2id::new(1, entropy.clone()));
    let operator = Operator { store: Arc::new(store), passwords, clock: Arc::new(SystemClock), entropy };
    let admin = &Admin { operator, parameters, names: environment.names };
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| admin.obey(event.payload).await)).await
}

impl Admin {
    async fn obey(&self, asked: Value) -> Result<Value, Diagnostic> {
        let done = if keys::is_about_keys(&asked) {
            let command = read(asked)?;
            keys::obey(self, command).await.map_err(|why| refused("KeysRefused", &why))
        } else {
            let command: Command = read(asked)?;
            self.operator.obey(command).await.map_err(|why| refused("CommandRefused", &why))
        };
        let Done { answer, event } = done?;
        event.iter().for_each(log);
        Ok(answer)
    }
}

fn read<T: DeserializeOwned>(asked: Value) -> Result<T, Diagnostic> {
    serde_json::from_value(asked).map_err(|error| refused("NoCommand", &error))
}

fn refused(kind: &str, why: &impl ToString) -> Diagnostic {
    Diagnostic { error_type: kind.to_owned(), error_message: why.to_string() }
}

/// A line for every change. One that cannot be written is no reason not to answer.
fn log(event: &Event) {
    let _ = writeln!(stdout(), "{event}");
}
