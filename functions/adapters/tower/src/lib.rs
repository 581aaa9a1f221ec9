//! Doorward in an application of your own: the authorization server and the guard as tower services.
//!
//! [`AuthorizationServer`] answers all OAuth requests. [`GuardLayer`] protects an MCP endpoint, beside the authorization
//! server or away from it.

mod authorization_server;
mod body;
mod builder;
mod guard;
mod on_event;

pub use authorization_server::AuthorizationServer;
pub use builder::{AuthorizationServerBuilder, TwoSignIns};
pub use guard::{GuardLayer, Guarded};
