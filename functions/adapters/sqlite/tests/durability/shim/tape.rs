//! The tape: what a process did to the files of a store, in order. `shim.c` records it.

use crate::callers::{Callers, Told};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A file of a store that has records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Database,
    Log,
}

#[derive(Debug)]
pub(crate) enum Event {
    Write {
        file: File,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: File,
        length: usize,
    },
    Read,
    /// The writes before the event with this number are on the disk.
    Sync {
        file: File,
        began: usize,
    },
    /// The writes before the event with this number may never reach the disk, although the kernel shows them.
    FailedSync {
        file: File,
        began: usize,
    },
    /// The names of the files are on the disk.
    FolderSync,
    /// Answers that callers wrote to standard output.
    Told(Vec<Told>),
}

/// Where the shim records, and what it lets fail.
pub(crate) struct Shim<'a> {
    pub(crate) folder: &'a Path,
    /// How much longer each sync takes. So the figures do not depend on the disk of the test.
    pub(crate) delay: u32,
}

impl Shim<'_> {
    /// The variables of a process with the shim. Its tape is empty, and nothing fails.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        for old in [self.tape(), self.faults()] {
            let _ = fs::remove_file(&old);
            let _ = fs::remove_dir_all(&old);
        }
        fs::create_dir(self.faults()).unwrap();
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        vec![
            ("LD_PRELOAD", text(library())),
            ("DOORWARD_FOLDER", text(self.folder)),
            ("DOORWARD_TAPE", text(&self.tape())),
            ("DOORWARD_FAULTS", text(&self.faults())),
            ("DOORWARD_SYNC_MICROSECONDS", self.delay.to_string()),
        ]
    }

    fn tape(&self) -> PathBuf {
        self.folder.with_extension("tape")
    }

    /// The folder whose files say what fails.
    pub(crate) fn faults(&self) -> PathBuf {
        self.folder.with_extension("faults")
    }

    /// Lets the callers refresh to their end.
    pub(crate) fn record(&self, callers: Callers<'_>, test: &str) -> Vec<Event> {
        callers.start(test, self.environment()).wait();
        self.read()
    }

    pub(crate) fn read(&self) -> Vec<Event> {
        let tape = fs::read(self.tape()).unwrap();
        let (mut rest, mut events) = (&tape[..], Vec::new());
        while let Some((start, after)) = rest.split_at_checked(24) {
            let number = |at: usize| u64::from_le_bytes(start[at..at + 8].try_into().unwrap()) as usize;
            let (kind, file, at, length) = (start[0], start[1], number(8), number(16));
            let (bytes, after) = after.split_at(if kind == b'W' { length } else { 0 });
            events.push(event(kind, file, at, bytes));
            rest = after;
        }
        assert!(rest.is_empty(), "the tape has whole events");
        events
    }
}

fn event(kind: u8, file: u8, at: usize, bytes: &[u8]) -> Event {
    let file = match (kind, file) {
        (b'W', b'o') => {
            return Event::Told(String::from_utf8_lossy(bytes).lines().filter_map(Told::read).collect());
        }
        (b'S', b'f') => return Event::FolderSync,
        (_, b'd') => File::Database,
        (_, b'w') => File::Log,
        _ => panic!("the tests know no event {} of a file {}", char::from(kind), char::from(file)),
    };
    match kind {
        b'W' => Event::Write { file, offset: at, bytes: bytes.to_vec() },
        b'T' => Event::Truncate { file, length: at },
        b'R' => Event::Read,
        b'S' => Event::Sync { file, began: at },
        b'F' => Event::FailedSync { file, began: at },
        _ => panic!("the tests know no event {}", char::from(kind)),
    }
}

/// The answers of a tape.
pub(crate) fn told(tape: &[Event]) -> impl Iterator<Item = &Told> {
    let lines = tape.iter().filter_map(|event| match event {
        Event::Told(told) => Some(told),
        _ => None,
    });
    lines.flatten()
}

/// The shim, compiled once for all tests.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durability/shim/shim.c");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shim.so");
        let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
        let compiled = Command::new(compiler)
            .args(["-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status();
        assert!(compiled.is_ok_and(|status| status.success()), "a C compiler, as for SQLite itself");
        library
    })
}
