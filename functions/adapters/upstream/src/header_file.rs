//! A header's value in a file, which is read again when it changes.

use crate::static_headers::{HeaderError, Report, secret};
use http::{HeaderName, HeaderValue};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use std::{fs, io};
use tokio::time::Instant;

/// How long a value is used before its file is looked at again.
const FRESH: Duration = Duration::from_secs(1);

/// A header's value in a file.
pub(crate) struct HeaderFile {
    name: HeaderName,
    /// The value's text before the file's content.
    before: String,
    path: PathBuf,
    report: Report,
    seen: Mutex<Seen>,
}

struct Seen {
    value: HeaderValue,
    version: Version,
    checked: Instant,
    /// Whether the last look failed, which was reported.
    failed: bool,
}

/// What changes when the file changes.
type Version = (SystemTime, u64);

impl HeaderFile {
    /// Reads the file for the first time.
    pub(crate) fn open(
        name: HeaderName,
        before: String,
        path: PathBuf,
        report: Report,
    ) -> Result<Self, HeaderError> {
        let read = version(&path).and_then(|version| Ok((version, content(&path)?)));
        let (version, content) = match read {
            Ok(read) => read,
            Err(error) => return Err(HeaderError::File { name, file: path, error }),
        };
        let value = secret(&(before.clone() + &content)).ok_or_else(|| HeaderError::Value(name.clone()))?;
        let seen = Mutex::new(Seen { value, version, checked: Instant::now(), failed: false });
        Ok(Self { name, before, path, report, seen })
    }

    /// The value. It is the last good one while the file cannot be read.
    pub(crate) fn value(&self) -> HeaderValue {
        // Each assignment leaves a complete state, so a panic elsewhere does no harm.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.checked.elapsed() >= FRESH {
            seen.checked = Instant::now();
            match self.look(&mut seen) {
                Ok(()) => seen.failed = false,
                Err(error) => {
                    if !seen.failed {
                        let (name, path) = (&self.name, self.path.display());
                        (self.report)(&format!("the header `{name}` keeps its last value: {path}: {error}"));
                    }
                    seen.failed = true;
                }
            }
        }
        seen.value.clone()
    }

    /// Reads the file if it changed. Its version is taken before its content: a change between them is seen next time.
    fn look(&self, seen: &mut Seen) -> io::Result<()> {
        let version = version(&self.path)?;
        if version != seen.version {
            let value = self.before.clone() + &content(&self.path)?;
            seen.value = secret(&value)
                .ok_or_else(|| io::Error::other("it has characters that a header cannot have"))?;
            seen.version = version;
        }
        Ok(())
    }
}

fn version(path: &PathBuf) -> io::Result<Version> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.modified()?, metadata.len()))
}

/// The trimmed content. An empty file is an error: it may be about to be written.
fn content(path: &PathBuf) -> io::Result<String> {
    let content = fs::read_to_string(path)?;
    let content = content.trim();
    if content.is_empty() { Err(io::Error::other("it is empty")) } else { Ok(content.to_owned()) }
}
