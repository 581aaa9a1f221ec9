//! The disk without a store.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Overwrites the pages of a file of 16 MiB in turn, as SQLite does with its log, and syncs each. Returns how long each took,
/// the shortest first.
pub(crate) fn bare_syncs(folder: &Path, span: Duration) -> Vec<Duration> {
    const PAGES: usize = 4096;
    let mut file = File::create(folder.join("bare")).unwrap();
    file.write_all(&vec![0; PAGES * 4096]).unwrap();
    file.sync_all().unwrap();
    let (all, mut took) = (Instant::now(), Vec::new());
    while all.elapsed() < span {
        let began = Instant::now();
        file.seek(SeekFrom::Start((took.len() % PAGES * 4096) as u64)).unwrap();
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        took.push(began.elapsed());
    }
    took.sort_unstable();
    took
}

/// Copies the files of a store that makes no write meanwhile.
pub(crate) fn copy(store: &Path, copy: &Path) {
    fs::create_dir_all(copy).unwrap();
    for name in ["doorward.db", "doorward.db-wal"] {
        fs::copy(store.join(name), copy.join(name)).unwrap();
    }
}
