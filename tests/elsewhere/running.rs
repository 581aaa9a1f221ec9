//! The programs of these tests: a provider or a peer that answers line by line, and the local server that trusts an issuer.

use crate::programs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A script of these tests for Node.js.
pub(crate) fn node(script: &str) -> Command {
    let mut command = programs::node(&format!("clients/node/elsewhere/{script}"));
    command.kill_on_drop(true);
    command
}

/// A script of these tests for Python.
pub(crate) fn python(environment: &str, script: &str) -> Command {
    let mut command = programs::python(environment, &format!("elsewhere/{script}"));
    command.kill_on_drop(true);
    command
}

/// A program that runs beside a test. It prints lines, and reads lines.
pub(crate) struct Program {
    told: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Program {
    /// Starts it.
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { told: process.stdin.take().unwrap(), says, _process: process }
    }

    /// Its next line.
    pub(crate) async fn line(&mut self) -> String {
        self.says.next_line().await.unwrap().expect("the program prints a line")
    }

    /// Its answer to a line.
    pub(crate) async fn answer(&mut self, line: &str) -> String {
        self.told.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.line().await
    }
}

/// Runs a program to its end, and returns its last line.
pub(crate) async fn run(mut command: Command, arguments: &[&str]) -> String {
    let output =
        command.args(arguments).output().await.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {told}\n{complained}");
    told.lines().last().unwrap_or_else(|| panic!("{command:?} prints nothing: {complained}")).to_owned()
}

/// A port that is free now.
pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// The local server, as a process of its own.
pub(crate) struct Server {
    pub(crate) issuer: String,
    pub(crate) mcp: String,
    folder: PathBuf,
    _process: Child,
}

impl Server {
    /// Starts it with these trusted issuers, as the text of the setting `trust`, and the confidential client `enterprise`.
    pub(crate) async fn trusting(trust: &str, more: &[&str]) -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("doorward-elsewhere-{}-{}", std::process::id(), STARTED.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        let port = free_port().await.to_string();
        let mut command = programs::doorward();
        command
            .args(["--auth-port", &port, "--mcp-port", "0", "--trust", trust])
            .arg("--data-dir")
            .arg(&folder);
        command.args([
            "--client",
            "enterprise=",
            "--client-secret",
            "enterprise=a secret that is long enough",
        ]);
        let (process, mcp) = programs::started(command.args(more)).await;
        Self { issuer: format!("http://127.0.0.1:{port}"), mcp, folder, _process: process }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
