//! A running program: from its start to its end.

use super::connection::{Connection, Line, Report, read, shortened, write};
use super::lines::{Lines, TooLong};
use super::process::Process;
use super::requests::Era;
use super::uses::Uses;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::process::ChildStderr;
use tokio::sync::{Notify, OwnedSemaphorePermit, mpsc, watch};
use tokio::time::timeout;

/// How long a program runs without a request or a stream.
const IDLE: Duration = Duration::from_secs(600);
/// How long the last lines of a program that has ended may take. A process that it started may hold its output open.
const LAST_LINES: Duration = Duration::from_secs(1);
/// The longest line of standard error. The log gets its beginning.
const MAX_ERROR: usize = 4096;

/// Why a program ends that goes on without its output.
const CLOSED: &str = "the program has closed its standard output";

/// A running program.
pub(super) struct Child {
    pub(super) connection: Arc<Connection>,
    pub(super) uses: Uses,
    /// Whether it has answered `server/discover`, so it is of a stateless revision.
    pub(super) is_stateless: AtomicBool,
    stop: Notify,
}

/// What a program belongs to.
pub(super) struct Belongings {
    /// Its place among the programs of this server, which is free when it has ended.
    pub(super) place: OwnedSemaphorePermit,
    /// The end of this server.
    pub(super) server: watch::Receiver<bool>,
    /// Takes the program from the table, so that no request finds it.
    pub(super) remove: Box<dyn FnOnce() + Send>,
    /// Reports what goes wrong.
    pub(super) report: Report,
    /// Takes the lines of standard error.
    pub(super) errors: Report,
}

impl Child {
    /// A program that is about to run, and the lines that it will read.
    pub(super) fn new(era: Era, report: Report) -> (Arc<Self>, mpsc::Receiver<Line>) {
        let (connection, lines) = Connection::new(era, report);
        let (uses, stop) = (Uses::new(), Notify::new());
        (Arc::new(Self { connection, uses, is_stateless: AtomicBool::new(false), stop }), lines)
    }

    /// Ends the program.
    pub(super) fn stop(&self) {
        self.uses.end();
        self.stop.notify_one();
    }

    /// Runs the program until its end, and waits until its process group has ended too.
    pub(super) async fn live(
        self: Arc<Self>,
        mut process: Process,
        lines: mpsc::Receiver<Line>,
        mut of: Belongings,
    ) {
        let Ok(streams) = process.streams() else { return };
        let writing = tokio::spawn(write(streams.input, lines));
        let mut reading = tokio::spawn(read(streams.output, self.connection.clone()));
        let mut errors = tokio::spawn(log(streams.errors, of.errors));
        let fault = tokio::select! {
            ended = process.ended() => {
                let _ = timeout(LAST_LINES, &mut reading).await;
                Some(ended)
            }
            ended = &mut reading => match ended {
                Ok(Some(fault)) => Some(fault),
                // The end of a process is seen a moment after that of its output.
                _ => Some(timeout(LAST_LINES, process.ended()).await.unwrap_or_else(|_| CLOSED.to_owned())),
            },
            () = self.stop.notified() => None,
            () = self.uses.idle(IDLE) => None,
            () = over(&mut of.server) => None,
        };
        self.uses.end();
        (of.remove)();
        self.connection.end(fault.as_deref().unwrap_or("the session has ended"));
        if let Some(fault) = fault {
            (of.report)(&fault);
        }
        // This closes the standard input.
        writing.abort();
        process.end().await;
        reading.abort();
        let _ = timeout(LAST_LINES, &mut errors).await;
        errors.abort();
        drop(of.place);
    }
}

/// Logs the lines of standard error.
async fn log(output: ChildStderr, errors: Report) {
    let mut lines = Lines::new(output, MAX_ERROR, TooLong::IsCut);
    while let Ok(Some(line)) = lines.next().await {
        if !line.iter().all(u8::is_ascii_whitespace) {
            errors(&shortened(&line));
        }
    }
}

/// Returns when the server ends.
async fn over(server: &mut watch::Receiver<bool>) {
    let _ = server.wait_for(|is_over| *is_over).await;
}
