//! Process of a function's real binary, and its runtime API (AWS Lambda, "Using the Lambda runtime API").

use axum::body::Bytes;
use axum::extract::{Path as Segments, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::net::unix::pipe;
use tokio::sync::{Mutex, mpsc};

/// One process of a function. It is killed when this value is dropped.
pub struct Process {
    child: Child,
    events: mpsc::Sender<Value>,
    handler: mpsc::Receiver<Result<Value, Value>>,
    log: pipe::Receiver,
}

/// The runtime API of one process.
#[derive(Clone)]
struct RuntimeApi {
    events: Arc<Mutex<mpsc::Receiver<Value>>>,
    handler: mpsc::Sender<Result<Value, Value>>,
}

impl Process {
    /// Starts the function with this name from the output of `cargo build`.
    pub async fn start(name: &str, environment: &BTreeMap<String, String>) -> Self {
        Self::of(&binary(name), name, environment).await
    }

    /// Starts `program` as the function with this name.
    pub async fn of(program: &Path, name: &str, environment: &BTreeMap<String, String>) -> Self {
        let (events, waiting) = mpsc::channel(1);
        let (answering, handler) = mpsc::channel(1);
        let api = RuntimeApi { events: Arc::new(Mutex::new(waiting)), handler: answering };
        let address = api.serve().await;
        let mut command = Command::new(program);
        command.env_clear().envs(environment).stdin(Stdio::null()).stdout(Stdio::piped());
        command.env("AWS_LAMBDA_RUNTIME_API", address).env("AWS_LAMBDA_FUNCTION_NAME", name);
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256").env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let stdout: OwnedFd = child.stdout.take().expect("a pipe").into();
        let log = pipe::Receiver::from_owned_fd(stdout).expect("a pipe");
        Self { child, events, handler, log }
    }

    /// Sends an event to the function and returns its answer.
    ///
    /// # Errors
    /// The error that the function reports.
    pub async fn invoke(&mut self, event: Value) -> Result<Value, Value> {
        self.events.send(event).await.expect("the runtime API is there");
        self.handler.recv().await.expect("the function answers")
    }

    /// The log of the function since the last call. The function writes the log before it answers.
    pub fn log(&self) -> String {
        let (mut log, mut piece) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = self.log.try_read(&mut piece) {
            log.extend_from_slice(&piece[..read]);
        }
        String::from_utf8(log).expect("text")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl RuntimeApi {
    async fn serve(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(outcome))
            .with_state(self);
        tokio::spawn(async move { axum::serve(listener, app).await });
        address
    }
}

async fn next(State(api): State<RuntimeApi>) -> Response {
    let Some(event) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:tests"),
    ];
    (headers, Json(event)).into_response()
}

async fn outcome(
    State(api): State<RuntimeApi>,
    Segments((_, outcome)): Segments<(String, String)>,
    answer: Bytes,
) -> StatusCode {
    let answer = serde_json::from_slice(&answer).expect("a function speaks JSON");
    let answer = if outcome == "response" { Ok(answer) } else { Err(answer) };
    let _ = api.handler.send(answer).await;
    StatusCode::ACCEPTED
}

/// The path of a function's binary in the output of `cargo build`.
fn binary(name: &str) -> PathBuf {
    let target = std::env::var("CARGO_TARGET_DIR");
    let target = target.unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").to_owned());
    Path::new(&target).join("debug").join(name)
}
