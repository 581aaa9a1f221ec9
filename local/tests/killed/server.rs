//! The process `doorward serve`, with its state in a folder.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub(crate) const USER: (&str, &str) = ("alice", "open sesame");

pub(crate) struct Running {
    child: Child,
    folder: PathBuf,
    /// Of the authorization server and of the MCP server. They stay the same.
    ports: [u16; 2],
}

impl Running {
    pub(crate) fn start() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("killed");
        let _ = fs::remove_dir_all(&folder);
        let ports = free_ports();
        Self { child: spawn(&folder, ports), folder, ports }.ready()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.ports[0]).into()
    }

    /// Kills the process, and starts the next one.
    pub(crate) fn restart(&mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert!(!cfg!(unix) || status.code().is_none(), "it ended by itself: {}", self.log());
        self.child = spawn(&self.folder, self.ports);
        self.wait();
    }

    fn ready(mut self) -> Self {
        self.wait();
        self
    }

    fn wait(&mut self) {
        let began = Instant::now();
        while TcpStream::connect(self.address()).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "doorward serve ended: {}", self.log());
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "doorward serve does not listen: {}",
                self.log()
            );
            sleep(Duration::from_millis(2));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.with_extension("log")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Below the range from which the kernel chooses ports, so that no other program gets them while the process is away.
fn free_ports() -> [u16; 2] {
    let first = 10_000 + (std::process::id() % 20_000) as u16;
    let mut free = (first..32_000).filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    [free.next().unwrap(), free.next().unwrap()]
}

fn spawn(folder: &Path, [auth, mcp]: [u16; 2]) -> Child {
    let log = fs::File::create(folder.with_extension("log")).unwrap();
    let (name, password) = USER;
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .arg("serve")
        .args(["--auth-port", &auth.to_string(), "--mcp-port", &mcp.to_string()])
        .args(["--user", &format!("{name}:{password}"), "--data-dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command.spawn().unwrap()
}
