//! A host with a folder for state, a server on it, and an operator who runs commands.

use rustix::process::{Pid, Signal, getuid, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

const DOORWARD: &str = env!("CARGO_BIN_EXE_doorward");

/// A home directory that is deleted with this value.
pub(crate) struct Host(PathBuf);

impl Host {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("doorward-admin-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let home = std::env::temp_dir().join(name);
        std::fs::create_dir(&home).unwrap();
        Self(home)
    }

    /// A host with a store that a server has made.
    pub(crate) fn with_store() -> Self {
        let host = Self::new();
        host.serve(&[]).end();
        host
    }

    pub(crate) fn home(&self) -> &Path {
        &self.0
    }

    /// The folder for state.
    pub(crate) fn folder(&self) -> PathBuf {
        self.0.join("doorward")
    }

    fn doorward(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(DOORWARD);
        command.env_clear().env("XDG_STATE_HOME", &self.0).current_dir(&self.0).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]);
        let mut child = command.args(arguments).spawn().unwrap();
        let log = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || std::io::read_to_string(log).unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let issuer = lines.next().expect("the server starts");
        let issuer = issuer.rsplit(' ').next().unwrap().to_owned();
        let server = Server { child, issuer, log: Some(log) };
        // A server that answers also follows signals.
        assert!(server.get("/health").starts_with("HTTP/1.1 200"));
        server
    }

    /// The sentence of a server that does not start.
    pub(crate) fn refusal_of_serve(&self) -> String {
        let output = self.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        text(&output.stderr)
    }

    /// Starts a command with this standard input.
    pub(crate) fn start(&self, arguments: &[&str], input: &str) -> Child {
        let mut child = self.doorward(&["admin"]).args(arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child
    }

    pub(crate) fn admin(&self, arguments: &[&str], input: &str) -> Output {
        self.start(arguments, input).wait_with_output().unwrap()
    }

    /// What a command that succeeds prints.
    pub(crate) fn done(&self, arguments: &[&str]) -> String {
        let output = self.admin(arguments, "");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The JSON that a command prints, and whether it succeeded.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Value, bool) {
        let output = self.admin(&[&["--json"], arguments].concat(), "");
        let json = serde_json::from_slice(&output.stdout);
        (json.unwrap_or_else(|_| panic!("{arguments:?}: {output:?}")), output.status.success())
    }

    /// The sentence of a command that fails. It is one line.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        let output = self.admin(arguments, "");
        assert!(!output.status.success(), "{arguments:?}: {}", text(&output.stdout));
        let sentence = text(&output.stderr);
        assert!(sentence.starts_with("doorward: ") && sentence.lines().count() == 1, "{sentence}");
        sentence
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server that runs. It is killed with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) issuer: String,
    log: Option<JoinHandle<String>>,
}

impl Server {
    /// Ends the server as a supervisor does, and returns its log.
    pub(crate) fn end(mut self) -> String {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
        self.log.take().unwrap().join().unwrap()
    }

    /// Ends the server as a crash does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The response to a GET request.
    pub(crate) fn get(&self, path: &str) -> String {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// The response to a request with these lines of its head and this body.
    pub(crate) fn ask(&self, head: &str, body: &str) -> String {
        let address = self.issuer.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let more = format!("Host: {address}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        write!(stream, "{head}{more}{body}").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// The key ids of the published keys.
    pub(crate) fn key_ids(&self, path: &str) -> Vec<String> {
        let response = self.get(path);
        let json: Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
        json["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

pub(crate) fn uid() -> u32 {
    getuid().as_raw()
}
