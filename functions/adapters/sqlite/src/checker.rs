//! The check of the file for damage while the store is used, on a thread and a connection of its own: it blocks no write.

use crate::connection;
use crate::health::Health;
use std::iter::{once, repeat};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

/// From the start to the first check. At the start itself, requests are more urgent.
const FIRST: Duration = Duration::from_secs(60);
/// Between checks.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// Steps of SQLite's machine after which a check looks whether the store is dropped: a few milliseconds.
const STEPS: i32 = 100_000;

/// The times to wait before each check.
pub(crate) fn times() -> impl Iterator<Item = Duration> + Send + 'static {
    once(FIRST).chain(repeat(EVERY))
}

/// The thread. It ends when this value is dropped.
pub(crate) struct Checker {
    end: Option<mpsc::Sender<()>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Checker {
    pub(crate) fn start(
        file: &Path,
        health: Arc<Health>,
        times: impl Iterator<Item = Duration> + Send + 'static,
    ) -> Self {
        let (end, wait) = mpsc::channel();
        let ended = Arc::new(AtomicBool::new(false));
        let check = Check { file: file.to_owned(), health, ended: ended.clone() };
        let thread = std::thread::spawn(move || {
            for time in times {
                if wait.recv_timeout(time) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
                check.run();
            }
        });
        Self { end: Some(end), ended, thread: Some(thread) }
    }
}

impl Drop for Checker {
    fn drop(&mut self) {
        self.end = None;
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Check {
    file: PathBuf,
    health: Arc<Health>,
    ended: Arc<AtomicBool>,
}

impl Check {
    /// Checks the file once. A check that cannot be made says nothing about the file: the next is a day later.
    fn run(&self) {
        match self.damage() {
            Ok(None) => {}
            Ok(Some(damage)) => self.health.note(damage),
            Err(error) => {
                self.health.judge(&error);
            }
        }
    }

    /// The first damage that SQLite finds in the structure of the file.
    fn damage(&self) -> rusqlite::Result<Option<String>> {
        // A new connection, so that every page comes from the file.
        let mut connection = connection::to_read(&self.file)?;
        let ended = self.ended.clone();
        connection.progress_handler(STEPS, Some(move || ended.load(Ordering::Relaxed)))?;
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        Ok((found != "ok").then_some(found))
    }
}

#[cfg(test)]
mod tests;
