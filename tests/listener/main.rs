//! The listener of the local servers: every wait has an end, and so has the number of connections. The clock is paused, and
//! connections are pipes in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod ending;
mod limits;
mod pipes;
mod waiting;
