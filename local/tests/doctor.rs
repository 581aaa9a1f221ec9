//! `doorward doctor` as a process: its output, its exit status, and the password on standard input.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

const DOORWARD: &str = env!("CARGO_BIN_EXE_doorward");

/// `doorward serve`, until this value is dropped.
struct Server(Child, String);

impl Server {
    fn start() -> Self {
        let mut command = Command::new(DOORWARD);
        command.args([
            "serve",
            "--in-memory",
            "--auth-port",
            "0",
            "--mcp-port",
            "0",
            "--user",
            "alice:open sesame",
        ]);
        command.current_dir(std::env::temp_dir()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let url =
            lines.map_while(Result::ok).find_map(|line| line.strip_prefix("MCP server").map(str::to_owned));
        Self(process, url.unwrap().trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn doctor(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(DOORWARD);
    command.arg("doctor").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    process.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_server_without_a_fault_is_examined_to_the_end() {
    let server = Server::start();
    let output = doctor(&[&server.1, "--username", "alice"], "open sesame\n");
    let report = text(&output.stdout);
    assert!(output.status.success(), "{report}{}", text(&output.stderr));
    assert!(report.contains("Nothing is wrong.") && report.contains("mcp-remote"), "{report}");
    assert!(!report.contains("not tried") && !report.contains("stops at"), "{report}");

    let output = doctor(&[&server.1, "--json"], "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert_eq!(report["clients"][0]["verdict"], "reaches-sign-in");
    assert_eq!(report["not_tried"][0]["part"], "sign-in and tokens");

    // The server's own URL, with a slash more.
    let output = doctor(&[&format!("{}/", server.1), "--json"], "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert_eq!(report["findings"][0]["rule"], "resource-differs");
    assert_eq!(report["clients"][0]["rule"], "resource-differs");
}

#[test]
fn what_cannot_be_examined_has_the_status_2() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("http://{closed}/mcp");
    for (arguments, why) in [
        (vec![closed.as_str()], "refused"),
        (vec!["nothing"], "relative URL without a base"),
        (vec!["http://169.254.169.254/"], "does not connect to this address"),
        (vec![closed.as_str(), "--username", "alice"], "standard input has no password"),
        (vec![closed.as_str(), "--username", "alice", "--browser"], "cannot be used with"),
        (vec![], "required"),
    ] {
        let output = doctor(&arguments, "");
        let complaint = text(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaint}");
        assert!(complaint.contains(&why.to_lowercase()), "{arguments:?}: {complaint}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
