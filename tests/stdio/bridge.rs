//! A gateway's way to the test server, and clients of it.

use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::guard::Access;
use doorward::ports::Timestamp;
use doorward::protocol::{ClientId, PersonId, Resource, Scope, Subject};
use doorward_local::log::Log;
use doorward_local::serve::stdio::{Programs, Stdio, StdioBody};
use doorward_settings::CommandSettings;
use doorward_upstream::Way;
use harness::written::Written;
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The way to a program, with its log.
pub(crate) struct Bridge {
    pub(crate) stdio: Stdio,
    pub(crate) programs: Programs,
    written: Written,
}

pub(crate) type Failed = UpstreamFailure;

impl Bridge {
    /// The way to the test server with these flags.
    pub(crate) fn to(flags: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_stdio-server");
        Self::running([program].into_iter().chain(flags.iter().copied()), &[])
    }

    pub(crate) fn running<'a>(argv: impl IntoIterator<Item = &'a str>, environment: &[(&str, &str)]) -> Self {
        let environment =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = CommandSettings { argv: argv.into_iter().map(str::to_owned).collect(), environment };
        let written = Written::default();
        let (programs, log) = (Programs::new(), Log::to(written.clone()));
        let resource = Resource::parse("http://127.0.0.1:8000/mcp").unwrap();
        let stdio = Stdio::new(&resource, settings, programs.clone(), &log).unwrap();
        Self { stdio, programs, written }
    }

    /// What the log has.
    pub(crate) fn log(&self) -> String {
        self.written.text()
    }

    /// Waits until the log has this text.
    pub(crate) async fn logs(&self, text: &str) {
        while !self.log().contains(text) {
            tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5))).await.unwrap();
        }
    }

    /// Sends a request of this user and client, with these headers.
    pub(crate) async fn send(
        &self,
        (person, client): (&str, &str),
        method: Method,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Result<Response<StdioBody>, Failed> {
        let mut request = Request::builder()
            .method(method)
            .header("accept", "application/json, text/event-stream")
            .header("doorward-correlation", "c0ffee");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send_built((person, client), request.body(Bytes::from(body.to_owned())).unwrap()).await
    }

    pub(crate) async fn send_built(
        &self,
        (person, client): (&str, &str),
        request: Request<Bytes>,
    ) -> Result<Response<StdioBody>, Failed> {
        self.stdio.send(&access(person, client), request, LIMIT).await
    }

    /// Begins a session of this user and client.
    pub(crate) async fn session<'a>(&'a self, who: (&'a str, &'a str)) -> Session<'a> {
        let response = self.send(who, Method::POST, &[], &initialize()).await.unwrap();
        assert_eq!(response.status(), 200);
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let session = Session { bridge: self, who, id };
        let told = session.post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await.unwrap();
        assert_eq!(told.status(), 202);
        session
    }
}

pub(crate) fn initialize() -> String {
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

/// A session of a client.
pub(crate) struct Session<'a> {
    pub(crate) bridge: &'a Bridge,
    pub(crate) who: (&'a str, &'a str),
    pub(crate) id: String,
}

impl Session<'_> {
    pub(crate) async fn send(&self, method: Method, body: &str) -> Result<Response<StdioBody>, Failed> {
        self.bridge.send(self.who, method, &[("mcp-session-id", &self.id)], body).await
    }

    pub(crate) async fn post(&self, body: &str) -> Result<Response<StdioBody>, Failed> {
        self.send(Method::POST, body).await
    }

    /// Calls a method.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Response<StdioBody>, Failed> {
        self.post(&request(1, method, params)).await
    }

    /// The result of a method.
    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        let response = self.call(method, params).await.unwrap();
        messages(response).await.pop().unwrap()["result"].clone()
    }

    /// The process of the session. It leads its group.
    pub(crate) async fn process(&self) -> u64 {
        self.result("echo", json!({})).await["pid"].as_u64().unwrap()
    }

    /// Calls a method whose answer has no room for more than the response. All that the program wrote before has come then.
    pub(crate) async fn alone(&self, method: &str, params: Value) -> Response<StdioBody> {
        let head = Request::post("/").header("mcp-session-id", &self.id).header("accept", "application/json");
        let body = request(1, method, params);
        self.bridge.send_built(self.who, head.body(body.into()).unwrap()).await.unwrap()
    }

    /// The stream for messages that belong to no request.
    pub(crate) async fn stream(&self) -> StdioBody {
        let response = self.send(Method::GET, "").await.unwrap();
        assert_eq!((response.status(), type_of(&response)), (StatusCode::OK, "text/event-stream"));
        response.into_body()
    }
}

pub(crate) fn request(id: impl Into<Value>, method: &str, params: impl Into<Value>) -> String {
    let (id, params): (Value, Value) = (id.into(), params.into());
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

pub(crate) fn type_of(response: &Response<StdioBody>) -> &str {
    response.headers()["content-type"].to_str().unwrap()
}

/// All messages of an answer.
pub(crate) async fn messages(response: Response<StdioBody>) -> Vec<Value> {
    let is_stream = type_of(&response) == "text/event-stream";
    let text = response.into_body().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&text).unwrap();
    if !is_stream {
        return vec![serde_json::from_str(text).unwrap()];
    }
    text.split_terminator("\n\n").map(message).collect()
}

/// The next message of a stream.
pub(crate) async fn next(body: &mut StdioBody) -> Option<Value> {
    let event = body.frame().await?.unwrap().into_data().unwrap();
    Some(message(std::str::from_utf8(&event).unwrap().strip_suffix("\n\n").unwrap()))
}

fn message(event: &str) -> Value {
    serde_json::from_str(event.strip_prefix("event: message\ndata: ").unwrap()).unwrap()
}

fn access(person: &str, client: &str) -> Access {
    let scope = Scope::parse("user").unwrap();
    Access {
        subject: Subject::Person(PersonId::parse(person).unwrap()),
        client: ClientId(client.to_owned()),
        grant: None,
        scope: scope.clone(),
        effective_scope: scope,
        signed_in_at: Some(Timestamp(0)),
        expires_at: Timestamp(u64::from(u32::MAX)),
    }
}
