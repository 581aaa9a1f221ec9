use super::*;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{scope, spawn, yield_now};

/// What was written, one entry for each write. Clones have the same.
#[derive(Clone, Default)]
struct Writes(Arc<Mutex<Vec<Vec<u8>>>>);

impl Writes {
    fn all(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().clone()
    }

    fn text(&self) -> String {
        String::from_utf8(self.all().concat()).unwrap()
    }
}

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output that says when a write has begun, and goes on with it when it is told to, or when the test has failed.
struct Held {
    begun: Sender<()>,
    go: Receiver<()>,
    writes: Writes,
}

impl Held {
    /// A queue in front of such an output. It is dropped last.
    fn queue() -> (Queue, Receiver<()>, Sender<()>, Writes) {
        let ((begun, has_begun), (goes, go), writes) = (channel(), channel(), Writes::default());
        let queue = Queue::to(Self { begun, go, writes: writes.clone() }).unwrap();
        (queue, has_begun, goes, writes)
    }
}

impl Write for Held {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // At the end of a test, nothing is held any more.
        let _ = self.begun.send(());
        let _ = self.go.recv();
        self.writes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An output whose first writes end so. Later ones succeed.
struct Failing<I>(I, Writes);

impl<I: Iterator<Item = ErrorKind>> Write for Failing<I> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.next() {
            Some(kind) => Err(kind.into()),
            None => self.1.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn line(caller: usize, number: usize) -> String {
    format!("{caller} {number} {}\n", "x".repeat(number % 190))
}

#[test]
fn lines_of_racing_callers_arrive_whole_and_in_order() {
    let (callers, each, writes) = (8, 2_000, Writes::default());
    let queue = Queue::to(writes.clone()).unwrap();
    scope(|scope| {
        for caller in 0..callers {
            let waiting = &queue.waiting;
            scope.spawn(move || {
                (0..each).for_each(|number| waiting.write(line(caller, number).as_bytes()));
            });
        }
    });
    drop(queue);
    let mut next = HashMap::new();
    for found in writes.text().split_inclusive('\n') {
        let caller = found.split_once(' ').unwrap().0.parse().unwrap();
        let number = next.entry(caller).or_insert(0);
        assert_eq!(found, line(caller, *number));
        *number += 1;
    }
    assert_eq!(next, (0..callers).map(|caller| (caller, each)).collect());
}

#[test]
fn lines_that_gather_during_a_write_are_one_write() {
    let (queue, begun, go, writes) = Held::queue();
    queue.waiting.write(b"first\n");
    begun.recv().unwrap();
    (0..100).for_each(|number| queue.waiting.write(line(1, number % 9).as_bytes()));
    drop(go);
    drop(queue);
    let lengths: Vec<_> = writes.all().iter().map(Vec::len).collect();
    assert_eq!(lengths.len(), 2, "{lengths:?}");
    assert_eq!(writes.text().lines().count(), 101);
}

#[test]
fn a_full_queue_holds_its_callers_and_loses_nothing() {
    let (queue, begun, go, writes) = Held::queue();
    let (waiting, each) = (queue.waiting.clone(), 3 * ROOM / 100);
    waiting.write(b"first\n");
    begun.recv().unwrap();
    let caller =
        spawn(move || (0..each).for_each(|number| waiting.write(format!("{number:99}\n").as_bytes())));
    // The output takes nothing, so the caller fills the queue and waits.
    while queue.waiting.state().callers == 0 {
        assert!(!caller.is_finished(), "the queue has no limit");
        yield_now();
    }
    let length = queue.waiting.state().lines.len();
    assert!(length <= ROOM && length > ROOM - 100, "{length}");
    drop(go);
    caller.join().unwrap();
    drop(queue);
    let text = writes.text();
    let numbers: Vec<usize> = text.lines().skip(1).map(|line| line.trim().parse().unwrap()).collect();
    assert_eq!(numbers, (0..each).collect::<Vec<_>>());
}

#[test]
fn a_line_that_is_longer_than_the_queue_is_written_too() {
    let writes = Writes::default();
    let queue = Queue::to(writes.clone()).unwrap();
    let long = format!("{}\n", "y".repeat(2 * ROOM));
    for line in ["before\n", &long, "after\n"] {
        queue.waiting.write(line.as_bytes());
    }
    drop(queue);
    assert!(writes.text() == format!("before\n{long}after\n"));
}

#[test]
fn an_output_that_fails_stops_no_caller() {
    let queue = Queue::to(Failing(std::iter::repeat(ErrorKind::BrokenPipe), Writes::default())).unwrap();
    (0..4 * ROOM / 100).for_each(|number| queue.waiting.write(format!("{number:99}\n").as_bytes()));
}

#[test]
fn only_what_an_output_refuses_is_lost() {
    let writes = Writes::default();
    let queue = Queue::to(Failing([ErrorKind::StorageFull].into_iter(), writes.clone())).unwrap();
    // Each is a write of its own.
    let part = |letter: &str| format!("{}\n", letter.repeat(UNMIXED - 1));
    ["a", "b", "c"].iter().for_each(|letter| queue.waiting.write(part(letter).as_bytes()));
    drop(queue);
    assert!(writes.text() == part("b") + &part("c"));
}

#[test]
fn a_slow_reader_loses_nothing() {
    for slow in [ErrorKind::WouldBlock, ErrorKind::Interrupted] {
        let writes = Writes::default();
        let queue = Queue::to(Failing([slow; 3].into_iter(), writes.clone())).unwrap();
        queue.waiting.write(b"a line\n");
        drop(queue);
        assert_eq!(writes.text(), "a line\n", "{slow}");
    }
}

#[test]
fn an_output_that_panics_stops_no_caller() {
    struct Panicking(bool, Writes);
    impl Write for Panicking {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(std::mem::replace(&mut self.0, true), "the first write panics");
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let writes = Writes::default();
    let queue = Queue::to(Panicking(false, writes.clone())).unwrap();
    queue.waiting.write(b"lost\n");
    while !queue.thread.as_ref().unwrap().is_finished() {
        yield_now();
    }
    ["a\n", "b\n"].iter().for_each(|line| queue.waiting.write(line.as_bytes()));
    assert_eq!(writes.text(), "a\nb\n");
}

#[test]
fn after_the_end_of_the_queue_a_line_is_written_at_once() {
    let writes = Writes::default();
    let queue = Queue::to(writes.clone()).unwrap();
    let waiting = queue.waiting.clone();
    waiting.write(b"before\n");
    drop(queue);
    assert_eq!(writes.text(), "before\n");
    waiting.write(b"after\n");
    assert_eq!(writes.text(), "before\nafter\n");
}

#[test]
fn a_panic_of_the_owner_loses_no_line() {
    let writes = Writes::default();
    let queue = Queue::to(writes.clone()).unwrap();
    let panicked = spawn(move || {
        (0..100).for_each(|number| queue.waiting.write(line(0, number).as_bytes()));
        panic!("a test panics")
    });
    assert!(panicked.join().is_err());
    assert_eq!(writes.text().lines().count(), 100);
}

#[test]
fn a_write_has_whole_lines_and_is_not_mixed_with_those_of_others() {
    let long = "z".repeat(UNMIXED);
    for (lines, expected) in [
        ("a\nb\n".to_owned(), 4),
        ("a\n".repeat(UNMIXED / 2), UNMIXED),
        ("a\n".repeat(UNMIXED), UNMIXED),
        (format!("a\n{long}\nb\n"), 2),
        (format!("{long}\n{long}\n"), UNMIXED + 1),
        (long.clone(), UNMIXED),
        (format!("{long}z"), UNMIXED + 1),
    ] {
        assert_eq!(unmixed(lines.as_bytes()), expected, "{}", &lines[..4]);
    }
}
