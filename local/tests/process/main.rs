//! `doorward serve` as a process: what a supervisor and an operator see of it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod log;

use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long a test waits for what has to come.
const PATIENCE: Duration = Duration::from_secs(30);
const DOORWARD: &str = env!("CARGO_BIN_EXE_doorward");

/// A folder that is deleted with this value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("doorward-process-{name}-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    /// A command in this folder, without the variables and files of the user.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("XDG_STATE_HOME", &self.0).current_dir(&self.0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn doorward(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(DOORWARD);
        command.args(arguments);
        command
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A process that is killed with this value.
struct Running(Child);

impl Running {
    fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Waits for the line of the output that begins so, and returns its rest.
    fn says(&mut self, begin: &str) -> String {
        let lines = BufReader::new(self.0.stdout.as_mut().unwrap()).lines();
        let found = lines.map_while(Result::ok).find_map(|line| line.strip_prefix(begin).map(str::to_owned));
        found.unwrap_or_else(|| panic!("no line begins with {begin:?}")).trim().to_owned()
    }

    /// Tells the process to end, with SIGTERM.
    fn signal_end(&self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
    }

    fn ended(mut self) -> ExitStatus {
        self.0.wait().unwrap()
    }

    fn terminate(self) -> ExitStatus {
        self.signal_end();
        self.ended()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a request for the health, and leaves the connection open.
fn ask(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_supervisor_hears_when_the_server_is_ready_alive_and_about_to_end() {
    let folder = Folder::new("notify");
    let path = folder.0.join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let hear = || {
        let mut bytes = [0; 256];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let mut command = folder.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]);
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "100000");
    let server = Running::start(command);
    assert_eq!(hear(), "READY=1");
    assert_eq!((hear(), hear()), ("WATCHDOG=1".to_owned(), "WATCHDOG=1".to_owned()));
    server.signal_end();
    // A supervisor reads all the time. If it did not, its socket would be full.
    let last = std::iter::from_fn(|| Some(hear())).find(|said| said != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
    assert_eq!(server.ended().code(), Some(0));
}

#[test]
fn callers_wait_while_a_server_of_a_socket_unit_is_started_again() {
    let folder = Folder::new("socket");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let port = address.port().to_string();
    // The shell gives the socket the number 3 and the process the variables, as systemd does.
    let start = || {
        let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
        let mut command = folder.command("/bin/sh");
        command.args(["-c", script, "sh", DOORWARD, "serve", "--auth-port", &port, "--mcp-port", "0"]);
        command.stdin(OwnedFd::from(listener.try_clone().unwrap()));
        Running::start(command)
    };
    let first = start();
    assert!(answer(ask(&address.to_string())).starts_with("HTTP/1.1 200"));
    assert_eq!(first.terminate().code(), Some(0));
    let waiting = ask(&address.to_string());
    let _second = start();
    assert!(answer(waiting).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_socket_that_no_server_has_is_refused() {
    let folder = Folder::new("foreign");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    for (socket, expected) in [
        (OwnedFd::from(listener), "the supervisor passed the socket 127.0.0.1:"),
        (OwnedFd::from(connection), "a TCP socket does not listen; a unit of systemd needs ListenStream="),
    ] {
        refuses(&folder, socket, expected);
    }
}

fn refuses(folder: &Folder, socket: OwnedFd, expected: &str) {
    let script = "exec 3<&0 0</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$@\"";
    let mut command = folder.command("/bin/sh");
    command.args(["-c", script, "sh", DOORWARD, "serve", "--auth-port", "0", "--mcp-port", "0"]);
    command.stdin(socket);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(expected), "{said}");
}

#[test]
fn the_command_health_says_whether_a_server_can_serve() {
    let folder = Folder::new("health");
    let mut server = Running::start(folder.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]));
    let issuer = server.says("authorization server");
    let port = issuer.rsplit_once(':').unwrap().1;
    let healthy = folder.doorward(&["health", "--auth-port", port]).output().unwrap();
    assert_eq!((healthy.status.code(), &*healthy.stdout), (Some(0), &b"ok\n"[..]));
    assert_eq!(server.terminate().code(), Some(0));
    let gone = folder.doorward(&["health", "--auth-port", port]).output().unwrap();
    assert_eq!(gone.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&gone.stderr).contains(&format!("127.0.0.1 port {port}: ")));
}

#[test]
fn after_sigterm_the_folder_is_whole_and_free() {
    let folder = Folder::new("end");
    let serve = ["serve", "--auth-port", "0", "--mcp-port", "0"];
    let state = folder.0.join("doorward");
    for _ in 0..2 {
        let mut server = Running::start(folder.doorward(&serve));
        server.says("MCP server");
        let second = folder.doorward(&serve).output().unwrap();
        assert_eq!(second.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&second.stderr).contains("is in use by process"));
        assert_eq!(server.terminate().code(), Some(0));
        // SQLite deletes its log when all of it is in the file.
        assert_eq!(files(&state), ["doorward.db", "lock", "secret"]);
    }
}
