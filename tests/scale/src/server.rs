//! The process `doorward serve`.

use crate::population::RESOURCE;
use doorward::protocol::paths;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// With it the resource introspects.
pub(crate) const SECRET: &str = "a-secret-of-this-measurement-alone";

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process until it answers.
    pub(crate) took: Duration,
}

/// The program beside this one.
pub(crate) fn program() -> PathBuf {
    std::env::current_exe().unwrap().with_file_name("doorward")
}

/// Runs a command of the program, and returns how long it took and what it printed.
pub(crate) fn run(arguments: &[&str]) -> (Duration, String) {
    let began = Instant::now();
    let output = Command::new(program()).args(arguments).current_dir("/").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    (began.elapsed(), String::from_utf8(output.stdout).unwrap())
}

impl Server {
    /// A server whose store is in this folder, at this port and the next.
    pub(crate) fn start(folder: &Path, port: u16) -> Self {
        Self::with(
            folder,
            port,
            &[
                "--resource",
                &format!("{RESOURCE}=user"),
                "--resource-secret",
                &format!("{RESOURCE}={SECRET}"),
            ],
        )
    }

    pub(crate) fn with(folder: &Path, port: u16, arguments: &[&str]) -> Self {
        let log = fs::File::create(folder.with_extension("log")).unwrap();
        let mut command = Command::new(program());
        command.args(["serve", "--auth-port", &port.to_string(), "--mcp-port", &(port + 1).to_string()]);
        command.arg("--data-dir").arg(folder).args(arguments).current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let began = Instant::now();
        let child = command.spawn().unwrap();
        let mut server = Self { child, address: (Ipv4Addr::LOCALHOST, port).into(), took: Duration::ZERO };
        while !answers(server.address) {
            let ended = server.child.try_wait().unwrap();
            assert!(ended.is_none(), "{}", fs::read_to_string(folder.with_extension("log")).unwrap());
            sleep(Duration::from_millis(1));
        }
        server.took = began.elapsed();
        server
    }

    /// The address of the MCP server.
    pub(crate) fn mcp(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.address.port() + 1).into()
    }

    /// Resident memory in MiB: of its own (anonymous), and of files.
    pub(crate) fn memory(&self) -> (f64, f64) {
        (self.status("RssAnon:") / 1024.0, self.status("RssFile:") / 1024.0)
    }

    fn status(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many file descriptors are open.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }

    /// The CPU time of all threads, in steps of 10 ms.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name of the process, in parentheses, may have spaces. The state is the third field.
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let ticks = |field: usize| fields.split_whitespace().nth(field - 3).unwrap().parse::<u64>().unwrap();
        Duration::from_millis(10 * (ticks(14) + ticks(15)))
    }

    /// Sends SIGTERM, and returns how long the process took to end.
    pub(crate) fn stop(mut self) -> Duration {
        let began = Instant::now();
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap();
        began.elapsed()
    }

    /// Sends SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whether the server answers. It listens before it has opened its store.
fn answers(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let mut answer = String::new();
    let request = format!("GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", paths::METADATA);
    let read = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_string(&mut answer));
    read.is_ok() && answer.starts_with("HTTP/1.1 200")
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // With SIGTERM the log of the store is written into its file.
            let _ = Command::new("kill").arg(self.child.id().to_string()).status();
            let _ = self.child.wait();
        }
    }
}
