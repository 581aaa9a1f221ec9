//! The function gateway as a process, behind a runtime API, before a scripted upstream.

use doorward::ports::Clock;
use doorward::wire::Request;
use doorward_parameters::{Names, ParameterStore};
use doorward_signing::SystemClock;
use harness::client::{Tokens, call};
use harness::deployed::{PATH, environment};
use harness::process::Process;
use harness::upstream::Upstream;
use harness::{Client, Person, TestServer, event};
use http::{HeaderValue, Method};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// The guarded resource.
pub(crate) const NOTES: &str = "https://mcp.example/mcp/notes";
/// A request of JSON-RPC, and its answer.
pub(crate) const PONG: &[u8] = br#"{"jsonrpc":"2.0","id":7,"result":{}}"#;

/// An authorization server, and the environment of the function.
pub(crate) struct Deployed {
    pub(crate) test: TestServer,
    pub(crate) client: Client,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Deployed {
    /// Behind a front, so responses stream.
    pub(crate) async fn before(upstream: &Upstream) -> Self {
        let test = TestServer::at("https://mcp.example", NOTES).await;
        // The process uses the real time.
        test.clock.pass(Duration::from_secs(SystemClock.now().0 - test.clock.now().0));
        let client = Client::register(&test).await;
        let environment = environment(&test.emulator, &test.server.config, "gateway");
        let deployed = Self { test, client, environment };
        deployed
            .with("DOORWARD_UPSTREAMS", &format!("{NOTES}={}", upstream.url()))
            .with("DOORWARD_STREAMING", "true")
    }

    /// Behind an HTTP API, so responses are whole.
    pub(crate) async fn without_front(upstream: &Upstream) -> Self {
        Self::before(upstream).await.with("DOORWARD_STREAMING", "false")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Writes the parameter of the operator's headers.
    pub(crate) async fn with_headers(self, lines: &str) -> Self {
        let account = self.test.emulator.account("operator");
        let store = ParameterStore::new(account.clone(), account.connector().unwrap());
        store.write(&Names::below(PATH).upstream_headers(), lines).await.unwrap();
        self
    }

    pub(crate) async fn start(&self) -> Process {
        Process::start("gateway", &self.environment).await
    }

    /// The access token of Alice.
    pub(crate) async fn token(&self) -> String {
        self.tokens(&mut Person::alice()).await.access
    }

    pub(crate) async fn tokens(&self, person: &mut Person) -> Tokens {
        self.client.obtain_tokens(&self.test, person).await
    }
}

/// The event of a message with this token.
pub(crate) fn message(token: Option<&str>, method: &str) -> Value {
    event::of(&request(token, method))
}

pub(crate) fn request(token: Option<&str>, method: &str) -> Request {
    let mut request = call(token, &json!({ "jsonrpc": "2.0", "id": 7, "method": method }));
    *request.uri_mut() = "/mcp/notes".parse().unwrap();
    // CloudFront sends the host of the function's URL.
    request.headers_mut().insert("host", HeaderValue::from_static("abc.lambda-url.eu-central-1.on.aws"));
    request
}

/// The event of a request without a body.
pub(crate) fn bare(token: &str, method: Method) -> Value {
    let mut request = request(Some(token), "ping");
    *request.method_mut() = method;
    request.body_mut().clear();
    event::of(&request)
}

/// The event of a message in a session.
pub(crate) fn in_session(token: &str, session: &str) -> Value {
    let mut request = request(Some(token), "ping");
    request.headers_mut().insert("mcp-session-id", HeaderValue::try_from(session).unwrap());
    event::of(&request)
}

/// The time of a function's end.
pub(crate) fn in_seconds(seconds: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds)
}
