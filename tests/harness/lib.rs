//! Test harness: an in-process server with fake clock, entropy and passwords; test clients, users and providers.

pub mod client;
pub mod configuration;
pub mod contract;
pub mod countdown;
pub mod counting;
pub mod fakes;
pub mod github;
pub mod identity;
pub mod keyed;
pub mod messages;
pub mod person;
pub mod provider;
pub mod test_server;
pub mod upstream;
pub mod workload;
pub mod written;

pub use client::Client;
pub use countdown::TestCountdown;
pub use person::Person;
pub use test_server::TestServer;
