//! The harness: a server whose time, chance and passwords are in the test's hand, and the actors of its stories.

pub mod client;
pub mod contract;
pub mod counting;
pub mod fakes;
pub mod keyed;
pub mod person;
pub mod provider;
pub mod test_server;

pub use client::Client;
pub use person::Person;
pub use test_server::TestServer;
