//! A process together with the processes that it starts: its process group.

use std::io;
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// How long a program may take to end after its standard input was closed (MCP 2025-11-25, Lifecycle, Shutdown).
const AFTER_INPUT: Duration = Duration::from_secs(1);
/// How long it may take after SIGTERM.
const AFTER_SIGNAL: Duration = Duration::from_secs(5);
/// How often it is looked whether a process group has ended. No event says so.
const LOOK: Duration = Duration::from_millis(50);

/// A process, and the group whose first process it is. To drop it kills the group.
pub(super) struct Process {
    child: Child,
    group: Group,
    /// Whether the group has ended. Another one may have its number.
    is_over: bool,
}

/// The standard streams of a process.
pub(super) struct Streams {
    pub(super) input: ChildStdin,
    pub(super) output: ChildStdout,
    pub(super) errors: ChildStderr,
}

impl Process {
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        #[cfg(unix)]
        command.process_group(0);
        let child = command.kill_on_drop(true).spawn()?;
        let group = Group::of(&child)?;
        Ok(Self { child, group, is_over: false })
    }

    /// Takes the streams, once.
    pub(super) fn streams(&mut self) -> io::Result<Streams> {
        let child = &mut self.child;
        let streams = child.stdin.take().zip(child.stdout.take()).zip(child.stderr.take());
        let ((input, output), errors) = streams.ok_or_else(|| io::Error::other("a stream is missing"))?;
        Ok(Streams { input, output, errors })
    }

    /// Waits until the first process of the group ends, and says how it ended.
    pub(super) async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("the program has ended: {status}"),
            Err(error) => format!("the program has ended: {error}"),
        }
    }

    /// Ends the group. Its standard input was closed. If that does not end it, SIGTERM and then SIGKILL do.
    pub(super) async fn end(mut self) {
        if timeout(AFTER_INPUT, self.gone()).await.is_err() {
            self.group.terminate();
            if timeout(AFTER_SIGNAL, self.gone()).await.is_err() {
                self.group.kill();
                let _ = self.child.start_kill();
                self.ended().await;
            }
        }
        self.is_over = true;
    }

    async fn gone(&mut self) {
        self.ended().await;
        while self.group.is_there() {
            sleep(LOOK).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !self.is_over {
            self.group.kill();
        }
    }
}

/// A process group (POSIX.1-2017, 3.296).
#[cfg(unix)]
struct Group(rustix::process::Pid);

#[cfg(unix)]
impl Group {
    fn of(child: &Child) -> io::Result<Self> {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let id = id.and_then(rustix::process::Pid::from_raw);
        id.map(Self).ok_or_else(|| io::Error::other("the process has no id"))
    }

    fn is_there(&self) -> bool {
        rustix::process::test_kill_process_group(self.0).is_ok()
    }

    fn terminate(&self) {
        let _ = rustix::process::kill_process_group(self.0, rustix::process::Signal::TERM);
    }

    fn kill(&self) {
        let _ = rustix::process::kill_process_group(self.0, rustix::process::Signal::KILL);
    }
}

/// Elsewhere there are no process groups: only the process itself is ended.
#[cfg(not(unix))]
struct Group;

#[cfg(not(unix))]
impl Group {
    fn of(_: &Child) -> io::Result<Self> {
        Ok(Self)
    }

    fn is_there(&self) -> bool {
        false
    }

    fn terminate(&self) {}

    fn kill(&self) {}
}
