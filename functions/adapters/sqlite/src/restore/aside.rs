//! Moving the older file of the store aside. Its log belongs to it alone: beside another file, it would damage that file.

use super::{TOGETHER, with_end};
use doorward::ports::Timestamp;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Gives the file, and the files that belong to it, other names in the same folder. Returns the new names. SQLite still finds
/// them together.
pub(super) fn put(file: &Path, now: Timestamp) -> io::Result<Vec<PathBuf>> {
    let aside = name(file, now)?;
    let mut moved = Vec::new();
    for end in TOGETHER {
        let (from, to) = (with_end(file, end), with_end(&aside, end));
        if exists(&from) {
            fs::rename(&from, &to)?;
            moved.push(to);
        }
    }
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
    Ok(moved)
}

/// A name with the time that no file has yet: `doorward.db.replaced-20261126T153000Z`.
fn name(file: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let time = time(now).map_err(io::Error::other)?;
    let numbered = (1_u32..).map(|number| match number {
        1 => with_end(file, &format!(".replaced-{time}")),
        _ => with_end(file, &format!(".replaced-{time}-{number}")),
    });
    let free = |name: &PathBuf| !TOGETHER.iter().any(|end| exists(&with_end(name, end)));
    Ok(numbered.into_iter().find(free).expect("there are more numbers than files"))
}

fn time(now: Timestamp) -> rusqlite::Result<String> {
    let format = "SELECT strftime('%Y%m%dT%H%M%SZ', ?1, 'unixepoch')";
    Connection::open_in_memory()?.query_row(format, [crate::row::seconds(now)], |row| row.get(0))
}

fn exists(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok()
}
