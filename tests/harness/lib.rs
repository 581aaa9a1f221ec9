//! The harness: a server whose time, chance and passwords are in the test's hand, and the actors of its stories.

pub mod client;
pub mod contract;
pub mod counting;
pub mod hands;
pub mod house;
pub mod keyed;
pub mod person;
pub mod provider;

pub use client::Client;
pub use house::House;
pub use person::Person;
