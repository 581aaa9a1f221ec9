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
mod authentication;
mod browser;
pub mod clock;
pub mod config;
mod connections;
pub mod correlation;
mod cors;
pub mod documents;
pub mod endpoint;
pub mod entropy;
pub mod event;
pub mod guard;
pub mod introspection;
pub mod keyring;
pub mod keys;
pub mod language;
pub mod lifecycle;
pub mod operator;
mod pages;
pub mod passwords;
pub mod paths;
pub mod protocol;
pub mod provider;
pub mod refusal;
mod refuse;
pub mod seal;
pub mod server;
mod sign_in;
pub mod signer;
pub mod store;
pub mod verifier;
pub mod wire;

pub use answer::answer;
pub use config::Config;
pub use guard::Guard;
pub use server::Server;
