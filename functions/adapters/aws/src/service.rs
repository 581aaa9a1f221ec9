//! A service of AWS that speaks JSON ("AWS JSON 1.0 protocol", Smithy): one signed POST for each operation, with retries. AWS's
//! own crate for DynamoDB, with what it needs, was 0.7 MB of code in each function with a store.

use crate::dialer::Cause;
use crate::{Account, Connector, signature};
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::Full;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use std::error::Error;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// What is particular to one service.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Its name in host names and signatures.
    pub name: &'static str,
    /// Its name before the operation, in `X-Amz-Target`.
    pub target: &'static str,
    /// The media type of its requests.
    pub media_type: &'static str,
    /// How many times a request is sent before it counts as failed.
    pub attempts: u32,
    /// Upper bound of the first pause between two attempts. The next bound is twice as long. Pauses are random.
    pub pause: Duration,
}

/// One service, for one account. Clones share their connections.
#[derive(Clone)]
pub struct Service {
    protocol: Protocol,
    account: Account,
    connector: Connector,
}

/// Why an operation has no result.
#[derive(Debug, Error)]
pub enum Failure {
    /// No attempt has a response.
    #[error("{0}")]
    NoResponse(String),
    /// The service refused the operation.
    #[error("{status} {kind}")]
    Refused {
        /// The HTTP status.
        status: StatusCode,
        /// The kind of the error, such as `ResourceNotFoundException`.
        kind: String,
        /// The error.
        body: Value,
    },
}

impl Failure {
    /// Whether another attempt may succeed: there is no response, the service has an error, or it asks to wait.
    fn is_passing(&self) -> bool {
        let asks_to_wait =
            ["Throttl", "ThroughputExceeded", "LimitExceeded", "TooMany", "Timeout", "InProgress"];
        match self {
            Self::NoResponse(_) => true,
            Self::Refused { status, kind, .. } => {
                status.is_server_error() || asks_to_wait.iter().any(|part| kind.contains(part))
            }
        }
    }

    fn of(status: StatusCode, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let kind = body["__type"].as_str().unwrap_or_default();
        let kind = kind.rsplit('#').next().unwrap_or_default().to_owned();
        Self::Refused { status, kind, body }
    }
}

impl Service {
    /// The service of this account, over the connections of `connector`.
    pub fn new(protocol: Protocol, account: Account, connector: Connector) -> Self {
        Self { protocol, account, connector }
    }

    /// Opens a connection.
    pub async fn open(&self) {
        self.connector.open(&self.account.url(self.protocol.name)).await;
    }

    /// The JSON that answers an operation.
    ///
    /// # Errors
    /// [`Failure`] of the last attempt.
    pub async fn ask(&self, operation: &str, question: &Value) -> Result<Bytes, Failure> {
        let body = Bytes::from(question.to_string());
        let mut left = self.protocol.attempts;
        let mut pause = self.protocol.pause;
        loop {
            left -= 1;
            match self.attempt(operation, body.clone()).await {
                Err(failure) if failure.is_passing() && left > 0 => {
                    tokio::time::sleep(jitter(pause)).await;
                    pause *= 2;
                }
                answered => return answered,
            }
        }
    }

    async fn attempt(&self, operation: &str, body: Bytes) -> Result<Bytes, Failure> {
        let failed = |cause: Cause| Failure::NoResponse(innermost(&*cause));
        let request = self.signed(operation, body).map_err(failed)?;
        let (head, body) = self.connector.send(request).await.map_err(failed)?.into_parts();
        if head.status.is_success() { Ok(body) } else { Err(Failure::of(head.status, &body)) }
    }

    fn signed(&self, operation: &str, body: Bytes) -> Result<Request<Full<Bytes>>, Cause> {
        let Protocol { name, target, media_type, .. } = self.protocol;
        let mut request = Request::post(format!("{}/", self.account.url(name)))
            .header(header::CONTENT_TYPE, media_type)
            .header("x-amz-target", format!("{target}.{operation}"))
            .body(body)?;
        signature::sign(&mut request, &self.account, name, SystemTime::now())?;
        Ok(request.map(Full::new))
    }
}

/// A random part of a pause, so that functions that were throttled together do not return together.
fn jitter(pause: Duration) -> Duration {
    let mut random = [0];
    // Without randomness, the pause is the shortest.
    let _ = SystemRandom::new().fill(&mut random);
    pause.mul_f32(f32::from(random[0]) / 255.0)
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
