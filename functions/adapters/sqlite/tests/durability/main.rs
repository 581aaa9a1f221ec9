//! Durability: what the store told stays true when the process is killed, when the power fails, and when the disk fails.
//!
//! The tests start this binary again, as the process that is killed or recorded. `DOORWARD_ROUNDS` is the number of kills and
//! of power cuts, and `DOORWARD_SEED` repeats a run: each test prints its seed.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests print figures, and stop at an error")]

mod callers;
mod kills;
mod random;
// It needs LD_PRELOAD and a C compiler, as SQLite itself does.
#[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
mod shim;
mod state;
