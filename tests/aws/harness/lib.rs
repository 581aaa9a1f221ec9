//! What tests of the deployment on AWS stand on: an emulator of the services, with a front that records every request
//! and can spoil it.

pub mod emulator;
pub mod front;

pub use emulator::Emulator;
pub use front::{Call, Fault};
