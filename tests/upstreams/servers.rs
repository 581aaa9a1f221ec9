//! MCP servers that others wrote, each as a process on a free port.

use crate::programs::{node, python};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

pub(crate) const EVERYTHING: &str =
    "upstreams/node_modules/@modelcontextprotocol/server-everything/dist/index.js";

/// A server that runs until this value is dropped.
pub(crate) struct Upstream {
    process: Child,
    pub(crate) authority: String,
    pub(crate) url: String,
    /// `http`, or `sse` for HTTP+SSE.
    pub(crate) transport: &'static str,
    /// The URL that the gateway is given.
    pub(crate) behind: String,
    /// The tools to call, with their arguments.
    pub(crate) calls: Value,
}

impl Upstream {
    pub(crate) async fn fastmcp(mode: &str) -> Self {
        Self::start(|port| python_at("others", "fastmcp_server.py", port, &[mode]), recording()).await
    }

    pub(crate) async fn python(environment: &str) -> Self {
        Self::start(|port| python_at(environment, "python_server.py", port, &[]), recording()).await
    }

    pub(crate) async fn typescript() -> Self {
        let command = |port: &str| {
            let mut command = node("upstreams/scripts/typescript_server.mjs");
            command.arg(port);
            command
        };
        Self::start(command, recording()).await
    }

    pub(crate) async fn everything(mode: &str) -> Self {
        let command = |port: &str| {
            let mut command = node(EVERYTHING);
            command.arg(mode).env("PORT", port);
            command
        };
        Self::start(command, everything_calls()).await
    }

    pub(crate) async fn user_data(username: &str) -> Self {
        let command = |port: &str| python_at("mcp-2.3", "user_data_server.py", port, &[username]);
        Self::start(command, Value::Null).await
    }

    /// A server that accepts only identities of this issuer for this resource.
    pub(crate) async fn verifying(issuer: &str, resource: &str) -> Self {
        let command = |port: &str| python_at("others", "verifying_server.py", port, &[issuer, resource]);
        Self::start(command, json!([["caller", {}]])).await
    }

    pub(crate) async fn conformance() -> Self {
        Self::start(|port| python_at("mcp-2.3", "conformance_server.py", port, &[]), Value::Null).await
    }

    async fn start(command: impl Fn(&str) -> Command, calls: Value) -> Self {
        let port = free_port();
        let authority = format!("127.0.0.1:{port}");
        let mut command = command(&port);
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let listens = async {
            while TcpStream::connect(&authority).await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(30), listens).await.unwrap_or_else(|_| panic!("{command:?} listens"));
        let url = format!("http://{authority}/mcp");
        Self { process, authority, behind: url.clone(), url, transport: "http", calls }
    }

    /// The URL is that of the stream.
    pub(crate) fn over_sse(mut self) -> Self {
        self.url = format!("http://{}/sse", self.authority);
        self.behind = self.url.clone();
        self.transport = "sse";
        self
    }

    /// The gateway is given a URL with a slash too many, which the server redirects to its own.
    pub(crate) fn with_a_slash(mut self) -> Self {
        self.behind.push('/');
        self
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.process.start_kill();
    }
}

/// A port at which nothing listens.
pub(crate) fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

/// The tools of the servers that say what they were sent.
fn recording() -> Value {
    json!([["sent", {}], ["count", { "to": 3 }], ["long", { "characters": 200_000 }]])
}

pub(crate) fn everything_calls() -> Value {
    json!([
        ["echo", { "message": "hello" }],
        ["get-structured-content", { "location": "Chicago" }],
        ["trigger-long-running-operation", { "duration": 0.2, "steps": 4 }],
        // The stream is silent for longer than a second, after which the gateway inserts a comment.
        ["trigger-long-running-operation", { "duration": 1.2, "steps": 1 }],
    ])
}

fn python_at(environment: &str, script: &str, port: &str, more: &[&str]) -> Command {
    let mut command = python(environment, &format!("upstreams/{script}"));
    command.arg(port).args(more);
    command
}
