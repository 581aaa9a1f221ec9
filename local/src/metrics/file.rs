//! The store in a file: its commits, its queue, its size, and what was swept.

use super::histogram::{Histogram, Scale};
use super::reading::Reading;
use super::table::Table;
use doorward_sqlite::{Commit, Observer, SWEPT, SqliteStore, WriteFailure};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// From the sync of a fast disk to one that hangs. 250 ms is the bound of an alert.
static SECONDS: Scale = Scale {
    bounds: &[
        100_000,
        250_000,
        500_000,
        1_000_000,
        2_500_000,
        5_000_000,
        10_000_000,
        25_000_000,
        50_000_000,
        100_000_000,
        250_000_000,
        500_000_000,
        1_000_000_000,
    ],
    per_unit: 1e9,
};
/// A commit has at most 256 writes.
static WRITES: Scale = Scale { bounds: &[1, 2, 4, 8, 16, 32, 64, 128, 256], per_unit: 1.0 };

/// Counts what a store in a file does.
struct FileCounts {
    seconds: Histogram,
    writes: Histogram,
    failures: Table<Counter, 1>,
    swept: Table<Counter, 1>,
}

impl Observer for FileCounts {
    fn committed(&self, commit: Commit) {
        self.seconds.observe_time(commit.took);
        self.writes.observe(commit.writes as u64);
    }

    fn failed(&self, why: WriteFailure) {
        if let Some(number) = WriteFailure::ALL.iter().position(|known| *known == why) {
            self.failures.at(number).inc();
        }
    }

    fn swept(&self, table: &'static str, rows: usize) {
        if let Some(number) = SWEPT.iter().position(|known| *known == table) {
            self.swept.at(number).inc_by(rows as u64);
        }
    }
}

/// Counts what this store does from now on. The metrics do not keep the store open.
pub(super) fn observe(registry: &mut Registry, store: &Arc<SqliteStore>) {
    let counts = FileCounts {
        seconds: Histogram::new(&SECONDS),
        writes: Histogram::new(&WRITES),
        failures: Table::of("reason", WriteFailure::ALL.map(WriteFailure::name), Counter::default),
        swept: Table::of("table", SWEPT, Counter::default),
    };
    let FileCounts { seconds, writes, failures, swept } = &counts;
    registry.register(
        "doorward_commit_seconds",
        "The time of a commit that changed something, with its sync",
        seconds.clone(),
    );
    registry.register("doorward_commit_writes", "The writes that shared a commit", writes.clone());
    registry.register(
        "doorward_write_failures",
        "Writes that failed alone, and commits that failed with all their writes",
        failures.clone(),
    );
    registry.register("doorward_swept", "Old records that were deleted", swept.clone());
    store.observe(Arc::new(counts));
    let load = |read: fn(doorward_sqlite::Load) -> u64| {
        let store = Arc::downgrade(store);
        Reading::new(move || store.upgrade().map_or(0, |store| read(store.load())))
    };
    registry.register(
        "doorward_store_queue",
        "Writes that wait for the next commit",
        load(|load| load.waiting as u64),
    );
    let bytes = Table::readings("file", [("db", load(|load| load.database)), ("wal", load(|load| load.log))]);
    registry.register("doorward_store_bytes", "The size of a file of the store", bytes);
}
