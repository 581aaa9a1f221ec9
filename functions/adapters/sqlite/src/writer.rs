//! The one thread that writes, and its group commit: the writes that arrive during a commit share the next one.
//!
//! No outcome is told before its commit has returned, which means that it is on the disk. This holds for refusals too: they may
//! rest on a write of the same commit.

use crate::health::Health;
use crate::observer::{Commit, Observer, WriteFailure};
use doorward::store::StoreError;
use rusqlite::{Connection, ErrorCode};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

/// The most writes that wait. One more is refused at once, so that callers do not wait for a disk that is too slow.
const WAITING: usize = 1024;
/// The most writes in one commit.
const TOGETHER: usize = 256;

/// The thread. It ends when this value and all queues are dropped, after the last write that waits.
pub(crate) struct Writer {
    queue: Option<Queue>,
    thread: Option<JoinHandle<()>>,
}

/// The way to the thread.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Box<dyn Change>>,
    health: Arc<Health>,
    counters: Arc<Counters>,
}

#[derive(Default)]
struct Counters {
    writes: AtomicU64,
    commits: AtomicU64,
    observer: OnceLock<Arc<dyn Observer>>,
}

/// What a store has written since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Writes that were committed, including those that changed nothing.
    pub writes: u64,
    /// Commits. Each that changed something is one sync of the log.
    pub commits: u64,
}

impl Writer {
    pub(crate) fn start(connection: Connection, health: Arc<Health>) -> Self {
        let (sender, waiting) = mpsc::channel(WAITING);
        let queue = Queue { sender, health, counters: Arc::default() };
        let (health, counters) = (queue.health.clone(), queue.counters.clone());
        let thread = std::thread::spawn(move || Thread { connection, health, counters }.run(waiting));
        Self { queue: Some(queue), thread: Some(thread) }
    }

    pub(crate) fn queue(&self) -> Queue {
        self.at().clone()
    }

    pub(crate) fn health(&self) -> &Health {
        &self.at().health
    }

    pub(crate) fn counts(&self) -> Counts {
        let Counters { writes, commits, .. } = &*self.at().counters;
        Counts { writes: writes.load(Ordering::Relaxed), commits: commits.load(Ordering::Relaxed) }
    }

    /// Has this observer told what happens from now on. A second one is not told.
    pub(crate) fn observe(&self, observer: Arc<dyn Observer>) {
        let _ = self.at().counters.observer.set(observer);
    }

    /// How many writes wait for the next commit.
    pub(crate) fn waiting(&self) -> usize {
        WAITING.saturating_sub(self.at().sender.capacity())
    }

    /// Makes a change, and returns its outcome after the commit. If the caller does not wait, the change is made all the same.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.at().put(change)?.await.map_err(|_| ended())?
    }

    fn at(&self) -> &Queue {
        self.queue.as_ref().expect("only drop takes it")
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Queue {
    /// Whether no write waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.sender.capacity() == WAITING
    }

    /// The observer, if there is one.
    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.counters.observer.get().map(|observer| &**observer)
    }

    /// Makes a change, on a thread that may block.
    pub(crate) fn write_blocking<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.put(change)?.blocking_recv().map_err(|_| ended())?
    }

    fn put<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, StoreError>>, StoreError> {
        let (caller, answer) = oneshot::channel();
        let waiting = Waiting { change: Some(change), outcome: None, caller };
        match self.sender.try_send(Box::new(waiting)) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => {
                Err(StoreError::new(format!("{WAITING} writes wait for the disk already")))
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(ended()),
        }
    }
}

fn ended() -> StoreError {
    StoreError::new("the thread that writes has ended")
}

/// A write that waits for its turn, and then for the commit.
trait Change: Send {
    /// Makes the change, and keeps its outcome. Returns the error, if there was one.
    fn make(&mut self, connection: &Connection) -> Option<&rusqlite::Error>;

    /// Tells the caller the outcome.
    fn tell(self: Box<Self>);

    /// Tells the caller that nothing was written.
    fn fail(self: Box<Self>, why: &str);
}

struct Waiting<F, T> {
    change: Option<F>,
    outcome: Option<rusqlite::Result<T>>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Change for Waiting<F, T>
where
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn make(&mut self, connection: &Connection) -> Option<&rusqlite::Error> {
        let change = self.change.take()?;
        self.outcome.insert(change(connection)).as_ref().err()
    }

    // A caller that no longer waits is not told.
    fn tell(self: Box<Self>) {
        let outcome = self.outcome.map(|outcome| outcome.map_err(StoreError::new));
        let _ = self.caller.send(outcome.unwrap_or_else(|| Err(ended())));
    }

    fn fail(self: Box<Self>, why: &str) {
        let _ = self.caller.send(Err(StoreError::new(why)));
    }
}

struct Thread {
    connection: Connection,
    health: Arc<Health>,
    counters: Arc<Counters>,
}

impl Thread {
    fn run(self, mut waiting: mpsc::Receiver<Box<dyn Change>>) {
        let mut batch = Vec::with_capacity(TOGETHER);
        while waiting.blocking_recv_many(&mut batch, TOGETHER) > 0 {
            match self.commit(&mut batch) {
                Ok(()) => batch.drain(..).for_each(Change::tell),
                Err(error) => batch.drain(..).for_each(|change| change.fail(&error)),
            }
        }
    }

    fn commit(&self, batch: &mut [Box<dyn Change>]) -> Result<(), String> {
        self.health.check()?;
        let writes = batch.len();
        let observer = self.counters.observer.get().map(|observer| (observer, Instant::now()));
        let changes = self.connection.total_changes();
        let transacted = self.transact(batch);
        // A commit that wrote nothing says nothing about the disk.
        let has_written = self.connection.total_changes() != changes;
        match transacted {
            Ok(Room::Enough) if !has_written => {}
            Ok(Room::Enough) => self.health.note_commit(false),
            Ok(Room::None) | Err(_) => self.health.note_commit(true),
        }
        transacted.map_err(|error| {
            self.health.judge(&error);
            if let Some((observer, _)) = observer {
                observer.failed(WriteFailure::of(&error));
            }
            if !self.connection.is_autocommit() {
                // If this fails, the next BEGIN fails too, and nothing is told as written.
                let _ = self.connection.execute_batch("ROLLBACK");
            }
            error.to_string()
        })?;
        self.counters.writes.fetch_add(writes as u64, Ordering::Relaxed);
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        if let Some((observer, began)) = observer.filter(|_| has_written) {
            observer.committed(Commit { writes, took: began.elapsed() });
        }
        Ok(())
    }

    /// An error ends the whole transaction if it shows damage, or if SQLite rolled back, as it may when the disk is full.
    /// Otherwise SQLite undid that one statement, and the error is the outcome of that one change.
    fn transact(&self, batch: &mut [Box<dyn Change>]) -> rusqlite::Result<Room> {
        let mut room = Room::Enough;
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        for change in batch {
            let Some(error) = change.make(&self.connection) else { continue };
            if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
                room = Room::None;
            }
            if self.connection.is_autocommit() || self.health.judge(error) {
                let why = rusqlite::Error::ToSqlConversionFailure(error.to_string().into());
                return Err(error
                    .sqlite_error()
                    .map_or(why, |code| rusqlite::Error::SqliteFailure(*code, None)));
            }
            if let Some(observer) = self.counters.observer.get() {
                observer.failed(WriteFailure::of(error));
            }
        }
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(room)
    }
}

/// Whether the disk had room for all writes of a commit.
#[derive(Clone, Copy)]
enum Room {
    Enough,
    None,
}

#[cfg(test)]
mod tests;
