//! What this process uses (proc(5)).

use std::fs::read_to_string;
use std::time::Duration;

/// MiB of resident memory.
pub(crate) fn resident() -> f64 {
    let status = read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// The CPU time of all threads, in steps of 10 ms.
pub(crate) fn cpu() -> Duration {
    let stat = read_to_string("/proc/self/stat").unwrap();
    // The name of the process, in parentheses, may have spaces. The state is the third field.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = |field: usize| fields.split_whitespace().nth(field - 3).unwrap().parse::<u64>().unwrap();
    Duration::from_millis(10 * (ticks(14) + ticks(15)))
}
