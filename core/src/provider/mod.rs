//! Sign-in at an upstream OpenID provider (OpenID Connect Core 1.0 §3.1).

mod admission;
mod connection;
mod error;
mod id_token;
mod metadata;
mod redemption;
mod upstream;

pub use connection::Provider;
pub(crate) use error::ProviderError;
pub(crate) use id_token::Claims;
pub(crate) use upstream::{SignInRedirect, SignInReturn, Upstream};
