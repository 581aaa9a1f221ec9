//! Disks that fail: a sync, a full disk, a read-only file system. Each test runs again in a process in which the shim lets
//! calls fail.

use super::disk::Disk;
use super::tape::{Event, Shim, told};
use crate::callers::Told;
use crate::state::{NOW, finish, folder, heads, id, open, prepare};
use doorward::protocol::Subject;
use doorward::store::{Blocks, Grants, Rotated, State, StoreError};
use doorward_sqlite::SqliteStore;
use std::env;
use std::fs;
use std::future::Future;
use std::io::{self, Write};
use std::path::PathBuf;
use std::pin::pin;
use std::process::Command;
use std::task::{Context, Poll, Waker};

const GRANTS: usize = 40;

/// What fails in this process.
struct Faults(PathBuf);

impl Faults {
    /// In the process with the shim. In another, runs this test in such a process, and returns the folder and the tape.
    fn of(test: &str) -> Result<(Self, PathBuf), Recorded> {
        if let (Some(folder), Some(faults)) = (env::var_os("DOORWARD_FOLDER"), env::var_os("DOORWARD_FAULTS"))
        {
            return Ok((Self(faults.into()), folder.into()));
        }
        let folder = folder(test.rsplit("::").next().unwrap());
        prepare(&folder, GRANTS);
        let database = fs::read(folder.join("doorward.db")).unwrap();
        let shim = Shim { folder: &folder, delay: 0 };
        let tested = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .envs(shim.environment())
            .output()
            .unwrap();
        assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
        Err(Recorded { tape: shim.read(), database, folder })
    }

    fn begin(&self, fault: &str) {
        fs::write(self.0.join(fault), "").unwrap();
    }

    fn end(&self, fault: &str) {
        fs::remove_file(self.0.join(fault)).unwrap();
    }
}

/// What the process with the shim did.
struct Recorded {
    tape: Vec<Event>,
    database: Vec<u8>,
    folder: PathBuf,
}

impl Recorded {
    /// The answers of the process hold when it is started again, and also when the power fails at its end.
    fn check(self) {
        let told: Vec<_> = told(&self.tape).copied().collect();
        assert!(told.len() >= GRANTS, "{} answers", told.len());
        let replayed = folder(&format!("{}-replayed", self.folder.file_name().unwrap().display()));
        let mut disk = Disk::before(&self.tape, self.database);
        disk.play(self.tape.len());
        disk.write_synced(&replayed);
        for folder in [self.folder, replayed] {
            drop(open(&folder).unwrap());
            let heads = heads(&folder, GRANTS);
            for told in &told {
                assert!(told.generation <= heads[told.grant], "{told:?} is lost: {}", heads[told.grant]);
            }
        }
    }
}

fn is_broken(store: &SqliteStore) -> bool {
    let mut broken = pin!(store.broken());
    matches!(broken.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(_))
}

/// Refreshes each grant once, and tells the answers.
fn refresh(store: &SqliteStore, from: u32) -> Result<(), StoreError> {
    for grant in 0..GRANTS {
        let Rotated::Next { chain, .. } = finish(store.rotate(id(grant), from, NOW))? else {
            panic!("another process has the grant {grant}");
        };
        let told = Told { grant, generation: chain.head, given: true };
        io::stdout().write_all(told.line().as_bytes()).unwrap();
    }
    Ok(())
}

#[test]
fn a_failed_sync_breaks_the_store_and_loses_nothing() {
    let (faults, folder) = match Faults::of("shim::faults::a_failed_sync_breaks_the_store_and_loses_nothing")
    {
        Ok(faulty) => faulty,
        Err(recorded) => return recorded.check(),
    };
    let store = open(&folder).unwrap();
    refresh(&store, 0).unwrap();
    assert!(!is_broken(&store));
    faults.begin("sync-fails");
    finish(store.rotate(id(0), 1, NOW)).unwrap_err();
    // The sync works again, but says nothing about the writes before it. Without the check of each operation, this would tell
    // answers that are behind a hole of the log.
    let later = refresh(&store, 1);
    later.unwrap_err();
    assert!(is_broken(&store));
    finish(store.find(id(1))).unwrap_err();
    finish(store.doubt(id(1), NOW)).unwrap_err();
    finish(store.list_of(&Subject::parse("alice").unwrap(), None)).unwrap_err();
    finish(store.read()).unwrap_err();
}

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let (faults, folder) = match Faults::of("shim::faults::a_full_disk_refuses_writes_until_there_is_room") {
        Ok(faulty) => faulty,
        Err(recorded) => return recorded.check(),
    };
    let store = open(&folder).unwrap();
    refresh(&store, 0).unwrap();
    faults.begin("disk-full");
    for _ in 0..3 {
        let error = finish(store.rotate(id(0), 1, NOW)).unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
        let found = finish(store.find(id(0))).unwrap().unwrap();
        assert!(matches!(found.state, State::Open(chain) if chain.head == 1), "the read goes on");
    }
    faults.end("disk-full");
    assert!(!is_broken(&store));
    refresh(&store, 1).unwrap();
}

#[test]
fn a_full_disk_at_the_start_is_refused_with_a_cure() {
    let (faults, folder) = match Faults::of("shim::faults::a_full_disk_at_the_start_is_refused_with_a_cure") {
        Ok(faulty) => faulty,
        Err(recorded) => return recorded.check(),
    };
    // The lock has its block already. The first new block is for the index of the log.
    faults.begin("disk-full");
    let error = open(&folder).unwrap_err().to_string();
    assert!(error.contains("doorward.db") && error.ends_with("make room on this disk"), "{error}");
    faults.end("disk-full");
    refresh(&open(&folder).unwrap(), 0).unwrap();
}

#[test]
fn a_read_only_file_system_is_refused_with_a_cure() {
    let (faults, folder) = match Faults::of("shim::faults::a_read_only_file_system_is_refused_with_a_cure") {
        Ok(faulty) => faulty,
        Err(recorded) => return recorded.check(),
    };
    faults.begin("read-only");
    let error = open(&folder).unwrap_err().to_string();
    assert!(error.contains(folder.to_str().unwrap()), "{error}");
    assert!(error.ends_with("mount its file system writable"), "{error}");
    faults.end("read-only");
    refresh(&open(&folder).unwrap(), 0).unwrap();
}
