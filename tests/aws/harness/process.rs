//! Process of a function's real binary, and its runtime API (AWS Lambda, "Using the Lambda runtime API").

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path as Segments, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http_body_util::BodyExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::net::unix::pipe;
use tokio::sync::{Mutex, mpsc};

/// One process of a function. It is killed when this value is dropped.
pub struct Process {
    child: Child,
    events: mpsc::Sender<(Value, SystemTime)>,
    handler: mpsc::Receiver<Answer>,
    log: pipe::Receiver,
}

/// An answer of a function: an error, one document, or a stream of bytes as they come.
enum Answer {
    Error(Value),
    Whole(Value),
    Streamed(mpsc::Receiver<Bytes>),
}

/// A streamed response: its head, and its body as it comes.
pub struct StreamedResponse {
    /// Status, headers and cookies, as JSON.
    pub prelude: Value,
    received: Vec<u8>,
    body: mpsc::Receiver<Bytes>,
}

/// The bytes between the head and the body of a streamed response.
const DELIMITER: [u8; 8] = [0; 8];

/// The runtime API of one process.
#[derive(Clone)]
struct RuntimeApi {
    events: Arc<Mutex<mpsc::Receiver<(Value, SystemTime)>>>,
    handler: mpsc::Sender<Answer>,
}

impl Process {
    /// Starts the function with this name from the output of `cargo build`.
    pub async fn start(name: &str, environment: &BTreeMap<String, String>) -> Self {
        Self::of(&binary(name), name, environment).await
    }

    /// Starts `program` as the function with this name.
    pub async fn of(program: &Path, name: &str, environment: &BTreeMap<String, String>) -> Self {
        Self::spawn(Command::new(program), name, environment).await
    }

    /// Starts a command as the function with this name, such as a tool that runs its program.
    pub async fn spawn(mut command: Command, name: &str, environment: &BTreeMap<String, String>) -> Self {
        let (events, waiting) = mpsc::channel(1);
        let (answering, handler) = mpsc::channel(1);
        let api = RuntimeApi { events: Arc::new(Mutex::new(waiting)), handler: answering };
        let address = api.serve().await;
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
        self.invoke_until(event, far_future()).await
    }

    /// Sends an event to a function that ends at this time, and returns its answer.
    ///
    /// # Errors
    /// The error that the function reports.
    pub async fn invoke_until(&mut self, event: Value, end: SystemTime) -> Result<Value, Value> {
        match self.answer(event, end).await {
            Answer::Whole(answer) => Ok(answer),
            Answer::Error(error) => Err(error),
            Answer::Streamed(_) => panic!("the response streams"),
        }
    }

    /// Sends an event to a function that ends at this time, and returns its streamed response.
    pub async fn stream_until(&mut self, event: Value, end: SystemTime) -> StreamedResponse {
        match self.answer(event, end).await {
            Answer::Streamed(body) => StreamedResponse::read(body).await,
            Answer::Whole(other) | Answer::Error(other) => panic!("the response does not stream: {other}"),
        }
    }

    /// Sends an event to the function, and returns its streamed response.
    pub async fn stream(&mut self, event: Value) -> StreamedResponse {
        self.stream_until(event, far_future()).await
    }

    async fn answer(&mut self, event: Value, end: SystemTime) -> Answer {
        self.events.send((event, end)).await.expect("the runtime API is there");
        self.handler.recv().await.expect("the function answers")
    }

    /// The CPU time of all threads that run now.
    pub fn cpu(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let times = threads.flatten().filter_map(|thread| {
            let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            times.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// Asks the process to end, and waits for its end.
    pub fn end(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-s", "TERM", &id]).status().expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("it ends");
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

impl StreamedResponse {
    async fn read(mut body: mpsc::Receiver<Bytes>) -> Self {
        let mut received = Vec::new();
        let end = loop {
            if let Some(end) = received.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) {
                break end;
            }
            received.extend_from_slice(&body.recv().await.expect("a head"));
        };
        let prelude = serde_json::from_slice(&received[..end]).expect("the head is JSON");
        Self { prelude, received: received.split_off(end + DELIMITER.len()), body }
    }

    /// The next bytes of the body. `None` at its end.
    pub async fn next(&mut self) -> Option<Vec<u8>> {
        if !self.received.is_empty() {
            return Some(std::mem::take(&mut self.received));
        }
        self.body.recv().await.map(|bytes| bytes.to_vec())
    }

    /// The rest of the body.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        while let Some(bytes) = self.next().await {
            rest.extend(bytes);
        }
        rest
    }
}

fn far_future() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(4_102_444_800)
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
    let Some((event, end)) = api.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let end = end.duration_since(UNIX_EPOCH).expect("after 1970").as_millis().to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", end.as_str()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:tests"),
    ];
    (headers, Json(event)).into_response()
}

async fn outcome(
    State(api): State<RuntimeApi>,
    Segments((_, outcome)): Segments<(String, String)>,
    headers: HeaderMap,
    mut body: Body,
) -> StatusCode {
    if headers.get("lambda-runtime-function-response-mode").is_some_and(|mode| mode == "streaming") {
        let (sender, receiver) = mpsc::channel(1);
        let _ = api.handler.send(Answer::Streamed(receiver)).await;
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(bytes) = frame.into_data() {
                let _ = sender.send(bytes).await;
            }
        }
        return StatusCode::ACCEPTED;
    }
    let answer = to_bytes(body, usize::MAX).await.expect("a whole answer");
    let answer = serde_json::from_slice(&answer).expect("a function speaks JSON");
    let answer = if outcome == "response" { Answer::Whole(answer) } else { Answer::Error(answer) };
    let _ = api.handler.send(answer).await;
    StatusCode::ACCEPTED
}

/// The path of a function's binary in the output of `cargo build`.
pub fn binary(name: &str) -> PathBuf {
    let target = std::env::var("CARGO_TARGET_DIR");
    let target = target.unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../target").to_owned());
    Path::new(&target).join("debug").join(name)
}
