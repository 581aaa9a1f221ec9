//! What an observer is told, and the load of a store.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use doorward::ports::{Clock, Timestamp};
use doorward::store::{AttemptKey, AttemptSource, Attempts, Reserved};
use doorward_sqlite::{Commit, Observer, SqliteStore, WriteFailure};
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Told {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

impl Observer for Told {
    fn committed(&self, commit: Commit) {
        assert!(!commit.took.is_zero());
        self.note(format!("committed {}", commit.writes));
    }

    fn failed(&self, why: WriteFailure) {
        self.note(format!("failed {}", why.name()));
    }

    fn swept(&self, table: &'static str, rows: usize) {
        self.note(format!("swept {table} {rows}"));
    }
}

struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

const HOUR: u64 = 3600;

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_is_told_of_commits_and_of_what_was_swept() {
    let folder = std::env::temp_dir().join(format!("doorward-observer-{}", std::process::id()));
    let clock = Arc::new(Hand(AtomicU64::new(1000 * HOUR)));
    let store = Arc::new(SqliteStore::open(&folder, clock).unwrap());
    let told = Arc::new(Told::default());
    store.observe(told.clone());
    store.observe(Arc::new(Told::default()));
    let before = store.load();
    let key = AttemptKey { name: 7, from: AttemptSource::KnownBrowser, hour: 1 };
    assert_eq!(store.reserve(key, 10).await.unwrap(), Reserved::Yes);
    assert_eq!(told.take(), ["committed 1"], "only the first observer is told");
    let after = store.load();
    assert!(after.log > before.log && after.database > 0, "{before:?} {after:?}");
    assert_eq!(after.waiting, 0);
    let sweeping = store.clone();
    tokio::task::spawn_blocking(move || sweeping.sweep()).await.unwrap().unwrap();
    let swept = told.take();
    assert!(swept.contains(&"swept guesses 1".to_owned()), "{swept:?}");
    assert!(swept.contains(&"swept grants 0".to_owned()), "{swept:?}");
    drop(store);
    fs::remove_dir_all(folder).unwrap();
}
