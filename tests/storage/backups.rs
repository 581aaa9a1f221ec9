//! Backups while 64 callers write: each backup opens, and is the store at one moment.

use crate::folder::Folder;
use doorward::ports::Timestamp;
use doorward::store::{Grants, Opened, Rotated, State};
use doorward_sqlite::{Backup, SqliteStore};
use harness::contract::grant;
use harness::fakes::TestClock;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::task::JoinSet;

const WRITERS: u8 = 64;
const BACKUPS: usize = 20;

/// A refresh that was acknowledged. The numbers count the acknowledgements of all writers.
#[derive(Clone, Copy)]
struct Refreshed {
    grant: u8,
    generation: u32,
    /// How many were acknowledged before this one was sent.
    sent_after: u64,
    /// Which acknowledgement this is.
    acknowledged_as: u64,
}

/// Refreshes a grant until the end. One more refresh may be on its way at any time.
async fn refresh(
    store: Arc<SqliteStore>,
    number: u8,
    turn: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
) -> Vec<Refreshed> {
    let mut all = Vec::new();
    while !end.load(Ordering::SeqCst) {
        let sent_after = turn.load(Ordering::SeqCst);
        let generation = all.len() as u32;
        let rotated = store.rotate(grant(number, 0).id, generation, Timestamp(1)).await.unwrap();
        assert!(matches!(rotated, Rotated::Next { .. }), "{rotated:?}");
        let acknowledged_as = turn.fetch_add(1, Ordering::SeqCst);
        all.push(Refreshed { grant: number, generation: generation + 1, sent_after, acknowledged_as });
    }
    all
}

/// The generation of each grant in a backup, which is opened as a store.
async fn heads(backup: &Path) -> Vec<u32> {
    let folder = backup.with_extension("opened");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(backup, folder.join("doorward.db")).unwrap();
    let store = SqliteStore::open(&folder, Arc::new(TestClock::new())).unwrap();
    let mut heads = Vec::new();
    for number in 0..WRITERS {
        match store.find(grant(number, 0).id).await.unwrap().unwrap().state {
            State::Open(chain) => heads.push(chain.head),
            State::Closed { .. } => panic!("no grant is closed"),
        }
    }
    heads
}

#[tokio::test(flavor = "multi_thread")]
async fn every_backup_under_load_is_the_store_at_one_moment() {
    let folder = Folder::new("backups");
    let data = folder.at("data");
    let store = Arc::new(SqliteStore::open(&data, Arc::new(TestClock::new())).unwrap());
    for number in 0..WRITERS {
        assert_eq!(store.open(grant(number, 0)).await.unwrap(), Opened::New);
    }
    let (turn, end) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writers: JoinSet<_> =
        (0..WRITERS).map(|number| refresh(store.clone(), number, turn.clone(), end.clone())).collect();
    let (backups, to) = (turn.clone(), folder.path().to_owned());
    let backups = tokio::task::spawn_blocking(move || {
        let make = |number| {
            let before = backups.load(Ordering::SeqCst);
            let to = to.join(format!("backup-{number}"));
            Backup { folder: &data, to: &to, replace: false }.make(Timestamp(1)).unwrap();
            (to, before, backups.load(Ordering::SeqCst))
        };
        (0..BACKUPS).map(make).collect::<Vec<_>>()
    });
    let backups = backups.await.unwrap();
    end.store(true, Ordering::SeqCst);
    let refreshed = writers.join_all().await.concat();
    for (backup, before, after) in &backups {
        let heads = heads(backup).await;
        let is_in = |one: &&Refreshed| one.generation <= heads[usize::from(one.grant)];
        let (held, lost): (Vec<&Refreshed>, Vec<&Refreshed>) = refreshed.iter().partition(is_in);
        // Each write that a held one could know of is held too: one moment, not several.
        let known = held.iter().map(|one| one.sent_after).max().unwrap_or_default().max(*before);
        assert!(lost.iter().all(|one| one.acknowledged_as >= known), "{}", backup.display());
        assert!(held.iter().all(|one| one.sent_after <= *after), "nothing from the future");
    }
    let between = backups.windows(2).filter(|pair| pair[0].2 < pair[1].2).count();
    assert!(between > BACKUPS / 2, "the writers went on during the backups: {between}");
}
