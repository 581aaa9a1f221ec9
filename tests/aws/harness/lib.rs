//! What tests of the deployment on AWS stand on: an emulator of the services with a front that records every request and
//! can spoil it, and the local harness' house, standing there. Tests that know of one house run on this one too.

pub mod adapter;
pub mod binaries;
pub mod deployed;
pub mod edge;
pub mod emulator;
pub mod event;
pub mod front;
pub mod process;
pub mod router;
pub mod test_server;

pub use emulator::Emulator;
pub use front::{Call, Fault};
pub use local_harness::{Client, Person, client, contract, counting, fakes, keyed, person, provider};

pub use test_server::TestServer;
