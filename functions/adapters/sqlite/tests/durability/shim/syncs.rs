//! The order of writes, syncs and answers, on tapes.

use super::disk::Disk;
use super::tape::{Event, File, Shim};
use crate::callers::{Callers, run_if_started};
use crate::random::Random;
use crate::state::{folder, heads, prepare};
use std::fs;

/// For each answer: what was synced before it has its generation. So it stands behind a sync, and this behind its write.
#[test]
fn no_answer_is_told_before_its_sync() {
    run_if_started();
    let folder = folder("order");
    let replayed = crate::state::folder("order-replayed");
    prepare(&folder, 40);
    let database = fs::read(folder.join("doorward.db")).unwrap();
    let callers =
        Callers { folder: &folder, count: 16, grants: 40, refreshes: 500, seed: Random::seeded().next() };
    let tape =
        Shim { folder: &folder, delay: 0 }.record(callers, "shim::syncs::no_answer_is_told_before_its_sync");
    let (mut disk, mut known, mut answers) = (Disk::before(&tape, database), (0, vec![0; 40]), 0);
    for (number, event) in tape.iter().enumerate() {
        let Event::Told(told) = event else { continue };
        disk.play(number);
        if disk.version > known.0 {
            disk.write_synced(&replayed);
            known = (disk.version, heads(&replayed, 40));
        }
        for told in told {
            assert!(
                told.generation <= known.1[told.grant],
                "{told:?} is not synced: {}",
                known.1[told.grant]
            );
            answers += 1;
        }
    }
    assert_eq!(answers, 500);
}

#[test]
fn a_refresh_writes_one_page_and_callers_share_syncs() {
    run_if_started();
    let mut random = Random::seeded();
    // The most syncs are a part of the refreshes.
    for (count, refreshes, part) in [(1, 400, 1), (16, 2000, 2), (64, 4000, 8)] {
        let folder = folder("costs");
        prepare(&folder, 100);
        let callers = Callers { folder: &folder, count, grants: 100, refreshes, seed: random.next() };
        let tape = Shim { folder: &folder, delay: 1000 }
            .record(callers, "shim::syncs::a_refresh_writes_one_page_and_callers_share_syncs");
        let Cost { given, pages, syncs, reads } = Cost::of(&tape);
        println!(
            "{count} callers: {given} refreshes, {pages} pages, {syncs} syncs, {reads} reads of the file"
        );
        assert_eq!(reads, 0, "{count} callers");
        assert!(pages <= given && syncs * part <= given, "{count} callers");
    }
}

#[derive(Default)]
struct Cost {
    given: usize,
    pages: usize,
    syncs: usize,
    reads: usize,
}

impl Cost {
    /// In the second half, after an answer: by then the process has read each page once.
    fn of(tape: &[Event]) -> Self {
        let mut cost = Self::default();
        let later = tape[tape.len() / 2..].iter().skip_while(|event| !matches!(event, Event::Told(_)));
        for event in later.skip(1) {
            match event {
                Event::Told(told) => cost.given += told.iter().filter(|told| told.given).count(),
                Event::Write { file: File::Log, bytes, .. } if bytes.len() == 4096 => cost.pages += 1,
                Event::Write { .. } | Event::Truncate { .. } | Event::FolderSync => {}
                Event::Sync { .. } | Event::FailedSync { .. } => cost.syncs += 1,
                Event::Read => cost.reads += 1,
            }
        }
        cost
    }
}
