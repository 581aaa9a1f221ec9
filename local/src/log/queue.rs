//! The queue in front of the output of a log: requests leave their lines here, and one thread writes them, many at a time.

use super::Output;
use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::Duration;

/// The most bytes that wait. As many may be with the thread that writes. A longer line waits alone.
const ROOM: usize = 64 * 1024;
/// So many bytes are written at once.
const PLENTY: usize = ROOM / 2;
/// How long lines gather after a write. A process that is killed loses at most these, if the reader keeps up.
const GATHERING: Duration = Duration::from_millis(2);
/// The longest write that pipe(7) never mixes with one of another process (`PIPE_BUF`).
const UNMIXED: usize = 4096;

/// The queue and its thread. When this value is dropped, all lines have been written. Lines that come later are written at once.
pub struct Queue {
    pub(super) waiting: Arc<Waiting>,
    thread: Option<JoinHandle<()>>,
}

/// The lines that wait.
pub(super) struct Waiting {
    state: Mutex<State>,
    /// The thread has to look.
    arrived: Condvar,
    /// There is room again.
    taken: Condvar,
    out: Mutex<Box<dyn Write + Send>>,
}

struct State {
    lines: Vec<u8>,
    thread: Thread,
    /// The callers that wait for room.
    callers: usize,
    is_ending: bool,
}

/// What the thread does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Thread {
    /// It waits for a line.
    Idle,
    /// It waits for more lines.
    Gathering,
    /// It writes, and then looks for lines again.
    Busy,
    /// It has ended.
    Gone,
}

impl Queue {
    /// A queue in front of `out`.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn to(out: impl Write + Send + 'static) -> io::Result<Self> {
        let state = State { lines: Vec::new(), thread: Thread::Busy, callers: 0, is_ending: false };
        let waiting = Arc::new(Waiting {
            state: Mutex::new(state),
            arrived: Condvar::new(),
            taken: Condvar::new(),
            out: Mutex::new(Box::new(out)),
        });
        let shared = waiting.clone();
        let thread = Builder::new().name("log".into()).spawn(move || shared.run())?;
        Ok(Self { waiting, thread: Some(thread) })
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.waiting.state().is_ending = true;
        self.waiting.arrived.notify_one();
        // An output that panics has ended the thread before.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Output for Waiting {
    /// Leaves a line. Waits while there is no room: a log for audits loses no line because its reader is slow.
    fn write(&self, line: &[u8]) {
        let mut state = self.state();
        if state.needs_thread(line.len()) {
            state.thread = Thread::Busy;
            self.arrived.notify_one();
        }
        while !state.has_room(line.len()) {
            state.callers += 1;
            state = self.taken.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.callers -= 1;
        }
        state.lines.extend_from_slice(line);
        if state.thread == Thread::Gone {
            self.write_out(&state.lines);
            state.lines.clear();
        }
    }
}

impl State {
    fn has_room(&self, length: usize) -> bool {
        self.lines.is_empty() || self.lines.len() + length <= ROOM || self.thread == Thread::Gone
    }

    fn needs_thread(&self, length: usize) -> bool {
        match self.thread {
            Thread::Idle => true,
            Thread::Gathering => self.lines.len() + length >= PLENTY,
            Thread::Busy | Thread::Gone => false,
        }
    }
}

impl Waiting {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines until the queue ends and is empty.
    fn run(&self) {
        let _gone = Gone(self);
        let mut lines = Vec::new();
        while self.take(&mut lines) {
            self.write_out(&lines);
            lines.clear();
            lines.shrink_to(ROOM);
        }
    }

    /// Lets lines gather, waits for the first one if there is none, and takes them all. Returns whether there are any.
    fn take(&self, lines: &mut Vec<u8>) -> bool {
        let mut state = self.state();
        state.thread = Thread::Gathering;
        let gathered = self.arrived.wait_timeout_while(state, GATHERING, |state| {
            state.lines.len() < PLENTY && state.thread == Thread::Gathering && !state.is_ending
        });
        (state, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        if state.lines.is_empty() && !state.is_ending {
            state.thread = Thread::Idle;
            let waited = self.arrived.wait_while(state, |state| state.lines.is_empty() && !state.is_ending);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.thread = Thread::Busy;
        std::mem::swap(&mut state.lines, lines);
        if state.callers > 0 {
            self.taken.notify_all();
        }
        !lines.is_empty()
    }

    fn write_out(&self, lines: &[u8]) {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = lines;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(unmixed(rest));
            // The server serves on, and tries again with the next part.
            let _ = write_part(&mut **out, part);
            rest = later;
        }
    }
}

/// The length of the next write: whole lines, of at most [`UNMIXED`] bytes if the first line is not longer.
fn unmixed(lines: &[u8]) -> usize {
    let after = |end: usize| end + 1;
    let is_end = |byte: &u8| *byte == b'\n';
    match lines.get(..UNMIXED) {
        None => lines.len(),
        Some(begin) => begin
            .iter()
            .rposition(is_end)
            .or_else(|| lines.iter().position(is_end))
            .map_or(lines.len(), after),
    }
}

/// Writes all of `part`. Another process can make the other end non-blocking; then the reader is waited for all the same.
fn write_part(out: &mut dyn Write, mut part: &[u8]) -> io::Result<()> {
    while !part.is_empty() {
        match out.write(part) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => part = &part[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => sleep(GATHERING),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that the thread has ended, also if the output panicked.
struct Gone<'a>(&'a Waiting);

impl Drop for Gone<'_> {
    fn drop(&mut self) {
        self.0.state().thread = Thread::Gone;
        self.0.taken.notify_all();
    }
}

#[cfg(test)]
mod tests;
