//! Sign-in at an upstream OpenID provider (OpenID Connect Core 1.0 §3.1).

mod admission;
mod claim_value;
mod claims;
mod connection;
mod error;
mod id_token;
mod metadata;
mod need;
mod redemption;
mod resources;
mod upstream;

pub use connection::Provider;
pub(crate) use error::{Outlook, ProviderError, ProviderFault};
pub(crate) use resources::Wanted;
pub(crate) use upstream::{Identity, SignInRedirect, SignInReturn, Upstream};
