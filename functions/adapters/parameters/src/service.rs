//! Parameter Store client: read and write, without the service's SDK. With the SDK, a function that has no store would
//! be twice as large.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_types::body::SdkBody;
use doorward_aws::{Account, Connector};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, SystemTime};
use thiserror::Error;
use zeroize::Zeroizing;

/// How many times a request is sent before it counts as failed.
const ATTEMPTS: u32 = 4;
/// The first pause between two attempts. Each following pause is twice as long.
const PAUSE: Duration = Duration::from_millis(100);

/// Parameter Store of one account.
pub struct ParameterStore {
    account: Account,
    connector: Connector,
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
}

/// The result of one attempt.
enum Answer {
    Body(Zeroizing<Vec<u8>>),
    /// A temporary error. The request is retried.
    Passing(String),
    Refused(String),
}

impl ParameterStore {
    /// A client with the credentials of `account`, over the connections of `connector`.
    pub fn new(account: Account, connector: Connector) -> Self {
        Self { account, connector }
    }

    /// The values of the parameters that exist. Ten names at most.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub async fn read(&self, names: &[String]) -> Result<BTreeMap<String, Zeroizing<String>>, Unanswered> {
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        let body = self.ask("GetParameters", &json!({ "Names": names, "WithDecryption": true })).await?;
        let read: Parameters = serde_json::from_slice(&body)
            .map_err(|_| Unanswered("the response of Parameter Store is not valid".into()))?;
        Ok(read.parameters.into_iter().map(|one| (one.name, one.value)).collect())
    }

    /// Writes a value as a `SecureString`, which the service encrypts.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub async fn write(&self, name: &str, value: &str) -> Result<(), Unanswered> {
        let parameter = json!({ "Name": name, "Value": value, "Type": "SecureString", "Overwrite": true });
        self.ask("PutParameter", &parameter).await.map(drop)
    }

    async fn ask(&self, operation: &str, question: &Value) -> Result<Zeroizing<Vec<u8>>, Unanswered> {
        let mut pause = PAUSE;
        let mut passing = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            match self.attempt(operation, question).await {
                Ok(Answer::Body(body)) => return Ok(body),
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
        let why = format!("{operation}: {status} {kind}");
        let passes = status.is_server_error() || kind.contains("Throttling");
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
