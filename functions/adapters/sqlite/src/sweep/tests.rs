//! What a sweep deletes, with clocks that are right, ahead and behind.

use super::*;
use crate::connection::for_writing;
use crate::place::Place;
use crate::sample::{Sample, open_grant, refresh};
use crate::schema;
use tokio::task::JoinSet;

const DAY: u64 = 24 * 3600;
/// The time at which the file is made.
const START: u64 = 100 * DAY;

fn test() -> (Place, Connection) {
    let place = Place::temporary().unwrap();
    let mut connection = for_writing(place.database()).unwrap();
    schema::migrate(&mut connection, place.database(), Timestamp(START)).unwrap();
    (place, connection)
}

fn add_assertion(connection: &Connection, gone_after: u64) {
    let row = params![format!("{gone_after}"), seconds(Timestamp(gone_after))];
    connection.execute("INSERT INTO assertions (digest, gone_after) VALUES (?1, ?2)", row).unwrap();
}

fn sweep(connection: &Connection, now: u64, ran: Duration) {
    let before = advance(connection, Timestamp(now), ran).unwrap();
    for deletion in DELETIONS {
        while delete(connection, deletion, before).unwrap() == AT_ONCE {}
    }
}

fn count(connection: &Connection, table: &str) -> u32 {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

const TEN_MINUTES: Duration = Duration::from_secs(600);

#[test]
fn a_record_goes_a_day_after_its_end() {
    let (_place, connection) = test();
    add_assertion(&connection, START);
    for (now, left) in [(START, 1), (START + DAY, 1), (START + DAY + 1, 0)] {
        sweep(&connection, now, Duration::from_secs(3 * 3600));
        assert_eq!(count(&connection, "assertions"), left, "{now}");
    }
}

#[test]
fn a_clock_that_is_ahead_for_one_sweep_deletes_nothing() {
    let (_place, connection) = test();
    add_assertion(&connection, START + 60);
    sweep(&connection, START + 3650 * DAY, TEN_MINUTES);
    assert_eq!(count(&connection, "assertions"), 1, "ten minutes count as four hours");
    sweep(&connection, START + 1200, TEN_MINUTES);
    assert_eq!(count(&connection, "assertions"), 1);
}

#[test]
fn a_process_that_runs_long_does_not_get_ahead_of_its_clock() {
    let (_place, connection) = test();
    add_assertion(&connection, START + 60);
    sweep(&connection, START, Duration::from_secs(1000 * 3600));
    sweep(&connection, START + 3650 * DAY, TEN_MINUTES);
    assert_eq!(count(&connection, "assertions"), 1);
}

#[test]
fn a_clock_that_goes_back_deletes_nothing() {
    let (_place, connection) = test();
    sweep(&connection, START + 3 * DAY, Duration::from_secs(3 * 3600));
    add_assertion(&connection, START);
    sweep(&connection, START - DAY, TEN_MINUTES);
    assert_eq!(count(&connection, "assertions"), 1);
    sweep(&connection, START + 3 * DAY, TEN_MINUTES);
    assert_eq!(count(&connection, "assertions"), 0, "it is right again");
}

#[test]
fn every_kind_of_record_that_ends_is_deleted_however_many_there_are() {
    let (_place, connection) = test();
    for place in 0..AT_ONCE as u64 + 1 {
        add_assertion(&connection, place);
    }
    connection
        .execute_batch(
            "INSERT INTO guesses VALUES (1, 7, 0, 3), (100000, 7, 1, 3);
             INSERT INTO document_copies VALUES ('https://a.example', '{}', 1, 2), ('https://b.example', '{}', 1, 99999999);
             INSERT INTO grants (id, person, client, scope, resource, signed_in_at, opened_at, expires_at, kept_until,
                 gone_after, generation, step_0)
             VALUES ('a', 'alice', 'c', 's', 'r', 0, 0, 1, 2, 2, 0, 0), ('b', 'alice', 'c', 's', 'r', 0, 0, 1, 2, 99999999, 0, 0);",
        )
        .unwrap();
    sweep(&connection, START, TEN_MINUTES);
    let left = ["assertions", "guesses", "document_copies", "grants"].map(|table| count(&connection, table));
    assert_eq!(left, [0, 1, 1, 1]);
}

/// A sweep that only ran while no write waits would never end on a busy server, and the file would grow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_records_go_while_callers_write() {
    let sample = Sample::new();
    let store = Arc::new(sample.open());
    store.write(add_old_assertions).await.unwrap();
    let (done, is_done) = tokio::sync::watch::channel(false);
    let mut callers = JoinSet::new();
    for number in 0..64 {
        let (store, is_done) = (store.clone(), is_done.clone());
        callers.spawn(async move {
            open_grant(&store, number).await;
            for generation in 0.. {
                refresh(&store, number, generation, u64::from(generation)).await;
                if *is_done.borrow() {
                    return;
                }
            }
        });
    }
    let sweeping = store.clone();
    tokio::task::spawn_blocking(move || sweeping.sweep()).await.unwrap().unwrap();
    done.send_replace(true);
    callers.join_all().await;
    assert_eq!(store.read(|connection| Ok(count(connection, "assertions"))).unwrap(), 0);
}

fn add_old_assertions(connection: &Connection) -> rusqlite::Result<()> {
    (0..5 * AT_ONCE as u64).for_each(|place| add_assertion(connection, place));
    Ok(())
}

#[test]
fn a_store_that_is_dropped_leaves_old_records_to_the_next_process() {
    let sample = Sample::new();
    let store = sample.open();
    store.writer.queue().write_blocking(add_old_assertions).unwrap();
    store.sweeper.sweep.ended.store(true, Ordering::Relaxed);
    store.sweep().unwrap();
    assert_eq!(store.read(|connection| Ok(count(connection, "assertions"))).unwrap(), 4 * AT_ONCE as u32);
}
