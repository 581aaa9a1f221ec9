//! Steps, copies, and files of other versions and programs.

use super::*;
use crate::connection::for_writing;
use crate::place::Place;
use std::fs;

const TWO: [&str; 2] = [STEPS[0], "ALTER TABLE people ADD COLUMN email TEXT"];
const NOW: Timestamp = Timestamp(1000);

fn empty() -> (Place, Connection) {
    let place = Place::temporary().unwrap();
    let connection = for_writing(place.database()).unwrap();
    (place, connection)
}

fn number(connection: &Connection, pragma: &str) -> i32 {
    connection.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
}

fn meta(connection: &Connection, key: &str) -> String {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).unwrap()
}

#[test]
fn an_empty_file_gets_the_newest_version() {
    let (place, mut connection) = empty();
    migrate(&mut connection, place.database(), NOW).unwrap();
    assert_eq!(number(&connection, "user_version") as usize, STEPS.len());
    assert_eq!(number(&connection, "application_id"), APPLICATION);
    assert_eq!(
        (meta(&connection, "written_by"), meta(&connection, "swept_to")),
        (env!("CARGO_PKG_VERSION").into(), "1000".into())
    );
    migrate(&mut connection, place.database(), Timestamp(2000)).unwrap();
    assert_eq!(meta(&connection, "swept_to"), "1000", "nothing is left to do");
    assert!(!copy(place.database(), 0).exists(), "an empty file needs no copy");
}

#[test]
fn a_step_leaves_a_copy_of_the_version_before() {
    let (place, mut connection) = empty();
    let file = place.database();
    migrate_by(&TWO[..1], &mut connection, file, NOW).unwrap();
    connection.execute("INSERT INTO people VALUES ('alice', 'hash', NULL, 0, 0)", []).unwrap();
    fs::write(copy(file, 1), "from an upgrade that was taken back").unwrap();
    migrate_by(&TWO, &mut connection, file, NOW).unwrap();
    assert_eq!(number(&connection, "user_version"), 2);
    let email = connection.query_row("SELECT email FROM people", [], |row| row.get::<_, Option<String>>(0));
    assert_eq!(email.unwrap(), None);
    let mut copied = for_writing(&copy(file, 1)).unwrap();
    assert_eq!(number(&copied, "user_version"), 1);
    migrate_by(&TWO[..1], &mut copied, file, NOW).unwrap();
    assert_eq!(
        copied.query_row("SELECT name FROM people", [], |row| row.get::<_, String>(0)).unwrap(),
        "alice"
    );
    assert!(!file.with_extension("db.part").exists());
}

#[test]
#[cfg(unix)]
fn the_copy_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (place, mut connection) = empty();
    migrate_by(&TWO[..1], &mut connection, place.database(), NOW).unwrap();
    migrate_by(&TWO, &mut connection, place.database(), NOW).unwrap();
    let mode = fs::metadata(copy(place.database(), 1)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_step_that_fails_changes_nothing() {
    let (place, mut connection) = empty();
    let fails =
        [STEPS[0], "ALTER TABLE people ADD COLUMN email TEXT; ALTER TABLE missing ADD COLUMN email TEXT"];
    let error = migrate_by(&fails, &mut connection, place.database(), NOW).unwrap_err().to_string();
    assert!(error.contains("no such table: missing"), "{error}");
    assert_eq!(number(&connection, "user_version"), 1, "the step before it stays");
    assert!(connection.prepare("SELECT email FROM people").is_err());
    migrate_by(&TWO, &mut connection, place.database(), NOW).unwrap();
}

#[test]
fn a_file_of_a_newer_version_is_refused_with_both_versions() {
    let (place, mut connection) = empty();
    migrate_by(&TWO, &mut connection, place.database(), NOW).unwrap();
    connection.execute("UPDATE meta SET value = '9.4.2' WHERE key = 'written_by'", []).unwrap();
    let refused = migrate_by(&TWO[..1], &mut connection, place.database(), NOW).unwrap_err().to_string();
    let this = env!("CARGO_PKG_VERSION");
    for part in
        ["doorward 9.4.2 (version 2 of the file)", &format!("doorward {this} (version 1)"), "doorward.db.v1"]
    {
        assert!(refused.contains(part), "{refused}");
    }
}

#[test]
fn a_file_of_another_program_is_refused() {
    for made in ["CREATE TABLE other (a)", "PRAGMA application_id = 7", "PRAGMA user_version = 1"] {
        let (place, mut connection) = empty();
        connection.execute_batch(made).unwrap();
        let refused = migrate(&mut connection, place.database(), NOW).unwrap_err().to_string();
        assert!(refused.contains("another program"), "{made}: {refused}");
    }
}

#[test]
fn every_table_is_strict_and_has_its_key_as_its_order() {
    let (place, mut connection) = empty();
    migrate(&mut connection, place.database(), NOW).unwrap();
    let loose = "SELECT count(*) FROM pragma_table_list
        WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND NOT (strict AND wr)";
    assert_eq!(connection.query_row(loose, [], |row| row.get::<_, u32>(0)).unwrap(), 0);
}
