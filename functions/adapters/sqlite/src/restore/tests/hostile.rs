//! Restores of files that were made to do harm.

use super::*;
use crate::sample::names;
use std::os::unix::fs::symlink;

#[tokio::test]
async fn a_backup_with_what_no_store_has_is_refused() {
    let sample = backed_up().await;
    for statement in [
        "CREATE TRIGGER open AFTER UPDATE ON people BEGIN UPDATE grants SET closed_at = NULL, why = NULL; END",
        "CREATE VIEW other AS SELECT * FROM people",
        "CREATE TABLE other (a REFERENCES people (name))",
        "CREATE UNIQUE INDEX other ON grants (person)",
        "DROP INDEX grants_by_end",
        "DROP INDEX grants_by_end; CREATE UNIQUE INDEX grants_by_end ON grants (gone_after)",
        "ALTER TABLE people ADD COLUMN other TEXT",
        "CREATE TRIGGER given AFTER UPDATE ON people BEGIN DELETE FROM meta; END",
    ] {
        let file = sample.other.join("file");
        let change = |connection: &Connection| {
            connection.execute_batch(statement).unwrap();
            // SQLite refuses this name. A program that writes the bytes of the file can give it.
            connection.pragma_update(None, "writable_schema", true).unwrap();
            connection.execute(RENAME, []).unwrap();
        };
        fs::write(&file, changed(&sample, change)).unwrap();
        let refused = sample.not_restored(&file);
        assert!(refused.contains("other tables, indexes, triggers or views"), "{statement}: {refused}");
        assert_eq!(sample.names(), ["doorward.db"]);
    }
}

const RENAME: &str = "UPDATE sqlite_schema SET name = 'sqlite_stat1',
    sql = replace(sql, 'given', 'sqlite_stat1') WHERE name = 'given'";

#[tokio::test]
async fn the_tables_of_analyze_and_of_litestream_may_be_there() {
    let sample = backed_up().await;
    let change = |connection: &Connection| {
        let of_litestream = "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);
            CREATE TABLE _litestream_lock (id INTEGER); ANALYZE";
        connection.execute_batch(of_litestream).unwrap();
    };
    let file = sample.other.join("file");
    fs::write(&file, changed(&sample, change)).unwrap();
    sample.restore(&file).unwrap();
}

#[tokio::test]
async fn a_pipe_beside_a_backup_is_refused_at_once() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let sample = backed_up().await;
    for end in ["-wal", "-journal"] {
        let pipe = with_end(&sample.backup(), end);
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RWXU, 0).unwrap();
        let refused = sample.not_restored(&sample.backup());
        assert!(refused.contains("is no file"), "{refused}");
        assert_eq!(sample.names(), ["doorward.db"]);
        fs::remove_file(pipe).unwrap();
    }
}

#[tokio::test]
async fn a_copy_that_is_replaced_by_a_link_is_not_opened() {
    let sample = backed_up().await;
    let link = sample.other.join("link");
    symlink(sample.backup(), &link).unwrap();
    assert!(open_part(&sample.backup()).is_ok());
    assert!(open_part(&link).is_err());
}

#[tokio::test]
#[ignore = "needs root"]
async fn what_root_copies_is_given_away_only_when_it_is_a_backup() {
    use std::os::unix::fs::{MetadataExt, chown};
    let sample = backed_up().await;
    chown(&sample.data, Some(4711), Some(4712)).unwrap();
    let copy_of = |name: &str| {
        let from = sample.other.join("secret of root");
        fs::write(&from, "secret").unwrap();
        let to = sample.data.join(name);
        drop(copy(&from, &to).unwrap().unwrap());
        let made = fs::metadata(&to).unwrap();
        fs::remove_file(to).unwrap();
        (made.uid(), made.mode() & 0o777)
    };
    assert_eq!(copy_of("copy"), (0, 0o600));
    sample.restore(&sample.backup()).unwrap();
    let restored = fs::metadata(sample.data.join(DATABASE)).unwrap();
    assert_eq!((restored.uid(), restored.gid(), restored.mode() & 0o777), (4711, 4712, 0o600));
    assert!(names(&sample.other).contains(&"backup".to_owned()));
}
