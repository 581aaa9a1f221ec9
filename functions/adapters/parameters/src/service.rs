//! Parameter Store client: read and write, without the service's SDK. With the SDK, a function that has no store would
//! be twice as large.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use doorward::ports::Entropy;
use doorward_aws::{Account, Connector};
use doorward_signing::SystemEntropy;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, SystemTime};
use thiserror::Error;
use zeroize::Zeroizing;

/// The most names in one request (AWS Systems Manager API Reference, `GetParameters`).
const MOST_NAMES: usize = 10;
/// How many times a request is sent before it counts as failed.
const ATTEMPTS: u32 = 4;
/// The longest first pause between two attempts. Each following pause is up to twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Parameter Store of one account. Clones share their connections.
#[derive(Clone)]
pub struct ParameterStore {
    account: Account,
    connector: Connector,
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

/// The result of one attempt.
enum Answer {
    Body(Zeroizing<Vec<u8>>),
    /// A temporary error. The request is retried.
    Passing(String),
    /// The parameter exists, and the request must not replace it.
    Exists,
    Refused(String),
}

impl ParameterStore {
    /// A client with the credentials of `account`, over the connections of `connector`.
    pub fn new(account: Account, connector: Connector) -> Self {
        Self { account, connector, kms_key: None }
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
        let mut pause = PAUSE;
        let mut passing = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                // Jitter: functions that were throttled together do not try again together.
                let mut random = [0];
                SystemEntropy.fill(&mut random);
                tokio::time::sleep(pause.mul_f32(f32::from(random[0]) / 255.0)).await;
                pause *= 2;
            }
            match self.attempt(operation, question).await {
                Ok(Answer::Body(body)) => return Ok(Some(body)),
                Ok(Answer::Exists) => return Ok(None),
                Ok(Answer::Refused(why)) => return Err(Unanswered(why)),
                Ok(Answer::Passing(why)) => passing = why,
                Err(error) => passing = error.to_string(),
            }
        }
        Err(Unanswered(passing))
    }

    async fn attempt(
        &self,
        operation: &str,
        question: &Value,
    ) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let request = self.signed(operation, &question.to_string())?;
        let response = self.connector.call(request.try_into()?).await?;
        let status = StatusCode::from_u16(response.status().as_u16())?;
        let body = Zeroizing::new(response.into_body().collect().await?.to_bytes().to_vec());
        if status.is_success() {
            return Ok(Answer::Body(body));
        }
        let error: Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = error["__type"].as_str().unwrap_or_default().to_owned();
        if kind.ends_with("ParameterAlreadyExists") {
            return Ok(Answer::Exists);
        }
        let why = format!("{operation}: {status} {kind}");
        let is_asked_to_wait = ["Throttling", "TooManyUpdates"].iter().any(|wait| kind.contains(wait));
        let passes = status.is_server_error() || is_asked_to_wait;
        Ok(if passes { Answer::Passing(why) } else { Answer::Refused(why) })
    }

    /// Signs a request with AWS Signature Version 4, over headers and body.
    fn signed(&self, operation: &str, body: &str) -> Result<Request<SdkBody>, Box<dyn Error + Send + Sync>> {
        let Account { region, access_key_id, secret_access_key, session_token, .. } = self.account.clone();
        let credentials =
            Credentials::new(access_key_id, secret_access_key, session_token, None, "environment");
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&region)
            .name("ssm")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let mut request = Request::post(format!("{}/", self.account.url("ssm")))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("AmazonSSM.{operation}"))
            .body(SdkBody::from(body))?;
        let headers =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("")));
        let uri = request.uri().to_string();
        let signable = SignableRequest::new("POST", &uri, headers, SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &params)?.into_parts();
        instructions.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

fn parse<T: DeserializeOwned>(body: Option<Zeroizing<Vec<u8>>>) -> Result<T, Unanswered> {
    let parsed = body.and_then(|body| serde_json::from_slice(&body).ok());
    parsed.ok_or_else(|| Unanswered("the response of Parameter Store is not valid".into()))
}
