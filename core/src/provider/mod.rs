//! Sign-in at an upstream OpenID provider (OpenID Connect Core 1.0 §3.1).

mod admission;
mod claim_value;
mod claims;
mod connection;
mod error;
mod id_token;
mod identity_assertion;
mod identity_rules;
mod issuer_keys;
mod metadata;
mod need;
mod redemption;
mod resources;
mod upstream;

pub use connection::Provider;
pub(crate) use error::{Outlook, ProviderError, ProviderFault};
pub(crate) use identity_assertion::{Expected, IdentityAssertion, Statement};
pub(crate) use identity_rules::Admission;
pub(crate) use issuer_keys::{IssuerKeys, Unverified};
pub(crate) use resources::Wanted;
pub(crate) use upstream::{Identity, SignInRedirect, SignInReturn, Upstream};
