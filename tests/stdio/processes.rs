//! Which processes there are, from `/proc`.

use std::fs;
use std::time::{Duration, Instant};

/// The processes of a group that have not ended.
pub(crate) fn members(group: u64) -> Vec<u64> {
    let folders = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let ids = folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok());
    ids.filter(|id| group_of(*id) == Some(group)).collect()
}

/// The group of a process. `None` if it has ended, or is a zombie.
pub(crate) fn group_of(id: u64) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name of the program may have spaces and brackets.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    fields.nth(1)?.parse().ok().filter(|_| !["Z", "X"].contains(&state))
}

/// Waits until a group has no process. Its own clock: that of the test may be paused.
pub(crate) async fn gone(group: u64) {
    let until = Instant::now() + Duration::from_secs(10);
    while !members(group).is_empty() {
        assert!(Instant::now() < until, "left behind: {:?}", members(group));
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(5))).await.unwrap();
    }
}
