//! Test harness for AWS: emulators of the services behind a proxy that records requests and injects faults, and a test
//! server on top of them. Tests of the local harness run on this test server too.

pub mod adapter;
pub mod binaries;
pub mod deployed;
pub mod edge;
pub mod emulator;
mod emulator_process;
pub mod event;
pub mod front;
pub mod process;
pub mod router;
pub mod test_server;

pub use emulator::Emulator;
pub use front::{Call, Fault};
pub use local_harness::{
    Client, Person, client, contract, counting, fakes, github, identity, keyed, person, provider, upstream,
    workload,
};

pub use test_server::TestServer;
