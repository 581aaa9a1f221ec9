//! Sign-in at an upstream provider: an OpenID provider (OpenID Connect Core 1.0 §3.1), or GitHub (OAuth 2.0).

mod admission;
mod assertion;
mod claim_value;
mod claims;
mod connection;
mod error;
mod github;
mod github_answers;
mod id_token;
mod identity_assertion;
mod identity_rules;
mod issuer_keys;
mod membership;
mod metadata;
mod need;
mod openid;
mod redemption;
mod resources;
mod upstream;
mod way;
mod workload_token;

pub(crate) use assertion::{Assertion, Audience};
pub use connection::Provider;
pub(crate) use error::{Outlook, ProviderError, ProviderFault};
pub(crate) use identity_assertion::{Expected, IdentityAssertion, Statement};
pub(crate) use identity_rules::Admission;
pub(crate) use issuer_keys::{IssuerKeys, Unverified};
pub(crate) use resources::Wanted;
pub(crate) use upstream::Upstream;
pub(crate) use way::{Identity, SignInRedirect, SignInReturn, Way};
pub(crate) use workload_token::{Workload, WorkloadToken};
