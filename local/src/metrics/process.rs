//! The process: its version, its start, its memory.

use super::reading::Reading;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn register(registry: &mut Registry) {
    let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("doorward_build", "Always 1; the label is the version", version);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    registry.register(
        "process_start_time_seconds",
        "When the server started, in seconds since 1970",
        ConstGauge::new(now),
    );
    if resident_bytes().is_some() {
        let resident = Reading::new(|| resident_bytes().unwrap_or_default());
        registry.register(
            "process_resident_memory_bytes",
            "The memory of the process that is in RAM",
            resident,
        );
    }
}

/// `VmRSS` of `proc_pid_status(5)`. Other systems than Linux have no such file.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
