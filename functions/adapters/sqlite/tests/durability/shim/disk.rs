//! The disk of a computer whose power fails. Of what was not synced, any sector may be on it, and any may not.

use super::tape::{Event, File};
use crate::random::Random;
use std::fs;
use std::path::Path;

/// What a disk writes as a whole.
const SECTOR: usize = 512;

pub(crate) struct Disk<'t> {
    tape: &'t [Event],
    /// The events before this one have happened.
    played: usize,
    /// What is on the disk for sure, and the events that are not.
    database: Contents,
    log: Contents,
    /// Whether the name of the log is on the disk.
    log_is_named: bool,
    /// Changes when what is on the disk changes.
    pub(crate) version: usize,
}

#[derive(Default)]
struct Contents {
    synced: Vec<u8>,
    unsynced: Vec<usize>,
}

impl<'t> Disk<'t> {
    /// The disk before the first event: the store was closed, so the folder has no log.
    pub(crate) fn before(tape: &'t [Event], database: Vec<u8>) -> Self {
        let database = Contents { synced: database, unsynced: Vec::new() };
        Self { tape, played: 0, database, log: Contents::default(), log_is_named: false, version: 0 }
    }

    /// Plays the events before this one.
    pub(crate) fn play(&mut self, until: usize) {
        for number in self.played..until {
            match self.tape[number] {
                Event::Write { file, .. } | Event::Truncate { file, .. } => {
                    self.contents(file).unsynced.push(number);
                }
                Event::Sync { file, began } => {
                    let tape = self.tape;
                    let contents = self.contents(file);
                    let synced = contents.unsynced.partition_point(|number| *number < began);
                    for number in contents.unsynced.drain(..synced) {
                        apply(&tape[number], &mut contents.synced, || true);
                    }
                    self.version += 1;
                }
                // The kernel marks the pages as clean, so no later sync writes them.
                Event::FailedSync { file, began } => {
                    self.contents(file).unsynced.retain(|number| *number >= began);
                }
                Event::FolderSync => self.log_is_named = true,
                Event::Read | Event::Told(_) => {}
            }
        }
        self.played = until;
    }

    /// Writes what is on the disk for sure.
    pub(crate) fn write_synced(&self, folder: &Path) {
        self.write(folder, || false);
    }

    /// Writes what is on the disk after a power failure.
    pub(crate) fn write_cut(&self, folder: &Path, random: &mut Random) {
        // Of 256 sectors.
        let surviving = [0, 32, 128, 224, 256][random.below(5)];
        self.write(folder, || random.below(256) < surviving);
    }

    fn write(&self, folder: &Path, mut survives: impl FnMut() -> bool) {
        for (contents, name, named) in
            [(&self.database, "doorward.db", true), (&self.log, "doorward.db-wal", self.log_is_named)]
        {
            let mut bytes = contents.synced.clone();
            for number in &contents.unsynced {
                apply(&self.tape[*number], &mut bytes, &mut survives);
            }
            let path = folder.join(name);
            if named || survives() {
                fs::write(path, bytes).unwrap();
            } else {
                let _ = fs::remove_file(path);
            }
        }
        // It maps the log of the process before.
        let _ = fs::remove_file(folder.join("doorward.db-shm"));
    }

    fn contents(&mut self, file: File) -> &mut Contents {
        match file {
            File::Database => &mut self.database,
            File::Log => &mut self.log,
        }
    }
}

fn apply(event: &Event, contents: &mut Vec<u8>, mut survives: impl FnMut() -> bool) {
    match event {
        Event::Write { offset, bytes, .. } => {
            let (mut at, mut rest) = (*offset, &bytes[..]);
            while !rest.is_empty() {
                let (sector, after) = rest.split_at(rest.len().min(SECTOR - at % SECTOR));
                if survives() {
                    put(contents, at, sector);
                }
                (at, rest) = (at + sector.len(), after);
            }
        }
        Event::Truncate { length, .. } if survives() => contents.resize(*length, 0),
        _ => {}
    }
}

fn put(contents: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if contents.len() < end {
        contents.resize(end, 0);
    }
    contents[at..end].copy_from_slice(bytes);
}
