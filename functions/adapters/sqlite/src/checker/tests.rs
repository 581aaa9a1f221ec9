//! The check of the file: what it finds, and that the store is broken then.

use super::*;
use crate::backup::tests::damaged;
use crate::place::Place;

/// The health of a store after one check, at once, of a file with this content.
async fn checked(content: Option<Vec<u8>>) -> Arc<Health> {
    let place = Place::temporary().unwrap();
    drop(connection::for_writing(place.database()).unwrap());
    if let Some(content) = content {
        std::fs::write(place.database(), content).unwrap();
    }
    let health = Arc::new(Health::default());
    let mut checker = Checker::start(place.database(), health.clone(), once(Duration::ZERO));
    checker.thread.take().unwrap().join().unwrap();
    health
}

#[tokio::test]
async fn a_sound_file_is_checked_without_a_word() {
    assert!(checked(None).await.check().is_ok());
}

#[tokio::test]
async fn damage_that_a_check_finds_breaks_the_store() {
    for content in [damaged(), b"no database, but longer than the header of one ".repeat(30)] {
        let health = checked(Some(content)).await;
        let reason = health.broken().await;
        let refused = health.check().unwrap_err().to_string();
        assert!(refused.contains("the store is broken") && refused.contains(&reason), "{refused}");
    }
}

#[test]
fn the_first_check_is_a_minute_after_the_start_and_the_next_are_a_day_apart() {
    let [minute, day] = [60, 24 * 3600].map(Duration::from_secs);
    assert_eq!(times().take(3).collect::<Vec<_>>(), [minute, day, day]);
}

#[test]
fn a_store_that_is_dropped_does_not_wait_for_the_next_check() {
    let place = Place::temporary().unwrap();
    let checker = Checker::start(place.database(), Arc::default(), times());
    drop(checker);
}

#[test]
fn a_check_ends_when_the_store_is_dropped() {
    let place = Place::temporary().unwrap();
    let connection = connection::for_writing(place.database()).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE some (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000)
             INSERT INTO some SELECT i FROM n",
        )
        .unwrap();
    let ended = Arc::new(AtomicBool::new(true));
    let check = Check { file: place.database().to_owned(), health: Arc::default(), ended };
    let stopped = check.damage().unwrap_err();
    assert_eq!(stopped.sqlite_error_code(), Some(rusqlite::ErrorCode::OperationInterrupted));
    check.run();
    assert!(check.health.check().is_ok(), "it says nothing about the file");
}
