//! Doorward: an OAuth 2.1 authorization server for remote MCP servers, as a pure library.
//!
//! A plain [`http::Request`] goes through one function per endpoint and becomes a plain [`http::Response`]. The core
//! performs no I/O of its own: it reaches time, randomness, the store and the network only through [`Server`].
//!
//! ```text
//! http::Request<Bytes> ──► answer ──► endpoint ──► http::Response<Bytes>
//!                                        │ parse      protocol   the types of the specifications
//!                                        │ decide     endpoint   one file, one public function
//!                                        ▼ store      store      traits and result types
//! ```
//!
//! One principle decides what is stored: *the client or browser carries the value; the store holds only what must
//! happen once, or must be revocable.* Client ids, codes, sessions and CSRF tokens are signed or encrypted values
//! ([`sealed`]). Access tokens are signed JWTs ([`token`]). The store holds, among others, grants, users and
//! pre-registered clients ([`store`]).
//!
//! An MCP server needs only [`Guard`]:
//!
//! ```
//! use doorward::ports::{Clock, Timestamp};
//! use doorward::{Guard, Issuer, ProtectedResource, guard::Verify};
//! use std::sync::Arc;
//!
//! struct MyClock;
//!
//! impl Clock for MyClock {
//!     fn now(&self) -> Timestamp {
//!         Timestamp(1_790_000_000)
//!     }
//! }
//!
//! let resource = ProtectedResource::parse("https://mcp.example.com/mcp", "read write")?;
//! let issuer = Issuer::parse("https://auth.example.com")?;
//! let guard = Guard::new(resource, issuer.clone(), Verify::signed(issuer, vec![]), Arc::new(MyClock));
//! let metadata = http::Request::get("/.well-known/oauth-protected-resource/mcp").body(())?;
//! assert_eq!(guard.answer(&metadata.into_parts().0).unwrap().status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The package `doorward-tower` has the adapters for an application: a clock, a signer, an HTTP client, and the server and
//! the guard as tower services.

pub mod answer;
mod browser;
pub mod client;
pub mod config;
pub mod endpoint;
pub mod gateway;
pub mod guard;
pub mod jose;
pub mod language;
pub mod operator;
mod pages;
pub mod ports;
pub mod protocol;
pub mod provider;
pub mod rules;
pub mod sealed;
pub mod server;
pub mod store;
pub mod token;
pub mod wire;

pub use answer::answer;
pub use config::{Config, ConfigError};
pub use guard::{Access, Guard};
pub use protocol::{EmailAddress, Issuer, PersonId, ProtectedResource, Subject};
pub use sealed::RootSecret;
pub use server::Server;
pub use store::Stores;
pub use wire::{Authenticator, Request, Response, SignedInUser, Unreachable};
