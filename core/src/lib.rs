//! Doorward: an OAuth 2.1 authorization server for remote MCP servers, as a pure library.
//!
//! A plain [`http::Request`] comes in, goes through one function per endpoint, touches the world only through what
//! [`Server`] holds, and leaves as a plain [`http::Response`]:
//!
//! ```text
//! http::Request<Bytes> ──► answer ──► endpoint ──► http::Response<Bytes>
//!                                        │ parse      protocol   the words of the specifications
//!                                        │ decide     endpoint   one file, one public function
//!                                        ▼ remember   store      traits and outcomes
//! ```
//!
//! One principle decides what is stored: *the holder carries it; the store remembers only what must happen once, or
//! be taken back.* Client ids, codes, sessions and forms are made by [`seal`] and [`keys`]; access tokens are signed
//! JWTs ([`protocol::access_token`]); the store holds grants and people ([`store`]).
//!
//! An MCP server needs only [`Guard`].

pub mod answer;
mod browser;
pub mod client;
pub mod config;
pub mod endpoint;
pub mod guard;
pub mod jose;
pub mod language;
pub mod operator;
mod pages;
pub mod ports;
pub mod protocol;
pub mod provider;
pub mod sealed;
pub mod server;
pub mod store;
pub mod token;
pub mod wire;

pub use answer::answer;
pub use config::Config;
pub use guard::Guard;
pub use server::Server;
