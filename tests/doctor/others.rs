//! Servers that others wrote, behind proxies that change their answers.

use crate::mutations::MUTATIONS;
use crate::proxy::{Front, Proxy};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// An MCP server and its authorization server.
pub(crate) struct Servers {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    pub(crate) proxy: Arc<Proxy>,
    _processes: Vec<Child>,
}

/// `FastMCP`, whose users sign in at oidc-provider.
pub(crate) async fn provider() -> Servers {
    let (issuing, serving) = (Front::bind().await, Front::bind().await);
    let (issuer, origin) = (issuing.origin.clone(), serving.origin.clone());
    let url = format!("{origin}/mcp");
    let processes = vec![
        start(node("provider.mjs"), &issuing, &[&issuer, &url]).await,
        start(python("server.py"), &serving, &[&origin, &issuer]).await,
    ];
    let proxy = Proxy::start(vec![issuing, serving], issuer, url.clone(), MUTATIONS[0]);
    Servers { name: "oidc-provider and FastMCP", url, proxy, _processes: processes }
}

/// `FastMCP`, whose users sign in at itself.
pub(crate) async fn fastmcp() -> Servers {
    alone("FastMCP", python("server.py"), "/").await
}

/// The demo of the TypeScript SDK.
pub(crate) async fn sdk() -> Servers {
    alone("TypeScript SDK", node("sdk.mjs"), "/").await
}

/// Cloudflare's workers-oauth-provider. It ends by itself, and ends its runtime, when its standard input is dropped.
pub(crate) async fn workers() -> Servers {
    let mut command = node("workers.mjs");
    command.kill_on_drop(false);
    alone("workers-oauth-provider", command, "").await
}

/// One program that is both servers. Its issuer is its origin and this end.
async fn alone(name: &'static str, command: Command, end: &str) -> Servers {
    let front = Front::bind().await;
    let origin = front.origin.clone();
    let url = format!("{origin}/mcp");
    let processes = vec![start(command, &front, &[&origin]).await];
    let proxy = Proxy::start(vec![front], format!("{origin}{end}"), url.clone(), MUTATIONS[0]);
    Servers { name, url, proxy, _processes: processes }
}

/// Starts a program that listens behind this front.
async fn start(mut command: Command, front: &Front, arguments: &[&str]) -> Child {
    command.arg(front.behind.to_string()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let listens = async {
        while TcpStream::connect(("127.0.0.1", front.behind)).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), listens).await.unwrap_or_else(|_| panic!("{command:?} does not listen"));
    process
}

/// A path of the repository.
pub(crate) fn path(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(below)
}

fn python(script: &str) -> Command {
    let mut command = Command::new(path("target/clients/others/bin/python"));
    command.arg(path("tests/doctor").join(script)).kill_on_drop(true);
    command
}

/// Node.js, with a script. Node looks for packages near the link to the script.
pub(crate) fn node(script: &str) -> Command {
    let mut command = Command::new(path("target/clients/node/node_modules/node/bin/node"));
    command.args(["--preserve-symlinks", "--preserve-symlinks-main"]);
    command.arg(path("target/clients/node/doctor").join(script)).kill_on_drop(true);
    command
}
