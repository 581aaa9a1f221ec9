//! Proxy before an emulator: records each call with its signer, injects faults, and emulates Parameter Store.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A request that reached the emulator.
#[derive(Clone, Debug)]
pub struct Call {
    /// The access key id that signed it.
    pub signer: String,
    /// The action as IAM names it, such as `dynamodb:PutItem`.
    pub action: String,
    /// The request body.
    pub body: Value,
}

/// A fault of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No fault: the call is answered.
    None,
    /// The call is refused because of throttling.
    Throttled,
    /// The call is refused because of an internal error of the service.
    Down,
    /// The call reads the parameters as they were before the last write of each.
    Stale,
    /// The call is executed, and the connection ends without a response.
    Lost,
    /// The call is executed, and the response takes longer than any caller waits.
    Slow,
    /// The caller is killed before the call is executed.
    KilledBefore,
    /// The caller is killed after the call is executed.
    KilledAfter,
}

/// The proxy. Clones share their state.
#[derive(Clone)]
pub struct Front {
    upstream: String,
    client: Client<HttpConnector, Full<Bytes>>,
    state: Arc<Mutex<State>>,
    killed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    every_call: Vec<Call>,
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    /// The values of each parameter. The last is the current one.
    parameters: BTreeMap<String, Vec<Value>>,
}

impl Front {
    /// A proxy before the service at this URL.
    pub fn before(upstream: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { upstream, client, state: Arc::default(), killed: Arc::default() }
    }

    /// The calls since the last call of this function.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.state().calls)
    }

    /// All calls since the start.
    pub fn every_call(&self) -> Vec<Call> {
        self.state().every_call.clone()
    }

    /// Sets the faults of the next calls, in this order.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    /// Sets the fault of every call to DynamoDB from now on. `None` ends it.
    pub fn set_fault_for_all(&self, fault: Option<Fault>) {
        self.state().always = fault;
    }

    /// Waits until a fault kills the caller. The test must then drop the request that it has sent.
    pub async fn killed(&self) {
        self.killed.notified().await;
    }

    /// Empties Parameter Store.
    pub fn forget_parameters(&self) {
        self.state().parameters.clear();
    }

    /// Removes one parameter.
    pub fn forget_parameter(&self, name: &str) {
        self.state().parameters.remove(name);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request.
    pub async fn answer(self, request: Request) -> Response {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, usize::MAX).await.expect("the whole body arrives");
        let Some(call) = Call::read(&head.headers, &body) else {
            // The request that only opens a connection has no operation.
            return Response::default();
        };
        let fault = self.state().judge(&call);
        match fault {
            Fault::Throttled => refuse(StatusCode::BAD_REQUEST, "ThrottlingException"),
            Fault::Down => refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
            Fault::None => self.take_up(&call, &head.headers, body).await,
            Fault::Stale => self.state().read_parameters(&call, 1),
            Fault::Lost => {
                self.take_up(&call, &head.headers, body).await;
                // The panic ends the task of the connection, and so the connection: no byte of a response is sent.
                resume_unwind(Box::new("lost by the test"))
            }
            Fault::Slow => {
                self.take_up(&call, &head.headers, body).await;
                pending().await
            }
            Fault::KilledBefore => self.kill().await,
            Fault::KilledAfter => {
                self.take_up(&call, &head.headers, body).await;
                self.kill().await
            }
        }
    }

    async fn kill(&self) -> Response {
        self.killed.notify_one();
        pending().await
    }

    /// Executes a call: Parameter Store is emulated here, DynamoDB is behind the proxy.
    async fn take_up(&self, call: &Call, headers: &HeaderMap, body: Bytes) -> Response {
        if call.action.starts_with("ssm:") {
            return self.state().parameter(call);
        }
        self.forward(headers, body).await
    }

    async fn forward(&self, headers: &HeaderMap, body: Bytes) -> Response {
        let mut request = http::Request::post(&self.upstream);
        *request.headers_mut().expect("a valid URL") = headers.clone();
        let request = request.body(Full::new(body)).expect("a valid URL");
        let response = self.client.request(request).await.expect("the emulator answers");
        response.map(Body::new)
    }
}

impl Call {
    fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let (service, operation) = header("x-amz-target")?.split_once('.')?;
        let service = if service.starts_with("DynamoDB") { "dynamodb" } else { "ssm" };
        let signer = header("authorization")?.split_once("Credential=")?.1.split('/').next()?.to_owned();
        let body = serde_json::from_slice(body).unwrap_or_default();
        Some(Self { signer, action: format!("{service}:{operation}"), body })
    }
}

impl State {
    fn judge(&mut self, call: &Call) -> Fault {
        self.calls.push(call.clone());
        self.every_call.push(call.clone());
        let always = self.always.filter(|_| call.action.starts_with("dynamodb:"));
        always.or_else(|| self.faults.pop_front()).unwrap_or(Fault::None)
    }

    /// Emulates the two operations of Parameter Store that the server uses.
    fn parameter(&mut self, call: &Call) -> Response {
        if call.action != "ssm:PutParameter" {
            return self.read_parameters(call, 0);
        }
        let name = call.body["Name"].as_str().expect("a name").to_owned();
        let versions = self.parameters.entry(name).or_default();
        if !versions.is_empty() && call.body["Overwrite"] != true {
            return refuse(StatusCode::BAD_REQUEST, "ParameterAlreadyExists");
        }
        versions.push(call.body["Value"].clone());
        answer(&json!({ "Version": versions.len(), "Tier": "Standard" }))
    }

    /// Reads the parameters as they were before the last `behind` writes of each.
    fn read_parameters(&self, call: &Call, behind: usize) -> Response {
        let names = call.body["Names"].as_array().expect("names").iter().filter_map(Value::as_str);
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for name in names {
            let versions = self.parameters.get(name).map_or(&[][..], Vec::as_slice);
            match versions.len().saturating_sub(behind) {
                0 => unknown.push(name),
                version => {
                    let value = &versions[version - 1];
                    known.push(json!({ "Name": name, "Value": value, "Version": version }));
                }
            }
        }
        answer(&json!({ "Parameters": known, "InvalidParameters": unknown }))
    }
}

fn answer(body: &Value) -> Response {
    Response::new(Body::from(body.to_string()))
}

/// An error in the AWS JSON protocol.
fn refuse(status: StatusCode, code: &str) -> Response {
    let body =
        json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "by the test" });
    let response =
        http::Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(Body::from(body.to_string())).expect("a response")
}
