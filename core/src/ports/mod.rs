//! Traits for the core's dependencies: time, deadlines, randomness and password hashing. The core itself performs no I/O.

mod clock;
mod deadline;
mod entropy;
mod passwords;

pub use clock::{CLOCK_SKEW, Clock, Timestamp};
pub use deadline::{Countdown, Deadline, NoTimeLeft};
pub use entropy::Entropy;
pub(crate) use entropy::draw;
pub use passwords::{Password, PasswordHash, Passwords};
