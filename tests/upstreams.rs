//! Gateway mode in front of MCP servers that others wrote: the clients see the same with the gateway as without it, and
//! the servers are sent nothing that is on no list.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "upstreams/conformance.rs"]
mod conformance;
#[path = "upstreams/connecting.rs"]
mod connecting;
#[path = "upstreams/identity.rs"]
mod identity;
#[path = "clients/programs.rs"]
mod programs;
#[path = "upstreams/servers.rs"]
mod servers;
#[path = "upstreams/stdio.rs"]
mod stdio;
#[path = "upstreams/transcript.rs"]
mod transcript;

use programs::{node, python};
use serde_json::{Map, Value};
use servers::Upstream;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::time::timeout;
use transcript::{Transcript, differences};

const USER: [&str; 2] = ["alice", "open sesame"];

/// `doorward serve --upstream` as a process.
struct Gateway {
    process: Child,
    url: String,
    secret: PathBuf,
}

impl Gateway {
    async fn before(upstream: &Upstream) -> Self {
        Self::at(upstream, "0", "0", &[]).await
    }

    async fn at(upstream: &Upstream, auth_port: &str, mcp_port: &str, more: &[&str]) -> Self {
        let own = ["--auth-port", auth_port, "--mcp-port", mcp_port, "--upstream", &upstream.behind];
        Self::start(&upstream.authority, &[&own, more].concat()).await
    }

    /// `name` is of this gateway alone, among those that run at a time.
    async fn start(name: &str, flags: &[&str]) -> Self {
        let secret = std::env::temp_dir().join(format!("doorward-upstream-{name}.secret"));
        let mut command = programs::doorward();
        command.args(["--in-memory", "--user", &USER.join(":"), "--keep-alive-seconds", "1"]).args(flags);
        command.arg("--secret-file").arg(&secret).stderr(File::create(secret.with_extension("log")).unwrap());
        let (process, url) = programs::started(&mut command).await;
        Self { process, url, secret }
    }
}

#[expect(clippy::print_stderr, reason = "the log explains a failure")]
impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
        let log = self.secret.with_extension("log");
        if std::thread::panicking() {
            eprintln!("the gateway's log:\n{}", std::fs::read_to_string(&log).unwrap_or_default());
        }
        let _ = std::fs::remove_file(log);
        let _ = std::fs::remove_file(&self.secret);
    }
}

/// The clients: their names, and how they are started.
fn clients() -> Vec<(&'static str, Command)> {
    let typescript = |version: &str| {
        let mut command = node("upstreams/scripts/typescript_client.mjs");
        command.arg(version);
        command
    };
    vec![
        ("Python SDK 1.30", python("mcp-1.30", "upstreams/python_client.py")),
        ("Python SDK 2.3", python("mcp-2.3", "upstreams/python_client.py")),
        ("FastMCP", python("others", "upstreams/fastmcp_client.py")),
        ("TypeScript SDK 1", typescript("1")),
        ("TypeScript client 2", typescript("2")),
    ]
}

/// Runs a client to its end, for two minutes at most.
async fn output(mut client: Command) -> Vec<u8> {
    let ended = timeout(Duration::from_mins(2), client.kill_on_drop(true).output()).await;
    let output = ended.unwrap_or_else(|_| panic!("{client:?} does not end"));
    let output = output.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{client:?}:\n{complained}");
    output.stdout
}

/// `transport` is `http`, `sse` or `stdio`; with the last, `address` is a command.
async fn transcript(
    mut client: Command,
    [transport, address]: [&str; 2],
    calls: &Value,
    user: &[&str],
) -> Transcript {
    client.args([transport, address]).arg(calls.to_string()).args(user);
    Transcript::of(&output(client).await)
}

/// Runs each client without the gateway, then with it, and compares what it saw.
async fn is_the_same_through_the_gateway(upstream: Upstream, sessions: bool) {
    let gateway = Gateway::before(&upstream).await;
    for ((name, direct), (_, through)) in clients().into_iter().zip(clients()) {
        let transport = upstream.transport;
        let direct = transcript(direct, [transport, &upstream.url], &upstream.calls, &[]).await;
        let through = transcript(through, [transport, &gateway.url], &upstream.calls, &USER).await;
        let differing = differences(&direct.seen, &through.seen);
        assert!(differing.is_empty(), "{name}:\n{differing}");
        shows_what_the_server_does(name, &through.seen);
        if sessions {
            uses_the_session(name, transport, &through.seen);
        }
        if let (Some(direct), Some(through)) = (direct.sent, through.sent) {
            is_sent_only_what_passes(name, &upstream, &direct, &through);
        }
    }
}

/// Two transcripts that are empty would be equal, too.
fn shows_what_the_server_does(name: &str, seen: &Value) {
    let progress = seen["notifications"]["progress"].as_array().unwrap();
    assert!(progress.len() >= 3, "{name}: {progress:?}");
    let tools = seen["results"]["tools"]["tools"].as_array().unwrap();
    assert!(tools.len() >= 3, "{name}: {tools:?}");
}

/// Clients of 2026-07-28 have no session: all that they send is POST.
fn uses_the_session(name: &str, transport: &str, seen: &Value) {
    let requests = seen["requests"].to_string();
    let expected = match transport {
        "sse" => ["GET 200", "POST 202"],
        _ => ["GET 200", "DELETE 200"],
    };
    let is_whole = expected.iter().all(|request| requests.contains(request));
    assert!(is_whole || requests == r#"["POST 200"]"#, "{name}: {requests}");
}

/// The headers that pass, and those that the gateway adds. `connection` is the gateway's own.
const PASS: [&str; 20] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "doorward-correlation",
    "doorward-identity",
    "host",
    "last-event-id",
    "mcp-method",
    "mcp-name",
    "mcp-protocol-version",
    "mcp-session-id",
    "traceparent",
    "tracestate",
    "user-agent",
    "via",
    "x-forwarded-host",
    "x-forwarded-proto",
];

fn is_sent_only_what_passes(
    name: &str,
    upstream: &Upstream,
    direct: &Map<String, Value>,
    through: &Map<String, Value>,
) {
    let forged: Map<String, Value> = serde_json::from_str(include_str!("upstreams/forged.json")).unwrap();
    for (header, value) in &forged {
        assert_eq!(direct.get(header), Some(value), "{name}: the client sends {header}");
        assert_ne!(through.get(header), Some(value), "{name}: {header} does not pass");
    }
    let unlisted: Vec<_> = through.keys().filter(|header| !PASS.contains(&&***header)).collect();
    assert!(unlisted.is_empty(), "{name}: {unlisted:?}");
    assert_eq!(through["host"], *upstream.authority, "{name}");
    assert_eq!(through["accept-encoding"], "identity", "{name}");
    for header in ["accept", "content-type", "content-length", "mcp-protocol-version", "user-agent"] {
        assert_eq!(direct.get(header), through.get(header), "{name}: {header}");
    }
    assert_eq!(direct.contains_key("mcp-session-id"), through.contains_key("mcp-session-id"), "{name}");
    if let Some(session) = through.get("mcp-session-id") {
        assert!(
            !session.as_str().unwrap().starts_with("dws_"),
            "{name}: the server's own session id, not {session}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn fastmcp_with_sessions() {
    is_the_same_through_the_gateway(Upstream::fastmcp("sessions").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn fastmcp_without_sessions() {
    is_the_same_through_the_gateway(Upstream::fastmcp("stateless").await, false).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn fastmcp_over_http_and_sse() {
    is_the_same_through_the_gateway(Upstream::fastmcp("sse").await.over_sse(), true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_python_sdk_of_mcp_2025_11_25() {
    is_the_same_through_the_gateway(Upstream::python("mcp-1.30").await.with_a_slash(), true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_python_sdk_of_mcp_2026_07_28() {
    is_the_same_through_the_gateway(Upstream::python("mcp-2.3").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_typescript_sdk() {
    is_the_same_through_the_gateway(Upstream::typescript().await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_everything_server() {
    is_the_same_through_the_gateway(Upstream::everything("streamableHttp").await, true).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python, npm, tests/clients/install and tests/upstreams/install"]
async fn the_everything_server_over_http_and_sse() {
    is_the_same_through_the_gateway(Upstream::everything("sse").await.over_sse(), true).await;
}
