//! Group commit: what is told, when, and what a failure does to the other writes of a commit.

use super::*;
use crate::connection::for_writing;
use crate::place::Place;
use rusqlite::ffi;
use std::sync::mpsc as std_mpsc;

type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// A writer over a file with one table, and the place of the file.
fn test() -> (Writer, Place) {
    let place = Place::temporary().unwrap();
    let connection = for_writing(place.database()).unwrap();
    connection.execute_batch("CREATE TABLE some (number INTEGER PRIMARY KEY, text TEXT)").unwrap();
    (Writer::start(connection, Arc::default()), place)
}

fn insert(number: i64) -> impl FnOnce(&Connection) -> rusqlite::Result<usize> {
    move |connection| connection.execute("INSERT INTO some (number) VALUES (?1)", [number])
}

fn numbers(place: &Place) -> Vec<i64> {
    let connection = for_writing(place.database()).unwrap();
    let mut statement = connection.prepare("SELECT number FROM some ORDER BY number").unwrap();
    let numbers = statement.query_map([], |row| row.get(0)).unwrap();
    numbers.collect::<Result<_, _>>().unwrap()
}

/// Holds the thread in a write. What is put before the second value is dropped is one batch.
fn hold(queue: &Queue) -> (Answer<()>, std_mpsc::Sender<()>) {
    let ((arrived, arrival), (release, released)) = (std_mpsc::channel(), std_mpsc::channel());
    let answer = queue.put(move |_| {
        arrived.send(()).unwrap();
        let _ = released.recv();
        Ok(())
    });
    arrival.recv().unwrap();
    (answer.unwrap(), release)
}

fn told<T>(answer: Answer<T>) -> Result<T, String> {
    answer.blocking_recv().unwrap().map_err(|error| error.to_string())
}

#[test]
fn writes_that_arrive_during_a_commit_share_the_next() {
    let (writer, place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    let all: Vec<_> = (0..10).map(|number| queue.put(insert(number)).unwrap()).collect();
    drop(release);
    told(held).unwrap();
    assert!(all.into_iter().all(|answer| told(answer).is_ok()));
    assert_eq!(writer.counts(), Counts { writes: 11, commits: 2 });
    assert_eq!(numbers(&place), (0..10).collect::<Vec<_>>());
}

#[test]
fn no_write_is_told_before_its_commit_returns() {
    let (writer, place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    let mut first = queue.put(insert(1)).unwrap();
    let (waiting, arrived) = std_mpsc::channel();
    let (seen, see) = std_mpsc::channel::<()>();
    let second = queue.put(move |connection| {
        waiting.send(()).unwrap();
        see.recv().unwrap();
        insert(2)(connection)
    });
    drop(release);
    told(held).unwrap();
    arrived.recv().unwrap();
    assert!(first.try_recv().is_err(), "it was made, but not committed");
    assert!(numbers(&place).is_empty());
    seen.send(()).unwrap();
    assert_eq!((told(first), told(second.unwrap())), (Ok(1), Ok(1)));
    assert_eq!(numbers(&place), [1, 2]);
}

#[test]
fn a_commit_that_fails_fails_every_write_of_it() {
    let (writer, place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    let good = queue.put(insert(1)).unwrap();
    // A deferred constraint is checked by COMMIT.
    let bad = queue.put(|connection| {
        connection.execute_batch(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE children (parent INTEGER REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO children VALUES (7);",
        )
    });
    drop(release);
    told(held).unwrap();
    for error in [told(good).map(drop), told(bad.unwrap())] {
        assert!(error.as_ref().is_err_and(|error| error.contains("FOREIGN KEY")), "{error:?}");
    }
    assert!(numbers(&place).is_empty());
    assert_eq!(told(queue.put(insert(2)).unwrap()), Ok(1), "the next commit is not affected");
}

#[test]
fn a_write_that_fails_alone_leaves_the_others() {
    let (writer, place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    let all = [1, 1, 2].map(|number| queue.put(insert(number)).unwrap());
    drop(release);
    told(held).unwrap();
    let [first, again, second] = all.map(told);
    assert!(again.is_err_and(|error| error.contains("UNIQUE")));
    assert_eq!((first, second, numbers(&place)), (Ok(1), Ok(1), vec![1, 2]));
}

#[test]
fn a_full_queue_refuses_at_once() {
    let (writer, _place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    assert!(queue.is_empty());
    let all: Vec<_> = (0..WAITING).map(|_| queue.put(|_| Ok(())).unwrap()).collect();
    assert!(!queue.is_empty());
    let refused = queue.put(|_| Ok(())).unwrap_err().to_string();
    assert!(refused.contains("1024 writes wait"), "{refused}");
    drop(release);
    told(held).unwrap();
    assert!(all.into_iter().all(|answer| told(answer).is_ok()));
    assert_eq!(writer.counts().commits, 1 + (WAITING / TOGETHER) as u64);
}

#[test]
fn a_full_disk_is_an_error_that_heals() {
    let (writer, place) = test();
    let queue = writer.queue();
    let limit = |pages: u32| {
        let set = move |connection: &Connection| connection.pragma_update(None, "max_page_count", pages);
        told(queue.put(set).unwrap()).unwrap();
    };
    let fill = |connection: &Connection| {
        connection.execute("INSERT INTO some (text) VALUES (hex(zeroblob(100000)))", [])
    };
    limit(4);
    let (held, release) = hold(&queue);
    let [before, full, after] =
        [queue.put(insert(1)).unwrap(), queue.put(fill).unwrap(), queue.put(insert(2)).unwrap()];
    drop(release);
    told(held).unwrap();
    assert!(told(full).is_err_and(|error| error.contains("full")));
    // SQLite may undo the statement alone or the whole transaction. What was told is what is there.
    let written: Vec<_> =
        [(1, told(before)), (2, told(after))].into_iter().filter(|(_, told)| told.is_ok()).collect();
    assert_eq!(numbers(&place), written.iter().map(|(number, _)| *number).collect::<Vec<_>>());
    limit(1000);
    assert_eq!(told(queue.put(fill).unwrap()), Ok(1));
    assert!(writer.health().check().is_ok());
}

#[test]
fn after_a_failed_commit_only_a_commit_that_wrote_something_is_a_sign_of_health() {
    let (writer, _place) = test();
    let (queue, health) = (writer.queue(), writer.health());
    let run = |change: fn(&Connection) -> rusqlite::Result<()>| told(queue.put(change).unwrap());
    assert!(!health.is_failing());
    let full = |_: &Connection| Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None));
    run(full).unwrap_err();
    assert!(health.is_failing());
    run(|_| Ok(())).unwrap();
    assert!(health.is_failing());
    run(|connection| insert(1)(connection).map(drop)).unwrap();
    assert!(!health.is_failing());
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_breaks_the_store_for_good() {
    for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
        let (writer, place) = test();
        writer.write(insert(1)).await.unwrap();
        let damage = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        let error = writer
            .write(move |connection| {
                insert(2)(connection)?;
                Err::<(), _>(damage)
            })
            .await;
        assert!(error.is_err());
        assert!(writer.health().check().is_err());
        let reason = writer.health().broken().await;
        let refused = writer.write(insert(3)).await.unwrap_err().to_string();
        assert!(refused.contains("the store is broken") && refused.contains(&reason), "{refused}");
        assert_eq!(numbers(&place), [1], "what was before it stays");
    }
}

#[test]
fn writes_that_wait_are_made_before_the_thread_ends() {
    let (writer, place) = test();
    let queue = writer.queue();
    let (held, release) = hold(&queue);
    let all: Vec<_> = (0..300).map(|number| queue.put(insert(number)).unwrap()).collect();
    drop((held, release, queue));
    drop(writer);
    assert!(all.into_iter().all(|answer| told(answer).is_ok()));
    assert_eq!(numbers(&place).len(), 300);
}

#[test]
fn a_lock_of_another_program_is_an_error_and_heals() {
    let place = Place::temporary().unwrap();
    let connection = for_writing(place.database()).unwrap();
    connection.execute_batch("CREATE TABLE some (number INTEGER PRIMARY KEY, text TEXT)").unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let writer = Writer::start(connection, Arc::default());
    let other = for_writing(place.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(told(writer.queue().put(insert(1)).unwrap()).is_err_and(|error| error.contains("locked")));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(told(writer.queue().put(insert(2)).unwrap()), Ok(1));
    assert_eq!(numbers(&place), [2]);
}

#[derive(Default)]
struct Failures(std::sync::Mutex<Vec<WriteFailure>>);

impl Observer for Failures {
    fn committed(&self, _: Commit) {}

    fn failed(&self, why: WriteFailure) {
        self.0.lock().unwrap().push(why);
    }

    fn swept(&self, _: &'static str, _: usize) {}
}

#[test]
fn an_observer_is_told_why_a_write_failed() {
    let (writer, _place) = test();
    let failures = Arc::new(Failures::default());
    writer.observe(failures.clone());
    let put = |code| {
        let error = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        told(writer.queue().put(move |_| Err::<(), _>(error)).unwrap()).unwrap_err();
    };
    put(ffi::SQLITE_FULL);
    put(ffi::SQLITE_BUSY);
    put(ffi::SQLITE_CONSTRAINT);
    put(ffi::SQLITE_IOERR_FSYNC);
    put(ffi::SQLITE_FULL);
    let told = failures.0.lock().unwrap().clone();
    let all = [WriteFailure::Full, WriteFailure::Busy, WriteFailure::Other, WriteFailure::InputOutput];
    assert_eq!(told, all, "the last one found the store broken");
}
