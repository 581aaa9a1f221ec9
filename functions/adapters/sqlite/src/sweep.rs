//! Deleting old records, on a thread of its own, a few at a time, with pauses while callers' writes wait.
//!
//! A clock that is ahead for a while must delete nothing: when it is right again, the code of a deleted grant could be spent
//! again. So `swept_to` in the file follows the clock by at most a day for each hour that the process runs, and records go a
//! day after their end by both.

use crate::row::{seconds, unreadable};
use crate::writer::Queue;
use doorward::ports::{Clock, Timestamp};
use doorward::store::StoreError;
use rusqlite::{Connection, params};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The time between two sweeps.
const EVERY: Duration = Duration::from_secs(10 * 60);
/// How much faster than the process's own running time `swept_to` may move.
const CATCH_UP: u64 = 24;
/// How long records are kept after their end.
const SLACK: Duration = Duration::from_secs(24 * 60 * 60);
/// The most records that one transaction deletes from a table. Callers' writes wait for it, so it takes few.
const AT_ONCE: usize = 100;
/// The pause after such a transaction while callers' writes wait. A sweep that waited until none waits would never end on a busy
/// server.
const PAUSE: Duration = Duration::from_millis(20);

/// The tables whose old rows are deleted.
pub const SWEPT: [&str; 4] = ["grants", "assertions", "document_copies", "guesses"];

/// Deletes old rows of each of these tables, at most `?2` of those that ended before `?1`.
const DELETIONS: [&str; SWEPT.len()] = [
    "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE gone_after < ?1 LIMIT ?2)",
    "DELETE FROM assertions WHERE digest IN (SELECT digest FROM assertions WHERE gone_after < ?1 LIMIT ?2)",
    "DELETE FROM document_copies WHERE url IN (SELECT url FROM document_copies WHERE gone_after < ?1 LIMIT ?2)",
    "DELETE FROM guesses WHERE (hour, name, known) IN
     (SELECT hour, name, known FROM guesses WHERE hour < ?1 / 3600 - 1 LIMIT ?2)",
];

/// The thread. It ends when this value is dropped.
pub(crate) struct Sweeper {
    sweep: Arc<Sweep>,
    end: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Sweep {
    queue: Queue,
    clock: Arc<dyn Clock>,
    /// When the process last moved `swept_to`, by its own running time.
    last: Mutex<Instant>,
    /// Whether the store is dropped. What is left is deleted by the next process.
    ended: AtomicBool,
}

impl Sweeper {
    pub(crate) fn start(queue: Queue, clock: Arc<dyn Clock>) -> Self {
        let sweep =
            Arc::new(Sweep { queue, clock, last: Mutex::new(Instant::now()), ended: AtomicBool::default() });
        let (end, ended) = mpsc::channel();
        let sweeping = sweep.clone();
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                // What fails now is deleted the next time. The callers' writes report a fault of the disk.
                let _ = sweeping.run();
            }
        });
        Self { sweep, end: Some(end), thread: Some(thread) }
    }

    pub(crate) fn sweep_now(&self) -> Result<(), StoreError> {
        self.sweep.run()
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.end = None;
        self.sweep.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Sweep {
    fn run(&self) -> Result<(), StoreError> {
        let ran = {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *last, Instant::now()).elapsed()
        };
        let now = self.clock.now();
        let before = self.queue.write_blocking(move |connection| advance(connection, now, ran))?;
        for (table, deletion) in SWEPT.into_iter().zip(DELETIONS) {
            while self.delete(table, deletion, before)? == AT_ONCE && !self.ended.load(Ordering::Relaxed) {
                if !self.queue.is_empty() {
                    std::thread::sleep(PAUSE);
                }
            }
        }
        Ok(())
    }

    fn delete(
        &self,
        table: &'static str,
        deletion: &'static str,
        before: Timestamp,
    ) -> Result<usize, StoreError> {
        let rows = self.queue.write_blocking(move |connection| delete(connection, deletion, before))?;
        if let Some(observer) = self.queue.observer() {
            observer.swept(table, rows);
        }
        Ok(rows)
    }
}

/// Moves `swept_to`, and returns the time before which a record must have ended.
fn advance(connection: &Connection, now: Timestamp, ran: Duration) -> rusqlite::Result<Timestamp> {
    let read = "SELECT value FROM meta WHERE key = 'swept_to'";
    let swept_to: String = connection.query_row(read, [], |row| row.get(0))?;
    let swept_to = Timestamp(swept_to.parse().map_err(|_| unreadable("value"))?);
    let swept_to = swept_to.max(swept_to.after(Duration::from_secs(ran.as_secs() * CATCH_UP)).min(now));
    let write = "UPDATE meta SET value = ?1 WHERE key = 'swept_to'";
    connection.execute(write, [seconds(swept_to).to_string()])?;
    Ok(now.min(swept_to).before(SLACK))
}

fn delete(connection: &Connection, deletion: &str, before: Timestamp) -> rusqlite::Result<usize> {
    connection.prepare_cached(deletion)?.execute(params![seconds(before), AT_ONCE as i64])
}

#[cfg(test)]
mod tests;
