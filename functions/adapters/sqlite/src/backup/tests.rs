//! Backups of stores that are open, closed and killed, and every refusal.

use super::*;
use crate::sample::{NOW, Sample, add_user, head, names, open, open_grant, refresh};
use std::time::Duration;

impl Sample {
    fn refused(&self, folder: &Path, to: &Path) -> String {
        Backup { folder, to, replace: false }.make(NOW).unwrap_err().to_string()
    }
}

/// Opens a backup as a store.
fn opened(backup: &Path) -> crate::SqliteStore {
    let folder = backup.with_file_name("opened");
    fs::create_dir(&folder).unwrap();
    fs::copy(backup, folder.join(place::DATABASE)).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    open(&folder)
}

#[tokio::test]
async fn an_open_store_is_backed_up_with_what_is_in_its_log() {
    let sample = Sample::new();
    let store = sample.open();
    add_user(&store, "alice").await;
    open_grant(&store, 1).await;
    open_grant(&store, 2).await;
    refresh(&store, 2, 0, 90).await;
    let before = sample.names();
    let made = sample.back_up();
    assert_eq!(sample.names(), before);
    let newest = Some(NOW.after(Duration::from_secs(90)));
    assert_eq!(made.contents, Contents { users: 1, open_grants: 2, newest });
    assert_eq!(names(&sample.other), ["backup"], "no part of it is left");
    assert_eq!(made.bytes, fs::metadata(sample.backup()).unwrap().len());
    refresh(&store, 2, 1, 91).await;
    assert_eq!(head(&opened(&sample.backup()), 2).await, Some(1));
}

#[tokio::test]
async fn a_closed_store_is_backed_up_without_a_file_beside_it() {
    let sample = Sample::new();
    let store = sample.open();
    open_grant(&store, 1).await;
    drop(store);
    assert_eq!(sample.back_up().contents.open_grants, 1);
    assert_eq!(sample.names(), ["doorward.db"]);
}

#[tokio::test]
async fn a_store_whose_process_was_killed_is_backed_up_with_its_log() {
    let sample = Sample::new();
    let store = sample.open();
    open_grant(&store, 1).await;
    let killed = sample.killed();
    let before = fs::read(killed.join(place::DATABASE)).unwrap();
    let made = Backup { folder: &killed, to: &sample.backup(), replace: false }.make(NOW).unwrap();
    assert_eq!(made.contents.open_grants, 1);
    assert_eq!(names(&killed), ["doorward.db", "doorward.db-shm", "doorward.db-wal"]);
    assert_eq!(fs::read(killed.join(place::DATABASE)).unwrap(), before, "it was only read");
}

#[tokio::test]
async fn a_copy_during_which_a_server_starts_is_made_again() {
    let sample = Sample::new();
    drop(sample.open());
    let store = sample.data.join(place::DATABASE);
    let part = Part::create(&sample.backup()).unwrap();
    let (mut started, mut uris) = (None, Vec::new());
    copy(&store, &part, |uri, part| {
        if started.is_none() {
            started = Some(sample.open());
        }
        uris.push(uri.to_owned());
        copy_by(uri, part)
    })
    .unwrap();
    assert!(uris[0].ends_with("?mode=ro&immutable=1") && uris[1].ends_with("?mode=ro"), "{uris:?}");
    assert_eq!(uris.len(), 2);
    assert_eq!(check(&part.path, &store, NOW).unwrap().users, 0);
}

#[tokio::test]
async fn an_older_backup_is_replaced_only_if_this_is_asked() {
    let sample = Sample::new();
    let store = sample.open();
    sample.back_up();
    add_user(&store, "alice").await;
    let refused = sample.refused(&sample.data, &sample.backup());
    assert!(refused.ends_with("exists already; name another file, or give --replace"), "{refused}");
    let backup = Backup { folder: &sample.data, to: &sample.backup(), replace: true };
    assert_eq!(backup.make(NOW).unwrap().contents.users, 1);
    assert_eq!(names(&sample.other), ["backup"]);
}

#[test]
fn a_path_may_have_any_character() {
    let mut sample = Sample::new();
    sample.data = sample.data.with_file_name("Größe 100% ?mode=memory#&\\");
    drop(sample.open());
    let to = sample.other.join("file:ä ?#%41.db");
    Backup { folder: &sample.data, to: &to, replace: false }.make(NOW).unwrap();
    assert!(to.is_file());
}

#[test]
fn a_folder_without_a_store_is_refused_and_stays_empty() {
    let sample = Sample::new();
    let empty = sample.other.join("empty");
    fs::create_dir(&empty).unwrap();
    for folder in [&empty, &sample.data] {
        let refused = sample.refused(folder, &sample.backup());
        assert!(
            refused.ends_with("there is no store; give the folder of the server with --data-dir"),
            "{refused}"
        );
    }
    assert!(names(&empty).is_empty() && !sample.data.exists());
    assert_eq!(names(&sample.other), ["empty"]);
}

#[test]
fn a_destination_that_cannot_be_is_refused() {
    let sample = Sample::new();
    drop(sample.open());
    for (to, expected) in [
        (sample.other.clone(), "is a folder; name a file in it, such as "),
        (sample.other.join(".."), "is a folder; name a file in it, such as "),
        (sample.other.join("missing/backup"), "there is no such folder; make it first"),
        (sample.data.join("backup"), "is in the folder of the store, and would be lost with it"),
        (sample.data.join(place::DATABASE), "is in the folder of the store, and would be lost with it"),
    ] {
        let refused = sample.refused(&sample.data, &to);
        assert!(refused.contains(expected), "{}: {refused}", to.display());
    }
    assert_eq!((sample.names(), names(&sample.other)), (vec!["doorward.db".into()], vec![]));
}

#[test]
fn a_file_that_is_no_sound_store_is_refused_and_no_file_is_left() {
    for (content, expected) in [
        (b"".to_vec(), "has no records: it is an empty database"),
        (
            b"no database, but longer than the header of one ".repeat(30),
            "doorward.db: file is not a database; run `doorward restore FILE` with",
        ),
        (foreign(), "is a database of another program"),
        (damaged(), "malformed; run `doorward restore FILE` with"),
    ] {
        let sample = Sample::new();
        fs::create_dir(&sample.data).unwrap();
        fs::write(sample.data.join(place::DATABASE), content).unwrap();
        let refused = sample.refused(&sample.data, &sample.backup());
        assert!(refused.contains(expected), "{expected}: {refused}");
        assert!(names(&sample.other).is_empty(), "{expected}");
    }
}

/// A database of another program.
pub(crate) fn foreign() -> Vec<u8> {
    let place = place::Place::temporary().unwrap();
    Connection::open(place.database()).unwrap().execute_batch("CREATE TABLE other (a)").unwrap();
    fs::read(place.database()).unwrap()
}

/// A store with a page that is overwritten.
pub(crate) fn damaged() -> Vec<u8> {
    let sample = Sample::new();
    drop(sample.open());
    let mut bytes = fs::read(sample.data.join(place::DATABASE)).unwrap();
    bytes[4 * 4096..5 * 4096].fill(7);
    bytes
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let sample = Sample::new();
    drop(sample.open());
    sample.back_up();
    let mode = fs::metadata(sample.backup()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
#[ignore = "needs root"]
fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    use std::os::unix::fs::{MetadataExt, chown};
    let sample = Sample::new();
    fs::create_dir(&sample.data).unwrap();
    fs::set_permissions(&sample.data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    chown(&sample.data, Some(4711), Some(4712)).unwrap();
    let store = sample.open();
    let made =
        ["lock", "doorward.db", "doorward.db-wal", "doorward.db-shm"].map(|name| sample.data.join(name));
    let owner = |file: &Path| fs::metadata(file).map(|owner| (owner.uid(), owner.gid())).unwrap();
    for file in &made {
        assert_eq!(owner(file), (4711, 4712), "{}", file.display());
    }
    for (beside, expected) in [((0, 0), (0, 0)), ((4713, 4713), (0, 0)), ((4711, 4711), (4711, 4712))] {
        chown(&sample.other, Some(beside.0), Some(beside.1)).unwrap();
        Backup { folder: &sample.data, to: &sample.backup(), replace: true }.make(NOW).unwrap();
        assert_eq!(owner(&sample.backup()), expected, "in a folder of {beside:?}");
    }
    drop(store);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_store_is_not_followed() {
    let sample = Sample::new();
    drop(sample.open());
    let link = sample.other.join(place::DATABASE);
    std::os::unix::fs::symlink(sample.data.join(place::DATABASE), &link).unwrap();
    let refused = sample.refused(&sample.other, &sample.data.join("backup"));
    assert!(refused.contains("doorward.db: is no file"), "{refused}");
    // It was replaced by the link meanwhile.
    let part = Part::create(&sample.backup()).unwrap();
    assert!(copy_by(&uri(&link, "?mode=ro&immutable=1"), &part.path).is_err());
    fs::remove_file(&part.path).unwrap();
    std::os::unix::fs::symlink(sample.data.join("empty"), &part.path).unwrap();
    assert!(copy_by(&uri(&sample.data.join(place::DATABASE), "?mode=ro"), &part.path).is_err());
    assert!(!sample.data.join("empty").exists());
}
