//! Restores: what changes, what is kept, and every refusal.

#[cfg(unix)]
mod hostile;

use super::{open as open_part, *};
use crate::SqliteStore;
use crate::backup::tests::{damaged, foreign};
use crate::place::DATABASE;
use crate::sample::{NOW, Sample, add_user, epoch, head, id, open, open_grant, refresh};
use doorward::ports::PasswordHash;
use doorward::store::{Change, Changed, People};
use std::sync::Arc;
use std::time::Duration;

/// A minute after the backups of these tests.
const LATER: Timestamp = NOW.after(Duration::from_secs(60));

impl Sample {
    pub(crate) fn restore(&self, from: &Path) -> Result<Restored, Unusable> {
        let (folder, secret) = (&*self.data, Path::new("secret"));
        Restore {
            folder,
            from,
            secret,
            fingerprints: &["ours".into()],
            close_grants: false,
            other_secret: false,
        }
        .make(LATER)
    }

    pub(crate) fn not_restored(&self, from: &Path) -> String {
        self.restore(from).unwrap_err().to_string()
    }
}

/// A store with a user and a grant, and a backup of it. The user was disabled since, and the grant was refreshed.
async fn backed_up() -> Sample {
    let sample = Sample::new();
    let store = sample.open();
    add_user(&store, "alice").await;
    open_grant(&store, 1).await;
    refresh(&store, 1, 0, 10).await;
    sample.back_up();
    refresh(&store, 1, 1, 20).await;
    assert!(matches!(store.change(&id("alice"), Change::Disable).await.unwrap(), Changed::Now(_)));
    sample
}

#[tokio::test]
async fn the_store_is_as_it_was_and_the_older_file_is_kept() {
    let sample = backed_up().await;
    let before = fs::read(sample.backup()).unwrap();
    let restored = sample.restore(&sample.backup()).unwrap();
    let newest = Some(NOW.after(Duration::from_secs(10)));
    assert_eq!(restored.contents, Contents { users: 1, open_grants: 1, newest });
    assert_eq!(restored.closed, 0);
    let aside = sample.data.canonicalize().unwrap().join("doorward.db.replaced-20270115T080100Z");
    assert_eq!(restored.aside, std::slice::from_ref(&aside));
    assert_eq!(fs::read(sample.backup()).unwrap(), before, "the backup stays as it is");
    assert_eq!(sample.names(), ["doorward.db", "doorward.db.replaced-20270115T080100Z"]);
    #[cfg(unix)]
    {
        let mode = fs::metadata(sample.data.join(DATABASE)).unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
    }
    let store = sample.open();
    assert_eq!(head(&store, 1).await, Some(1));
    assert!(!store.find(&id("alice")).await.unwrap().unwrap().disabled);
    drop(store);
    let back = sample.restore(&aside).unwrap();
    assert_eq!(back.aside.len(), 1);
    assert_eq!(head(&sample.open(), 1).await, Some(2), "the older file can be restored");
}

impl Sample {
    async fn sign_in_again(&self, times: u64) -> u64 {
        let store = self.open();
        for _ in 0..times {
            let password = Change::Password(PasswordHash::new("another"));
            assert!(matches!(store.change(&id("alice"), password).await.unwrap(), Changed::Now(_)));
        }
        epoch(&store, "alice").await
    }
}

#[tokio::test]
async fn no_session_of_before_a_restore_counts_after_it() {
    let sample = backed_up().await;
    let mut epochs = vec![];
    // Of every epoch there may be sessions. The same backup is restored three times.
    for restore in 1..4 {
        for _ in 0..3 {
            epochs.push(sample.sign_in_again(1).await);
        }
        let now = LATER.after(Duration::from_secs(100 * restore));
        let (folder, from, secret) = (&*sample.data, &*sample.backup(), Path::new("secret"));
        Restore { folder, from, secret, fingerprints: &[], close_grants: false, other_secret: false }
            .make(now)
            .unwrap();
        let restored = epoch(&sample.open(), "alice").await;
        assert!(epochs.iter().all(|before| *before < restored), "{restored} {epochs:?}");
    }
}

#[tokio::test]
async fn every_grant_is_closed_if_this_is_asked() {
    let sample = backed_up().await;
    let (folder, from, secret) = (&*sample.data, &*sample.backup(), Path::new("secret"));
    let restored =
        Restore { folder, from, secret, fingerprints: &[], close_grants: true, other_secret: false }
            .make(LATER)
            .unwrap();
    assert_eq!((restored.closed, restored.contents.open_grants), (1, 0));
    assert_eq!(head(&sample.open(), 1).await, None);
}

#[tokio::test]
async fn a_store_is_restored_where_there_is_none() {
    let mut sample = backed_up().await;
    sample.data = sample.other.join("new");
    assert_eq!(sample.restore(&sample.backup()).unwrap().aside, Vec::<PathBuf>::new());
    assert_eq!(sample.names(), ["doorward.db"]);
    assert_eq!(head(&sample.open(), 1).await, Some(1));
}

#[tokio::test]
async fn a_log_is_moved_with_its_file_and_restored_with_it() {
    let mut sample = Sample::new();
    let store = sample.open();
    open_grant(&store, 1).await;
    sample.back_up();
    refresh(&store, 1, 0, 10).await;
    sample.data = sample.killed();
    let restored = sample.restore(&sample.backup()).unwrap();
    let moved: Vec<_> = restored.aside.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let ends = ["Z", "Z-wal", "Z-shm"];
    assert!(moved.len() == 3 && moved.iter().zip(ends).all(|(path, end)| path.ends_with(end)), "{moved:?}");
    assert_eq!(head(&sample.open(), 1).await, Some(0), "the log of the older file is not read");
    sample.restore(&restored.aside[0]).unwrap();
    assert_eq!(head(&sample.open(), 1).await, Some(1), "with its log");
}

#[tokio::test]
async fn a_second_restore_in_a_second_replaces_no_older_file() {
    let sample = backed_up().await;
    let all: Vec<_> = (0..3).map(|_| sample.restore(&sample.backup()).unwrap().aside).collect();
    assert!(all[1][0].ends_with("doorward.db.replaced-20270115T080100Z-2"), "{all:?}");
    assert!(all[2][0].ends_with("doorward.db.replaced-20270115T080100Z-3"), "{all:?}");
    assert!(all.iter().flatten().all(|path| path.exists()));
}

#[tokio::test]
async fn a_store_in_use_is_refused_with_its_process() {
    let sample = backed_up().await;
    let store = sample.open();
    let refused = sample.not_restored(&sample.backup());
    assert!(
        refused.contains(&format!("is in use by process {}; stop the server first", std::process::id())),
        "{refused}"
    );
    drop(store);
    assert!(sample.restore(&sample.backup()).is_ok());
}

#[tokio::test]
async fn what_is_no_sound_backup_is_refused_and_the_store_stays() {
    let sample = backed_up().await;
    let newer = |connection: &Connection| connection.pragma_update(None, "user_version", 99).unwrap();
    for (content, expected) in [
        (vec![], "has no records: it is an empty database; restore another backup"),
        (
            b"no database, but longer than the header of one ".repeat(30),
            "file is not a database; restore another backup",
        ),
        (foreign(), "is a database of another program; restore another backup"),
        (damaged(), "; restore another backup"),
        (changed(&sample, unsound), "is damaged: CHECK constraint failed in grants; restore another backup"),
        (changed(&sample, newer), "(version 99 of the file); this is doorward"),
        (
            changed(&sample, of_pair("theirs")),
            "belongs to a root secret that is not in secret; put the secret file of that store",
        ),
    ] {
        let file = sample.other.join("file");
        fs::write(&file, content).unwrap();
        let refused = sample.not_restored(&file);
        assert!(
            refused.starts_with(&*file.to_string_lossy()) && refused.contains(expected),
            "{expected}: {refused}"
        );
        assert_eq!(sample.names(), ["doorward.db"], "{expected}");
    }
    assert_eq!(head(&sample.open(), 1).await, Some(2));
}

/// The backup with a change.
fn changed(sample: &Sample, change: impl FnOnce(&Connection)) -> Vec<u8> {
    let file = sample.other.join("changed");
    fs::copy(sample.backup(), &file).unwrap();
    change(&Connection::open(&file).unwrap());
    fs::read(file).unwrap()
}

/// Only the check of the whole file finds this.
fn unsound(connection: &Connection) {
    let change = "PRAGMA ignore_check_constraints = 1; UPDATE grants SET why = 'operator'";
    connection.execute_batch(change).unwrap();
}

fn of_pair(fingerprint: &str) -> impl FnOnce(&Connection) {
    move |connection| {
        connection.execute("INSERT INTO meta (key, value) VALUES ('pair', ?1)", [fingerprint]).unwrap();
    }
}

#[tokio::test]
async fn a_backup_of_one_of_our_secrets_is_restored() {
    let sample = backed_up().await;
    let file = sample.other.join("file");
    fs::write(&file, changed(&sample, of_pair("ours"))).unwrap();
    assert!(sample.restore(&file).is_ok());
}

#[tokio::test]
async fn a_backup_of_another_secret_is_restored_without_its_grants_if_this_is_asked() {
    let sample = backed_up().await;
    let from = &*sample.other.join("file");
    fs::write(from, changed(&sample, of_pair("theirs"))).unwrap();
    let (folder, secret, fingerprints) = (&*sample.data, Path::new("secret"), &["ours".to_owned()]);
    let before = epoch(&sample.open(), "alice").await;
    let restore = Restore { folder, from, secret, fingerprints, close_grants: false, other_secret: true };
    let restored = restore.make(LATER).unwrap();
    assert_eq!((restored.closed, restored.contents.open_grants, restored.contents.users), (1, 0, 1));
    let store = sample.open();
    assert_eq!(store.pair().unwrap(), None, "the next server notes its own");
    assert_eq!(head(&store, 1).await, None);
    assert!(epoch(&store, "alice").await > before);
}

#[tokio::test]
async fn a_path_that_is_no_backup_is_refused() {
    let sample = backed_up().await;
    for (from, expected) in [
        (sample.other.clone(), "is no file; name the file of a backup"),
        (sample.other.join("missing"), "there is no such file; name the file of a backup"),
        (sample.data.join(DATABASE), "is the file of the store itself; name a backup"),
    ] {
        let refused = sample.not_restored(&from);
        assert!(refused.ends_with(expected), "{refused}");
    }
    let mut nowhere = sample;
    nowhere.data = nowhere.other.join("new");
    nowhere.not_restored(&nowhere.other.join("missing"));
    assert!(!nowhere.data.exists(), "no folder is made");
}

#[tokio::test]
async fn no_store_is_opened_between_an_interrupted_restore_and_the_next() {
    let sample = backed_up().await;
    // The process ended after the older file was moved.
    fs::rename(sample.data.join(DATABASE), sample.data.join("doorward.db.replaced-a")).unwrap();
    fs::write(sample.data.join("doorward.db-wal"), "of the older file").unwrap();
    fs::write(sample.data.join(RESTORING), "whole").unwrap();
    fs::write(sample.data.join(PART), "half").unwrap();
    fs::write(sample.data.join("doorward.db.part-wal"), "half").unwrap();
    let refused = SqliteStore::open(&sample.data, Arc::new(Still)).unwrap_err().to_string();
    assert!(refused.ends_with("a restore did not finish; run `doorward restore` again"), "{refused}");
    assert!(!sample.data.join(DATABASE).exists());
    let aside = sample.restore(&sample.backup()).unwrap().aside;
    assert!(aside.len() == 1 && aside[0].to_string_lossy().ends_with("Z-wal"), "{aside:?}");
    assert_eq!(
        sample.names(),
        ["doorward.db", "doorward.db.replaced-20270115T080100Z-wal", "doorward.db.replaced-a"]
    );
    assert_eq!(head(&open(&sample.data), 1).await, Some(1));
}

struct Still;

impl doorward::ports::Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}
