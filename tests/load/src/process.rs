//! A server as a process: where it runs, where its log goes, and what it has used.

use crate::Outcome;
use std::collections::HashMap;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where the standard error of a server goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    Null,
    File,
    /// To another process, as under a supervisor.
    Pipe,
}

/// How a server is started.
pub(crate) struct Start<'a> {
    pub(crate) program: &'a Path,
    pub(crate) arguments: Vec<String>,
    /// The port on which it listens.
    pub(crate) port: u16,
    /// The CPU on which it runs. `None`: all.
    pub(crate) cpu: Option<usize>,
    pub(crate) log: Log,
    pub(crate) folder: &'a Path,
}

/// A server that listens. It is killed with this value.
pub(crate) struct Process {
    child: Child,
    reader: Option<Child>,
    pub(crate) address: SocketAddr,
}

/// Resident memory in KiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) anonymous: u64,
    pub(crate) file: u64,
}

/// CPU time of the threads of a process, by thread, in nanoseconds.
pub(crate) struct Used(HashMap<String, u64>);

impl Process {
    pub(crate) fn start(start: &Start<'_>) -> Outcome<Self> {
        let mut command = on_cpu(start.cpu, start.program);
        command.args(&start.arguments).current_dir(start.folder).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(match start.log {
            Log::Null => Stdio::null(),
            Log::File => File::options().append(true).create(true).open(start.folder.join("log"))?.into(),
            Log::Pipe => Stdio::piped(),
        });
        let failure = |error| format!("starting {}: {error}", start.program.display());
        let child = command.spawn().map_err(failure)?;
        let mut process = Self { child, reader: None, address: (Ipv4Addr::LOCALHOST, start.port).into() };
        if let Some(log) = process.child.stderr.take() {
            let mut reader = on_cpu(start.cpu.map(|_| crate::GENERATOR_CPU), Path::new("cat"));
            process.reader = Some(reader.stdin(log).stdout(Stdio::null()).spawn()?);
        }
        process.wait(start)?;
        Ok(process)
    }

    fn wait(&mut self, start: &Start<'_>) -> Outcome<()> {
        let began = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            let ended = self.child.try_wait()?;
            if ended.is_some() || began.elapsed() > Duration::from_secs(10) {
                let command = format!("{} {}", start.program.display(), start.arguments.join(" "));
                return Err(format!("this does not listen on {}: {command}", self.address).into());
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        Ok(())
    }

    /// By it and by the processes that it has started.
    pub(crate) fn used(&self) -> Outcome<Used> {
        let mut used = Used::of(&self.child.id().to_string())?;
        for started in self.started() {
            used.0.extend(Used::of(&started)?.0);
        }
        Ok(used)
    }

    /// The processes that its first thread has started.
    fn started(&self) -> Vec<String> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        children.split_whitespace().map(str::to_owned).collect()
    }

    pub(crate) fn memory(&self) -> Outcome<Memory> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = |name| status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
        let kib = |name| Ok::<_, crate::Failure>(line(name).ok_or("no resident memory is told")?.parse()?);
        Ok(Memory { anonymous: kib("RssAnon:")?, file: kib("RssFile:")? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        for started in self.started() {
            let _ = Command::new("kill").args(["-KILL", &started]).status();
        }
        // The reader ends with the pipe.
        for child in [Some(&mut self.child), self.reader.as_mut()].into_iter().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Used {
    /// The first number of `schedstat` is user and system time. A thread that has ended is no longer there.
    fn of(process: &str) -> Outcome<Self> {
        let threads = fs::read_dir(format!("/proc/{process}/task"))?;
        let mut used = HashMap::new();
        for thread in threads {
            let thread = thread?;
            // A thread may end at any time.
            let Ok(told) = fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let nanoseconds = told.split(' ').next().unwrap_or_default().parse()?;
            used.insert(thread.file_name().to_string_lossy().into_owned(), nanoseconds);
        }
        Ok(Self(used))
    }

    /// Of this process.
    pub(crate) fn here() -> Outcome<Self> {
        Self::of("self")
    }

    /// What was used since `before`.
    pub(crate) fn since(&self, before: &Self) -> Duration {
        let of = |thread| before.0.get(thread).copied().unwrap_or_default();
        let used = self.0.iter().map(|(thread, used)| used.saturating_sub(of(thread)));
        Duration::from_nanos(used.sum())
    }
}

fn on_cpu(cpu: Option<usize>, program: &Path) -> Command {
    let Some(cpu) = cpu else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &cpu.to_string()]).arg(program);
    command
}

/// Moves this process to one CPU.
pub(crate) fn move_to(cpu: usize) -> Outcome<()> {
    let process = std::process::id().to_string();
    let arguments = ["--all-tasks", "--pid", "--cpu-list", &cpu.to_string(), &process];
    let status = Command::new("taskset").args(arguments).stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("taskset (util-linux) is needed: {error}"))?;
    if !status.success() {
        return Err(format!("there is no CPU {cpu}; two are needed").into());
    }
    Ok(())
}

/// Ports on which nothing listens.
pub(crate) fn free_ports<const N: usize>() -> Outcome<[u16; N]> {
    let mut held = Vec::new();
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// A folder that is removed with this value.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Outcome<Self> {
        let folder = std::env::temp_dir().join(format!("doorward-load-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    /// A folder in it.
    pub(crate) fn inner(&self, name: &str) -> Outcome<PathBuf> {
        let inner = self.0.join(name);
        fs::create_dir_all(&inner)?;
        Ok(inner)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
