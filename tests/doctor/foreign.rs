//! The doctor on servers that others wrote: `FastMCP`, whose users sign in at oidc-provider or at itself.

use crate::{report, rules};
use doorward_local::doctor::clients;
use doorward_local::doctor::report::{Report, Verdict};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// Starts a process that listens on a port, which ends with the value.
async fn start(mut command: Command, port: u16) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let listens = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), listens).await.unwrap_or_else(|_| panic!("{command:?} does not listen"));
    process
}

/// Two free ports. They are taken at once, because a port that is given back may be given out again.
async fn free_ports() -> [u16; 2] {
    let (one, two) = tokio::join!(TcpListener::bind("127.0.0.1:0"), TcpListener::bind("127.0.0.1:0"));
    [one, two].map(|listener| listener.unwrap().local_addr().unwrap().port())
}

/// A program of these tests, and of `tests/clients/install`.
fn path(below: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// A server of `FastMCP`, at this port.
async fn fastmcp(port: u16, issuer: Option<String>) -> Child {
    let mut command = Command::new(path("../target/clients/others/bin/python"));
    command.arg(path("doctor/server.py")).arg(port.to_string()).args(issuer);
    start(command, port).await
}

#[tokio::test]
#[ignore = "needs tests/clients/install"]
async fn fastmcp_and_oidc_provider_raise_no_false_alarm() {
    let [issuer, port] = free_ports().await;
    let url = format!("http://127.0.0.1:{port}/mcp");
    // Node looks for packages near the script.
    let script = path("../target/clients/node/doctor.mjs");
    std::fs::copy(path("doctor/provider.mjs"), &script).unwrap();
    let mut command = Command::new(path("../target/clients/node/node_modules/node/bin/node"));
    command.arg(script).args([&issuer.to_string(), &url]);
    let _provider = start(command, issuer).await;
    let _server = fastmcp(port, Some(format!("http://127.0.0.1:{issuer}"))).await;

    let report = report(&url).await;
    // Custom schemes need `application_type: native` there, and a refresh token may be used once.
    let known =
        ["registration-refused", "registration-refused", "preflight", "cross-origin", "refresh-retry"];
    assert_eq!(rules(&report), known, "{report}");
    connects_all_but(&["Cursor", "Warp"], &report);
}

#[tokio::test]
#[ignore = "needs tests/clients/install"]
async fn fastmcp_alone_raises_no_false_alarm() {
    let [port, _] = free_ports().await;
    let _server = fastmcp(port, None).await;
    let report = report(&format!("http://127.0.0.1:{port}/mcp")).await;
    let known = [
        "auth-methods",
        "registration-stored",
        "preflight",
        "cross-origin",
        "token-error-status",
        "token-error-status",
        "refresh-retry",
        "revocation",
    ];
    assert_eq!(rules(&report), known, "{report}");
    connects_all_but(&[], &report);
}

fn connects_all_but(names: &[&str], report: &Report) {
    for client in &clients::ALL {
        let stops = matches!(report.verdict(client), Verdict::StopsAt(_));
        assert_eq!(stops, names.contains(&client.name), "{}\n{report}", client.name);
        assert!(stops || report.verdict(client) == Verdict::Connects, "{}\n{report}", client.name);
    }
}
