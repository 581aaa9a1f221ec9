//! Access tokens: issuing and verification (RFC 9068), and introspection (RFC 7662).

mod access_token;
#[cfg(test)]
mod fixed_signer;
mod id_token;
mod identity;
mod introspection;
mod remote_keys;
mod verifier;

pub use access_token::{AccessToken, InvalidToken};
pub(crate) use id_token::IdToken;
pub use identity::Identity;
pub use introspection::{Active, Introspect, Introspection, IntrospectionUnavailable};
pub use remote_keys::RemoteKeys;
pub use verifier::Verifier;
