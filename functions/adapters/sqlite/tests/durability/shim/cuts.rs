//! Power failures, on tapes: the tape ends at a random event, and the disk has what was synced, with any of the other
//! sectors.

use super::disk::Disk;
use super::tape::{Event, File, Shim, told};
use crate::callers::{Callers, Told, run_if_started};
use crate::random::{Random, rounds};
use crate::state::{folder, heads, open, prepare};
use std::fs;
use std::path::Path;

/// So many that their pages are many too: the log is written into the file while the callers refresh.
const GRANTS: usize = 600;
const REFRESHES: u64 = 9_000;

#[test]
fn a_power_failure_loses_nothing_that_was_told() {
    run_if_started();
    let (mut random, rounds) = (Random::seeded(), rounds(10));
    let taped =
        Taped::record("shim::cuts::a_power_failure_loses_nothing_that_was_told", REFRESHES, &mut random);
    assert!(!taped.writes_of_checkpoints().is_empty(), "power fails during checkpoints too");
    assert_eq!(taped.cut(rounds, &mut random), []);
    println!("{rounds} power failures in {} events: nothing was lost", taped.tape.len());
}

/// The test above can fail: a store with `synchronous=NORMAL` makes the same calls, without the sync of each commit.
#[test]
fn without_a_sync_for_each_commit_answers_are_lost() {
    run_if_started();
    let (mut random, rounds) = (Random::seeded(), rounds(10));
    let mut taped =
        Taped::record("shim::cuts::without_a_sync_for_each_commit_answers_are_lost", 1000, &mut random);
    taped.forget_syncs_of_commits();
    let lost = taped.cut(rounds, &mut random).len();
    assert!(lost as u32 > rounds / 2, "{lost} of {rounds} power failures lost an answer");
    println!("without the syncs of commits, {lost} of {rounds} power failures lost an answer");
}

struct Taped {
    tape: Vec<Event>,
    /// The file before the first event.
    database: Vec<u8>,
    /// Where the store is opened after a power failure.
    replayed: String,
}

impl Taped {
    fn record(test: &str, refreshes: u64, random: &mut Random) -> Self {
        let name = test.rsplit("::").next().unwrap();
        let folder = folder(name);
        prepare(&folder, GRANTS);
        let database = fs::read(folder.join("doorward.db")).unwrap();
        let callers = Callers { folder: &folder, count: 16, grants: GRANTS, refreshes, seed: random.next() };
        let tape = Shim { folder: &folder, delay: 0 }.record(callers, test);
        Self { tape, database, replayed: format!("{name}-replayed") }
    }

    /// A sync of the log is that of a commit when frames were written since the sync before it. The syncs of the log's header
    /// and before a checkpoint stay.
    fn forget_syncs_of_commits(&mut self) {
        let mut frames = false;
        for event in &mut self.tape {
            match event {
                Event::Write { file: File::Log, offset, .. } => frames |= *offset > 0,
                Event::Sync { file: File::Log, .. } if frames => {
                    *event = Event::Read;
                    frames = false;
                }
                _ => {}
            }
        }
    }

    fn first_answer(&self) -> usize {
        self.tape.iter().position(|event| matches!(event, Event::Told(told) if !told.is_empty())).unwrap()
    }

    /// The writes into the file, after the start.
    fn writes_of_checkpoints(&self) -> Vec<usize> {
        let writes = |number: &usize| matches!(self.tape[*number], Event::Write { file: File::Database, .. });
        (self.first_answer()..self.tape.len()).filter(writes).collect()
    }

    /// Lets the power fail, and opens the store after each failure. Returns an answer for each that lost one.
    fn cut(&self, rounds: u32, random: &mut Random) -> Vec<Told> {
        let (began, end) = (self.first_answer(), self.tape.len());
        let checkpoints = self.writes_of_checkpoints();
        let mut cuts: Vec<_> = (0..rounds)
            .map(|round| match checkpoints.is_empty() || round % 3 > 0 {
                true => began + random.below(end - began),
                false => checkpoints[random.below(checkpoints.len())],
            })
            .collect();
        cuts.sort_unstable();
        let replayed = folder(&self.replayed);
        let (mut disk, mut lost) = (Disk::before(&self.tape, self.database.clone()), Vec::new());
        for cut in cuts {
            disk.play(cut);
            disk.write_cut(&replayed, random);
            lost.extend(missing(&self.tape[..cut], &replayed));
        }
        lost
    }
}

/// The first answer that the store of this folder does not have.
fn missing(tape: &[Event], folder: &Path) -> Option<Told> {
    drop(open(folder).unwrap());
    let heads = heads(folder, GRANTS);
    told(tape).find(|told| told.generation > heads[told.grant]).copied()
}
