//! Parameter Store client: read and write.

use doorward_aws::{Account, Connector, Failure, Protocol, Service};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use thiserror::Error;
use zeroize::Zeroizing;

/// The most names in one request (AWS Systems Manager API Reference, `GetParameters`).
const MOST_NAMES: usize = 10;
/// The protocol of AWS Systems Manager.
const SSM: Protocol = Protocol {
    name: "ssm",
    target: "AmazonSSM",
    media_type: "application/x-amz-json-1.1",
    attempts: 4,
    pause: Duration::from_millis(100),
};

/// Parameter Store of one account. Clones share their connections.
#[derive(Clone)]
pub struct ParameterStore {
    service: Service,
    kms_key: Option<String>,
}

/// The store did not answer, or its response was not usable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the keys are not available: {0}")]
pub struct Unanswered(pub String);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: Zeroizing<String>,
    version: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    version: u64,
}

/// A parameter that exists.
#[derive(Clone)]
pub struct Stored {
    /// The value.
    pub value: Zeroizing<String>,
    /// How often the parameter was written: 1 after its creation, one more after each write.
    pub version: u64,
}

/// The outcome of a write that must not replace a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Created {
    /// The parameter did not exist. It has this version now.
    Now(u64),
    /// The parameter exists already, and was not changed.
    Exists,
}

impl ParameterStore {
    /// A client with the credentials of `account`, over the connections of `connector`.
    pub fn new(account: Account, connector: Connector) -> Self {
        Self { service: Service::new(SSM, account, connector), kms_key: None }
    }

    /// Encrypts what is written with this customer-managed KMS key, instead of the account's key `aws/ssm`.
    #[must_use]
    pub fn with_kms_key(self, kms_key: Option<String>) -> Self {
        Self { kms_key, ..self }
    }

    /// The values of the parameters that exist. Ten names at most.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub async fn read(&self, names: &[String]) -> Result<BTreeMap<String, Stored>, Unanswered> {
        let mut all = BTreeMap::new();
        for names in names.chunks(MOST_NAMES) {
            let question = json!({ "Names": names, "WithDecryption": true });
            let read: Parameters = parse(self.ask("GetParameters", &question).await?)?;
            let stored = |one: Parameter| (one.name, Stored { value: one.value, version: one.version });
            all.extend(read.parameters.into_iter().map(stored));
        }
        Ok(all)
    }

    /// Writes a value as a `SecureString`, which the service encrypts. Returns the version of the parameter.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub async fn write(&self, name: &str, value: &str) -> Result<u64, Unanswered> {
        let written: Written = parse(self.ask("PutParameter", &self.parameter(name, value, true)).await?)?;
        Ok(written.version)
    }

    /// Writes a value as [`Self::write`] does, only if the parameter does not exist.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub async fn create(&self, name: &str, value: &str) -> Result<Created, Unanswered> {
        match self.ask("PutParameter", &self.parameter(name, value, false)).await? {
            None => Ok(Created::Exists),
            body => parse(body).map(|written: Written| Created::Now(written.version)),
        }
    }

    fn parameter(&self, name: &str, value: &str, overwrite: bool) -> Value {
        let mut parameter =
            json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": overwrite });
        if let Some(key) = &self.kms_key {
            parameter["KeyId"] = key.as_str().into();
        }
        parameter
    }

    /// The body of the response, or `None` if the parameter exists and must not be replaced.
    async fn ask(&self, operation: &str, question: &Value) -> Result<Option<Zeroizing<Vec<u8>>>, Unanswered> {
        match self.service.ask(operation, question).await {
            Ok(body) => Ok(Some(Zeroizing::new(body.into()))),
            Err(Failure::Refused { kind, .. }) if kind == "ParameterAlreadyExists" => Ok(None),
            Err(failure) => Err(Unanswered(format!("{operation}: {failure}"))),
        }
    }
}

fn parse<T: DeserializeOwned>(body: Option<Zeroizing<Vec<u8>>>) -> Result<T, Unanswered> {
    let parsed = body.and_then(|body| serde_json::from_slice(&body).ok());
    parsed.ok_or_else(|| Unanswered("the response of Parameter Store is not valid".into()))
}
